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

/// A coordinator without clients on a loop that the test runs, with the real receipts worker in its jail behind it.
final class ReceiptsBench {
  static let spawner = Result { try Spawner() }
  /// Root's workers run as somebody else.
  static let ordinary: (uid: UInt32, gid: UInt32)? = geteuid() == 0 ? (65534, 65534) : nil

  private let loop: EventLoop
  private let coordinator: Coordinator
  private let store: String
  private let blobs: BlobService

  /// `readable`: what the operator lets the worker read. `neighbour`: tools of another worker, and what they answer.
  init(
    readable: [String] = [],
    settings: JSONObject = [:],
    neighbour: JSONObject? = nil,
    at location: SourceLocation = #_sourceLocation
  ) throws {
    ignoreBrokenPipes()
    loop = try EventLoop()
    let log = Logger(level: .error, format: .json)
    let supervisor = Supervisor(
      loop: loop,
      spawner: try Self.spawner.get(),
      launcher: JailedLauncher(environment: [:], credentials: Self.ordinary, hidden: []),
      log: log,
      identity: Peer(name: "bench", version: "1.0"),
      queueLimit: 1024
    )
    store = FileManager.default.temporaryDirectory.appending(path: "bulkhead-receipts-\(UUID())").path
    blobs = try BlobService(store, limits: BlobStore.Limits(), on: loop)
    coordinator = Coordinator(
      loop: loop,
      supervisor: supervisor,
      blobs: Blobs(blobs),
      journal: try Journal(folder: store, version: "1.0", on: loop),
      log: log,
      identity: supervisor.identity
    ) { ([:], []) }
    var manifests = ["receipts": try Self.manifest(readable, settings)]
    if let neighbour { manifests["neighbour"] = try Self.neighbour(neighbour) }
    _ = supervisor.apply(manifests)
    var isLost = false
    try until("the workers are ready", at: location) {
      let kinds = manifests.keys.map { supervisor.kinds[$0] }
      isLost = kinds.contains { $0?.instances.first?.isThrottled == true }
      return isLost || kinds.allSatisfy { $0?.isReady == true }
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

  /// The worker's own manifest, with what the test adds.
  private static func manifest(_ readable: [String], _ settings: JSONObject) throws -> WorkerManifest {
    let folder = package + "/Workers/receipts"
    let text = try #require(FileManager.default.contents(atPath: folder + "/worker.json"))
    var manifest = try WorkerManifest(try JSON(parsing: Array(text)), folder: folder)
    manifest.permissions.read = readable
    manifest.settings = settings
    manifest.startMS = 30_000
    manifest.heartbeatMS = 0
    manifest.restart.throttleMS = 60_000
    return manifest
  }

  private static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// A script that answers as it is told.
  private static func neighbour(_ tools: JSONObject) throws -> WorkerManifest {
    var manifest = try WorkerManifest(
      ["name": "neighbour", "command": ["/usr/bin/python3", "-I", "-S", "answers-as-told.py"]],
      folder: package + "/Tests/Misbehaving"
    )
    manifest.settings = ["tools": .object(tools)]
    manifest.startMS = 30_000
    manifest.heartbeatMS = 0
    manifest.restart.throttleMS = 60_000
    return manifest
  }

  struct TimedOut: Error { let what: String }

  private func until(
    _ what: String,
    within seconds: Double = 90,
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

  struct Answer {
    var output: JSON = .null
    var error: WireError?
    var receipt: Receipt?
  }

  func call(
    _ tool: String,
    _ input: JSON,
    reading: [String]? = nil,
    limits: ResourceLimits? = nil,
    at location: SourceLocation = #_sourceLocation
  ) throws -> Answer {
    try #require(try all(tool, [input], reading: reading, limits: limits, at: location).first)
  }

  /// All at once; as many run as the worker takes.
  func all(
    _ tool: String,
    _ inputs: [JSON],
    reading: [String]? = nil,
    limits: ResourceLimits? = nil,
    at location: SourceLocation = #_sourceLocation
  ) throws -> [Answer] {
    var needs: Needs?
    if let reading {
      needs = Needs()
      needs?.read = reading
    }
    var answers = [Answer?](repeating: nil, count: inputs.count)
    for (i, input) in inputs.enumerated() {
      let call = ToolCall(tool: tool, input: input, needs: needs, limits: limits)
      _ = coordinator.calls.call(call, caller: [:]) { result in
        switch result {
        case .success(let value): answers[i] = Answer(output: value.output, receipt: value.receipt)
        case .failure(let error): answers[i] = Answer(error: error)
        }
      }
    }
    try until("'\(tool)' is answered", at: location) { !answers.contains { $0 == nil } }
    return answers.compactMap { $0 }
  }

  func isPure(_ tool: String) throws -> Bool { try #require(coordinator.supervisor.catalog[tool]).tool.isPure }

  /// Puts bytes where an upload of a client would end; their digest.
  func artifact(_ bytes: [UInt8]) throws -> String {
    var stored: Result<BlobStore.Stored, BlobError>?
    blobs.store(bytes) { stored = $0 }
    try until("the artifact is stored") { stored != nil }
    return try #require(try stored?.get()).sha256
  }

  func end() throws {
    var isOver = false
    coordinator.drain { isOver = true }
    try until("the worker is gone") { isOver }
  }
}

let images = URL(filePath: #filePath).deletingLastPathComponent().path + "/Images"
