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

/// A coordinator without clients, on a loop that the test itself runs; its workers are real processes.
final class Bench {
  static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
  static let misbehaving = package + "/Tests/Misbehaving"
  /// One for all tests: its thread must outlive every worker that it starts.
  static let spawner = Result { try Spawner() }

  let loop: EventLoop
  let supervisor: Supervisor
  let coordinator: Coordinator
  private let store: String

  init(queueLimit: Int = 1024) throws {
    ignoreBrokenPipes()
    loop = try EventLoop()
    let log = Logger(level: .silent)
    supervisor = Supervisor(
      loop: loop,
      spawner: try Self.spawner.get(),
      launcher: DirectLauncher(environment: [:]),
      log: log,
      identity: Peer(name: "bench", version: "1.0"),
      queueLimit: queueLimit
    )
    store = FileManager.default.temporaryDirectory.appending(path: "bulkhead-blobs-\(UUID())").path
    coordinator = Coordinator(
      loop: loop,
      supervisor: supervisor,
      blobs: Blobs(try BlobService(store, limits: BlobStore.Limits(), on: loop)),
      journal: try Journal(folder: store, version: "1.0", on: loop),
      log: log,
      identity: supervisor.identity,
      jobSettings: Self.jobSettings,
      drainTimeout: 2_000
    ) { ([:], []) }
  }

  private static var jobSettings: JobSettings {
    var settings = JobSettings()
    settings.callTimeout = 60_000
    return settings
  }

  deinit {
    coordinator.blobs.close()
    coordinator.journal.close()
    // Safety: a folder that is left in the temporary directory harms nobody.
    try? FileManager.default.removeItem(atPath: store)
  }

  /// A worker of `Tests/Misbehaving`, patient enough for a busy machine and impatient enough for a test.
  static func manifest(
    _ script: String,
    name: String? = nil,
    _ change: (inout WorkerManifest) -> Void = { _ in }
  ) -> WorkerManifest {
    var manifest = WorkerManifest(
      name: name ?? script,
      command: ["/usr/bin/python3", "-I", "-S", "\(misbehaving)/\(script).py"],
      folder: misbehaving
    )
    manifest.tools = [manifest.name]
    manifest.startMS = 20_000
    manifest.heartbeatMS = 0
    manifest.graceMS = 200
    manifest.drainMS = 20_000
    manifest.restart.backoffMS = 20
    manifest.restart.throttleMS = 60_000
    change(&manifest)
    return manifest
  }

  @discardableResult
  func apply(_ manifests: WorkerManifest...) -> WorkersReload.Response {
    supervisor.apply(Dictionary(uniqueKeysWithValues: manifests.map { ($0.name, $0) }))
  }

  /// Applies and waits until every kind has answered `initialize`.
  func start(_ manifests: WorkerManifest..., at location: SourceLocation = #_sourceLocation) throws {
    _ = supervisor.apply(Dictionary(uniqueKeysWithValues: manifests.map { ($0.name, $0) }))
    try until("workers are ready", at: location) {
      manifests.allSatisfy { self.supervisor.kinds[$0.name]?.isReady == true }
    }
  }

  struct TimedOut: Error { let what: String }

  /// Runs the loop until `condition` holds. Generous: only a failing test ever waits for it.
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
    var call: PendingCall?
    var progress = 0
    var state: Invocation.State? { call?.invocation?.state }
    var error: WireError? { if case .failure(let error)? = result { error } else { nil } }
    var output: JSON? { if case .success(let value)? = result { value.output } else { nil } }

    func cancel(_ reason: Cancel.Reason) { call?.cancel(reason) }
  }

  /// Begins a call; its answer is filled in while the loop runs.
  func begin(_ tool: String, _ input: JSON = [:], timeoutMS: Int64? = nil) -> Answer {
    let answer = Answer()
    answer.call = coordinator.calls.call(ToolCall(tool: tool, input: input, timeoutMS: timeoutMS), caller: [:]) {
      answer.result = $0
      answer.call = nil
    }
    answer.call?.onProgress = { _, _, _ in answer.progress += 1 }
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

  func kind(_ name: String) throws -> WorkerKind { try #require(supervisor.kinds[name]) }
  func pid(_ name: String) throws -> Int32 { try #require(try kind(name).instances[0].pid) }
  func lines(_ name: String) -> [String] { supervisor.kinds[name]?.lines.last(1000).map(\.text) ?? [] }

  /// Ends every worker and waits until the last process is gone.
  func end(at location: SourceLocation = #_sourceLocation) throws {
    var isOver = false
    coordinator.drain { isOver = true }
    try until("every worker is gone", at: location) { isOver }
  }
}

/// Whether a process exists and is no zombie.
func isAlive(_ pid: Int32) -> Bool {
  guard let status = FileManager.default.contents(atPath: "/proc/\(pid)/stat") else { return false }
  let text = String(decoding: status, as: UTF8.self)
  return text.split(separator: ")").last.map { !$0.hasPrefix(" Z") } ?? false
}
