/// Help, made from the table.
enum HelpText {
  static let width = 80

  static var overview: String {
    let groups: [(String, [Command])] = [
      ("Service", [.up, .down, .status, .health, .doctor]),
      ("Jobs", [.run, .jobs, .history, .show, .watch, .trace]),
      ("Control of jobs", [.cancel, .pause, .resume, .retry, .fork, .resolve]),
      ("Approvals", [.approvals, .approve, .deny]),
      ("Plans", [.planCheck, .planGraph, .planPrivileges]),
      ("Policy", [.policyCheck, .policyShow, .policyReload, .policyTest]),
      ("Tools", [.exec, .tools, .toolCall, .mcp]),
      ("Workers", [.workers, .workersReload, .workerCheck, .logs]),
      ("MCP servers", [.mcpAdd, .mcpList, .mcpTest, .mcpAccept, .mcpRemove]),
      ("Journal", [.metrics, .usage, .gc, .backup, .selfTestCrash]),
      ("Audit log", [.audit, .auditVerify, .auditExport]),
      ("Program", [.version, .completions, .help]),
    ]
    var text = """
      bulkhead - run plans and call tools in compartments, and look after them

      usage: bulkhead COMMAND [OPERAND...] [OPTION...]

      """
    for (title, commands) in groups {
      text += "\n\(title)\n" + rows(commands.map { ($0.name, $0.summary) })
    }
    text += "\nOptions of every command\n" + rows(Command.globalFlags.map { ($0.spelling, $0.summary) })
    return text + "\nsee 'bulkhead help COMMAND' for the manual page of a command\n"
  }

  /// For a word that only leads to commands, such as `tool`.
  static func group(_ path: [String]) -> String {
    let commands = Command.all.filter { Array($0.path.prefix(path.count)) == path }
    return "usage: bulkhead \(path.joined(separator: " ")) COMMAND [OPERAND...] [OPTION...]\n\nCommands\n"
      + rows(commands.map { ($0.name, $0.summary) })
  }

  /// For `--help`.
  static func short(_ command: Command) -> String {
    var text = "\(command.summary)\n\nusage: \(command.synopsis)\n"
    if !command.flags.isEmpty { text += "\nOptions\n" + rows(command.flags.map { ($0.spelling, $0.summary) }) }
    text += "\nOptions of every command\n" + rows(Command.globalFlags.map { ($0.spelling, $0.summary) })
    return text + "\nsee 'bulkhead help \(command.name)' for the manual page\n"
  }

  /// For `help COMMAND`.
  static func page(_ command: Command) -> String {
    let title = "bulkhead-" + command.path.joined(separator: "-")
    var text = "NAME\n" + paragraph("\(title) - \(command.summary)")
    text += "\nSYNOPSIS\n" + paragraph(command.synopsis)
    text += "\nDESCRIPTION\n" + command.description.map { paragraph($0) }.joined(separator: "\n")
    text += "\nOPTIONS\n"
    text += (command.flags + Command.globalFlags).map { flag in
      let spelling = String(flag.spelling.drop { $0 == " " })
      return paragraph(spelling) + paragraph(flag.summary, indent: 14)
    }.joined()
    text += "\nEXIT STATUS\n"
    text += exits(command).map { paragraph($0, hanging: 5) }.joined()
    text += "\nEXAMPLES\n"
    text += command.examples.map { "       \($0.line)\n" + paragraph($0.purpose, indent: 14) }.joined(separator: "\n")
    return text
  }

  private static func exits(_ command: Command) -> [String] {
    var exits = command.exits.isEmpty ? ["0    success", "1    failure"] : command.exits
    exits.append("64   the command line was wrong")
    if case .remote = command.action, !exits.contains(where: { $0.hasPrefix("69") }) {
      exits.append("69   the coordinator is unreachable")
    }
    exits.append("70   a bug in bulkhead")
    if case .remote = command.action { exits.append("130  interrupted by Ctrl-C") }
    return exits
  }

  /// Two columns, the second wrapped.
  private static func rows(_ rows: [(String, String)]) -> String {
    let column = (rows.map(\.0.count).max() ?? 0) + 4
    return rows.map { left, right in
      let lines = wrap(right, to: width - column)
      let first = "  " + left + String(repeating: " ", count: column - 2 - left.count) + (lines.first ?? "")
      let others = lines.dropFirst().map { String(repeating: " ", count: column) + $0 }
      return ([first] + others).joined(separator: "\n") + "\n"
    }.joined()
  }

  private static func paragraph(_ text: String, indent: Int = 7, hanging: Int = 0) -> String {
    wrap(text, to: width - indent - hanging).enumerated().map { number, line in
      String(repeating: " ", count: indent + (number == 0 ? 0 : hanging)) + line + "\n"
    }.joined()
  }

  /// Breaks between words; runs of blanks inside a line stay as they are.
  static func wrap(_ text: String, to width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ", omittingEmptySubsequences: false) {
      if !line.isEmpty, line.count + 1 + word.count > width {
        lines.append(line)
        line = String(word)
      } else {
        line += (line.isEmpty ? "" : " ") + word
      }
    }
    return lines + [line]
  }
}
