import BlobStore
import Foundation
import Glibc
import JSON
import Jail
import Journal
import Logging
import Posix
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

/// A coordinator without clients on a loop that the test runs, with the real bridge behind it, in the jail that the
/// coordinator starts it in, and a real server behind that.
final class MCPBench {
  static let spawner = Result { try Spawner() }
  /// Root's workers run as somebody else.
  static let ordinary: (uid: UInt32, gid: UInt32)? = geteuid() == 0 ? (65534, 65534) : nil
  static let package =
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
  static let here = package + "/Tests/MCPWorkerTests"
  static let python = "/usr/bin/python3"

  let loop: EventLoop
  let supervisor: Supervisor
  let coordinator: Coordinator
  private let store: String
  private let blobs: BlobService
  /// What the workers wrote to standard error.
  private(set) var lines: [String] = []

  /// - Parameter others: run beside the servers.
  init(
    _ servers: [Server],
    beside others: [WorkerManifest] = [],
    expectsFailure: Bool = false,
    at location: SourceLocation = #_sourceLocation
  ) throws {
    ignoreBrokenPipes()
    loop = try EventLoop()
    let log = Logger(level: .error, format: .json)
    let secrets = Dictionary(uniqueKeysWithValues: servers.map { ($0.name, $0.secrets) })
    supervisor = Supervisor(
      loop: loop,
      spawner: try Self.spawner.get(),
      launcher: JailedLauncher(environment: [:], credentials: Self.ordinary, hidden: []),
      log: log,
      identity: Peer(name: "bench", version: "1.0"),
      queueLimit: 1024,
      secrets: { secrets[$0.name] ?? [:] }
    )
    store = FileManager.default.temporaryDirectory.appending(path: "bulkhead-mcp-\(UUID())").path
    blobs = try BlobService(store, limits: BlobStore.Limits(), on: loop)
    coordinator = Coordinator(
      loop: loop,
      supervisor: supervisor,
      blobs: Blobs(blobs),
      journal: try Journal(folder: store, version: "1.0", on: loop),
      log: log,
      identity: supervisor.identity
    ) { ([:], []) }
    supervisor.onLine = { [weak self] in self?.lines.append($0.text) }
    let all = servers.map(\.manifest) + others
    _ = supervisor.apply(Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) }))
    var failure: String?
    try until("the workers are ready", at: location) {
      for manifest in all {
        if let instance = self.supervisor.kinds[manifest.name]?.instances.first, instance.isThrottled {
          failure = instance.lastError ?? "throttled"
        }
      }
      return failure != nil || all.allSatisfy { self.supervisor.kinds[$0.name]?.isReady == true }
    }
    if let failure {
      if !expectsFailure { Issue.record("\(failure): \(lines.suffix(5))", sourceLocation: location) }
      throw NotStarted(reason: failure, lines: lines)
    }
  }

  struct NotStarted: Error {
    let reason: String
    let lines: [String]
  }

  deinit {
    coordinator.blobs.close()
    coordinator.journal.close()
    // Safety: a folder that is left in the temporary directory harms nobody.
    try? FileManager.default.removeItem(atPath: store)
  }

  /// One entry, as the coordinator makes it of mcp.json.
  struct Server {
    var name = "demo"
    var command: [String]
    var needs = Needs()
    var settings: JSONObject = [:]
    var secrets: [String: String] = [:]
    /// Variables of the server by names of secrets.
    var environment: JSONObject = [:]
    var mayReachHosts = false
    /// Of a server that is somewhere else; then there is no command.
    var url: String?
    /// Names of secrets by headers.
    var headers: JSONObject = [:]

    var manifest: WorkerManifest {
      var manifest = WorkerManifest(name: name, command: ["mcp-worker"], folder: MCPBench.here)
      manifest.startMS = 30_000
      manifest.heartbeatMS = 0
      manifest.restart.throttleMS = 60_000
      manifest.secrets = secrets.keys.sorted()
      if let url {
        manifest.permissions.outboundNetwork = true
        manifest.settings = settings
        manifest.settings["transport"] = "http"
        manifest.settings["url"] = .string(url)
        manifest.settings["headers"] = .object(headers)
        return manifest
      }
      manifest.permissions.jails = true
      if mayReachHosts { manifest.permissions.tunnel = .use }
      manifest.permissions.read = needs.read
      manifest.permissions.write = needs.write
      manifest.limits.processes = 4096
      manifest.limits.openFiles = 4096
      var settings = self.settings
      settings["transport"] = "stdio"
      settings["command"] = .array(command.map { .string($0) })
      settings["environment"] = .object(environment)
      settings["needs"] = MCPBench.json(needs)
      manifest.settings = settings
      return manifest
    }
  }

  private static func json(_ needs: Needs) -> JSON {
    var object: JSONObject = [
      "read": .array(needs.read.map { .string($0) }), "write": .array(needs.write.map { .string($0) }),
      "hosts": .array(needs.hosts.map { .string($0) }),
    ]
    if !needs.environment.isEmpty {
      object["environment"] = .object(JSONObject(needs.environment.map { ($0.key, .string($0.value)) }))
    }
    if let programs = needs.programs { object["programs"] = .array(programs.map { .string($0) }) }
    return .object(object)
  }

  /// The server of this folder that does what it is told.
  static func hostile(
    _ era: String = "both",
    _ start: String = "ok",
    name: String = "demo",
    _ change: (inout Server) -> Void = { _ in }
  ) -> Server {
    var server = Server(name: name, command: [python, "-I", "-S", here + "/hostile.py", era, start])
    server.needs.read = [here]
    change(&server)
    return server
  }

  struct TimedOut: Error { let what: String }

  func until(
    _ what: String,
    within seconds: Double = 60,
    at location: SourceLocation = #_sourceLocation,
    _ condition: @escaping () -> Bool
  ) throws {
    let deadline = BootTime.now + Milliseconds(Int64(seconds * 1000))
    var isMet = false
    func look() {
      isMet = condition()
      if isMet || BootTime.now > deadline { loop.stop() } else { loop.schedule(after: 1) { look() } }
    }
    look()
    loop.run()
    if !isMet {
      Issue.record("timed out waiting until \(what): \(lines.suffix(5))", sourceLocation: location)
      throw TimedOut(what: what)
    }
  }

  final class Answer {
    var result: Result<ToolResult, WireError>?
    var invocation: PendingCall?
    /// What came while the call ran.
    var progress: [(text: String, fraction: Double?)] = []
    var error: WireError? { if case .failure(let error)? = result { error } else { nil } }
    var output: JSON { if case .success(let value)? = result { value.output } else { .null } }
    var artifacts: [Artifact] { if case .success(let value)? = result { value.artifacts } else { [] } }
    var text: String? { output["text"]?.stringValue }
    /// `text` as the JSON that it is.
    var parsed: JSON? { text.flatMap { try? JSON(parsing: Array($0.utf8)) } }
  }

  func begin(_ tool: String, _ input: JSON = [:], timeoutMS: Int64? = nil) -> Answer {
    let answer = Answer()
    let call = ToolCall(tool: tool, input: input, timeoutMS: timeoutMS)
    answer.invocation = coordinator.calls.call(call, caller: [:]) {
      answer.result = $0
      answer.invocation = nil
    }
    answer.invocation?.onProgress = { _, text, fraction in answer.progress.append((text, fraction)) }
    return answer
  }

  func call(
    _ tool: String,
    _ input: JSON = [:],
    timeoutMS: Int64? = nil,
    at location: SourceLocation = #_sourceLocation
  ) throws -> Answer {
    let answer = begin(tool, input, timeoutMS: timeoutMS)
    try until("'\(tool)' is answered", at: location) { answer.result != nil }
    return answer
  }

  func tool(_ name: String) -> Tool? { supervisor.catalog[name]?.tool }

  /// The bytes of an artifact.
  func bytes(of artifact: Artifact) throws -> [UInt8] {
    var all: [UInt8] = []
    while all.count < artifact.bytes {
      var read: Result<BlobRead.Response, BlobError>?
      blobs.read(BlobRead(sha256: artifact.sha256, offset: Int64(all.count), length: 1 << 20)) { read = $0 }
      try until("the artifact is read") { read != nil }
      all += try #require(try read?.get().data)
    }
    return all
  }

  func pid(_ name: String = "demo") -> Int32 { supervisor.kinds[name]?.instances.first?.pid ?? 0 }

  /// Every process below the worker's, by what it runs.
  func processes(_ name: String = "demo") -> [(pid: Int32, name: String)] {
    var found: [(Int32, String)] = []
    var open = [pid(name)]
    while let parent = open.popLast() {
      for task in FileManager.default.enumerator(atPath: "/proc/\(parent)/task")?.allObjects as? [String] ?? [] {
        let children = FileManager.default.contents(atPath: "/proc/\(parent)/task/\(task)/children") ?? Data()
        for child in String(decoding: children, as: UTF8.self).split(separator: " ").compactMap({ Int32($0) }) {
          let name = FileManager.default.contents(atPath: "/proc/\(child)/comm") ?? Data()
          found.append((child, String(decoding: name, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)))
          open.append(child)
        }
      }
    }
    return found
  }

  /// How many of the server's processes live.
  func pythons(_ name: String = "demo") -> Int { processes(name).filter { $0.name.hasPrefix("python") }.count }

  func end(at location: SourceLocation = #_sourceLocation) throws {
    var isOver = false
    coordinator.drain { isOver = true }
    try until("the workers are gone", at: location) { isOver }
  }
}
