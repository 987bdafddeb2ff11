extension Command {
  static let help = Command(
    path: ["help"],
    summary: "show the manual page of a command",
    operands: [
      Operand("COMMAND", isOptional: true, completion: .words(Command.words(after: []))),
      Operand("SUBCOMMAND", isOptional: true),
    ],
    description: ["Prints the manual page of COMMAND, or the list of all commands."],
    examples: [Example("bulkhead help tool call", "Shows the page of 'bulkhead tool call'.")],
    action: .local { arguments, console throws(Failure) in
      let path = arguments.operands
      if path.isEmpty {
        console.writeResult(HelpText.overview)
      } else if let command = Command.named(path) {
        console.writeResult(HelpText.page(command))
      } else if !Command.words(after: path).isEmpty {
        console.writeResult(HelpText.group(path))
      } else {
        throw Failure(usage: "there is no command '\(path.joined(separator: " "))'")
      }
      return ExitCode.success
    }
  )
}
