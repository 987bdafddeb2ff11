internal import JSON
internal import Posix
internal import Supervision
internal import Wire

extension Conformance {
  /// `initialize`, the versions, and the tools that it brings.
  func checkStart() {
    var answer: JSONObject?
    rule("initialize") { () throws(Broken) in
      let examination = try start()
      adopt(examination)
      let before = BootTime.now
      switch try examination.ask(introduction, patience: startPatience) {
      case .failure(let error): return .fail("answered with the error \(error.name.rawValue): \(error.message)")
      case .success(let object):
        answer = object
        return .pass("answered in \(BootTime.now.milliseconds(since: before)) ms")
      }
    }
    guard let answer else {
      retire()
      for name in ["version", "tools"] { rule(name) { .skip("'initialize' was not answered") } }
      return
    }
    rule("version") { version(answer, offered: .current) }
    rule("tools") {
      do throws(WireError) {
        let hello = try InitializeWorker.Response.decode(answer)
        self.hello = hello
        return judge(hello)
      } catch {
        return .fail(error.message)
      }
    }
    if hello == nil { retire() }
  }

  private func version(_ answer: JSONObject, offered: ProtocolVersion) -> Outcome {
    guard let text = answer["protocol"]?.stringValue, let version = ProtocolVersion(text) else {
      return .fail("'/protocol' is \(answer["protocol"]?.description ?? "missing") where \"major.minor\" is due")
    }
    guard version.major == offered.major, version <= offered else {
      return .fail("it answered \(version) where \(offered.major).0 to \(offered) are due")
    }
    return .pass("it speaks \(version)")
  }

  private func judge(_ hello: InitializeWorker.Response) -> Outcome {
    var problems: [String] = []
    for tool in hello.tools {
      if tool.description.isEmpty { problems.append("tool '\(tool.name)' has no description") }
      do throws(JSONSchemaError) { _ = try JSONSchema(tool.inputSchema) } catch {
        problems.append("input_schema of tool '\(tool.name)': \(error)")
      }
      if !Self.describesObject(tool.inputSchema) {
        problems.append(
          "input_schema of tool '\(tool.name)' does not describe an object: its type is \(tool.inputSchema["type"]?.description ?? tool.inputSchema.description)"
        )
      }
      guard let schema = tool.outputSchema else { continue }
      do throws(JSONSchemaError) { _ = try JSONSchema(schema) } catch {
        problems.append("output_schema of tool '\(tool.name)': \(error)")
      }
    }
    if let permitted = worker.manifest.tools {
      for tool in hello.tools where !permitted.contains(tool.name) {
        problems.append("tool '\(tool.name)' is not among the manifest's tools")
      }
    }
    guard problems.isEmpty else { return .fail(problems.joined(separator: "; ")) }
    if hello.tools.isEmpty { return .pass("it offers none") }
    return .pass("\(hello.tools.map(\.name).joined(separator: ", ")): names, descriptions and schemas are valid")
  }

  /// Other ways to say it (`$ref`, `allOf`) are believed.
  private static func describesObject(_ schema: JSON) -> Bool {
    guard schema.objectValue != nil || schema.boolValue == true else { return false }
    guard let type = schema["type"] else { return true }
    return type == "object" || type.arrayValue?.contains("object") == true
  }

  /// A worker must cope with what a later coordinator may send in `initialize`, and only there.
  func checkLenience() {
    rule("later coordinators") { () throws(Broken) in
      let examination = try start()
      adopt(examination)
      var params = introduction.json.objectValue ?? JSONObject()
      params["protocol"] = "1.9"
      params["a_later_member"] = ["enabled": true]
      let id = examination.begin()
      let message: JSON = [
        "jsonrpc": "2.0", "id": .integer(id), "method": "initialize", "params": .object(params),
      ]
      try examination.send(Self.framed(message))
      switch try examination.answer(to: id, patience: startPatience) {
      case .failure(let error):
        return .fail(
          "protocol \"1.9\" with an unknown member was answered with \(error.name.rawValue): \(error.message)"
        )
      case .success(let answer): return version(answer, offered: ProtocolVersion(major: 1, minor: 9))
      }
    }
    retire()
  }

  static func framed(_ json: JSON) -> [UInt8] {
    let payload = json.serialized()
    let length = UInt32(truncatingIfNeeded: payload.count)
    return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: length >> $0) } + payload
  }
}
