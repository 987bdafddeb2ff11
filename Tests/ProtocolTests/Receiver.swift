import JSON
import Posix
import Transport
import Wire

/// The side that a bad example is sent to: a real connection over a real socket, whose owner reads every body with the
/// type of its method and otherwise does nothing. Ends with the connection.
final class Receiver: ConnectionOwner {
  /// What the owner was told at the end: nil for an orderly close.
  private(set) var closing: WireError?
  /// Messages served without an error, replies included.
  private(set) var served = 0
  private let loop: EventLoop
  private let link: Link
  private var connection: Connection?

  init(_ example: BadExample, socket: consuming Descriptor) throws {
    loop = try EventLoop()
    link = example.link
    var gate = PhaseGate(example.link, receiver: example.receiver)
    gate.phase =
      switch example.phase {
      case "ready": .ready
      case "draining": .draining
      default: .starting
      }
    let connection = try Connection(loop: loop, input: socket, output: nil, gate: gate, owner: self)
    self.connection = connection
    for method in example.outstanding {
      switch method {
      case "tool/invoke":
        ask(
          ToolInvoke(tool: "t", input: [:], job: "j", step: "s", attempt: 1, idempotencyKey: "k", timeoutMS: 1000),
          connection
        )
      case "initialize":
        ask(
          InitializeWorker(coordinator: Peer(name: "c", version: "1"), kind: "w", instance: 1, generation: 1),
          connection
        )
      default: ask(Ping(), connection)
      }
    }
  }

  func run() {
    loop.run()
    connection = nil
  }

  private func ask<M: WireRequest>(_ message: M, _ connection: Connection) {
    connection.request(message) { [weak self] result in
      switch result {
      case .success: self?.served += 1
      case .failure(let error) where error.name == .connectionClosed: break
      // A reply that is not what the method defines: the peer broke the contract.
      case .failure(let error): self?.connection?.reportAndClose(error)
      }
    }
  }

  func received(request id: RequestID, _ method: String, _ params: JSONObject, on connection: Connection) {
    do throws(WireError) {
      _ = try Bodies.params(method, link, params)
      served += 1
    } catch {
      connection.respond(to: id, failing: error)
      // The reply is written when the loop comes round; the close follows it.
      if method == "initialize" { loop.deferred { connection.close(because: error) } }
    }
  }

  func received(notification method: String, _ params: JSONObject, on connection: Connection) {
    do throws(WireError) {
      _ = try Bodies.params(method, link, params)
      served += 1
    } catch {
      connection.reportAndClose(error)
    }
  }

  func closed(_ connection: Connection, because error: WireError?) {
    closing = error
    loop.stop()
  }
}
