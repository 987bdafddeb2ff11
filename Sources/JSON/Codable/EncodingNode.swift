/// A JSON value under construction: containers that a type asked for may still grow when others are already under way.
final class EncodingNode {
  private enum Content {
    case nothing
    case value(JSON)
    case object([(key: String, node: EncodingNode)])
    case array([EncodingNode])
  }

  private var content = Content.nothing

  /// The finished value; of two members with the same key the later one stays.
  var json: JSON {
    switch content {
    case .nothing: [:]
    case .value(let value): value
    case .object(let members): .object(JSONObject(members.map { ($0.key, $0.node.json) }))
    case .array(let nodes): .array(nodes.map(\.json))
    }
  }

  var elementCount: Int {
    if case .array(let nodes) = content { nodes.count } else { 0 }
  }

  func set(_ value: JSON) { content = .value(value) }

  func becomeObject() {
    if case .object = content { return }
    content = .object([])
  }

  func becomeArray() {
    if case .array = content { return }
    content = .array([])
  }

  func member(_ key: String) -> EncodingNode {
    let node = EncodingNode()
    guard case .object(var members) = content else {
      content = .object([(key, node)])
      return node
    }
    content = .nothing
    members.append((key, node))
    content = .object(members)
    return node
  }

  func element() -> EncodingNode {
    let node = EncodingNode()
    guard case .array(var nodes) = content else {
      content = .array([node])
      return node
    }
    content = .nothing
    nodes.append(node)
    content = .array(nodes)
    return node
  }

  func encode<T: Encodable>(_ value: T, codingPath: [any CodingKey]) throws {
    if let json = value as? JSON {
      set(json)
    } else {
      try value.encode(to: ValueEncoder(node: self, codingPath: codingPath))
    }
  }

  func encode(_ value: Double, codingPath: [any CodingKey]) throws {
    guard let json = JSON(value) else { throw Self.notFinite(value, codingPath) }
    set(json)
  }

  func encode(_ value: Float, codingPath: [any CodingKey]) throws {
    // The float's own shortest text: that of the double would show digits that nobody wrote.
    guard value.isFinite, let number = JSONNumber(value.description) else { throw Self.notFinite(value, codingPath) }
    if value == value.rounded(), !(value == 0 && value.sign == .minus), let integer = number.int64 {
      set(.integer(integer))
    } else {
      set(.number(number))
    }
  }

  func encode(_ value: some BinaryInteger) {
    if let integer = Int64(exactly: value) {
      set(.integer(integer))
    } else {
      set(.number(JSONNumber(validated: String(value))))
    }
  }

  private static func notFinite(_ value: some BinaryFloatingPoint, _ codingPath: [any CodingKey]) -> EncodingError {
    .invalidValue(value, .init(codingPath: codingPath, debugDescription: "'\(value)' is no JSON number"))
  }
}
