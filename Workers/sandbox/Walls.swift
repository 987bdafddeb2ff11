internal import Glibc
internal import Jail
internal import Posix
internal import WorkerKit

/// The worker's own walls. The coordinator starts it inside them; one that was started by hand enters what a process
/// can enter by itself, and serves only if no other machine can be reached from where it is.
enum Walls {
  /// Called before the first thread.
  static func enter(_ settings: SandboxSettings) throws(WireError) {
    guard geteuid() != 0 else {
      throw WireError(.refused, "the sandbox worker never runs as root: start it as an ordinary user")
    }
    // Without namespaces there is none to enter: no jail can make a socket.
    if settings.acceptsNetwork || settings.grade == .noNamespaces { return }
    guard let before = OwnNamespaces.interfacesUp() else { throw unknown }
    if before.isEmpty { return }
    do throws(PosixError) {
      try OwnNamespaces.enter()
    } catch {
      throw refusal(before, "and entering a network namespace failed: \(error)")
    }
    guard let after = OwnNamespaces.interfacesUp() else { throw unknown }
    if !after.isEmpty { throw refusal(after, "even in a namespace of its own") }
  }

  private static let unknown = WireError(.refused, "cannot tell which network interfaces the sandbox worker has")

  private static func refusal(_ interfaces: [String], _ detail: String) -> WireError {
    WireError(
      .refused,
      "the sandbox worker can reach a network by '\(interfaces[0])', \(detail); hint: "
        + "the setting \"without_walls\": [\"network\"] accepts this"
    )
  }

  /// No other process of this user may read the worker's memory or environment.
  static func hide() { OwnNamespaces.setDumpable(false) }
}

func isExecutable(_ path: String) -> Bool { access(path, X_OK) == 0 }
