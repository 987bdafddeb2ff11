internal import JSON

/// What the preset `no_destructive_ops` looks for: statements and command lines that destroy on a grand scale, in the words
/// of a task and in what tools are given. Patterns are in lower case, which every text is looked at in as well; each
/// stands behind a word that must be there at all, because that is quick to see.
///
/// Words alone are no statement: `delete the draft`, `a dropdown`, `truncate long lines` and `drop me a line` are none.
enum Destruction {
  private static let gap = #"(?:\s|/\*[^*]{0,200}\*/)+"#

  /// In whatever text.
  private static let everywhere: [(word: String, pattern: String)] = [
    (
      "drop",
      #"\bdrop\#(gap)(?:(?:temporary|external|foreign|materialized|unique)\#(gap))?(?:table|database|schema|view|index|tablespace|keyspace|user|role|owned)\#(gap)(?:if\#(gap)exists\#(gap)|concurrently\#(gap))?["'`\[\w]"#
    ),
    ("alter", #"\balter\#(gap)table\b[^;]{1,200}\bdrop\b"#),
    (
      "delete",
      #"\bdelete\#(gap)from\#(gap)(?:only\#(gap))?["'`\[]?\w[\w.$"'`\[\]-]{0,200}\s*(?:$|[;)"'`*]|--|/\*|(?:where|using|as|returning|limit|order)\b)"#
    ),
    ("truncate", #"\btruncate\#(gap)table\b"#),
    ("truncate", #"\btruncate\s[^;|&\n]{0,200}(?:-s\s?\S|--size)"#),
    ("truncate", #"\btruncate\#(gap)["'`\[]?\w[\w.$"'`\[\]]{0,200}\s*(?:;|cascade\b|restart\#(gap)identity\b)"#),
    ("dropdatabase", #"\bdropdatabase\b"#),
    ("flush", #"\bflush(?:all|db)\b"#),
    (
      "rm",
      #"(?<![\w.-])(?<!\bgit\s)rm\s(?:[^;|&\n]{0,1000}\s)?(?:-[a-z]*r[a-z]*|--recursive|--no-preserve-root)(?![\w-])"#
    ),
    ("rm", #"\brm(?:dir)?(?:sync)?\s*\([^)]{0,500}\brecursive\b"#),
    ("rmtree", #"\brmtree\s*\("#),
    ("find", #"\bfind\s[^;|&\n]{0,1000}\s-delete\b"#),
    ("mkfs", #"\bmkfs(?:\.\w{1,20})?\s"#),
    ("wipefs", #"\bwipefs\s"#),
    ("shred", #"\bshred\s+(?:-\S{1,20}\s+){0,10}/"#),
    ("of=", #"\bdd\s[^;|&\n]{0,1000}\bof=/dev/(?:sd|hd|vd|xvd|nvme|mmcblk|mapper/|disk)"#),
    ("/dev/", #">\s*/dev/(?:sd|hd|vd|xvd|nvme|mmcblk|mapper/|disk)"#),
    ("remove-item", #"\bremove-item\b[^;|\n]{0,1000}\s-recurse\b"#),
    ("rmdir", #"\brmdir\s+/s\b"#),
    ("del", #"\bdel\s+(?:/[a-z]\s+){0,5}/[sq]\b"#),
  ]

  /// The whole of an input is a statement; the whole of a description may be a wish about lines.
  private static let inputs: [(word: String, pattern: String)] = [
    ("truncate", #"^\s*truncate\#(gap)["'`\[]?\w[\w.$"'`\[\]]{0,200}\s*$"#)
  ]

  private static func tests(_ value: JSON, _ looks: [(word: String, pattern: String)]) -> [JSON] {
    looks.map { ["value": value, "contains": .string($0.word), "matches": .string($0.pattern)] }
  }

  static let guardrail: JSONObject = [
    "effect": "block",
    "when": ["any": .array(tests("task.description", everywhere) + tests("input", everywhere + inputs))],
    "message": "this would destroy data on a grand scale",
    "tests": ["match": .array(destructive.map(example)), "not_match": .array(harmless.map(example))],
  ]

  /// As the words of a task, and as what a tool is given.
  private static func example(_ text: String) -> JSON {
    text.hasPrefix("$ ")
      ? ["point": "invocation", "tool": "bash", "input": ["command": .string(String(text.dropFirst(2)))]]
      : ["point": "request", "task": ["description": .string(text)]]
  }

  private static let destructive = [
    "DROP TABLE users", "please run Drop   Database shop;", "delete from orders where 1=1", "DELETE FROM orders",
    "TRUNCATE TABLE log", "run rm -rf / on the host", "Run RM -RF build", "$ rm -rf /srv", "$ rm -r -f /srv",
    "$ rm -fr x",
    "$ rm --recursive --force /srv", "$ rm /srv -rf", "$ sudo rm -Rf /srv", "$ psql -c 'drop table users'",
    "$ mysql -e \"DELETE FROM users;\"", "$ truncate users", "$ truncate -s 0 /var/log/syslog",
    "$ find / -name x -delete",
    "$ mkfs.ext4 /dev/sda1", "$ dd if=/dev/zero of=/dev/sda bs=1M", "$ redis-cli FLUSHALL", "$ drop/**/table users",
    "$ python3 -c 'import shutil; shutil.rmtree(\"/srv\")'", "ＤＲＯＰ ＴＡＢＬＥ users", "$ rm \u{2212}rf /srv",
    "$ alter table users drop column name", "$ echo x > /dev/sda",
  ]

  private static let harmless = [
    "add a dropdown to the form", "delete the draft", "delete the third paragraph from the draft", "drop me a line",
    "truncate long lines", "Truncate lines", "delete from the draft what is wrong", "the firm -rather large- is here",
    "drop the table reservation", "a farm, for real", "confirm -r", "$ rm notes.txt", "$ rm -f notes.txt", "$ ls -R",
    "$ echo dropdown", "$ grep -r form .", "$ format -r", "$ git rm -r --cached x",
    "$ docker run --rm -it --read-only r", "$ find . -name '*.c'",
  ]
}
