import Foundation
import HTTP
import JSON
import MCP
import MCPHTTP
import Posix
import Synchronization
import Testing

/// A client session on a real connection, on a thread of its own.
///
/// Safety: everything but `told` lives on the loop.
final class LiveSession: MCPTransportReceiver, @unchecked Sendable {
  /// What came beside answers.
  struct Told: Sendable {
    var introductions: [ServerIntroduction] = []
    var progress: [Double] = []
    var logs: [ServerLog] = []
    var changes: [ListKind] = []
    var ignored: [String] = []
    var failure: ClientFailure?
    var closed = false
    var counters = ClientCounters()
    /// All that was said of failures.
    var texts: [String] = []
  }

  private let told = Mutex(Told())
  private let loop: EventLoop
  private let client: HTTPClient
  private let transport: HTTPTransport
  private var session: ClientSession
  private var pending: [CallID: CheckedContinuation<Result<ClientReply, ClientFailure>, Never>] = [:]
  private var timer: LoopTimer?
  private let ended = Semaphore()

  init(
    _ url: String,
    headers: [(String, String)] = [],
    allowed: [String] = [],
    limits: MCPLimits = MCPLimits(),
    change: (inout ClientSettings) -> Void = { _ in }
  ) throws {
    loop = try EventLoop()
    client = try #require(HTTPClient(loop: loop, userAgent: "bulkhead-test"))
    let endpoint = try HTTPEndpoint(url: url, headers: headers.map { ($0.0, $0.1) }, allowed: allowed)
    transport = HTTPTransport(endpoint, by: client, limits: limits)
    var settings = ClientSettings(client: Implementation(name: "bulkhead-test", version: "1"), channel: .http)
    settings.limits = limits
    change(&settings)
    session = ClientSession(settings)
    transport.receiver = self
    startThread("mcp") { [self] in
      loop.run()
      ended.signal()
    }
    loop.perform { [self] in perform(session.start(now: now)) }
  }

  var seen: Told { told.withLock { $0 } }

  private var now: Int64 { BootTime.now.nanoseconds / 1_000_000 }

  /// The answer; cancelling the task gives the call up.
  func call(
    _ request: ClientRequest,
    timeout: Int64? = 20_000,
    progress: Bool = false
  ) async -> Result<ClientReply, ClientFailure> {
    let name = Mutex<CallID?>(nil)
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        loop.perform { [self] in
          let options = CallOptions(timeoutMS: timeout, wantsProgress: progress)
          let (id, effects) = session.begin(request, options, now: now)
          name.withLock { $0 = id }
          pending[id] = continuation
          perform(effects)
        }
      }
    } onCancel: {
      loop.perform { [self] in
        if let id = name.withLock({ $0 }) { perform(session.cancel(id, now: now)) }
      }
    }
  }

  func tool(_ name: String, _ arguments: JSONObject = [:], progress: Bool = false) async throws -> ToolAnswer {
    guard case .tool(let answer) = try await call(.callTool(name: name, arguments: arguments), progress: progress).get()
    else { throw ClientFailure(.badAnswer, "not a tool's answer") }
    return answer
  }

  /// Waits until `holds`, for ten seconds at most.
  func wait(_ what: String, until holds: @Sendable (Told) -> Bool) async throws {
    for _ in 0..<2000 {
      if holds(seen) { return }
      try await Task.sleep(for: .milliseconds(5))
    }
    Issue.record("waited in vain: \(what)")
  }

  /// Ends the session and the thread.
  func stop() async throws {
    loop.perform { [self] in perform(session.close(now: now)) }
    try await wait("until it is closed") { $0.closed }
    loop.stop()
    ended.wait(lingering: false)
  }

  private func perform(_ effects: [ClientEffect]) {
    for effect in effects {
      switch effect {
      case .send(let message): transport.send(message)
      case .abandon(let id): transport.abandon(id)
      case .openStream: transport.openStream()
      case .close: transport.close()
      case .ready(let introduction): told.withLock { $0.introductions.append(introduction) }
      case .answered(let id, let result):
        if case .failure(let failure) = result { told.withLock { $0.texts.append("\(failure)") } }
        pending.removeValue(forKey: id)?.resume(returning: result)
      case .progress(_, let progress): told.withLock { $0.progress.append(progress.progress) }
      case .log(let log): told.withLock { $0.logs.append(log) }
      case .changed(let list): told.withLock { $0.changes.append(list) }
      case .failed(let failure):
        told.withLock {
          $0.failure = failure
          $0.texts.append("\(failure)")
        }
      case .ask, .withdrawn: break
      }
    }
    told.withLock { $0.counters = session.counters }
    if let timer { loop.cancel(timer) }
    timer = session.wakeAt.map { due in
      loop.schedule(after: Milliseconds(max(0, due - now))) { [weak self] in
        guard let self else { return }
        perform(session.tick(now: now))
      }
    }
  }

  func received(_ bytes: [UInt8], on request: MessageID?) { perform(session.received(bytes, on: request, now: now)) }

  func failed(_ request: MessageID, _ failure: TransportFailure) {
    told.withLock { $0.texts.append("\(failure)") }
    perform(session.failed(request, failure, now: now))
  }

  func ignored(_ what: String) { told.withLock { $0.ignored.append(what) } }

  func closed(_ failure: TransportFailure?) {
    perform(session.closed(failure, now: now))
    told.withLock { $0.closed = true }
  }
}
