import BlobStore
import Engine
import Foundation
import Glibc
import JSON
import Journal
import Logging
import Policy
import Posix
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

/// A coordinator with its journal, on a loop that the test itself runs; its workers are real processes.
final class JobBench {
  static let misbehaving = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Misbehaving").path
  /// One for all tests: its thread must outlive every worker that it starts.
  static let spawner = Result { try Spawner() }

  let loop: EventLoop
  let supervisor: Supervisor
  let coordinator: Coordinator
  let folder: String
  private let keepsFolder: Bool

  var jobs: Jobs { coordinator.jobs }
  var journalPath: String { folder + "/journal.db" }

  /// With the folder of an earlier bench it is the next start of the coordinator.
  init(
    folder: String? = nil,
    keepsFolder: Bool = false,
    policy: Policy = .none,
    _ change: (inout JobSettings) -> Void = { _ in }
  ) throws {
    ignoreBrokenPipes()
    loop = try EventLoop()
    let log = Logger(level: .error, format: .json)
    self.keepsFolder = keepsFolder
    self.folder = folder ?? FileManager.default.temporaryDirectory.appending(path: "bulkhead-jobs-\(UUID())").path
    supervisor = Supervisor(
      loop: loop,
      spawner: try Self.spawner.get(),
      launcher: DirectLauncher(environment: [:]),
      log: log,
      identity: Peer(name: "bench", version: "1.0")
    )
    var settings = JobSettings()
    settings.callTimeout = 60_000
    change(&settings)
    try FileManager.default.createDirectory(atPath: self.folder, withIntermediateDirectories: true)
    // Of its own: what one bench still holds must not be in another's way.
    let blobs = try BlobService(self.folder + "/blobs-\(UUID())", limits: BlobStore.Limits(), on: loop)
    coordinator = Coordinator(
      loop: loop,
      supervisor: supervisor,
      blobs: Blobs(blobs),
      journal: try Self.journal(self.folder, loop),
      log: log,
      identity: supervisor.identity,
      jobSettings: settings,
      drainTimeout: 20_000,
      policy: policy
    ) { ([:], []) }
  }

  /// A child of another test, between clone and exec, holds the lock of an earlier bench for a moment longer.
  private static func journal(_ folder: String, _ loop: EventLoop) throws -> Journal {
    for _ in 0..<500 {
      do throws(JournalError) {
        return try Journal(folder: folder, version: "1.0", on: loop)
      } catch {
        if error.kind != .locked { throw error }
      }
      usleep(10_000)
    }
    return try Journal(folder: folder, version: "1.0", on: loop)
  }

  deinit {
    coordinator.blobs.close()
    coordinator.journal.close()
    // Safety: a folder that is left in the temporary directory harms nobody.
    if !keepsFolder { try? FileManager.default.removeItem(atPath: folder) }
  }

  /// `jobs.py`, or another script of `Tests/Misbehaving`.
  func worker(
    _ name: String = "jobs",
    script: String = "jobs",
    settings: JSONObject = [:],
    _ change: (inout WorkerManifest) -> Void = { _ in }
  ) -> WorkerManifest {
    var manifest = WorkerManifest(
      name: name,
      command: ["/usr/bin/python3", "-I", "-S", "\(Self.misbehaving)/\(script).py"],
      folder: Self.misbehaving
    )
    manifest.startMS = 20_000
    manifest.heartbeatMS = 0
    manifest.graceMS = 500
    manifest.drainMS = 20_000
    manifest.restart.backoffMS = 20
    manifest.restart.throttleMS = 50
    manifest.settings = settings
    change(&manifest)
    return manifest
  }

  /// Has exactly these workers, and waits until each has answered `initialize`.
  func start(_ manifests: WorkerManifest..., at location: SourceLocation = #_sourceLocation) throws {
    _ = supervisor.apply(Dictionary(uniqueKeysWithValues: manifests.map { ($0.name, $0) }))
    try until("workers are ready", at: location) {
      self.supervisor.kinds.count == manifests.count
        && manifests.allSatisfy { manifest in
          let kind = self.supervisor.kinds[manifest.name]
          return kind?.isReady == true && kind?.manifest == manifest
        }
    }
  }

  struct TimedOut: Error { let what: String }

  /// Runs the loop until `condition` holds. Generous: only a failing test ever waits for it.
  func until(_ what: String, at location: SourceLocation = #_sourceLocation, _ condition: @escaping () -> Bool) throws {
    let deadline = BootTime.now + 60_000
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

  /// Begins something and runs the loop until it is answered.
  func ask<T>(
    at location: SourceLocation = #_sourceLocation,
    _ body: (@escaping (Result<T, WireError>) -> Void) -> Void
  ) throws -> Result<T, WireError> {
    var answer: Result<T, WireError>?
    body { answer = $0 }
    try until("it is answered", at: location) { answer != nil }
    return try #require(answer, sourceLocation: location)
  }

  func lines(_ worker: String = "jobs") -> [String] { supervisor.kinds[worker]?.lines.last(1_000).map(\.text) ?? [] }

  /// Takes up what the journal has open, as a start does.
  func recover() throws {
    var isDone = false
    coordinator.recoverJobs { isDone = true }
    try until("jobs are taken up") { isDone }
  }

  /// Ends every worker, waits until the last process is gone, and lets go of the journal.
  func end(at location: SourceLocation = #_sourceLocation) throws {
    var isOver = false
    coordinator.drain { isOver = true }
    try until("every worker is gone", at: location) { isOver }
    coordinator.journal.close()
  }
}

extension JobBench {
  func plan(_ steps: String) throws -> JSON { try JSON(parsing: "{\"steps\":[\(steps)]}") }

  @discardableResult
  func submit(
    _ steps: String,
    id: String? = nil,
    at location: SourceLocation = #_sourceLocation,
    _ change: (inout JobSubmit) -> Void = { _ in }
  ) throws -> String {
    try attempt(steps, id: id, at: location, change).get().job.id
  }

  func attempt(
    _ steps: String,
    id: String? = nil,
    at location: SourceLocation = #_sourceLocation,
    _ change: (inout JobSubmit) -> Void = { _ in }
  ) throws -> Result<JobSubmit.Response, WireError> {
    var message = JobSubmit(.plan(try plan(steps)), id: id)
    change(&message)
    return try ask(at: location) { jobs.submit(message, caller: [:], answer: $0) }
  }

  func show(_ job: String, step: String? = nil, payloads: Bool = true) throws -> JobShow.Response {
    try ask { jobs.show(JobShow(job: job, wantsPayloads: payloads, step: step), answer: $0) }.get()
  }

  func state(_ job: String) throws -> String { try show(job, payloads: false).job.state }

  /// Waits until the job is over and nothing of it is in memory.
  @discardableResult
  func finish(_ job: String, at location: SourceLocation = #_sourceLocation) throws -> JobShow.Response {
    try until("job '\(job)' is over", at: location) { self.jobs.ids[job] == nil && self.jobs.queuedCount == 0 }
    let shown = try show(job)
    #expect(shown.job.isFinal, sourceLocation: location)
    return shown
  }

  func run(_ steps: String, at location: SourceLocation = #_sourceLocation) throws -> JobShow.Response {
    try finish(try submit(steps, at: location), at: location)
  }

  /// Waits until some job in memory is `waiting`.
  func untilWaiting(at location: SourceLocation = #_sourceLocation) throws {
    try until("it waits", at: location) {
      self.jobs.active.values.contains { $0.machine.state == .waiting } && self.coordinator.journal.backlog == 0
    }
  }

  func events(_ job: String) throws -> [JobEvent] {
    try ask { jobs.events(JobEvents(job: job, limit: 10_000), answer: $0) }.get().events
  }

  func kinds(_ job: String) throws -> [String] { try events(job).map(\.kind) }

  func call(_ tool: String, _ input: JSON = [:], needs: Needs? = nil) throws -> Result<ToolResult, WireError> {
    let call = ToolCall(tool: tool, input: input, needs: needs)
    return try ask { answer in _ = coordinator.calls.call(call, caller: [:], completion: answer) }
  }

  /// Has the calls of `hold` answered.
  func release() throws { _ = try call("release").get() }

  func read<T: Sendable>(_ body: @escaping @Sendable (Database) throws -> T) throws -> T {
    var answer: Result<T, JournalError>?
    coordinator.journal.reader.read(body) { answer = $0 }
    try until("the journal is read") { answer != nil }
    return try #require(answer).get()
  }
}

extension Caller {
  /// Whose service it is.
  static let owner = Caller(uid: getuid(), user: "owner", role: .admin)
}
