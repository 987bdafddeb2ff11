internal import Posix
internal import Tunnel

/// Watches descriptors on a loop with one closure each.
final class LoopWatcher: TunnelWatcher {
  private final class Handler: ReadinessHandler {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
    func ready(_ readiness: Readiness) { body() }
  }

  private let loop: EventLoop

  init(_ loop: EventLoop) { self.loop = loop }

  func watch(_ raw: Int32, _ body: @escaping () -> Void) throws(PosixError) {
    try loop.watch(raw, for: .readable, handler: Handler(body))
  }

  func unwatch(_ raw: Int32) { loop.unwatch(raw) }
}
