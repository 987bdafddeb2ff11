package import JSON

/// One line per member; an absent optional writes nothing.
extension JSONWriter {
  package mutating func member(_ name: StaticString, _ value: String?) {
    guard let value else { return }
    key(name)
    self.value(value)
  }

  package mutating func member(_ name: StaticString, _ value: Int64?) {
    guard let value else { return }
    key(name)
    self.value(value)
  }

  package mutating func member(_ name: StaticString, _ value: Int) {
    key(name)
    self.value(value)
  }

  package mutating func member(_ name: StaticString, _ value: Bool?) {
    guard let value else { return }
    key(name)
    self.value(value)
  }

  package mutating func member(_ name: StaticString, _ value: JSON?) {
    guard let value else { return }
    key(name)
    self.value(value)
  }

  package mutating func member(_ name: StaticString, _ values: [String]?) {
    guard let values else { return }
    key(name)
    beginArray()
    for value in values { self.value(value) }
    endArray()
  }

  package mutating func member(_ name: StaticString, _ body: (some WireBody)?) {
    guard let body else { return }
    key(name)
    object(body)
  }

  package mutating func member(_ name: StaticString, _ bodies: [some WireBody]?) {
    guard let bodies else { return }
    key(name)
    beginArray()
    for body in bodies { object(body) }
    endArray()
  }

  package mutating func object(_ body: some WireBody) {
    beginObject()
    body.encode(into: &self)
    endObject()
  }
}

extension Fields {
  /// A nested object that is itself a body.
  package mutating func body<T: WireBody>(_ name: StaticString, _ type: T.Type = T.self) throws(WireError) -> T? {
    guard let object = try optional(name, JSONObject.self) else { return nil }
    return try Self.read(object, at: path(name))
  }

  package mutating func requireBody<T: WireBody>(_ name: StaticString, _ type: T.Type = T.self) throws(WireError) -> T {
    try Self.read(try require(name, JSONObject.self), at: path(name))
  }

  /// A list of objects that are themselves bodies.
  package mutating func bodies<T: WireBody>(
    _ name: StaticString,
    _ type: T.Type = T.self,
    limit: Int = .max
  ) throws(WireError) -> [T]? {
    try list(name, limit: limit) { (json, path) throws(WireError) in
      guard case .object(let object) = json else {
        throw .invalidParams(path, "'\(path)' is \(json.typeName) where object is due")
      }
      return try Self.read(object, at: path)
    }
  }

  package mutating func requireBodies<T: WireBody>(
    _ name: StaticString,
    _ type: T.Type = T.self,
    limit: Int = .max
  ) throws(WireError) -> [T] {
    guard let bodies = try bodies(name, type, limit: limit) else { throw missing(name) }
    return bodies
  }

  private static func read<T: WireBody>(_ object: JSONObject, at path: String) throws(WireError) -> T {
    var fields = Fields(object, at: path)
    let body = try T(from: &fields)
    if !(T.self is any IgnoresUnknownMembers.Type) { try fields.finish() }
    return body
  }
}
