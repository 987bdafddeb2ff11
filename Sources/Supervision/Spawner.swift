internal import Glibc
internal import Jail
package import Posix
internal import Tunnel

/// The one thread that starts processes. It lives as long as the coordinator, because the parent-death signal of a
/// worker fires when the *thread* that started it ends; and a slow exec does not hold up the event loop.
package final class Spawner: Sendable {
  private let loop: EventLoop

  package init() throws(PosixError) {
    let loop = try EventLoop()
    self.loop = loop
    startThread("spawner") { loop.run() }
  }

  /// A started worker and our ends of its three pipes.
  struct Started: ~Copyable {
    let process: any WorkerProcess
    /// To its standard input.
    var input: Descriptor?
    /// From its standard output.
    var output: Descriptor?
    /// From its standard error.
    var errors: Descriptor?
  }

  /// Starts a process with three pipes, and its end of the tunnel if it has one, and reports on `home`'s thread. What to start is worked out on the spawner's
  /// thread too, since that may read files.
  func start(
    on home: EventLoop,
    tunnel: WorkerTunnel? = nil,
    _ launch: @escaping @Sendable () throws -> WorkerLaunch,
    then report: @escaping @Sendable (consuming Result<Started, SpawnFailure>) -> Void
  ) {
    loop.submit {
      let outcome = Outcome(Self.start(launch, tunnel))
      home.submit { report(outcome.take()) }
    }
  }

  private static func start(
    _ makeLaunch: () throws -> WorkerLaunch,
    _ tunnel: WorkerTunnel?
  ) -> Result<Started, SpawnFailure> {
    do {
      var toChild = try DescriptorPair.pipe()
      var fromChild = try DescriptorPair.pipe()
      var errors = try DescriptorPair.pipe()
      let childInput = toChild.takeFirst()
      let childOutput = fromChild.takeSecond()
      let childErrors = errors.takeSecond()
      let streams = [childInput.raw, childOutput.raw, childErrors.raw] + (tunnel.map { [$0.descriptor] } ?? [])
      let process: any WorkerProcess =
        switch try makeLaunch() {
        case .process(let plan): OrdinaryProcess(try plan.spawn(descriptors: streams))
        case .jail(let jail): try JailProcess(jail, descriptors: streams)
        }
      return .success(
        Started(
          process: process,
          input: toChild.takeSecond(),
          output: fromChild.takeFirst(),
          errors: errors.takeFirst()
        )
      )
    } catch {
      return .failure(SpawnFailure(reason: "\(error)"))
    }
  }

  /// Carries a move-only result through a closure that is called once.
  ///
  /// Safety: written before `submit` and taken once after it; the loop's inbox orders the two.
  private final class Outcome: @unchecked Sendable {
    private var result: Result<Started, SpawnFailure>?
    init(_ result: consuming Result<Started, SpawnFailure>) { self.result = consume result }
    func take() -> Result<Started, SpawnFailure> { result.take()! }
  }
}

/// One worker's end of the tunnel; keeps both open.
struct WorkerTunnel: Sendable {
  let ends: TunnelEnds
  let place: WorkerManifest.Permissions.Tunnel

  var descriptor: Int32 {
    switch place {
    case .use: ends.inner.raw
    case .offer: ends.outer.raw
    }
  }
}

package struct SpawnFailure: Error, Sendable {
  package let reason: String
}
