internal import ClientKit
internal import JSON
internal import MCP
internal import Posix
internal import TerminalText

/// Tells a client how its request gets on: with progress if it gave a token for that, and in the log if it wants one.
final class ProgressTeller: Sendable {
  /// What is not important is told this often at most.
  private static let pace = Duration.milliseconds(100)
  /// Bytes of a message.
  private static let mostBytes = 2_048

  private struct State {
    var count = 0.0
    var done = 0.0
    var last: ContinuousClock.Instant?
  }

  private let request: ServerRequest
  private let server: MCPService
  private let state = Guarded(State())

  init(_ request: ServerRequest, _ server: MCPService) {
    self.request = request
    self.server = server
  }

  func tell(_ progress: WorkProgress) {
    if let warning = progress.warning { warn(warning) }
    guard request.progressToken != nil else { return }
    let now = ContinuousClock.now
    let value = state.withLock { state -> Double? in
      if !progress.isImportant, let last = state.last, now - last < Self.pace { return nil }
      state.last = now
      // It has to rise from one to the next: between two steps it comes ever closer to the next one.
      if let done = progress.done {
        if done > state.done { (state.done, state.count) = (done, 0) }
        defer { state.count += 1 }
        return state.done + 1 - 1 / (state.count + 1)
      }
      state.count += 1
      return state.count
    }
    guard let value else { return }
    let message = Excerpt.suffix(Array(progress.text.utf8), Self.mostBytes)
    server.notify { $0.progress(request, value, total: progress.total, message: message) }
  }

  /// Somebody has to decide before it goes on.
  func tell(waitsFor approval: Approval) {
    let tool = approval.tool.map { " before \(quoted($0))" } ?? ""
    let text =
      "waits for a person\(tool): 'bulkhead approve \(approval.id)' or 'bulkhead deny \(approval.id)' decides"
    tell(WorkProgress(text: text, isImportant: true))
    server.notify { $0.log(request, .notice, logger: "approvals", .string(text)) }
  }

  func warn(_ text: String) {
    let text = Excerpt.prefix(Array(visible(text).utf8), Self.mostBytes)
    server.notify { $0.log(request, .warning, logger: "bulkhead", .string(text)) }
  }
}
