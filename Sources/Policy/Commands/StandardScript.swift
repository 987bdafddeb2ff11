/// A script that a shell reads from its standard input, line by line, while its commands have the same input: what one of
/// them takes, the shell does not read, and it goes on in the middle of what was a text or a comment.
enum StandardScript {
  /// Programs that leave their standard input alone, whatever their words are.
  private static let others: Set<String> = [
    "basename", "chgrp", "chmod", "chown", "df", "dirname", "hostname", "id", "ls", "mkdir", "mktemp", "ps", "pwd",
    "readlink", "realpath", "rmdir", "sleep", "stat", "touch", "uname", "whoami",
  ]

  private static let takers: Set<String> = [
    "builtin", "command", "eval", "exec", "mapfile", "read", "readarray", "trap",
  ]

  /// Whether a command may take what the shell has not read.
  static func mayBeTaken(_ text: [UInt8], _ script: ShellScript) -> Bool {
    guard text.dropLast().contains(.newline) else { return false }
    // Where the words say so there may be no command that does.
    if ["/dev/", "/proc/", "<&", "select"].contains(where: { !text.ranges(of: Array($0.utf8)).isEmpty }) {
      return true
    }
    return script.commands.contains { command in
      guard let name = command.words.first?.literal else { return true }
      let base = ProgramName(name).base
      let isKnown = ShellNames.harmless.contains(base) || others.contains(base) || script.functions[base] != nil
      return !isKnown || takers.contains(base)
    }
  }
}
