/// Our parser and writer against Foundation's coders: two small messages as a worker sees them, and a large document.

import Foundation
import JSON

func measureJSON() throws -> [Measurement] {
  try measureInvoke() + measureResponse() + measureDocument()
}

private let compactEncoder: JSONEncoder = {
  let encoder = JSONEncoder()
  encoder.outputFormatting = .withoutEscapingSlashes
  return encoder
}()

private func mismatch(_ what: String) -> JSONBenchmarkError { JSONBenchmarkError(what: what) }

private struct JSONBenchmarkError: Error {
  let what: String
}

// MARK: A request of 112 bytes

private struct Invoke: Codable, Equatable {
  struct Params: Codable, Equatable {
    struct Input: Codable, Equatable {
      var path: String
      var limit: Int
    }
    var tool: String
    var attempt: Int
    var input: Input
  }
  var jsonrpc: String
  var id: Int
  var method: String
  var params: Params

  static let text =
    #"{"jsonrpc":"2.0","id":4711,"method":"tool/invoke","params":{"tool":"read","attempt":1,"input":{"path":"a.txt","limit":64}}}"#
}

extension Invoke {
  init(_ json: JSON) throws {
    guard
      let jsonrpc = json["jsonrpc"]?.stringValue, let id = json["id"]?.integerValue,
      let method = json["method"]?.stringValue, let params = json["params"], let tool = params["tool"]?.stringValue,
      let attempt = params["attempt"]?.integerValue, let input = params["input"],
      let path = input["path"]?.stringValue, let limit = input["limit"]?.integerValue
    else { throw mismatch("invoke") }
    self.init(
      jsonrpc: jsonrpc,
      id: Int(id),
      method: method,
      params: Params(tool: tool, attempt: Int(attempt), input: .init(path: path, limit: Int(limit)))
    )
  }

  func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("jsonrpc")
    writer.value(jsonrpc)
    writer.key("id")
    writer.value(id)
    writer.key("method")
    writer.value(method)
    writer.key("params")
    writer.beginObject()
    writer.key("tool")
    writer.value(params.tool)
    writer.key("attempt")
    writer.value(params.attempt)
    writer.key("input")
    writer.beginObject()
    writer.key("path")
    writer.value(params.input.path)
    writer.key("limit")
    writer.value(params.input.limit)
    writer.endObject()
    writer.endObject()
    writer.endObject()
  }
}

private func measureInvoke() throws -> [Measurement] {
  let bytes = Array(Invoke.text.utf8)
  let data = Data(bytes)
  let decoder = JSONDecoder()
  let invoke = try Invoke(JSON(parsing: bytes))
  guard try decoder.decode(Invoke.self, from: data) == invoke else { throw mismatch("invoke decoded") }
  var writer = JSONWriter()
  invoke.write(to: &writer)
  guard writer.finish() == bytes else { throw mismatch("invoke written") }
  let decoded = try compare(
    "decode request",
    [
      Side(name: "ours", bytes: bytes.count) { count in
        try (0..<count).reduce(0) { sum, _ in try sum &+ Invoke(JSON(parsing: bytes)).id }
      },
      Side(name: "JSONDecoder", bytes: bytes.count) { count in
        try (0..<count).reduce(0) { sum, _ in try sum &+ decoder.decode(Invoke.self, from: data).id }
      },
      Side(name: "JSONSerialization", bytes: bytes.count) { count in
        try (0..<count).reduce(0) { sum, _ in
          let object = try JSONSerialization.jsonObject(with: data) as? [String: Any]
          return sum &+ (object?["id"] as? Int ?? 0)
        }
      },
    ]
  )
  let encoded = try compare(
    "encode request",
    [
      Side(name: "ours", bytes: bytes.count) { count in
        (0..<count).reduce(0) { sum, _ in
          var writer = JSONWriter()
          invoke.write(to: &writer)
          return sum &+ writer.finish().count
        }
      },
      Side(name: "JSONEncoder", bytes: bytes.count) { count in
        try (0..<count).reduce(0) { sum, _ in try sum &+ compactEncoder.encode(invoke).count }
      },
    ]
  )
  return decoded + encoded
}

// MARK: A response of 112 bytes

private struct Response: Codable, Equatable {
  struct Result: Codable, Equatable {
    struct Output: Codable, Equatable {
      var text: String
      var lines: Int
      var truncated: Bool
    }
    enum CodingKeys: String, CodingKey {
      case output
      case elapsedMilliseconds = "elapsed_ms"
    }
    var output: Output
    var elapsedMilliseconds: Double
  }
  var jsonrpc: String
  var id: Int
  var result: Result

  static let text =
    #"{"jsonrpc":"2.0","id":4711,"result":{"output":{"text":"first line\nsecond","lines":2,"truncated":false},"elapsed_ms":1.25}}"#
}

extension Response {
  init(_ json: JSON) throws {
    guard
      let jsonrpc = json["jsonrpc"]?.stringValue, let id = json["id"]?.integerValue, let result = json["result"],
      let output = result["output"], let text = output["text"]?.stringValue,
      let lines = output["lines"]?.integerValue, let truncated = output["truncated"]?.boolValue,
      let elapsed = result["elapsed_ms"]?.doubleValue
    else { throw mismatch("response") }
    self.init(
      jsonrpc: jsonrpc,
      id: Int(id),
      result: Result(output: .init(text: text, lines: Int(lines), truncated: truncated), elapsedMilliseconds: elapsed)
    )
  }

  func write(to writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("jsonrpc")
    writer.value(jsonrpc)
    writer.key("id")
    writer.value(id)
    writer.key("result")
    writer.beginObject()
    writer.key("output")
    writer.beginObject()
    writer.key("text")
    writer.value(result.output.text)
    writer.key("lines")
    writer.value(result.output.lines)
    writer.key("truncated")
    writer.value(result.output.truncated)
    writer.endObject()
    writer.key("elapsed_ms")
    writer.value(JSON(result.elapsedMilliseconds) ?? .null)
    writer.endObject()
    writer.endObject()
  }
}

private func measureResponse() throws -> [Measurement] {
  let bytes = Array(Response.text.utf8)
  let data = Data(bytes)
  let decoder = JSONDecoder()
  let response = try Response(JSON(parsing: bytes))
  guard try decoder.decode(Response.self, from: data) == response else { throw mismatch("response decoded") }
  var writer = JSONWriter()
  response.write(to: &writer)
  guard writer.finish() == bytes else { throw mismatch("response written") }
  let decoded = try compare(
    "decode response",
    [
      Side(name: "ours", bytes: bytes.count) { count in
        try (0..<count).reduce(0) { sum, _ in try sum &+ Response(JSON(parsing: bytes)).id }
      },
      Side(name: "JSONDecoder", bytes: bytes.count) { count in
        try (0..<count).reduce(0) { sum, _ in try sum &+ decoder.decode(Response.self, from: data).id }
      },
    ]
  )
  let encoded = try compare(
    "encode response",
    [
      Side(name: "ours", bytes: bytes.count) { count in
        (0..<count).reduce(0) { sum, _ in
          var writer = JSONWriter()
          response.write(to: &writer)
          return sum &+ writer.finish().count
        }
      },
      Side(name: "JSONEncoder", bytes: bytes.count) { count in
        try (0..<count).reduce(0) { sum, _ in try sum &+ compactEncoder.encode(response).count }
      },
    ]
  )
  return decoded + encoded
}

// MARK: A document of 1 MB

private struct Item: Codable {
  struct Position: Codable {
    var line: Int
    var column: Int
  }
  var id: Int
  var name: String
  var description: String
  var price: Double
  var active: Bool
  var parent: Int?
  var tags: [String]
  var position: Position
  var scores: [Double]
}

/// Records with the mix that tool outputs have: keys that repeat, short and long strings, some escapes, some text
/// outside ASCII, integers and decimals.
private func document(bytes wanted: Int) -> [UInt8] {
  var text = "["
  var i = 0
  while text.utf8.count < wanted {
    if i > 0 { text += "," }
    text += #"{"id":\#(100_000 + i * 7),"name":"item-\#(i)","description":"#
    switch i % 4 {
    case 0: text += #""Reads a file in the workspace and returns its first lines as plain text.""#
    case 1: text += #""line one\nline two\t\"quoted\" and a path C:\\temp\\file""#
    case 2: text += #""Größe und Gewicht prüfen — 検査 ✓, dann weiter""#
    default: text += #""short text""#
    }
    text +=
      #","price":\#(i % 500).\#(10 + i % 90),"active":\#(i % 3 == 0),"parent":\#(i % 5 == 0 ? "null" : "\(i / 2)"),"#
    text +=
      #""tags":["alpha","beta-\#(i % 10)"],"position":{"line":\#(i),"column":\#(i % 80)},"scores":[0.5,12.75,-3]}"#
    i += 1
  }
  return Array((text + "]").utf8)
}

private func measureDocument() throws -> [Measurement] {
  let bytes = document(bytes: 1_000_000)
  let data = Data(bytes)
  let decoder = JSONDecoder()
  let json = try JSON(parsing: bytes)
  guard json.serialized() == bytes else { throw mismatch("document written") }
  let items = try decoder.decode([Item].self, from: data)
  let objects = try JSONSerialization.jsonObject(with: data)
  guard items.count == json.arrayValue?.count else { throw mismatch("document decoded") }
  let parsed = try compare(
    "parse 1 MB",
    [
      Side(name: "ours", bytes: bytes.count) { count in
        try (0..<count).reduce(0) { sum, _ in try sum &+ (JSON(parsing: bytes).arrayValue?.count ?? 0) }
      },
      Side(name: "JSONSerialization", bytes: bytes.count) { count in
        try (0..<count).reduce(0) { sum, _ in
          try sum &+ ((JSONSerialization.jsonObject(with: data) as? [Any])?.count ?? 0)
        }
      },
      Side(name: "JSONDecoder", bytes: bytes.count) { count in
        try (0..<count).reduce(0) { sum, _ in try sum &+ decoder.decode([Item].self, from: data).count }
      },
    ]
  )
  let written = try compare(
    "write 1 MB",
    [
      Side(name: "ours", bytes: bytes.count) { count in
        (0..<count).reduce(0) { sum, _ in sum &+ json.serialized().count }
      },
      Side(name: "JSONSerialization", bytes: bytes.count) { count in
        try (0..<count).reduce(0) { sum, _ in try sum &+ JSONSerialization.data(withJSONObject: objects).count }
      },
      Side(name: "JSONEncoder", bytes: bytes.count) { count in
        try (0..<count).reduce(0) { sum, _ in try sum &+ compactEncoder.encode(items).count }
      },
    ]
  )
  return parsed + written
}
