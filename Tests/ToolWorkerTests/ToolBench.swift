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

/// A coordinator without clients on a loop that the test runs, with one of the real workers behind it, in the jail that
/// its own manifest asks for.
final class ToolBench {
  static let spawner = Result { try Spawner() }
  /// Root's workers run as somebody else.
  static let ordinary: (uid: UInt32, gid: UInt32)? = geteuid() == 0 ? (65534, 65534) : nil

  let loop: EventLoop
  let supervisor: Supervisor
  let coordinator: Coordinator
  private let name: String
  let store: String
  private let blobs: BlobService

  /// `change` alters the worker's own manifest, as an operator would; `others` run beside it.
  init(
    _ name: String,
    beside others: [WorkerManifest] = [],
    hidden: [String] = [],
    at location: SourceLocation = #_sourceLocation,
    _ change: (inout WorkerManifest) -> Void = { _ in }
  ) throws {
    ignoreBrokenPipes()
    self.name = name
    loop = try EventLoop()
    let log = Logger(level: .error, format: .json)
    supervisor = Supervisor(
      loop: loop,
      spawner: try Self.spawner.get(),
      launcher: JailedLauncher(environment: [:], credentials: Self.ordinary, hidden: hidden),
      log: log,
      identity: Peer(name: "bench", version: "1.0"),
      queueLimit: 1024
    )
    store = FileManager.default.temporaryDirectory.appending(path: "bulkhead-tools-\(UUID())").path
    blobs = try BlobService(store, limits: BlobStore.Limits(), on: loop)
    coordinator = Coordinator(
      loop: loop,
      supervisor: supervisor,
      blobs: Blobs(blobs),
      journal: try Journal(folder: store, version: "1.0", on: loop),
      log: log,
      identity: supervisor.identity
    ) { ([:], []) }
    var manifest = try Self.manifest(name)
    change(&manifest)
    let all = [manifest] + others
    _ = supervisor.apply(Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) }))
    var failure: String?
    try until("the worker is ready", at: location) {
      let kind = self.supervisor.kinds[name]
      if let instance = kind?.instances.first, instance.isThrottled { failure = instance.lastError ?? "throttled" }
      return failure != nil || all.allSatisfy { self.supervisor.kinds[$0.name]?.isReady == true }
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

  static func manifest(_ name: String) throws -> WorkerManifest {
    let folder =
      URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path + "/Workers/\(name)"
    let text = try #require(FileManager.default.contents(atPath: folder + "/worker.json"))
    var manifest = try WorkerManifest(try JSON(parsing: Array(text)), folder: folder)
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
    var error: WireError? { if case .failure(let error)? = result { error } else { nil } }
    var output: JSON { if case .success(let value)? = result { value.output } else { .null } }
    var artifacts: [Artifact] { if case .success(let value)? = result { value.artifacts } else { [] } }
    /// The messages of `invalid_input` by their paths.
    var violations: [String: String] {
      let pairs = error?.data["violations"]?.arrayValue?.map {
        ($0["path"]?.stringValue ?? "?", $0["message"]?.stringValue ?? "?")
      }
      return Dictionary(pairs ?? []) { $0 + "; " + $1 }
    }
    var reason: String? { error?.data["reason"]?.stringValue }
  }

  func begin(_ tool: String, _ input: JSON, needs: Needs? = nil, timeoutMS: Int64? = nil) -> Answer {
    let answer = Answer()
    let call = ToolCall(tool: tool, input: input, timeoutMS: timeoutMS, needs: needs)
    answer.invocation = coordinator.calls.call(call, caller: [:]) {
      answer.result = $0
      answer.invocation = nil
    }
    return answer
  }

  func call(
    _ tool: String,
    _ input: JSON,
    needs: Needs? = nil,
    timeoutMS: Int64? = nil,
    at location: SourceLocation = #_sourceLocation
  ) throws -> Answer {
    let answer = begin(tool, input, needs: needs, timeoutMS: timeoutMS)
    try until("'\(tool)' is answered", at: location) { answer.result != nil }
    return answer
  }

  /// All that is offered.
  var tools: Set<String> { Set(supervisor.catalog.keys) }

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

  /// Every process below the coordinator's, by what it runs.
  func processes() -> [String] {
    var found: [String] = []
    var open = [supervisor.kinds[name]?.instances.first?.pid ?? 0]
    while let parent = open.popLast() {
      for task in FileManager.default.enumerator(atPath: "/proc/\(parent)/task")?.allObjects as? [String] ?? [] {
        let children = FileManager.default.contents(atPath: "/proc/\(parent)/task/\(task)/children") ?? Data()
        for child in String(decoding: children, as: UTF8.self).split(separator: " ").compactMap({ Int32($0) }) {
          let name = FileManager.default.contents(atPath: "/proc/\(child)/comm") ?? Data()
          found.append(String(decoding: name, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
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

func needs(_ change: (inout Needs) -> Void) -> Needs {
  var needs = Needs()
  change(&needs)
  return needs
}
