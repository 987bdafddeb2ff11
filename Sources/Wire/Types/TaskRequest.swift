public import JSON

/// What somebody wants done, in their own words, and what they know about it.
public struct TaskRequest: Sendable, Equatable {
  /// How it is carried out.
  public enum Mode: String, Sendable, CaseIterable {
    /// One answer of a model, without tools.
    case direct
    /// The model that executes plans, and what it plans is run.
    case system
    /// One model plans, tools and small models execute, the result is verified.
    case hybrid
  }

  public static let textBytes = 262_144
  public static let contextBytes = 1_048_576
  public static let fileLimit = 64

  public var text: String
  /// `conversation`, `system_operation`, `research`, `analysis`, `code_review`, or a word of one's own.
  public var type: String?
  public var requiresSystemAccess: Bool
  public var requiresMultiStep: Bool
  public var context: JSONObject
  /// In US dollars.
  public var estimatedCost: Double?
  /// nil: what the other members suggest.
  public var mode: Mode?
  /// Artifacts, each with a name of its own.
  public var files: [Artifact]
  /// The only tools that a plan for it may use; nil: all.
  public var tools: [String]?
  /// The most that a planned step may ask for in its own `needs`; nil: nothing.
  public var needs: Needs?

  public init(
    _ text: String,
    type: String? = nil,
    requiresSystemAccess: Bool = false,
    requiresMultiStep: Bool = false,
    context: JSONObject = JSONObject(),
    estimatedCost: Double? = nil,
    mode: Mode? = nil,
    files: [Artifact] = [],
    tools: [String]? = nil,
    needs: Needs? = nil
  ) {
    self.text = text
    self.type = type
    self.requiresSystemAccess = requiresSystemAccess
    self.requiresMultiStep = requiresMultiStep
    self.context = context
    self.estimatedCost = estimatedCost
    self.mode = mode
    self.files = files
    self.tools = tools
    self.needs = needs
  }
}

extension TaskRequest: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    let text = try fields.require("text", String.self)
    guard text.utf8.contains(where: { !$0.isSpace }) else {
      throw .invalidParams(fields.path("text"), "'\(fields.path("text"))' is empty where a request is due")
    }
    if text.utf8.count > Self.textBytes {
      throw .limitExceeded("request_bytes", "'\(fields.path("text"))'", value: text.utf8.count, limit: Self.textBytes)
    }
    self.init(text)
    type = try fields.optional("type")
    if let type, !(1...64).contains(type.utf8.count) {
      throw .invalidParams(fields.path("type"), "'\(fields.path("type"))' is no word of 1 to 64 bytes")
    }
    requiresSystemAccess = try fields.optional("requires_system_access") ?? false
    requiresMultiStep = try fields.optional("requires_multi_step") ?? false
    context = try fields.optional("context") ?? JSONObject()
    let size = JSON.object(context).serialized().count
    if size > Self.contextBytes {
      throw .limitExceeded("context_bytes", "'\(fields.path("context"))'", value: size, limit: Self.contextBytes)
    }
    estimatedCost = try fields.optional("estimated_cost")
    if let estimatedCost, estimatedCost < 0 {
      throw .invalidParams(fields.path("estimated_cost"), "'\(fields.path("estimated_cost"))' is negative")
    }
    mode = try Self.mode(&fields)
    files = try Self.files(&fields)
    tools = try fields.strings("tools", limit: Limit.tools)
    needs = try fields.body("needs")
  }

  private static func mode(_ fields: inout Fields) throws(WireError) -> Mode? {
    guard let word = try fields.optional("mode", String.self), word != "auto" else { return nil }
    if let mode = Mode(rawValue: word) { return mode }
    let words = Mode.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
    throw .invalidParams(
      fields.path("mode"),
      "'\(fields.path("mode"))' is \(quoted(word)) where 'auto' or one of \(words) is due"
    )
  }

  private static func files(_ fields: inout Fields) throws(WireError) -> [Artifact] {
    let path = fields.path("files")
    let files =
      try fields.list("files", limit: fileLimit) { (json, path) throws(WireError) -> Artifact in
        var fields = try Fields(json, at: path)
        let artifact = try Artifact(from: &fields)
        try fields.finish()
        return artifact
      } ?? []
    var names: Set<String> = []
    for (i, file) in files.enumerated() where !names.insert(file.name).inserted {
      throw .invalidParams("\(path)/\(i)/name", "two files are called \(quoted(file.name))")
    }
    return files
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("text", text)
    writer.member("type", type)
    if requiresSystemAccess { writer.member("requires_system_access", true) }
    if requiresMultiStep { writer.member("requires_multi_step", true) }
    if context.count > 0 { writer.member("context", JSON.object(context)) }
    writer.member("estimated_cost", estimatedCost.flatMap { JSON($0) })
    writer.member("mode", mode?.rawValue)
    if !files.isEmpty { writer.member("files", files) }
    if let tools { writer.member("tools", tools) }
    writer.member("needs", needs)
  }
}

extension UInt8 {
  fileprivate var isSpace: Bool { self == 0x20 || (0x09...0x0D).contains(self) }
}
