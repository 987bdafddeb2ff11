extension MessageCase {
  /// References to variables.
  static let substitution: [MessageCase] = [
    MessageCase(
      "unset variable",
      "group: ${TEAM}\n",
      [
        "c.yaml:1:8: variable 'TEAM' is not set; hint: set it, or give a default: ${TEAM:-default}"
      ]
    ),
    MessageCase(
      "reference without an end",
      "state: /a/${HOME\n",
      [
        "c.yaml:1:8: reference in '/a/${HOME' has no end; hint: write $$ for a dollar sign"
      ]
    ),
    MessageCase(
      "reference to no name",
      "state: ${1A}\n",
      [
        "c.yaml:1:8: '${1A}' is no reference to a variable; "
          + "hint: write ${NAME} or ${NAME:-default}, and $$ for a dollar sign"
      ]
    ),
    MessageCase(
      "reference with another operator",
      "state: ${HOME:=x}\n",
      [
        "c.yaml:1:8: '${HOME:=x}' is no reference to a variable; "
          + "hint: write ${NAME} or ${NAME:-default}, and $$ for a dollar sign"
      ]
    ),
    MessageCase(
      "reference in a reference",
      "state: ${A:-${HOME}}\n",
      [
        "c.yaml:1:8: '${A:-${HOME}' is no reference to a variable; "
          + "hint: write ${NAME} or ${NAME:-default}, and $$ for a dollar sign"
      ]
    ),
    MessageCase(
      "unset variable in free settings",
      "workers: {echo: {settings: {a: [{b: \"x ${C} y\"}]}}}\n",
      [
        "c.yaml:1:37: variable 'C' is not set; hint: set it, or give a default: ${C:-default}"
      ]
    ),
  ]
}
