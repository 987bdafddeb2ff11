import JSON
import Testing
import Wire

@Suite struct `The good examples` {
  @Test func `the index lists exactly the files that are there`() throws {
    let listed = try GoodExample.all().map { $0.file }
    #expect(Set(listed).count == listed.count)
    #expect(listed.sorted() == (try Contract.files("examples/good", ".json").filter { $0 != "index.json" }))
  }

  @Test func `every method is shown in every direction, and every result`() throws {
    let examples = try GoodExample.all()
    for rule in MethodRule.all {
      let shown = examples.contains {
        $0.method == rule.method && $0.link == rule.link && $0.kind == (rule.isRequest ? "request" : "notification")
          && ($0.from == "coordinator") == (rule.sender == .coordinator)
      }
      #expect(shown, "'\(rule.method)' \(rule.link) from \(rule.sender)")
      if rule.isRequest {
        let answered = examples.contains {
          $0.method == rule.method && $0.link == rule.link && $0.kind == "success"
            && ($0.from == "coordinator") != (rule.sender == .coordinator)
        }
        #expect(answered, "result of '\(rule.method)' \(rule.link)")
      }
    }
  }

  @Test func `every member that a schema defines is shown at least once`() throws {
    var shown: Set<String> = []
    for example in try GoodExample.all() where example.kind != "failure" {
      let body = try example.message()[example.kind == "success" ? "result" : "params"]
      for key in body?.objectValue?.keys ?? [] {
        shown.insert("\(example.schema.prefix { $0 != "#" }) \(example.kind == "success" ? "result" : "params") \(key)")
      }
    }
    for file in try Contract.files("schema", ".json") {
      for part in ["params", "result"] {
        let body = try Contract.json("schema/\(file)")["$defs"]?[part]
        let members = [body].compactMap(\.self) + (body?["oneOf"]?.arrayValue ?? [])
        for key in Set(members.flatMap { $0["properties"]?.objectValue?.keys ?? [] }) {
          #expect(shown.contains("\(file) \(part) \(key)"))
        }
      }
    }
  }

  @Test(arguments: try GoodExample.all())
  func `each fits the schema of messages and that of its method`(_ example: GoodExample) throws {
    let message = try example.message()
    #expect(try `The schemas`.compile("envelope.json").violations(in: message) == [])
    let part =
      switch example.kind {
      case "success": try message["result"].orBroken("result")
      case "failure": try message["error"].orBroken("error")
      default: message
      }
    #expect(try `The schemas`.compile(example.schema).violations(in: part) == [])
  }

  @Test(arguments: try GoodExample.all())
  func `each is decoded and encoded to an equal message`(_ example: GoodExample) throws {
    let message = try example.message()
    let envelope = try message.serialized().withUnsafeBytes { try Envelope(payload: $0) }
    switch envelope {
    case .request(let id, let method, let params):
      #expect(id.json == message["id"])
      #expect(example.kind == "request" && method == example.method)
      try expectSame(params, try Bodies.params(method, example.link, params), "params", example)
    case .notification(let method, let params):
      #expect(example.kind == "notification" && method == example.method)
      try expectSame(params, try Bodies.params(method, example.link, params), "params", example)
    case .result(let id, let result):
      #expect(id.json == message["id"] && example.kind == "success")
      let method = try example.method.orBroken("method")
      try expectSame(result, try Bodies.result(method, example.link, result), "result", example)
    case .failure(let id, let error):
      #expect(example.kind == "failure")
      let payload = try Frame.failure(id, error).bytes.dropFirst(4)
      var expected = message
      if message["error"]?["data"] == nil, var failure = message["error"]?.objectValue {
        failure["data"] = ["name": .string(error.name.rawValue)]
        expected = ["jsonrpc": "2.0", "id": message["id"] ?? .null, "error": .object(failure)]
      }
      #expect(try JSON(parsing: payload) == expected)
      #expect(try Contract.errors()[error.name.rawValue] == error.code)
    }
  }

  /// Equal but for what may differ: `meta` and what `initialize` ignores are dropped, defaults are spelt out.
  private func expectSame(_ body: JSONObject, _ again: JSON?, _ part: String, _ example: GoodExample) throws {
    var again = try (again?.objectValue).orBroken("a Swift type for '\(example.method ?? "")'")
    if example.file.contains("unknown-members") { return }
    var expected = body
    expected["meta"] = nil
    let file = example.schema.prefix { $0 != "#" }
    let members = try Contract.json("schema/\(file)")["$defs"]?[part]?["properties"]?.objectValue ?? JSONObject()
    for key in again.keys where expected[key] == nil && again[key] == members[key]?["default"] { again[key] = nil }
    #expect(JSON.object(again) == .object(expected))
  }

  @Test func `numbers keep their text through Swift and back`() throws {
    let example = try GoodExample.all().first { $0.file == "tool-invoke.params.numbers.json" }.orBroken("numbers")
    let params = try (try example.message()["params"]?.objectValue).orBroken("params")
    let text = try Bodies.params("tool/invoke", .worker, params)?.description ?? ""
    for spelling in ["10.00", "1e400", "123456789012345678901234567890", "-0"] {
      #expect(text.contains(":\(spelling)"), "\(spelling)")
    }
  }
}
