import BlobStore
import Foundation
import Glibc
import JSON
import Journal
import Logging
import Posix
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

/// A coordinator without clients on a loop that the test runs, with the real sandbox and web workers behind it, each in
/// the jail that its manifest asks for.
final class ProxyBench {
  static let spawner = Result { try Spawner() }
  /// Root's workers run as somebody else.
  static let ordinary: (uid: UInt32, gid: UInt32)? = geteuid() == 0 ? (65534, 65534) : nil

  let loop: EventLoop
  let supervisor: Supervisor
  let coordinator: Coordinator
  private let store: String
  private let blobs: BlobService

  /// `hosts` and `allowPrivate` are the web worker's settings; without `web` there is no such worker; `byHand` starts
  /// both as ordinary processes, which enter what walls they can by themselves.
  init(
    hosts: [String] = [],
    allowPrivate: [String] = ["127.0.0.1"],
    web: Bool = true,
    byHand: Bool = false,
    at location: SourceLocation = #_sourceLocation
  ) throws {
    ignoreBrokenPipes()
    loop = try EventLoop()
    let log = Logger(level: .error, format: .json)
    supervisor = Supervisor(
      loop: loop,
      spawner: try Self.spawner.get(),
      launcher: byHand
        ? DirectLauncher(environment: [:], credentials: Self.ordinary)
        : JailedLauncher(environment: [:], credentials: Self.ordinary, hidden: []),
      log: log,
      identity: Peer(name: "bench", version: "1.0"),
      queueLimit: 1024
    )
    store = FileManager.default.temporaryDirectory.appending(path: "bulkhead-proxy-\(UUID())").path
    blobs = try BlobService(store, limits: BlobStore.Limits(), on: loop)
    coordinator = Coordinator(
      loop: loop,
      supervisor: supervisor,
      blobs: Blobs(blobs),
      journal: try Journal(folder: store, version: "1.0", on: loop),
      log: log,
      identity: supervisor.identity
    ) { ([:], []) }
    var manifests = ["sandbox": try Self.manifest("sandbox")]
    if web {
      var manifest = try Self.manifest("web")
      manifest.settings["hosts"] = .array(hosts.map { .string($0) })
      manifest.settings["allow_private"] = .array(allowPrivate.map { .string($0) })
      manifests["web"] = manifest
    }
    _ = supervisor.apply(manifests)
    var failure: String?
    try until("the workers are ready", at: location) {
      for kind in self.supervisor.kinds.values {
        if let instance = kind.instances.first, instance.isThrottled { failure = instance.lastError ?? "throttled" }
      }
      return failure != nil || self.supervisor.kinds.values.allSatisfy(\.isReady)
    }
    if let failure { throw NotStarted(reason: failure) }
  }

  struct NotStarted: Error { let reason: String }

  deinit {
    coordinator.blobs.close()
    coordinator.journal.close()
    // Safety: a folder that is left in the temporary directory harms nobody.
    try? FileManager.default.removeItem(atPath: store)
  }

  private static func manifest(_ name: String) throws -> WorkerManifest {
    let folder =
      URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path + "/Workers/\(name)"
    let text = try #require(FileManager.default.contents(atPath: folder + "/worker.json"))
    var manifest = try WorkerManifest(try JSON(parsing: Array(text)), folder: folder)
    manifest.startMS = 30_000
    manifest.heartbeatMS = 0
    return manifest
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
      Issue.record("timed out waiting until \(what)", sourceLocation: location)
      throw TimedOut(what: what)
    }
  }

  final class Answer {
    var result: Result<ToolResult, WireError>?
    var invocation: PendingCall?
    var output = ""
    var error: WireError? { if case .failure(let error)? = result { error } else { nil } }
    var record: JSON { if case .success(let value)? = result { value.output } else { .null } }
    var reason: String? { record["reason"]?.stringValue }
    var stdout: String { record["stdout"]?["text"]?.stringValue ?? "" }
    var stderr: String { record["stderr"]?["text"]?.stringValue ?? "" }
    var code: Int64? { record["exit"]?["code"]?.integerValue }
    private var denials: [JSON] { record["denials"]?.arrayValue ?? [] }
    var deniedHosts: [String] { denials.filter { $0["kind"] == "host" }.compactMap { $0["host"]?.stringValue } }
    var deniedCalls: [String] { denials.compactMap { $0["syscall"]?.stringValue } }
    /// Why, of the first host.
    var why: String { denials.first { $0["kind"] == "host" }?["why"]?.stringValue ?? "" }
    var all: String { "\(record.serializedText) \(error.map { "\($0)" } ?? "")" }
  }

  func begin(
    _ tool: String,
    _ input: JSON,
    hosts: [String],
    change: (inout Needs) -> Void = { _ in },
    limits: ResourceLimits? = nil
  ) -> Answer {
    let answer = Answer()
    var needs = Needs()
    needs.hosts = hosts
    change(&needs)
    let call = ToolCall(tool: tool, input: input, timeoutMS: 60_000, needs: needs, limits: limits)
    answer.invocation = coordinator.calls.call(call, caller: [:]) {
      answer.result = $0
      answer.invocation = nil
    }
    answer.invocation?.onProgress = { _, text, _ in answer.output += text }
    return answer
  }

  func bash(
    _ command: String,
    hosts: [String] = [],
    stdin: String = "",
    change: (inout Needs) -> Void = { _ in },
    limits: ResourceLimits? = nil,
    at location: SourceLocation = #_sourceLocation
  ) throws -> Answer {
    let input: JSON = ["command": .string(command), "stdin": .string(stdin)]
    let answer = begin("bash", input, hosts: hosts, change: change, limits: limits)
    try until("the run has ended", at: location) { answer.result != nil }
    return answer
  }

  /// In an interpreter of its own, which the profile lets start no other process.
  func python(
    _ code: String,
    hosts: [String],
    limits: ResourceLimits? = nil,
    at location: SourceLocation = #_sourceLocation
  ) throws -> Answer {
    let answer = begin("code_exec", ["code": .string(code)], hosts: hosts, limits: limits)
    try until("the code has ended", at: location) { answer.result != nil }
    return answer
  }

  /// Ends the web worker as a crash would; the coordinator starts another.
  func killWeb() {
    if let pid = supervisor.kinds["web"]?.instances.first?.pid { kill(pid, SIGKILL) }
  }

  func end(at location: SourceLocation = #_sourceLocation) throws {
    var isOver = false
    coordinator.drain { isOver = true }
    try until("the workers are gone", at: location) { isOver }
  }
}

extension JSON {
  var serializedText: String { String(decoding: serialized(), as: UTF8.self) }
}
