internal import CLinux
internal import Glibc
internal import JSON
internal import Logging
package import Posix
internal import Wire

/// Accepts clients on a Unix socket that already listens.
package final class ClientListener: ReadinessHandler {
  private let socket: Descriptor
  private unowned let coordinator: Coordinator
  private let allowedUIDs: Set<UInt32>
  private let allowedGID: UInt32?

  /// Members of `allowedGID` may connect besides root and `allowedUIDs`.
  package init(
    _ socket: consuming Descriptor,
    _ coordinator: Coordinator,
    allowedUIDs: Set<UInt32>,
    allowedGID: UInt32? = nil
  ) throws(PosixError) {
    try socket.setNonBlocking()
    self.socket = socket
    self.coordinator = coordinator
    self.allowedUIDs = allowedUIDs
    self.allowedGID = allowedGID
    try coordinator.loop.watch(self.socket.raw, for: .readable, handler: self)
  }

  package func stop() { coordinator.loop.unwatch(socket.raw) }

  package func ready(_ readiness: Readiness) {
    // A burst is accepted in portions, so that it does not hold up the clients that are already here.
    for _ in 0..<64 {
      let raw = accept4(socket.raw, nil, nil, Int32(SOCK_CLOEXEC.rawValue))
      guard raw >= 0 else {
        if errno == EMFILE || errno == ENFILE { pause() }
        return
      }
      accept(Descriptor(owning: raw))
    }
  }

  /// Out of descriptors: the waiting client stays in the queue until some are free again.
  private func pause() {
    coordinator.log.error("out of descriptors, no client is accepted for a second")
    coordinator.loop.unwatch(socket.raw)
    coordinator.loop.schedule(after: 1000) { [weak self] in
      guard let self else { return }
      do throws(PosixError) {
        try coordinator.loop.watch(socket.raw, for: .readable, handler: self)
      } catch {
        coordinator.log.error("clients cannot be accepted any more", ["reason": .string(error.description)])
      }
    }
  }

  /// Says why, in the one frame that a fresh socket always takes, and closes.
  private func refuse(_ client: borrowing Descriptor, _ error: WireError) {
    coordinator.log.warn("client refused", ["reason": .string(error.message)])
    // Safety: an error about a client that is turned away; there is nothing to do about not being able to tell it.
    if let frame = try? Frame.failure(nil, error) { try? client.writeAll(frame.bytes) }
  }

  private func accept(_ client: consuming Descriptor) {
    do throws(PosixError) {
      let peer = try PeerIdentity(of: client)
      if let refusal = peer.refusal(allowedUIDs: allowedUIDs, allowedGID: allowedGID) {
        refuse(client, WireError(.refused, refusal))
        return
      }
      if coordinator.sessions.count >= coordinator.clientLimit {
        refuse(client, WireError(.overloaded, "\(coordinator.clientLimit) clients are connected, which is the limit"))
        return
      }
      let session = try ClientSession(coordinator, client, peer)
      coordinator.sessions[ObjectIdentifier(session)] = session
    } catch {
      coordinator.log.error("client could not be accepted", ["reason": .string(error.description)])
    }
  }
}
