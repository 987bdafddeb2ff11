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

/// A coordinator without clients on a loop that the test runs, with the real sandbox worker behind it.
final class SandboxBench {
  enum Start: CaseIterable {
    /// In the jail that its manifest asks for, as the coordinator starts it.
    case jailed
    /// As an ordinary process of an ordinary user: the worker enters what walls it can by itself.
    case byHand
  }

  static let spawner = Result { try Spawner() }
  /// Root's workers run as somebody else.
  static let ordinary: (uid: UInt32, gid: UInt32)? = geteuid() == 0 ? (65534, 65534) : nil

  let loop: EventLoop
  let supervisor: Supervisor
  let coordinator: Coordinator
  private let store: String
  private let blobs: BlobService

  init(
    _ start: Start = .jailed,
    settings: JSONObject = [:],
    grade: JailGrade = .full,
    concurrency: Int64 = 8,
    at location: SourceLocation = #_sourceLocation
  ) throws {
    ignoreBrokenPipes()
    loop = try EventLoop()
    let log = Logger(level: .error, format: .json)
    let launcher: any WorkerLauncher =
      switch start {
      case .jailed: JailedLauncher(environment: [:], credentials: Self.ordinary, grade: grade, hidden: [])
      case .byHand: DirectLauncher(environment: [:], credentials: Self.ordinary)
      }
    supervisor = Supervisor(
      loop: loop,
      spawner: try Self.spawner.get(),
      launcher: launcher,
      log: log,
      identity: Peer(name: "bench", version: "1.0"),
      queueLimit: 1024
    )
    store = FileManager.default.temporaryDirectory.appending(path: "bulkhead-sandbox-\(UUID())").path
    blobs = try BlobService(store, limits: BlobStore.Limits(), on: loop)
    coordinator = Coordinator(
      loop: loop,
      supervisor: supervisor,
      blobs: Blobs(blobs),
      journal: try Journal(folder: store, version: "1.0", on: loop),
      log: log,
      identity: supervisor.identity
    ) { ([:], []) }
    var settings = settings
    if grade != .full { settings["grade"] = .string(grade.rawValue) }
    _ = supervisor.apply(["sandbox": try Self.manifest(settings, concurrency)])
    var isLost = false
    try until("the worker is ready", at: location) {
      let kind = self.supervisor.kinds["sandbox"]
      isLost = kind?.instances.first?.isThrottled == true
      return isLost || kind?.isReady == true
    }
    if isLost { throw NotStarted() }
  }

  struct NotStarted: Error {}

  deinit {
    coordinator.blobs.close()
    coordinator.journal.close()
    // Safety: a folder that is left in the temporary directory harms nobody.
    try? FileManager.default.removeItem(atPath: store)
  }

  static let folder =
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path + "/Workers/sandbox"

  /// The worker's own manifest, with the settings of the test.
  static func manifest(_ settings: JSONObject, _ concurrency: Int64) throws -> WorkerManifest {
    let text = try #require(FileManager.default.contents(atPath: folder + "/worker.json"))
    var manifest = try WorkerManifest(try JSON(parsing: Array(text)), folder: folder)
    for member in settings.members { manifest.settings[member.key] = member.value }
    manifest.concurrency = concurrency
    manifest.startMS = 30_000
    manifest.heartbeatMS = 0
    manifest.restart.throttleMS = 60_000
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
    /// What came while the call ran.
    var progress: [(kind: Wire.Progress.Kind, text: String)] = []
    var error: WireError? { if case .failure(let error)? = result { error } else { nil } }
    var record: JSON { if case .success(let value)? = result { value.output } else { .null } }
    var artifacts: [Artifact] { if case .success(let value)? = result { value.artifacts } else { [] } }
    var receipt: Receipt? { if case .success(let value)? = result { value.receipt } else { nil } }

    var reason: String? { record["reason"]?.stringValue }
    var output: JSON? { record["output"] }
    var stdout: String? { record["stdout"]?["text"]?.stringValue }
    var stderr: String? { record["stderr"]?["text"]?.stringValue }
    var code: Int64? { record["exit"]?["code"]?.integerValue }
    var limits: [String] { record["limits_hit"]?.arrayValue?.compactMap(\.stringValue) ?? [] }
    var denied: [String] { record["denials"]?.arrayValue?.compactMap { $0["syscall"]?.stringValue } ?? [] }
  }

  func begin(
    _ tool: String,
    _ input: JSON,
    needs: Needs? = nil,
    limits: ResourceLimits? = nil,
    timeoutMS: Int64? = nil
  ) -> Answer {
    let answer = Answer()
    let call = ToolCall(tool: tool, input: input, timeoutMS: timeoutMS, needs: needs, limits: limits)
    answer.invocation = coordinator.calls.call(call, caller: [:]) {
      answer.result = $0
      answer.invocation = nil
    }
    answer.invocation?.onProgress = { kind, text, _ in answer.progress.append((kind, text)) }
    return answer
  }

  func call(
    _ tool: String,
    _ input: JSON,
    needs: Needs? = nil,
    limits: ResourceLimits? = nil,
    timeoutMS: Int64? = nil,
    at location: SourceLocation = #_sourceLocation
  ) throws -> Answer {
    let answer = begin(tool, input, needs: needs, limits: limits, timeoutMS: timeoutMS)
    try until("'\(tool)' is answered", at: location) { answer.result != nil }
    return answer
  }

  func bash(_ command: String, needs: Needs? = nil, limits: ResourceLimits? = nil) throws -> Answer {
    try call("bash", ["command": .string(command)], needs: needs, limits: limits)
  }

  func python(
    _ code: String,
    _ input: JSON = .null,
    needs: Needs? = nil,
    limits: ResourceLimits? = nil
  ) throws -> Answer {
    try call("code_exec", ["code": .string(code), "input_data": input], needs: needs, limits: limits)
  }

  /// The bytes of an artifact.
  func bytes(of artifact: Artifact) throws -> [UInt8] {
    var read: Result<BlobRead.Response, BlobError>?
    blobs.read(BlobRead(sha256: artifact.sha256, offset: 0, length: 1 << 20)) { read = $0 }
    try until("the artifact is read") { read != nil }
    return try #require(try read?.get().data)
  }

  /// The process that the coordinator started; inside a jail, the worker is below it.
  var pid: Int32 { supervisor.kinds["sandbox"]?.instances.first?.pid ?? 0 }

  /// Every process below `pid`, by what it runs.
  func descendants() -> [(pid: Int32, name: String)] {
    var found: [(Int32, String)] = []
    var open = [pid]
    while let parent = open.popLast() {
      guard let tasks = FileManager.default.enumerator(atPath: "/proc/\(parent)/task")?.allObjects as? [String] else {
        continue
      }
      for task in tasks.compactMap({ Int32($0) }) {
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

  func end(at location: SourceLocation = #_sourceLocation) throws {
    var isOver = false
    coordinator.drain { isOver = true }
    try until("the worker is gone", at: location) { isOver }
  }
}

/// Limits with one of them set.
func limits(_ change: (inout ResourceLimits) -> Void) -> ResourceLimits {
  var limits = ResourceLimits()
  change(&limits)
  return limits
}

func needs(_ change: (inout Needs) -> Void) -> Needs {
  var needs = Needs()
  change(&needs)
  return needs
}
