internal import Glibc
internal import JSON
package import Policy
internal import Posix

/// The text of a policy, YAML or JSON, whose mistakes have lines and columns. Nothing in it stands for variables: `${HOME}`
/// in a command or a pattern is what it says.
package struct PolicyDocument {
  package let file: String
  private let root: YAMLNode
  private let mistakes: MistakeList

  package init(_ text: [UInt8], file: String) {
    let document = YAMLDocument(parsing: text, file: file)
    self.file = file
    root = document.root
    mistakes = document.mistakes
  }

  /// A part of a document that has been read.
  init(_ node: YAMLNode?, file: String) {
    self.file = file
    root = node ?? YAMLNode(position: .start, content: .null)
    mistakes = MistakeList()
  }

  /// The policy with an overlay. Throws every mistake at once; an empty text is a policy that says nothing.
  package func policy(environment: String?) throws(ConfigurationError) -> Policy {
    try mistakes.throwAny()
    let json: JSON = root.content == .null ? [:] : root.source
    do throws(PolicyErrors) {
      return try Policy(reading: json, environment: environment)
    } catch {
      var mistakes = MistakeList()
      for mistake in error.errors where mistake.name != .moreErrors { mistakes.add(located(mistake)) }
      let unlisted = error.errors.last?.name == .moreErrors ? error.unlisted : 0
      throw mistakes.error(unlisted: unlisted)
    }
  }

  private func located(_ mistake: PolicyError) -> ConfigurationError.Mistake {
    var it = ConfigurationError.Mistake(
      ConfigurationError.Code(rawValue: mistake.name.rawValue),
      file: file,
      at: position(of: mistake.path),
      mistake.message
    )
    it.path = mistake.path
    return it
  }

  func refuseFourEyes() -> ConfigurationError {
    var mistake = ConfigurationError.Mistake(
      .invalidValue,
      file: file,
      at: position(of: "/four_eyes"),
      "'four_eyes' needs the system mode",
      hint: "set mode: system; a user's own service has nobody else to tell apart"
    )
    mistake.path = "/four_eyes"
    return ConfigurationError(mistake)
  }

  /// Of the value at a JSON Pointer, or of as much of it as there is; of a mapping's member that of its key.
  private func position(of path: String) -> Position {
    // Safety: the path is one that was written from tokens.
    let tokens = (try? JSONPointer(parsing: path))?.tokens ?? []
    var node = root
    var position = root.position
    for token in tokens {
      switch node.content {
      case .mapping(let entries):
        guard let entry = entries.first(where: { $0.key == token }) else { return position }
        (node, position) = (entry.value, entry.position)
      case .sequence(let elements):
        guard let index = Int(token), elements.indices.contains(index) else { return position }
        (node, position) = (elements[index], elements[index].position)
      default: return position
      }
    }
    return isContainer(node) ? position : node.position
  }

  private func isContainer(_ node: YAMLNode) -> Bool {
    switch node.content {
    case .mapping, .sequence: true
    default: false
    }
  }

  // MARK: Files

  package static func read(_ path: String) throws(ConfigurationError) -> [UInt8] {
    guard let text = try readIfThere(path) else {
      throw ConfigurationFile.unreadable("policy", path, errnoMessage(ENOENT), errno: ENOENT)
    }
    return text
  }

  static func readIfThere(_ path: String) throws(ConfigurationError) -> [UInt8]? {
    try ConfigurationFile.read("policy", path)
  }
}

extension PolicyErrors {
  /// How many more there are than are listed.
  fileprivate var unlisted: Int { errors.last.flatMap { Int($0.message.prefix { $0.isNumber }) } ?? 0 }
}
