import Foundation
import Glibc
import JSON
import Testing
import Wire

@testable import Supervision

@Suite struct ManifestTests {
  private func manifest(_ text: String) throws -> WorkerManifest {
    try WorkerManifest(try JSON(parsing: Array(text.utf8)), folder: "/w")
  }

  @Test func `every member is read`() throws {
    let read = try manifest(
      """
      {"$schema":"x","name":"full-1_a","description":"D","command":["./w","-v"],"tools":["a","b"],"callers":["m"],"instances":2,
       "concurrency":3,"permissions":{"network":"outbound","exec":false,"read":["/etc","/"],"write":[]},
       "secrets":["KEY"],"environment":["TZ"],"limits":{"memory_bytes":1,"open_files":3},
       "restart":{"policy":"on_failure","backoff_ms":1,"max_backoff_ms":2,"reset_ms":3,"throttle_ms":4},
       "start_ms":5,"heartbeat_ms":0,"grace_ms":6,"drain_ms":7,"settings":{"k":1.0}}
      """
    )
    var expected = WorkerManifest(name: "full-1_a", command: ["./w", "-v"], folder: "/w")
    expected.description = "D"
    expected.tools = ["a", "b"]
    expected.callers = ["m"]
    expected.instances = 2
    expected.concurrency = 3
    expected.permissions = .init(outboundNetwork: true, exec: false, read: ["/etc", "/"], write: [])
    expected.secrets = ["KEY"]
    expected.environment = ["TZ"]
    expected.limits.memoryBytes = 1
    expected.limits.openFiles = 3
    expected.restart.policy = .onFailure
    expected.restart.backoffMS = 1
    expected.restart.maxBackoffMS = 2
    expected.restart.resetMS = 3
    expected.restart.throttleMS = 4
    expected.startMS = 5
    expected.heartbeatMS = 0
    expected.graceMS = 6
    expected.drainMS = 7
    expected.settings = ["k": 1]
    #expect(read == expected)
  }

  @Test func `what is not asked for is denied or has its default`() throws {
    let read = try manifest(#"{"name":"a","command":["x"]}"#)
    #expect(read == WorkerManifest(name: "a", command: ["x"], folder: "/w"))
    #expect(read.permissions == .init(outboundNetwork: false, exec: false, read: [], write: []))
    #expect(
      read.tools == nil && read.callers == nil && read.instances == 1 && read.secrets.isEmpty
        && read.restart.policy == .always
    )
  }

  /// Members beside `name` and `command`, and the message for each; nil where it is accepted.
  static let rows: [(members: String, message: String?)] = [
    (#""instances":1024"#, nil), (#""instances":1025"#, "'/instances' is 1025 where at most 1024 is due"),
    (#""instances":0"#, "'/instances' is 0 where at least 1 is due"),
    (#""concurrency":1024"#, nil), (#""concurrency":1025"#, "'/concurrency' is 1025 where at most 1024 is due"),
    (#""start_ms":3600000"#, nil), (#""start_ms":3600001"#, "'/start_ms' is 3600001 where at most 3600000 is due"),
    (#""start_ms":0"#, "'/start_ms' is 0 where at least 1 is due"),
    (#""heartbeat_ms":0"#, nil), (#""heartbeat_ms":-1"#, "'/heartbeat_ms' is -1 where at least 0 is due"),
    (#""grace_ms":0"#, "'/grace_ms' is 0 where at least 1 is due"),
    (#""drain_ms":604800000"#, nil),
    (#""drain_ms":604800001"#, "'/drain_ms' is 604800001 where at most 604800000 is due"),
    (
      #""restart":{"policy":"sometimes"}"#,
      "'/restart/policy' is 'sometimes' where \"always\", \"on_failure\" or \"never\" is due"
    ),
    (#""restart":{"backoff_ms":0}"#, "'/restart/backoff_ms' is 0 where at least 1 is due"),
    (#""restart":{"backoff_ms":3600001}"#, "'/restart/backoff_ms' is 3600001 where at most 3600000 is due"),
    (#""restart":{"reset_ms":86400000}"#, nil),
    (#""restart":{"reset_ms":86400001}"#, "'/restart/reset_ms' is 86400001 where at most 86400000 is due"),
    (#""restart":{"policies":"never"}"#, "unknown member 'policies'"),
    (#""permissions":{"network":"all"}"#, "'/permissions/network' is 'all' where \"none\" or \"outbound\" is due"),
    (
      #""permissions":{"tunnel":"both"}"#,
      "'/permissions/tunnel' is 'both' where \"use\" or \"offer\" is due"
    ), (#""permissions":{"tunnel":"use"}"#, "'/permissions/tunnel' \"use\" goes with 'jails' only"),
    (
      #""permissions":{"tunnel":"offer","jails":true}"#,
      "'/permissions/tunnel' \"offer\" goes with 'network' \"outbound\" only"
    ),
    (#""permissions":{"exec":1}"#, "'/permissions/exec' is integer where boolean is due"),
    (#""permissions":{"read":["etc"]}"#, "'etc' is no plain absolute path"),
    (#""permissions":{"read":["/a/../b"]}"#, "'/a/../b' is no plain absolute path"),
    (#""permissions":{"write":["/a//b"]}"#, "'/a//b' is no plain absolute path"),
    (#""permissions":{"write":["/a/"]}"#, "'/a/' is no plain absolute path"),
    (#""limits":{"open_files":2}"#, "'/limits/open_files' is 2 where at least 3 is due"),
    (#""tool":["a"]"#, "unknown member 'tool' (did you mean 'tools'?)"),
    (#""instances":"2""#, "'/instances' is string where integer is due"),
    (#""secrets":[1]"#, "'/secrets/0' is integer where string is due"),
    (#""callers":[]"#, nil), (#""callers":"models""#, "'/callers' is string where array is due"),
    (#""callers":["a","B"]"#, "'/callers/1' is 'B', which is no kind of worker"),
    (#""settings":[]"#, "'/settings' is array where object is due"),
  ]

  @Test(arguments: Self.rows.indices)
  func `bounds hold at n and n + 1, and each mistake is named`(_ index: Int) throws {
    let (members, message) = Self.rows[index]
    do {
      _ = try manifest(#"{"name":"a","command":["x"],\#(members)}"#)
      #expect(message == nil, "\(members) was accepted")
    } catch let error as WireError {
      #expect(error.message == message, "\(members)")
      #expect(error.name == .invalidParams)
    }
  }

  @Test(arguments: [
    ("", false), ("a", true), ("A", false), ("1a", false), ("a.b", false), ("a b", false), ("a-b_c9", true),
    ("ä", false),
    (String(repeating: "a", count: 64), true), (String(repeating: "a", count: 65), false),
  ])
  func `a name is a word of 64 bytes at most`(_ name: String, _ isValid: Bool) throws {
    let text = #"{"name":"\#(name)","command":["x"]}"#
    if isValid {
      #expect(try manifest(text).name == name)
    } else {
      #expect(throws: WireError.self) { try manifest(text) }
    }
  }

  @Test(arguments: [
    #"{"command":["x"]}"#, #"{"name":"a"}"#, #"{"name":"a","command":[]}"#, #"{"name":"a","command":[""]}"#,
    #"{"name":"a","command":"x"}"#, #"{"name":"a","command":["x","a\u0000b"]}"#, "[]",
  ])
  func `a manifest without a usable name or command is refused`(_ text: String) {
    #expect(throws: WireError.self) { try manifest(text) }
  }
}

@Suite struct RegistryTests {
  private let folder: String

  init() throws {
    folder = NSTemporaryDirectory() + "bulkhead-registry-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  private func write(_ worker: String, _ text: String) throws {
    try FileManager.default.createDirectory(atPath: "\(folder)/\(worker)", withIntermediateDirectories: true)
    try text.write(toFile: "\(folder)/\(worker)/worker.json", atomically: true, encoding: .utf8)
  }

  @Test func `manifests are found in order, and the mistakes of one cost no other`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }  // Safety: only the test's own litter.
    try write("one", #"{"name":"one","command":["x"]}"#)
    try write("two", #"{"name":"one","command":["y"]}"#)
    try write("three", "{")
    try write("four", #"{"name":"four","command":["x"],"instances":0}"#)
    try write(".hidden", #"{"name":"hidden","command":["x"]}"#)
    try FileManager.default.createDirectory(atPath: "\(folder)/empty", withIntermediateDirectories: true)
    let registry = WorkerRegistry(searching: [folder, folder + "/missing"])
    #expect(registry.manifests.keys.sorted() == ["one"])
    #expect(registry.manifests["one"]?.command == ["x"])
    #expect(registry.manifests["one"]?.folder == "\(folder)/one")
    #expect(registry.errors.count == 4, "\(registry.errors)")
    #expect(registry.errors[0] == "\(folder)/four/worker.json: '/instances' is 0 where at least 1 is due")
    #expect(registry.errors[1].hasPrefix("\(folder)/three/worker.json: "))
    #expect(registry.errors[2] == "\(folder)/two/worker.json: worker 'one' is already defined in '\(folder)/one'")
    #expect(registry.errors[3] == "opendir '\(folder)/missing': no such file or directory")
  }

  @Test func `a search folder may be a worker's own`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }  // Safety: only the test's own litter.
    try write("one", #"{"name":"one","command":["x"]}"#)
    #expect(WorkerRegistry(searching: ["\(folder)/one"]).manifests.keys.sorted() == ["one"])
  }

  @Test func `a manifest that cannot be read any more keeps its worker`() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }  // Safety: only the test's own litter.
    try write("one", #"{"name":"one","command":["x"]}"#)
    try write("two", #"{"name":"two","command":["x"]}"#)
    let before = WorkerRegistry(searching: [folder]).manifests
    try write("one", #"{"name":"one","comand":["x"]}"#)
    try FileManager.default.removeItem(atPath: "\(folder)/two")
    let registry = WorkerRegistry(searching: [folder])
    #expect(registry.manifests.isEmpty)
    #expect(registry.manifests(keeping: before).keys.sorted() == ["one"], "a mistake keeps, a removal removes")
    try FileManager.default.removeItem(atPath: folder)
    #expect(WorkerRegistry(searching: [folder]).manifests(keeping: before).count == 2, "an unreadable folder")
  }
}
