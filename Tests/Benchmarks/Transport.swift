import Glibc
import JSON
import Posix
import Transport
import Wire

/// Two processes and two pipes: our connection against blocking reads and writes of the same bytes.
func measureTransport() throws -> [Measurement] {
  signal(SIGPIPE, SIG_IGN)
  let raw = try RawPeer()
  let echo = try ConnectedPeer("echo")
  var samples: [String: [Double]] = [:]
  for _ in 0..<15 {
    samples["raw pipe", default: []].append(try raw.roundTrips(4000))
    samples["ours", default: []].append(try echo.roundTrips(4000))
  }
  var measurements = ["ours", "raw pipe"].map {
    Measurement(
      subject: "echo round trip p50, \(RawPeer.size)-byte body",
      side: $0,
      bytes: nil,
      samples: samples[$0] ?? []
    )
  }
  let sink = try ConnectedPeer("sink")
  measurements.append(
    Measurement(
      subject: "one message one way, \(RawPeer.size)-byte body",
      side: "ours",
      bytes: RawPeer.size,
      samples: try (0..<15).map { _ in try sink.oneWay(50_000) }
    )
  )
  return measurements
}

/// An invocation whose payload is as long as the raw side's message.
private let invocation = ToolInvoke(
  tool: "echo",
  input: ["text": "hello, world"],
  job: "j1",
  step: "s1",
  attempt: 1,
  idempotencyKey: "k",
  timeoutMS: 30000
)

/// This program as the other end, with its standard input and output as pipes.
private struct Ends: ~Copyable {
  /// From the peer.
  var input: Descriptor?
  /// To the peer.
  var output: Descriptor?

  init(role: String) throws {
    var toPeer = try DescriptorPair.pipe()
    var fromPeer = try DescriptorPair.pipe()
    let peerInput = toPeer.takeFirst()
    let peerOutput = fromPeer.takeSecond()
    let plan = SpawnPlan(path: "/proc/self/exe", arguments: ["Benchmarks", "--peer", role])
    _ = try plan.spawn(descriptors: [peerInput.raw, peerOutput.raw, STDERR_FILENO])
    input = fromPeer.takeFirst()
    output = toPeer.takeSecond()
  }
}

/// Median of `count` timed calls, in nanoseconds.
func median(_ times: inout [Double]) -> Double {
  times.sort()
  return times[times.count / 2]
}

func now() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_MONOTONIC, &time)
  return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
}

final class RawPeer {
  /// Body of an invocation, without the four bytes of length.
  static let size = (try? Frame.request(.number(1000), invocation).bytes.count - 4) ?? 0

  private let input: Descriptor
  private let output: Descriptor

  init() throws {
    var ends = try Ends(role: "raw")
    input = ends.input.take()!
    output = ends.output.take()!
  }

  func roundTrips(_ count: Int) throws -> Double {
    let size = Self.size + 4
    var bytes = [UInt8](repeating: 0x61, count: size)
    var times: [Double] = []
    for _ in 0..<count {
      let start = now()
      guard write(output.raw, bytes, size) == size, read(input.raw, &bytes, size) == size else {
        throw PosixError.current("raw")
      }
      times.append(now() - start)
    }
    return median(&times)
  }
}

private final class ConnectedPeer: ConnectionOwner {
  private let loop: EventLoop
  private var connection: Connection!

  init(_ role: String) throws {
    loop = try EventLoop()
    var ends = try Ends(role: role)
    connection = try Connection(
      loop: loop,
      input: ends.input.take()!,
      output: ends.output.take()!,
      gate: PhaseGate(.worker, receiver: .coordinator),
      owner: self
    )
    connection.gate.phase = .ready
  }

  func received(request id: RequestID, _ method: String, _ params: JSONObject, on connection: Connection) {}
  func received(notification method: String, _ params: JSONObject, on connection: Connection) {}
  func closed(_ connection: Connection, because error: WireError?) { fatalError("peer ended: \(error?.message ?? "")") }

  func roundTrips(_ count: Int) throws -> Double {
    var times: [Double] = []
    func next() {
      let start = now()
      connection.request(invocation) { result in
        if case .failure(let error) = result { fatalError(error.message) }
        times.append(now() - start)
        if times.count < count { next() } else { self.loop.stop() }
      }
    }
    loop.deferred(next)
    loop.run()
    return median(&times)
  }

  /// Nanoseconds per message, the last one acknowledged.
  func oneWay(_ count: Int) throws -> Double {
    let start = now()
    var sent = 0
    func more() {
      while sent < count, connection.queuedBytes < 1 << 16 {
        connection.notify(
          Progress(id: .number(1), kind: .stdout, text: "a line of output of a size that is quite common")
        )
        sent += 1
      }
      if sent < count { loop.schedule(after: 0, more) } else { connection.request(Ping()) { _ in self.loop.stop() } }
    }
    loop.deferred(more)
    loop.run()
    return (now() - start) / Double(count)
  }
}

/// The other end; never returns.
func runPeer(_ role: String) throws -> Never {
  if role == "raw" {
    var bytes = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(STDIN_FILENO, &bytes, bytes.count)
      if count <= 0 || write(STDOUT_FILENO, bytes, count) != count { exit(0) }
    }
  }
  final class Peer: ConnectionOwner {
    func received(request id: RequestID, _ method: String, _ params: JSONObject, on connection: Connection) {
      if method == Ping.method {
        connection.respond(to: id, with: Empty())
        return
      }
      do {
        let invoke = try ToolInvoke.decode(params)
        connection.respond(to: id, with: ToolResult(output: invoke.input))
      } catch {
        connection.respond(to: id, failing: error)
      }
    }
    func received(notification method: String, _ params: JSONObject, on connection: Connection) {
      _ = try? Progress.decode(params)
    }
    func closed(_ connection: Connection, because error: WireError?) { exit(error == nil ? 0 : 1) }
  }
  let loop = try EventLoop()
  let peer = Peer()
  let connection = try Connection(
    loop: loop,
    input: Descriptor(owning: STDIN_FILENO),
    output: Descriptor(owning: STDOUT_FILENO),
    gate: PhaseGate(.worker, receiver: .peer),
    owner: peer
  )
  connection.gate.phase = .ready
  loop.run()
  withExtendedLifetime(peer) {}
  exit(0)
}
