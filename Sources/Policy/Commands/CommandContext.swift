/// A command in its script, and on the way to what it runs.
struct CommandContext {
  let script: ShellScript
  let index: Int
  /// Of scripts and wrappers around it.
  var depth: Int
  /// Whether functions of the script, and builtins, are looked up for its name.
  var findsFunctions = true
  var findsBuiltins = true
  /// What the words are called in messages.
  var command: ShellCommand { script.commands[index] }

  init(_ script: ShellScript, _ index: Int, depth: Int) {
    self.script = script
    self.index = index
    self.depth = depth
  }

  /// Whether a name is a function when the command runs: nil if that depends.
  func isFunction(_ name: String) -> Bool? {
    guard findsFunctions, let list = script.functions[name] else { return false }
    return list.contains { $0.isCertain && $0.place <= index } ? true : nil
  }

  /// The functions as a script in the same shell finds them.
  var functionsSoFar: [String: [ShellScript.Function]] {
    script.functions.mapValues { $0.map { .init(place: 0, isCertain: $0.isCertain && $0.place <= index) } }
  }

  /// The text that comes in on the command's standard input, if the script says it.
  func inputText() -> String? {
    switch command.input {
    case .text(let text): return text
    case .command(let source): return output(of: script.commands[source])
    case .inherited, .unknown: return nil
    }
  }

  private func output(of source: ShellCommand) -> String? {
    let words = source.words.compactMap(\.literal)
    guard words.count == source.words.count, !source.writesElsewhere, let name = words.first,
      script.functions[name] == nil
    else { return nil }
    switch name {
    case "echo": return echo(Array(words.dropFirst()))
    case "printf": return printf(Array(words.dropFirst()))
    case "cat":
      guard words.count == 1 || words == ["cat", "-"], case .text(let text) = source.input else { return nil }
      return text
    default: return nil
    }
  }

  private func echo(_ words: [String]) -> String? {
    var words = words
    var end = "\n"
    if words.first == "-n" {
      words.removeFirst()
      end = ""
    }
    guard !(words.first?.hasPrefix("-") ?? false), !words.contains(where: { $0.contains("\\") }) else { return nil }
    return words.joined(separator: " ") + end
  }

  private func printf(_ words: [String]) -> String? {
    guard let format = words.first, !format.hasPrefix("-") else { return nil }
    var result = ""
    var rest = words.dropFirst()
    var characters = format.unicodeScalars[...]
    while let character = characters.popFirst() {
      switch character {
      case "%":
        switch characters.popFirst() {
        case "%": result += "%"
        case "s":
          guard let word = rest.popFirst() else { return nil }
          result += word
        default: return nil
        }
      case "\\":
        guard characters.popFirst() == "n" else { return nil }
        result += "\n"
      default: result.unicodeScalars.append(character)
      }
    }
    return rest.isEmpty ? result : nil
  }
}
