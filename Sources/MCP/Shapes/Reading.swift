internal import JSON

/// Why a value is not of the shape that the protocol has.
package struct ShapeError: Error, Sendable, Equatable, CustomStringConvertible {
  package var detail: String
  package init(_ detail: String) { self.detail = detail }
  package var description: String { detail }
}

extension JSONObject {
  func text(_ key: String) throws(ShapeError) -> String {
    guard let text = self[key]?.stringValue else { throw ShapeError("'\(key)' is no text") }
    return text
  }

  /// Absent and null are nil; so is a value of another type, since nothing hangs on it.
  func optionalText(_ key: String) -> String? { self[key]?.stringValue }

  func optionalObject(_ key: String) -> JSONObject? { self[key]?.objectValue }

  func object(_ key: String) throws(ShapeError) -> JSONObject {
    guard let object = self[key]?.objectValue else { throw ShapeError("'\(key)' is no object") }
    return object
  }

  func array(_ key: String, atMost limit: Int) throws(ShapeError) -> [JSON] {
    guard let array = self[key]?.arrayValue else { throw ShapeError("'\(key)' is no array") }
    if array.count > limit { throw ShapeError("'\(key)' has \(array.count) items; at most \(limit) are taken") }
    return array
  }

  /// Sets what is not nil.
  mutating func set(_ key: String, _ text: String?) { if let text { self[key] = .string(text) } }
  mutating func set(_ key: String, _ flag: Bool?) { if let flag { self[key] = .bool(flag) } }
  mutating func set(_ key: String, _ object: JSONObject?) { if let object { self[key] = .object(object) } }
  mutating func set(_ key: String, _ json: JSON?) { if let json { self[key] = json } }
}

/// An object, or the error that names what was to be one.
func objectOf(_ json: JSON, _ what: String) throws(ShapeError) -> JSONObject {
  guard case .object(let object) = json else { throw ShapeError("\(what) is no object but \(json.typeName)") }
  return object
}
