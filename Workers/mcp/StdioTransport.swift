internal import Jail
internal import MCP
internal import Posix
internal import WorkerKit

/// A server that speaks lines over its standard streams, in a jail of its own. One process from `init` to `closed`.
final class StdioTransport: ServerTransport {
  weak var receiver: (any MCPTransportReceiver)?
  private let process: ServerProcess
  private var framing: LineFraming
  private var told = 0
  private var isAsked = false
  private var isOver = false
  private var patience = ServerProcess.Patience.ordinary
  /// How the program ended, once it has.
  private(set) var ending: String?

  /// - Parameter log: gets each line of the server's standard error.
  init(
    _ jail: PreparedJail,
    hosts: [String],
    tunnel: Int32?,
    on loop: EventLoop,
    log: @escaping (String) -> Void
  ) throws(WireError) {
    framing = LineFraming()
    do {
      process = try ServerProcess(jail, hosts: hosts, tunnel: tunnel, on: loop)
    } catch {
      throw WireError(.setupFailed, "the server cannot be started: \(error)")
    }
    process.onError = log
    process.onOutput = { [unowned self] in take($0) }
    process.onEnd = { [weak self] in self?.ended($0) }
  }

  func send(_ message: OutgoingMessage) {
    var line = message.message.serialized()
    line.append(UInt8(ascii: "\n"))
    guard !process.send(line) else { return }
    receiver?.ignored("it leaves \(process.queuedBytes) bytes unread")
    process.end()
  }

  /// Its answer is told by its id, and left out.
  func abandon(_ request: MessageID) {}
  func openStream() {}

  func close() {
    guard !isAsked else { return }
    isAsked = true
    process.stop(patience)
  }

  func hurry() {
    patience = .hurried
    if isAsked, !isOver { process.stop(patience) }
  }

  func kill() { if !isOver, !isAsked { process.end() } }

  private func take(_ bytes: UnsafeRawBufferPointer) {
    // The end of its output alone ends nothing: the process does.
    framing.take(bytes) { line in
      if !isOver { receiver?.received(line, on: nil) }
    }
    if framing.oversized > told {
      told = framing.oversized
      receiver?.ignored("a line that exceeds \(MCPLimits().messageBytes) bytes")
    }
  }

  private func ended(_ why: String) {
    isOver = true
    ending = why
    receiver?.closed(isAsked ? nil : TransportFailure(.ended, why))
  }
}
