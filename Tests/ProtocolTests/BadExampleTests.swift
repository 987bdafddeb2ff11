import Foundation
import JSON
import Posix
import Testing
import Wire

@Suite struct `The bad examples` {
  @Test func `the index lists exactly the files that are there, with the codes of the table`() throws {
    let examples = try BadExample.all()
    #expect(Set(examples.map(\.file)).count == examples.count)
    #expect(try examples.map(\.file).sorted() == Contract.files("examples/bad", ".frames"))
    let errors = try Contract.errors()
    for example in examples { #expect(errors[example.error] == example.code, "\(example)") }
  }

  @Test(arguments: try BadExample.all().filter { $0.layer != "owner" })
  func `each gets exactly the named error, and closes or not as said`(_ example: BadExample) throws {
    let exchange = try Self.exchange(example)
    let error = try (exchange.reported ?? exchange.closing).orBroken("an error")
    #expect(error.name.rawValue == example.error, "\(error)")
    #expect(error.code == example.code)
    #expect((exchange.closing != nil) == example.closes)
    if exchange.reported != nil { #expect(exchange.id?.json == example.id.map { .integer($0) }) }
    // Only the end of input leaves nobody to tell.
    #expect((exchange.reported == nil) == (example.error == "truncated_frame"))
    #expect(exchange.served == example.accepted)
    if let path = example.path { #expect(error.data["path"] == .string(path)) }
    if let reason = example.reason { #expect(error.data["reason"] == .string(reason)) }
    if let nearest = example.nearest { #expect(error.message.contains("did you mean '\(nearest)'?"), "\(error)") }
    #expect(!error.message.isEmpty && error.message.utf8.count < 2000, "\(error)")
  }

  @Test(arguments: try BadExample.all().filter { $0.layer == "owner" })
  func `what only the owner of a connection can notice passes the wire`(_ example: BadExample) throws {
    let exchange = try Self.exchange(example)
    #expect(exchange.reported == nil && exchange.closing == nil, "\(String(describing: exchange.reported))")
    #expect(exchange.served == example.accepted + 1)
  }

  @Test(arguments: try BadExample.all().filter { $0.layer == "frame" || $0.layer == "json" || $0.layer == "envelope" })
  func `the error does not depend on how the bytes arrive`(_ example: BadExample) throws {
    let bytes = try example.bytes()
    guard bytes.count <= 4096 else { return }
    for size in 1...min(bytes.count, 64) {
      var decoder = FrameDecoder()
      var found: WireError?
      do throws(WireError) {
        for start in stride(from: 0, to: bytes.count, by: size) {
          bytes[start..<min(start + size, bytes.count)].withUnsafeBytes { decoder.append($0) }
          while try decoder.next({ payload throws(WireError) in _ = try Envelope(payload: payload) }) != nil {}
        }
        try decoder.finish()
      } catch {
        found = error
      }
      #expect(found?.name.rawValue == example.error, "in pieces of \(size)")
    }
  }

  struct Exchange {
    /// The last error that the peer was sent, and its id.
    var reported: WireError?
    var id: RequestID?
    var closing: WireError?
    var served: Int64
  }

  /// Sends the example to a receiver over a socket, from a thread of its own, and ends the input behind it.
  private static func exchange(_ example: BadExample) throws -> Exchange {
    var pair = try DescriptorPair.sockets()
    let bytes = try example.bytes()
    let receiver = try Receiver(example, socket: pair.takeFirst())
    let peer = pair.takeSecond().release()
    let answer = Answer()
    let isDone = DispatchSemaphore(value: 0)
    Thread.detachNewThread {
      let writing = DispatchSemaphore(value: 0)
      Thread.detachNewThread {
        var rest = bytes[...]
        while !rest.isEmpty {
          let count = rest.withUnsafeBytes { send(peer, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
          if count <= 0 { break }  // The receiver has closed: it had seen enough.
          rest = rest.dropFirst(count)
        }
        shutdown(peer, Int32(SHUT_WR))
        writing.signal()
      }
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while case let count = read(peer, &buffer, buffer.count), count > 0 { answer.bytes += buffer[..<count] }
      writing.wait()
      close(peer)
      isDone.signal()
    }
    receiver.run()
    isDone.wait()
    var exchange = Exchange(closing: receiver.closing, served: Int64(receiver.served))
    var decoder = FrameDecoder()
    answer.bytes.withUnsafeBytes { decoder.append($0) }
    while let envelope = try decoder.next({ payload throws(WireError) in try Envelope(payload: payload) }) {
      if case .failure(let id, let error) = envelope { (exchange.id, exchange.reported) = (id, error) }
    }
    return exchange
  }

  /// Safety: written by the peer's thread only, read after its semaphore.
  private final class Answer: @unchecked Sendable {
    var bytes: [UInt8] = []
  }
}
