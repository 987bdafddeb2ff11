package import JSON

/// The members of one object of a message, taken one by one; what is left over at the end is an error.
package struct Fields {
  private let object: JSONObject
  /// JSON Pointer of the object, for errors.
  private let path: String
  /// Names this version defines for the object: what was asked for, in order.
  private var known: [StaticString] = []

  package init(_ object: JSONObject, at path: String = "") {
    self.object = object
    self.path = path
  }

  package init(_ json: JSON, at path: String) throws(WireError) {
    guard case .object(let object) = json else {
      throw .invalidParams(path, "'\(path)' is \(json.typeName) where object is due")
    }
    self.init(object, at: path)
  }

  package func path(_ name: StaticString) -> String { "\(path)/\(name)" }

  private mutating func take(_ name: StaticString) -> JSON? {
    known.append(name)
    return object[name.description]
  }

  package mutating func optional<T: Field>(_ name: StaticString, _ type: T.Type = T.self) throws(WireError) -> T? {
    guard let json = take(name) else { return nil }
    return try T(field: json, at: path, name)
  }

  package mutating func require<T: Field>(_ name: StaticString, _ type: T.Type = T.self) throws(WireError) -> T {
    guard let json = take(name) else { throw missing(name) }
    return try T(field: json, at: path, name)
  }

  func missing(_ name: StaticString) -> WireError {
    .invalidParams(path(name), "missing member '\(name)'\(path.isEmpty ? "" : " in '\(path)'")")
  }

  /// A list, each element read by `body` with its own path.
  package mutating func list<T>(
    _ name: StaticString,
    limit: Int = .max,
    _ body: (JSON, String) throws(WireError) -> T
  ) throws(WireError) -> [T]? {
    guard let json = take(name) else { return nil }
    let path = self.path(name)
    guard case .array(let elements) = json else {
      throw .invalidParams(path, "'\(path)' is \(json.typeName) where array is due")
    }
    if elements.count > limit {
      throw .limitExceeded("\(name)", "count of '\(path)'", value: elements.count, limit: limit)
    }
    var result: [T] = []
    result.reserveCapacity(elements.count)
    for (i, element) in elements.enumerated() { result.append(try body(element, "\(path)/\(i)")) }
    return result
  }

  package mutating func requireList<T>(
    _ name: StaticString,
    _ body: (JSON, String) throws(WireError) -> T
  ) throws(WireError) -> [T] {
    guard let list = try list(name, body) else { throw missing(name) }
    return list
  }

  package mutating func strings(_ name: StaticString, limit: Int = 4096) throws(WireError) -> [String]? {
    try list(name, limit: limit) { (json, path) throws(WireError) in
      guard case .string(let string) = json else {
        throw .invalidParams(path, "'\(path)' is \(json.typeName) where string is due")
      }
      return string
    }
  }

  /// Refuses members that nobody asked for. `meta` is always allowed, if it is an object.
  package mutating func finish() throws(WireError) {
    if object.count == known.count, object.members.allSatisfy({ object in known.contains { $0 == object.key } }) {
      return
    }
    for member in object.members where !known.contains(where: { $0 == member.key }) {
      if member.key == "meta" {
        if case .object = member.value { continue }
        throw .invalidParams("\(path)/meta", "'\(path)/meta' is \(member.value.typeName) where object is due")
      }
      let nearest = nearest(to: member.key, among: known.map(\.description))
      let hint = nearest.map { " (did you mean '\($0)'?)" } ?? ""
      throw .invalidParams("\(path)/\(member.key)", "unknown member \(quoted(member.key))\(hint)")
    }
  }
}

@inline(__always)
private func == (name: StaticString, string: String) -> Bool {
  let utf8 = string.utf8
  guard utf8.count == name.utf8CodeUnitCount else { return false }
  var i = 0
  for byte in utf8 {
    if byte != name.utf8Start[i] { return false }
    i += 1
  }
  return true
}

/// A type that one member can hold.
package protocol Field {
  init(field json: JSON, at path: String, _ name: StaticString) throws(WireError)
}

private func mismatch(_ json: JSON, _ path: String, _ name: StaticString, _ due: String) -> WireError {
  .invalidParams("\(path)/\(name)", "'\(path)/\(name)' is \(json.typeName) where \(due) is due")
}

extension String: Field {
  package init(field json: JSON, at path: String, _ name: StaticString) throws(WireError) {
    guard case .string(let value) = json else { throw mismatch(json, path, name, "string") }
    self = value
  }
}

extension Bool: Field {
  package init(field json: JSON, at path: String, _ name: StaticString) throws(WireError) {
    guard case .bool(let value) = json else { throw mismatch(json, path, name, "boolean") }
    self = value
  }
}

extension Int64: Field {
  package init(field json: JSON, at path: String, _ name: StaticString) throws(WireError) {
    guard let value = json.integerValue else {
      if case .number(let number) = json {
        throw .invalidParams(
          "\(path)/\(name)",
          "'\(path)/\(name)' is \(quoted(number.text)) where a 64-bit integer is due"
        )
      }
      throw mismatch(json, path, name, "integer")
    }
    self = value
  }
}

extension Double: Field {
  package init(field json: JSON, at path: String, _ name: StaticString) throws(WireError) {
    guard let value = json.doubleValue else {
      if case .number(let number) = json {
        throw .invalidParams(
          "\(path)/\(name)",
          "'\(path)/\(name)' is \(quoted(number.text)) beyond the range of numbers"
        )
      }
      throw mismatch(json, path, name, "number")
    }
    self = value
  }
}

extension JSON: Field {
  package init(field json: JSON, at path: String, _ name: StaticString) throws(WireError) { self = json }
}

extension JSONObject: Field {
  package init(field json: JSON, at path: String, _ name: StaticString) throws(WireError) {
    guard case .object(let value) = json else { throw mismatch(json, path, name, "object") }
    self = value
  }
}

extension Fields {
  /// An integer within `range`, by default the non-negative ones.
  package mutating func integer(
    _ name: StaticString,
    in range: ClosedRange<Int64> = 0...Int64.max
  ) throws(WireError) -> Int64? {
    guard let value = try optional(name, Int64.self) else { return nil }
    guard range.contains(value) else {
      let bound = value < range.lowerBound ? "at least \(range.lowerBound)" : "at most \(range.upperBound)"
      throw .invalidParams(path(name), "'\(path(name))' is \(value) where \(bound) is due")
    }
    return value
  }
}

extension Fields {
  /// As `integer`, of a member that must be there.
  package mutating func requireInteger(
    _ name: StaticString,
    in range: ClosedRange<Int64> = 0...Int64.max
  ) throws(WireError) -> Int64 {
    guard let value = try integer(name, in: range) else { throw missing(name) }
    return value
  }
}

/// The candidate nearest to a mistyped name, if it is near enough to be meant (one edit in three letters).
package func nearest(to name: String, among candidates: [String]) -> String? {
  let typed = Array(name.utf8.prefix(64))
  let best = candidates.map { (candidate: $0, distance: editDistance(typed, Array($0.utf8.prefix(64)))) }
    .min { $0.distance < $1.distance }
  guard let best, best.distance <= max(1, best.candidate.utf8.count / 3) else { return nil }
  return best.candidate
}

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
  var before: [Int] = []
  var previous = Array(0...b.count)
  for i in 0..<a.count {
    var current = [i + 1]
    for j in 0..<b.count {
      var cost = min(previous[j] + (a[i] == b[j] ? 0 : 1), previous[j + 1] + 1, current[j] + 1)
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
      current.append(cost)
    }
    before = previous
    previous = current
  }
  return previous[b.count]
}
