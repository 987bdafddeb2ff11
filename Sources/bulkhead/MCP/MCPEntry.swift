internal import Configuration
internal import JSON

/// The entry that a command line describes.
enum MCPEntry {
  /// Flags that describe one server.
  static let flags = [
    Flag("env", value: "NAME=VALUE", "a variable of the server's environment; may be repeated"),
    Flag("header", value: "NAME: VALUE", "a header of every request to a remote server; may be repeated"),
    Flag(
      "secret",
      value: "NAME=env:VARIABLE|NAME=file:PATH",
      "a variable or header whose value is read when the server is started; may be repeated"
    ),
    Flag("read", value: "PATH", "what the server may read; may be repeated", completion: .file),
    Flag("write", value: "PATH", "what it may write; may be repeated", completion: .file),
    Flag("host", value: "NAME:PORT", "where it may connect; may be repeated"),
    Flag("program", value: "NAME", "what it may execute, in place of all of /usr; may be repeated"),
    Flag("cwd", value: "FOLDER", "its working folder", completion: .folder),
    Flag("memory", value: "SIZE", "the memory that it may use"),
    Flag("tool", value: "NAME", "offer only this tool of it; may be repeated"),
    Flag("timeout", value: "TIME", "of one call; 60s unless given"),
    Flag("idle", value: "TIME", "end the server after so long without a call; the next starts it again"),
    Flag("elicitation", "let it ask people, by the tool 'ask_person'"),
    Flag("sampling", "let it ask a language model, by the tool 'model'"),
    Flag("roots", "tell it which folders it was given"),
    Flag("disabled", "write it down, and do not start it"),
  ]

  static func make(_ arguments: Arguments, _ words: [String]) throws(Failure) -> JSON {
    guard let first = words.first else {
      throw Failure(usage: "a server is an address, or a program behind '--'")
    }
    let isRemote = first.hasPrefix("https://") || first.hasPrefix("http://")
    if isRemote, words.count > 1 {
      throw Failure(usage: "an address takes no arguments, \(quoted(words[1])) was given")
    }
    let pairs = try pairs(arguments, isRemote)
    var entry = JSONObject()
    if isRemote {
      entry["type"] = "http"
      entry["url"] = .string(first)
      if !pairs.isEmpty { entry["headers"] = .object(pairs) }
    } else {
      entry["command"] = .string(first)
      if words.count > 1 { entry["args"] = .array(words.dropFirst().map { .string($0) }) }
      entry["cwd"] = arguments.value("cwd").map { .string($0) }
      if !pairs.isEmpty { entry["env"] = .object(pairs) }
    }
    if arguments.has("disabled") { entry["disabled"] = true }
    let own = try own(arguments, isRemote)
    if !own.isEmpty { entry["bulkhead"] = .object(own) }
    return .object(entry)
  }

  /// Variables or headers.
  private static func pairs(_ arguments: Arguments, _ isRemote: Bool) throws(Failure) -> JSONObject {
    if isRemote, let given = arguments.value("env") {
      throw Failure(usage: "'--env \(given.prefix { $0 != "=" })' is for a program: an address has '--header'")
    }
    if !isRemote, let given = arguments.value("header") {
      throw Failure(usage: "'--header \(given.prefix { $0 != ":" })' is for an address: a program has '--env'")
    }
    var pairs = JSONObject()
    for text in arguments.values("env") {
      let (name, value) = try split(text, at: "=", "--env", "NAME=VALUE")
      pairs[name] = .string(value)
    }
    for text in arguments.values("header") {
      let (name, value) = try split(text, at: ":", "--header", "NAME: VALUE")
      pairs[name] = .string(String(value.drop { $0 == " " }))
    }
    for text in arguments.values("secret") {
      let (name, source) = try split(text, at: "=", "--secret", "NAME=env:VARIABLE or NAME=file:PATH")
      if source.hasPrefix("env:") {
        pairs[name] = ["env": .string(String(source.dropFirst(4)))]
      } else if source.hasPrefix("file:") {
        pairs[name] = ["file": .string(String(source.dropFirst(5)))]
      } else {
        // What stands there may be the secret itself.
        throw Failure(usage: "'--secret \(name)' names no source where env:VARIABLE or file:PATH is due")
      }
    }
    return pairs
  }

  /// What stands behind the name is not repeated: it may be a secret.
  private static func split(
    _ text: String,
    at separator: Character,
    _ flag: String,
    _ due: String
  ) throws(Failure) -> (String, String) {
    guard let place = text.firstIndex(of: separator), place != text.startIndex else {
      throw Failure(usage: "'\(flag)' is no \(due)")
    }
    return (String(text[..<place]), String(text[text.index(after: place)...]))
  }

  private static func own(_ arguments: Arguments, _ isRemote: Bool) throws(Failure) -> JSONObject {
    var needs = JSONObject()
    for (flag, member) in [("read", "read"), ("write", "write"), ("host", "hosts"), ("program", "programs")] {
      let values = arguments.values(flag)
      if values.isEmpty { continue }
      if isRemote { throw Failure(usage: "'--\(flag)' is for a program: a remote server runs nothing here") }
      needs[member] = .array(values.map { .string($0) })
    }
    var own = JSONObject()
    if !needs.isEmpty { own["needs"] = .object(needs) }
    if let memory = try arguments.size("memory") {
      if isRemote { throw Failure(usage: "'--memory' is for a program: a remote server runs nothing here") }
      own["limits"] = ["memory_bytes": .integer(memory)]
    }
    let tools = arguments.values("tool")
    if !tools.isEmpty { own["tools"] = .array(tools.map { .string($0) }) }
    for flag in ["timeout", "idle"] where arguments.value(flag) != nil {
      _ = try arguments.milliseconds(flag)
      own[flag] = arguments.value(flag).map { .string($0) }
    }
    if arguments.has("elicitation") { own["elicitation"] = true }
    if arguments.has("sampling") { own["sampling"] = [:] }
    if arguments.has("roots") { own["roots"] = true }
    return own
  }
}
