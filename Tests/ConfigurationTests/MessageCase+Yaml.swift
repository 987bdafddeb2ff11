extension MessageCase {
  /// What YAML allows and this does not, and what is no YAML.
  static let yaml: [MessageCase] = [
    MessageCase(
      "tab indentation",
      "log:\n\tlevel: info\n",
      [
        "c.yaml:2:1: found character that cannot start any token while scanning for the next token; "
          + "hint: indent with spaces, a tab is no indentation"
      ]
    ),
    MessageCase(
      "unclosed quote",
      "run_as: \"x\n",
      [
        "c.yaml:2:1: found unexpected end of stream while scanning a quoted scalar that starts at line 1, column 9"
      ]
    ),
    MessageCase(
      "unclosed flow",
      "log: {level: info\n",
      [
        "c.yaml:2:1: did not find expected ',' or '}' while parsing a flow mapping that starts at line 1, column 6"
      ]
    ),
    MessageCase(
      "bad indentation",
      "log:\n  level: info\n format: text\n",
      [
        "c.yaml:3:2: did not find expected key while parsing a block mapping that starts at line 1, column 1"
      ]
    ),
    MessageCase("no mapping value", "a: b: c\n", ["c.yaml:1:5: mapping values are not allowed in this context"]),
    MessageCase(
      "alias",
      "run_as: &x bulk\ngroup: *x\n",
      [
        "c.yaml:1:9: anchor 'x' is refused; hint: aliases are not known here",
        "c.yaml:2:8: alias 'x' is refused; hint: write the value out",
      ]
    ),
    MessageCase("alias as key", "*x : 1\n", ["c.yaml:1:1: alias 'x' is refused; hint: write the value out"]),
    MessageCase(
      "duplicate key",
      "mode: user\nrun_as: a\nmode: user\n",
      [
        "c.yaml:3:1: key 'mode' is given twice, first at line 1, column 1"
      ]
    ),
    MessageCase(
      "duplicate key in a nested mapping",
      "workers:\n  echo: {grace: 1s, grace: 2s}\n",
      [
        "c.yaml:2:21: key 'grace' is given twice, first at line 2, column 10"
      ]
    ),
    MessageCase(
      "duplicate key in other quotes",
      "mode: user\n\"mode\": user\n",
      [
        "c.yaml:2:1: key 'mode' is given twice, first at line 1, column 1"
      ]
    ),
    MessageCase(
      "second document",
      "mode: user\n---\nmode: user\n",
      [
        "c.yaml:2:1: a second document starts here; hint: keep one document in a file"
      ]
    ),
    MessageCase(
      "foreign tag",
      "run_as: !secret x\n",
      [
        "c.yaml:1:9: tag '!secret' is refused; "
          + "hint: the known tags are !!str, !!null, !!bool, !!int, !!float, !!seq and !!map"
      ]
    ),
    MessageCase("wrong core tag", "run_as: !!int x\n", ["c.yaml:1:9: 'x' is not what its tag '!!int' says"]),
    MessageCase(
      "collection tag on the wrong thing",
      "log: !!seq {level: info}\n",
      [
        "c.yaml:1:6: tag '!!seq' stands where '!!map' is due"
      ]
    ),
    MessageCase("tag on a key", "!!str mode: user\n", ["c.yaml:1:1: a tag on a key is refused"]),
    MessageCase(
      "merge key",
      "log: {<<: {level: info}}\n",
      [
        "c.yaml:1:7: merge key '<<' is refused; hint: write the values out"
      ]
    ),
    MessageCase("key that is a list", "? [a]\n: b\n", ["c.yaml:1:3: a key must be a text"]),
    MessageCase(
      "octal number",
      "limits: {clients: 0o17}\n",
      [
        "c.yaml:1:19: number '0o17' is refused, readers differ on its value; "
          + "hint: write a plain decimal number, or quote it for a text"
      ]
    ),
    MessageCase(
      "leading zero",
      "limits: {clients: 0064}\n",
      [
        "c.yaml:1:19: number '0064' is refused, readers differ on its value; "
          + "hint: write a plain decimal number, or quote it for a text"
      ]
    ),
    MessageCase(
      "hexadecimal number",
      "limits: {clients: 0x40}\n",
      [
        "c.yaml:1:19: number '0x40' is refused, readers differ on its value; "
          + "hint: write a plain decimal number, or quote it for a text"
      ]
    ),
    MessageCase(
      "infinity",
      "limits: {clients: .inf}\n",
      [
        "c.yaml:1:19: number '.inf' is refused, readers differ on its value; "
          + "hint: write a plain decimal number, or quote it for a text"
      ]
    ),
    MessageCase(
      "not a number",
      "limits: {clients: .NaN}\n",
      [
        "c.yaml:1:19: number '.NaN' is refused, readers differ on its value; "
          + "hint: write a plain decimal number, or quote it for a text"
      ]
    ),
    MessageCase(
      "plus sign",
      "limits: {clients: +5}\n",
      [
        "c.yaml:1:19: number '+5' is refused, readers differ on its value; "
          + "hint: write a plain decimal number, or quote it for a text"
      ]
    ),
    MessageCase(
      "bare fraction",
      "limits: {clients: .5}\n",
      [
        "c.yaml:1:19: number '.5' is refused, readers differ on its value; "
          + "hint: write a plain decimal number, or quote it for a text"
      ]
    ),
    MessageCase("NUL in a text", "run_as: \"a\\0b\"\n", ["c.yaml:1:9: a text with the character U+0000 is refused"]),
    MessageCase("NUL in a key", "\"a\\0b\": 1\n", ["c.yaml:1:1: a key with the character U+0000 is refused"]),
    MessageCase(
      "control character",
      "run_as: a\u{1}b\n",
      [
        "c.yaml:1:10: control characters are not allowed; hint: the text must be UTF-8 without control characters"
      ]
    ),
    MessageCase(
      "directive of another version",
      "%YAML 2.0\n---\nmode: user\n",
      [
        "c.yaml:1:1: found incompatible YAML document"
      ]
    ),
  ]
}
