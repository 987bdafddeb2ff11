import JSON
import Testing

@Suite struct `The schemas` {
  static let base = "https://bulkhead.invalid/"

  /// Compiles the schema at `place`, a file name with an optional fragment.
  static func compile(_ place: String) throws -> JSONSchema {
    let file = String(place.prefix { $0 != "#" })
    return try JSONSchema(
      ["$ref": .string(base + place)],
      documents: [base + file: try Contract.json("schema/\(file)")]
    )
  }

  @Test(arguments: try Contract.files("schema", ".json"))
  func `each is strict JSON, compiles, and is named like its file`(_ file: String) throws {
    let schema = try Contract.json("schema/\(file)")
    #expect(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema")
    #expect(schema["$id"] == .string(file))
    #expect(schema["title"]?.stringValue?.isEmpty == false)
    _ = try Self.compile(file)
  }

  @Test(arguments: try Contract.files("schema", ".json"))
  func `each is self-contained, and its copies of shared types equal their own files`(_ file: String) throws {
    let schema = try Contract.json("schema/\(file)")
    var references: Set<String> = []
    Self.collect(schema, &references)
    let definitions = schema["$defs"]?.objectValue ?? JSONObject()
    for reference in references where reference != "#" {
      #expect(reference.hasPrefix("#/$defs/"), "'\(reference)' leads out of the file")
      #expect(definitions[String(reference.dropFirst(8))] != nil, "'\(reference)' leads nowhere")
    }
    let files = try Contract.files("schema", ".json")
    for member in definitions.members where files.contains("\(member.key).json") {
      guard var original = try Contract.json("schema/\(member.key).json").objectValue else { continue }
      for outer in ["$schema", "$id", "$defs"] { original[outer] = nil }
      #expect(member.value == .object(original), "'\(member.key)' in \(file) is not the one in \(member.key).json")
    }
  }

  private static func collect(_ json: JSON, _ references: inout Set<String>) {
    switch json {
    case .array(let elements): for element in elements { collect(element, &references) }
    case .object(let object):
      for member in object.members {
        if member.key == "$ref", let reference = member.value.stringValue { references.insert(reference) }
        collect(member.value, &references)
      }
    default: break
    }
  }

  @Test(arguments: try Contract.files("schema", ".json"))
  func `every object says whether it is closed`(_ file: String) throws {
    var open: [String] = []
    Self.findUndecided(try Contract.json("schema/\(file)"), "", &open)
    #expect(open.isEmpty)
  }

  /// Objects with `properties` that are schemas of their own (not mere conditions beside others) must decide.
  private static func findUndecided(_ json: JSON, _ path: String, _ found: inout [String]) {
    guard case .object(let object) = json else {
      for (i, element) in (json.arrayValue ?? []).enumerated() { findUndecided(element, "\(path)/\(i)", &found) }
      return
    }
    if object["type"] == "object", object["properties"] != nil, object["additionalProperties"] == nil {
      found.append(path)
    }
    for member in object.members { findUndecided(member.value, "\(path)/\(member.key)", &found) }
  }

  @Test(arguments: [
    #"{"name":"echo","command":["python3","echo.py"]}"#,
    #"""
    {"name":"sandbox","description":"Runs programs.","command":["./sandbox"],"tools":["bash"],"callers":["models"],"pinned":true,"instances":2,"concurrency":4,
     "permissions":{"network":"none","exec":true,"read":["/usr"],"write":["/tmp/out"]},"secrets":["API_KEY"],
     "environment":["LANG"],"limits":{"memory_bytes":1,"processes":1,"file_bytes":0,"open_files":3},
     "restart":{"policy":"on_failure","backoff_ms":1,"max_backoff_ms":2,"reset_ms":3,"throttle_ms":4},
     "start_ms":1,"heartbeat_ms":0,"grace_ms":1,"drain_ms":1,"settings":{"any":null}}
    """#,
  ])
  func `a manifest of the documented form is valid`(_ text: String) throws {
    #expect(try Self.compile("manifest.json").violations(in: try JSON(parsing: text)) == [])
  }

  @Test(arguments: [
    (#"{"name":"echo"}"#, ""), (#"{"name":"echo","command":[]}"#, "/command"),
    (#"{"name":"Echo","command":["a"]}"#, "/name"), (#"{"name":"e","command":[""]}"#, "/command/0"),
    (#"{"name":"e","command":["a"],"comand":["a"]}"#, "/comand"),
    (#"{"name":"e","command":["a"],"permissions":{"netwrk":"none"}}"#, "/permissions/netwrk"),
    (#"{"name":"e","command":["a"],"permissions":{"network":"inbound"}}"#, "/permissions/network"),
    (#"{"name":"e","command":["a"],"permissions":{"read":["etc"]}}"#, "/permissions/read/0"),
    (#"{"name":"e","command":["a"],"permissions":{"read":["/a/../etc"]}}"#, "/permissions/read/0"),
    (#"{"name":"e","command":["a"],"instances":0}"#, "/instances"),
    (#"{"name":"e","command":["a"],"restart":{"policy":"sometimes"}}"#, "/restart/policy"),
    (#"{"name":"e","command":["a"],"secrets":["A=B"]}"#, "/secrets/0"),
    (#"{"name":"e","command":["a"],"callers":["Models"]}"#, "/callers/0"),
  ])
  func `a mistake in a manifest is found where it is`(_ text: String, _ path: String) throws {
    let found = try Self.compile("manifest.json").violations(in: try JSON(parsing: text))
    #expect(found.map(\.path).contains(path), "\(found)")
  }

  @Test(arguments: [
    (#"{"mcpServers":{"time":{"command":"mcp-server-time","args":["--local-timezone","UTC"]}}}"#, nil),
    (
      #"""
      {"servers":{"My Server":{"type":"http","url":"https://mcp.example.org/mcp","headers":{"Authorization":{"env":"A"}},
       "timeout":5000,"gallery":true,"bulkhead":{"tools":["a"],"idle":"10m","sampling":{"model":"small"},"protocol":"2025-06-18"}}}}
      """#, nil
    ),
    (
      #"{"mcpServers":{"f":{"command":"/opt/f","env":{"A":"x","B":{"file":"/b"}},"bulkhead":{"needs":{"read":["/srv"]}}}}}"#,
      nil
    ),
    (#"{"mcpServers":{"f":{"args":["x"]}}}"#, "/mcpServers/f"),
    (#"{"mcpServers":{"f":{"command":"x","bulkhead":{"neds":{}}}}}"#, "/mcpServers/f/bulkhead/neds"),
    (#"{"mcpServers":{"f":{"command":"x","env":{"A":{"env":"B","file":"/c"}}}}}"#, "/mcpServers/f/env/A"),
    (#"{"mcpServers":{"f":{"command":"x","type":"sse"}}}"#, "/mcpServers/f/type"),
  ])
  func `a list of MCP servers has the documented form, or a mistake where it is`(_ text: String, _ path: String?) throws
  {
    let found = try Self.compile("mcp.json").violations(in: try JSON(parsing: text))
    #expect(path.map { found.map(\.path).contains($0) } ?? found.isEmpty, "\(found)")
  }

  @Test(arguments: [
    #""reason":"ok","exit":{"code":0}"#, #""reason":"nonzero_exit","exit":{"code":3}"#,
    #""reason":"signal","exit":{"signal":11,"name":"SIGSEGV"}"#, #""reason":"timeout","exit":{"signal":9}"#,
    #""reason":"setup_failed","setup":{"stage":"mount","errno":1}"#, #""reason":"worker_lost""#,
  ])
  func `each end of a jailed run has a form`(_ end: String) throws {
    #expect(try Self.compile("run-result.json").violations(in: try Self.run(end)) == [])
  }

  @Test(arguments: [
    #""reason":"ok","exit":{"code":1}"#, #""reason":"ok""#, #""reason":"nonzero_exit","exit":{"code":0}"#,
    #""reason":"signal","exit":{"code":0}"#, #""reason":"setup_failed""#, #""reason":"bored""#,
    #""reason":"timeout","setup":{"stage":"mount","errno":1}"#, #""reason":"timeout","exit":{"code":0,"signal":9}"#,
  ])
  func `a jailed run does not contradict itself`(_ end: String) throws {
    #expect(try Self.compile("run-result.json").violations(in: try Self.run(end)) != [])
  }

  @Test(arguments: [
    (#"{"kind":"syscall","syscall":"socket","exact":true,"count":2}"#, true),
    (#"{"kind":"limit","limit":"processes","exact":true}"#, true),
    (#"{"kind":"host","host":"example.org:443","exact":false}"#, true),
    (#"{"kind":"path","path":"/etc/shadow","access":"read","exact":false}"#, true),
    (#"{"kind":"program","program":"curl","exact":false}"#, true),
    (#"{"kind":"syscall","syscall":"socket","exact":false}"#, false),
    (#"{"kind":"path","path":"/etc/shadow"}"#, false), (#"{"kind":"path","host":"a:1","exact":false}"#, false),
    (#"{"kind":"mood","exact":true}"#, false),
  ])
  func `a denial is one of five kinds and says whether it is exact`(_ denial: String, _ isValid: Bool) throws {
    let result = try Self.run(#""reason":"worker_lost""#, denials: denial)
    #expect(try Self.compile("run-result.json").isValid(result) == isValid)
  }

  private static func run(_ end: String, denials: String = "") throws -> JSON {
    let stream = #"{"text":"","truncated":false}"#
    return try JSON(
      parsing: "{\(end),\"stdout\":\(stream),\"stderr\":\(stream),\"limits_hit\":[\"processes\"],"
        + "\"denials\":[\(denials)],\"artifacts\":[],\"receipt\":{\"wall_ms\":1}}"
    )
  }
}
