extension Command {
  static let completions = Command(
    path: ["completions"],
    summary: "print the completions for a shell",
    operands: [Operand("SHELL", completion: .words(["bash", "zsh", "fish"]))],
    description: [
      "Prints a script that teaches SHELL (bash, zsh or fish) the commands and options of bulkhead. Names of tools and workers are asked of the coordinator while you type, if it runs."
    ],
    examples: [
      Example("source <(bulkhead completions bash)", "For this session of bash."),
      Example("bulkhead completions zsh > ~/.zfunc/_bulkhead", "For zsh, where ~/.zfunc is in fpath."),
      Example("bulkhead completions fish > ~/.config/fish/completions/bulkhead.fish", "For fish."),
    ],
    action: .local { arguments, console throws(Failure) in
      switch arguments.operand(0) {
      case "bash": console.writeResult(CompletionScript.bash)
      case "zsh": console.writeResult(CompletionScript.zsh)
      case "fish": console.writeResult(CompletionScript.fish)
      case let other:
        throw Failure(usage: "unknown shell '\(Console.printable(other ?? ""))'; known: bash, zsh, fish")
      }
      return ExitCode.success
    }
  )
}
