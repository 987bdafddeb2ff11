extension MessageCase {
  /// Values that are not what their key takes.
  static let keys: [MessageCase] = [
    MessageCase("list as a document", "- mode\n", ["c.yaml:1:1: the document is list where mapping is due"]),
    MessageCase("text as a document", "mode\n", ["c.yaml:1:1: the document is string where mapping is due"]),
    MessageCase(
      "unknown key with nothing near",
      "colour: blue\n",
      [
        "c.yaml:1:1: unknown key 'colour'; "
          + "hint: known keys are mode, socket, state, group, run_as, four_eyes, policy, mcp, environment, drain_timeout, call_timeout, log, limits, jobs, jail, workers"
      ]
    ),
    MessageCase(
      "unknown key in a section",
      "limits:\n  client: 5\n",
      [
        "c.yaml:2:3: unknown key 'client' in 'limits'; hint: did you mean 'clients'?"
      ]
    ),
    MessageCase(
      "unknown key in a worker",
      "workers: {echo: {instnaces: 2}}\n",
      [
        "c.yaml:1:18: unknown key 'instnaces' in 'workers.echo'; hint: did you mean 'instances'?"
      ]
    ),
    MessageCase("section that is a list", "log: [info]\n", ["c.yaml:1:6: 'log' is list where mapping is due"]),
    MessageCase(
      "yes is a text",
      "four_eyes: yes\n",
      [
        "c.yaml:1:12: 'four_eyes' is string where boolean is due; hint: write true or false, without quotes"
      ]
    ),
    MessageCase(
      "no is a text",
      "four_eyes: no\n",
      [
        "c.yaml:1:12: 'four_eyes' is string where boolean is due; hint: write true or false, without quotes"
      ]
    ),
    MessageCase(
      "boolean where a text is due",
      "run_as: true\n",
      [
        "c.yaml:1:9: 'run_as' is boolean where string is due; hint: put it in quotes"
      ]
    ),
    MessageCase(
      "number where a text is due",
      "run_as: 1000\n",
      [
        "c.yaml:1:9: 'run_as' is integer where string is due; hint: put it in quotes"
      ]
    ),
    MessageCase(
      "text where an integer is due",
      "limits: {clients: \"64\"}\n",
      [
        "c.yaml:1:19: 'limits.clients' is string where integer is due"
      ]
    ),
    MessageCase(
      "fraction where an integer is due",
      "limits: {clients: 1.5}\n",
      [
        "c.yaml:1:19: 'limits.clients' is '1.5' where a 64-bit integer is due"
      ]
    ),
    MessageCase(
      "integer beyond 64 bits",
      "limits: {clients: 9223372036854775808}\n",
      [
        "c.yaml:1:19: 'limits.clients' is '9223372036854775808' where a 64-bit integer is due"
      ]
    ),
    MessageCase(
      "duration without a unit",
      "call_timeout: 300\n",
      [
        "c.yaml:1:15: 'call_timeout' is '300' where a duration is due; "
          + "hint: write a whole number with ms, s, m, h or d, such as 30s"
      ]
    ),
    MessageCase(
      "duration with an unknown unit",
      "call_timeout: 5min\n",
      [
        "c.yaml:1:15: 'call_timeout' is '5min' where a duration is due; "
          + "hint: write a whole number with ms, s, m, h or d, such as 30s"
      ]
    ),
    MessageCase(
      "duration with a fraction",
      "call_timeout: 1.5s\n",
      [
        "c.yaml:1:15: 'call_timeout' is '1.5s' where a duration is due; "
          + "hint: write a whole number with ms, s, m, h or d, such as 30s"
      ]
    ),
    MessageCase(
      "duration beyond 64 bits",
      "call_timeout: 9223372036854775807d\n",
      [
        "c.yaml:1:15: 'call_timeout' is '9223372036854775807d' where a duration is due; "
          + "hint: write a whole number with ms, s, m, h or d, such as 30s"
      ]
    ),
    MessageCase(
      "duration that is too long",
      "call_timeout: 8d\n",
      [
        "c.yaml:1:15: 'call_timeout' is 8d where at most 7d is due"
      ]
    ),
    MessageCase(
      "negative duration",
      "drain_timeout: -5s\n",
      [
        "c.yaml:1:16: 'drain_timeout' is '-5s' where a duration is due; "
          + "hint: write a whole number with ms, s, m, h or d, such as 30s"
      ]
    ),
    MessageCase(
      "duration that is a list",
      "drain_timeout: [5s]\n",
      [
        "c.yaml:1:16: 'drain_timeout' is list where a duration is due; "
          + "hint: write a whole number with ms, s, m, h or d, such as 30s"
      ]
    ),
    MessageCase(
      "size with an unknown unit",
      "limits: {artifact: 5Mb}\n",
      [
        "c.yaml:1:20: 'limits.artifact' is '5Mb' where a size is due; "
          + "hint: write a whole number of bytes, or one with KiB, MiB, GiB, kB, MB or GB, such as 64MiB"
      ]
    ),
    MessageCase(
      "size that is too large",
      "limits: {artifact: 2GiB}\n",
      [
        "c.yaml:1:20: 'limits.artifact' is 2GiB where at most 1GiB is due"
      ]
    ),
    MessageCase(
      "relative path",
      "state: ./state\n",
      [
        "c.yaml:1:8: 'state' is './state' where an absolute path is due; "
          + "hint: '${HOME}/...' starts at your home folder"
      ]
    ),
    MessageCase(
      "relative worker path",
      "workers: {path: [/ok, workers]}\n",
      [
        "c.yaml:1:23: 'workers.path[1]' is 'workers' where an absolute path is due; "
          + "hint: '${HOME}/...' starts at your home folder"
      ]
    ),
    MessageCase(
      "granted path that is not plain",
      "workers: {e: {read: [/ok], write: [/srv/../etc]}}\n",
      [
        "c.yaml:1:36: 'workers.e.write[0]' is '/srv/../etc' where a plain absolute path below '/' is due"
      ]
    ),
    MessageCase(
      "worker path that is a text",
      "workers: {path: /ok}\n",
      [
        "c.yaml:1:17: 'workers.path' is string where list is due"
      ]
    ),
    MessageCase(
      "number in a list of texts",
      "workers: {path: [7]}\n",
      [
        "c.yaml:1:18: 'workers.path[0]' is integer where string is due; hint: put it in quotes"
      ]
    ),
    MessageCase(
      "kind with a capital",
      "workers: {Echo: {}}\n",
      [
        "c.yaml:1:11: 'workers.Echo' names no kind of worker; "
          + "hint: a kind is a lower-case letter, then at most 63 of a-z, 0-9, '-' and '_'"
      ]
    ),
    MessageCase(
      "worker that is a text",
      "workers: {echo: on}\n",
      [
        "c.yaml:1:17: 'workers.echo' is string where mapping is due"
      ]
    ),
    MessageCase(
      "unknown mode",
      "mode: sytem\n",
      [
        "c.yaml:1:7: 'mode' is 'sytem' where user or system is due; hint: did you mean 'system'?"
      ]
    ),
    MessageCase(
      "four eyes in the user mode",
      "four_eyes: true\n",
      [
        "c.yaml:1:12: 'four_eyes' needs the system mode; "
          + "hint: set mode: system; a user's own service has nobody else to tell apart"
      ]
    ),
    MessageCase(
      "group in the user mode",
      "mode: user\ngroup: staff\n",
      [
        "c.yaml:2:8: 'group' needs the system mode; "
          + "hint: set mode: system; a user's own service has nobody else to tell apart"
      ]
    ),
    MessageCase(
      "user name with a slash",
      "run_as: a/b\n",
      [
        "c.yaml:1:9: 'run_as' is 'a/b' where the name of a user is due"
      ]
    ),
    MessageCase(
      "settings that are a list",
      "workers: {echo: {settings: [1]}}\n",
      [
        "c.yaml:1:28: 'workers.echo.settings' is list where mapping is due"
      ]
    ),
    MessageCase(
      "first delay beyond the longest",
      "workers: {echo: {restart: {first_delay: 2s, longest_delay: 1s}}}\n",
      [
        "c.yaml:1:27: 'workers.echo.restart.first_delay' is longer than 'longest_delay'"
      ]
    ),
    MessageCase(
      "grade that is no word",
      "jail: {grade: \"Full!\"}\n",
      [
        "c.yaml:1:15: 'jail.grade' is 'Full!' where the name of a grade is due"
      ]
    ),
  ]
}
