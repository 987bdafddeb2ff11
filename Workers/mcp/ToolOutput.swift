internal import JSON
internal import MCP
internal import Wire
internal import WorkerKit

/// What the caller of a tool gets:
///
///     {"text": "…",             all texts of the answer, joined by line ends
///      "structured": …,         `structuredContent`, where the server gave it
///      "content": [{…}],        every block in order, where there is anything but text
///      "truncated": true}       `text` is only the start; the whole is an artifact in `content`
///
/// What is binary, or long, becomes an artifact of the call; in `content` its block then says
/// `{"type", "artifact": sha256, "bytes", "media_type", "name", …}`.
struct ToolOutput {
  /// Of text that stays in the output; the whole of a longer one is an artifact.
  static let textBytes = 256 << 10
  static let excerptBytes = 16 << 10

  private let call: Call
  private let limit: Int
  private let redact: Redactor
  private var texts: [String] = []
  private var blocks: [JSON] = []
  private var artifacts = 0

  init(_ call: Call, limit: Int, redact: Redactor) {
    self.call = call
    self.limit = limit
    self.redact = redact
  }

  /// Throws `tool_failed` with its text for an answer that says that the tool failed.
  static func of(_ answer: ToolAnswer, _ call: Call, limit: Int, redact: Redactor) async throws -> JSON {
    if answer.isError { throw failure(answer, redact) }
    // Nearly every answer.
    if answer.content.count <= 1, answer.structured == nil, case .text(let text)? = answer.content.first?.kind,
      text.utf8.count <= min(textBytes, limit / 8)
    {
      return ["text": .string(redact.isEmpty ? text : redact(text))]
    }
    var output = ToolOutput(call, limit: limit, redact: redact)
    for block in answer.content { try await output.add(block) }
    return try await output.json(structured: answer.structured)
  }

  static func of(_ answer: ResourceAnswer, _ call: Call, limit: Int, redact: Redactor) async throws -> JSON {
    var output = ToolOutput(call, limit: limit, redact: redact)
    for contents in answer.contents { try await output.add(ContentBlock(.resource(contents))) }
    return try await output.json(structured: nil)
  }

  static func of(_ answer: PromptAnswer, _ call: Call, limit: Int, redact: Redactor) async throws -> JSON {
    var output = ToolOutput(call, limit: limit, redact: redact)
    for message in answer.messages {
      try await output.add(message.content)
      if case .object(var block) = output.blocks.removeLast() {
        block["role"] = .string(message.role)
        output.blocks.append(.object(block))
      }
    }
    var object: JSONObject = [
      "text": .string(output.texts.joined(separator: "\n")), "messages": .array(output.blocks),
    ]
    if let description = answer.description { object["description"] = .string(redact(description)) }
    return try bounded(.object(object), limit)
  }

  private static func failure(_ answer: ToolAnswer, _ redact: Redactor) -> WireError {
    let texts = answer.content.compactMap { block -> String? in
      if case .text(let text) = block.kind { text } else { nil }
    }
    let text = redact(shortened(texts.joined(separator: "\n"), 4096))
    return WireError(.toolFailed, text.isEmpty ? "the tool failed and does not say why" : text)
  }

  /// An output that is too large is refused, never cut: a plan would go on with half of it.
  static func bounded(_ json: JSON, _ limit: Int) throws(WireError) -> JSON {
    let size = json.serialized().count
    if size <= limit { return json }
    throw .limitExceeded("output_limit", "output", value: size, limit: limit)
  }

  // MARK: Blocks

  private mutating func add(_ block: ContentBlock) async throws {
    var json: JSONObject
    switch block.kind {
    case .text(let text):
      let text = redact(text)
      texts.append(text)
      json = ["type": "text", "text": .string(text)]
    case .image(let data, let type): json = try await stored("image", data, type, name: nil)
    case .audio(let data, let type): json = try await stored("audio", data, type, name: nil)
    case .link(let resource):
      json = ["type": "resource_link"]
      for member in resource.object.members { json[member.key] = redact(member.value) }
    case .resource(let contents):
      json = try await resource(contents)
    }
    if let annotations = block.annotations { json["annotations"] = redact(.object(annotations)) }
    blocks.append(.object(json))
  }

  private mutating func resource(_ contents: ResourceContents) async throws -> JSONObject {
    let name = contents.uri.split(separator: "/").last.map(String.init)
    var json: JSONObject
    switch contents.body {
    case .text(let text) where text.utf8.count <= min(Self.textBytes, limit / 2):
      let text = redact(text)
      texts.append(text)
      json = ["type": "resource", "text": .string(text)]
    case .text(let text):
      json = try await stored("resource", Array(redact(text).utf8), contents.mimeType ?? "text/plain", name: name)
    case .blob(let data): json = try await stored("resource", data, contents.mimeType, name: name)
    }
    json["uri"] = .string(redact(shortened(contents.uri, 8192)))
    return json
  }

  private mutating func stored(_ kind: String, _ data: String, _ type: String?, name: String?) async throws
    -> JSONObject
  {
    guard let bytes = Base64.decode(data) else {
      throw WireError(.invalidOutput, "the server's \(kind) is not in base64")
    }
    return try await stored(kind, bytes, type, name: name)
  }

  private mutating func stored(_ kind: String, _ bytes: [UInt8], _ type: String?, name: String?) async throws
    -> JSONObject
  {
    artifacts += 1
    if artifacts > Limit.artifacts {
      throw WireError.limitExceeded(
        "artifacts",
        "count of large or binary blocks",
        value: artifacts,
        limit: Limit.artifacts
      )
    }
    let type = MCPText.mediaType(type)
    let artifact = try await call.addArtifact(
      name: MCPText.fileName(name, kind, artifacts, type),
      mediaType: type,
      bytes
    )
    return [
      "type": .string(kind), "artifact": .string(artifact.sha256), "bytes": .integer(artifact.bytes),
      "media_type": .string(artifact.mediaType), "name": .string(artifact.name),
    ]
  }

  private mutating func json(structured: JSON?) async throws -> JSON {
    var object = JSONObject()
    let text = texts.joined(separator: "\n")
    let isLong = text.utf8.count > min(Self.textBytes, limit / 2)
    if isLong {
      object["text"] = .string(shortened(text, min(Self.excerptBytes, limit / 8)))
      object["truncated"] = true
      blocks.removeAll { $0["text"] != nil }
      blocks.insert(.object(try await stored("text", Array(text.utf8), "text/plain", name: nil)), at: 0)
    } else {
      object["text"] = .string(text)
    }
    if let structured { object["structured"] = redact.isEmpty ? structured : redact(structured) }
    let isText = blocks.allSatisfy { $0["type"] == "text" && $0["annotations"] == nil }
    if !isText || isLong { object["content"] = .array(blocks) }
    return try Self.bounded(.object(object), limit)
  }
}

/// Foreign texts that become names.
enum MCPText {
  /// `type/subtype` in plain characters, else what says nothing.
  static func mediaType(_ text: String?) -> String {
    guard let text, text.utf8.count <= 127, text.utf8.filter({ $0 == UInt8(ascii: "/") }).count == 1,
      text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { return "application/octet-stream" }
    return text
  }

  private static let endings = [
    "image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp", "image/svg+xml": "svg",
    "audio/wav": "wav", "audio/mpeg": "mp3", "audio/ogg": "ogg", "text/plain": "txt", "application/json": "json",
    "application/pdf": "pdf",
  ]

  /// Of plain characters, without folders.
  static func fileName(_ wanted: String?, _ kind: String, _ number: Int, _ mediaType: String) -> String {
    let plain = (wanted ?? "").unicodeScalars.filter { $0.isASCII && Tool.isValidName(String($0)) }
    let name = String(String.UnicodeScalarView(plain)).prefix(96)
    if !name.isEmpty, !name.allSatisfy({ $0 == "." }) { return "\(number)-\(name)" }
    return "\(kind)-\(number).\(endings[mediaType] ?? "bin")"
  }
}
