extension MessageCase {
  /// Sources of secrets.
  static let secrets: [MessageCase] = [
    MessageCase(
      "variable in a secret's variable",
      "workers: {echo: {secrets: {KEY: {env: \"${HOME}\"}}}}\n",
      [
        "c.yaml:1:39: a reference to a variable is refused in 'workers.echo.secrets.KEY.env'; "
          + "hint: a secret's source is written out"
      ]
    ),
    MessageCase(
      "variable in a secret's file",
      "workers: {echo: {secrets: {KEY: {file: \"/a/${HOME}\"}}}}\n",
      [
        "c.yaml:1:40: a reference to a variable is refused in 'workers.echo.secrets.KEY.file'; "
          + "hint: a secret's source is written out"
      ]
    ),
    MessageCase(
      "reference in place of a source",
      "workers: {echo: {secrets: {KEY: \"${HOME}\"}}}\n",
      [
        "c.yaml:1:33: 'workers.echo.secrets.KEY' is no source of a secret; hint: write {env: NAME} or {file: PATH}"
      ]
    ),
    MessageCase(
      "secret written out",
      "workers: {echo: {secrets: {KEY: hunter2}}}\n",
      [
        "c.yaml:1:33: 'workers.echo.secrets.KEY' is no source of a secret; hint: write {env: NAME} or {file: PATH}"
      ]
    ),
    MessageCase(
      "secret with two sources",
      "workers: {echo: {secrets: {KEY: {env: A, file: /b}}}}\n",
      [
        "c.yaml:1:33: 'workers.echo.secrets.KEY' needs one of 'env' and 'file'; "
          + "hint: write {env: NAME} or {file: PATH}"
      ]
    ),
    MessageCase(
      "secret without a source",
      "workers: {echo: {secrets: {KEY: {}}}}\n",
      [
        "c.yaml:1:33: 'workers.echo.secrets.KEY' needs one of 'env' and 'file'; "
          + "hint: write {env: NAME} or {file: PATH}"
      ]
    ),
    MessageCase(
      "secret with an unknown source",
      "workers: {echo: {secrets: {KEY: {envv: A}}}}\n",
      [
        "c.yaml:1:33: 'workers.echo.secrets.KEY' needs one of 'env' and 'file'; "
          + "hint: write {env: NAME} or {file: PATH}",
        "c.yaml:1:34: unknown key 'envv' in 'workers.echo.secrets.KEY'; hint: did you mean 'env'?",
      ]
    ),
    MessageCase(
      "secret in a relative file",
      "workers: {echo: {secrets: {KEY: {file: a}}}}\n",
      [
        "c.yaml:1:40: 'workers.echo.secrets.KEY.file' is no absolute path"
      ]
    ),
    MessageCase(
      "secret in no variable",
      "workers: {echo: {secrets: {KEY: {env: A-B}}}}\n",
      [
        "c.yaml:1:39: 'workers.echo.secrets.KEY.env' is no name of a variable"
      ]
    ),
    MessageCase(
      "secret with a bad name",
      "workers: {echo: {secrets: {a-b: {env: A}}}}\n",
      [
        "c.yaml:1:28: 'workers.echo.secrets.a-b' names no secret; "
          + "hint: a letter or '_', then letters, digits and '_'"
      ]
    ),
  ]
}
