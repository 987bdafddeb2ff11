internal import JSON
internal import Wire

/// What a client gave a tool, checked against the tool's schema.
struct ToolArguments: Sendable {
  let object: JSONObject

  /// Says every mistake, each with its place.
  init(_ object: JSONObject, _ schema: JSONSchema) throws(Failure) {
    let violations = schema.violations(in: .object(object), limit: 20)
    guard violations.isEmpty else {
      throw Failure(
        argument: "the arguments are not what the tool takes",
        details: violations.map { "\($0.path.isEmpty ? "(arguments)" : $0.path): \($0.message)" }
      )
    }
    self.object = object
  }

  func text(_ name: String) -> String? { object[name]?.stringValue }
  func integer(_ name: String) -> Int64? { object[name]?.integerValue }
  func flag(_ name: String) -> Bool { object[name]?.boolValue == true }

  var needs: Needs? { get throws(Failure) { try body("needs") } }
  var limits: ResourceLimits? { get throws(Failure) { try body("limits") } }
  var budget: Budget? { get throws(Failure) { try body("budget") } }
  var timeout: Duration? { integer("timeout_ms").map { .milliseconds($0) } }
  var deadline: Duration? { integer("deadline_ms").map { .milliseconds($0) } }

  /// A type of the protocol, by the protocol's own rules.
  func body<T: WireBody>(_ name: String) throws(Failure) -> T? {
    guard let json = object[name] else { return nil }
    do throws(WireError) {
      var fields = try Fields(json, at: "/\(name)")
      let body = try T(from: &fields)
      try fields.finish()
      return body
    } catch {
      throw Failure(argument: error.message)
    }
  }
}
