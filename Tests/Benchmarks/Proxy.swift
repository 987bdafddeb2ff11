import CLinux
import Glibc
import Jail
import Posix
import Tunnel
import WebProxy

/// What it costs a jailed run to reach a granted host: a connection by CONNECT, handed over the tunnel, beside a direct
/// one; bytes through the proxy beside bytes without it; and a network of its own for a run beside none.
func measureProxy() throws -> Results {
  signal(SIGPIPE, SIG_IGN)
  var results = Results()
  let server = try LoopbackServer()
  let proxy = try ProxyStand(server.port)
  try measureConnections(server, proxy, &results)
  try measureThroughput(server, proxy, &results)
  try measureNetworks(&results)
  return results
}

/// Connection, one byte there and back, and its end.
private func measureConnections(_ server: LoopbackServer, _ proxy: ProxyStand, _ results: inout Results) throws {
  var direct: [Double] = []
  var tunnelled: [Double] = []
  for round in 0...400 {
    let start = now()
    try echo(try connection(to: server.port))
    let middle = now()
    try echo(try proxy.connect())
    if round > 0 {
      direct.append(middle - start)
      tunnelled.append(now() - middle)
    }
  }
  let floor = results.add("connection and one byte back", "direct", direct)
  let ours = results.add("connection and one byte back", "by CONNECT", tunnelled)
  results.bounds.append(Bound("CONNECT: added p50", (ours.median - floor.median) / 1e6, "ms", atMost: 2))
}

private func measureThroughput(_ server: LoopbackServer, _ proxy: ProxyStand, _ results: inout Results) throws {
  let count = 64 << 20
  var direct: [Double] = []
  var tunnelled: [Double] = []
  for _ in 0..<9 {
    direct.append(try download(count, try connection(to: server.port)))
    tunnelled.append(try download(count, try proxy.connect()))
  }
  let floor = Measurement(subject: "64 MiB", side: "direct", bytes: count, samples: direct)
  let ours = Measurement(subject: "64 MiB", side: "by CONNECT", bytes: count, samples: tunnelled)
  results.measurements += [floor, ours]
  results.bounds.append(Bound("64 MiB by CONNECT: time", ours.median / floor.median, "x direct", atMost: 6))
}

/// A run that was granted hosts beside one that was not; neither connects.
private func measureNetworks(_ results: inout Results) throws {
  func jail(_ network: JailPolicy.Network) throws -> PreparedJail {
    var policy = JailPolicy(program: "/usr/bin/true", arguments: ["true"])
    policy.runAs = geteuid() == 0 ? .init(uid: 65533, gid: 65533) : nil
    policy.network = network
    return try policy.prepare()
  }
  let without = try jail(.inherited)
  let with = try jail(.proxied)
  var samples: (without: [Double], with: [Double]) = ([], [])
  for round in 0...200 {
    let start = now()
    _ = try JailRun(without).run()
    let middle = now()
    _ = try JailRun(with).run()
    if round > 0 {
      samples.without.append(middle - start)
      samples.with.append(now() - middle)
    }
  }
  let floor = results.add("cold /bin/true", "without hosts", samples.without)
  let ours = results.add("cold /bin/true", "with hosts", samples.with)
  results.bounds.append(Bound("a network of its own: added p50", (ours.median - floor.median) / 1e6, "ms", atMost: 3))
}

// MARK: Ends

private func connection(to port: UInt16) throws -> Descriptor {
  let socket = Descriptor(owning: try posix("socket") { Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) })
  var address = loopback(port)
  let raw = socket.raw
  try posix("connect") {
    withUnsafeBytes(of: &address) {
      connect(raw, $0.assumingMemoryBound(to: sockaddr.self).baseAddress!, socklen_t($0.count))
    }
  }
  return socket
}

private func loopback(_ port: UInt16) -> sockaddr_in {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = port.bigEndian
  address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
  return address
}

private func echo(_ connection: consuming Descriptor) throws {
  var byte: UInt8 = 1
  try posix("write") { write(connection.raw, &byte, 1) }
  let count = try posix("read") { read(connection.raw, &byte, 1) }
  if count != 1 { throw PosixError("read", errno: ECONNRESET) }
}

/// Nanoseconds for `count` bytes.
private func download(_ count: Int, _ connection: consuming Descriptor) throws -> Double {
  var buffer = [UInt8](repeating: 0, count: 256 << 10)
  let start = now()
  buffer[0] = 2
  try posix("write") { write(connection.raw, buffer, 1) }
  var left = count
  while left > 0 {
    let taken = try posix("read") { read(connection.raw, &buffer, min(left, buffer.count)) }
    if taken == 0 { throw PosixError("read", errno: ECONNRESET) }
    left -= taken
  }
  return now() - start
}

private func listener() throws -> (raw: Int32, port: UInt16) {
  let raw = try posix("socket") { Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }
  var address = loopback(0)
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  try posix("listen") {
    withUnsafeMutableBytes(of: &address) {
      let pointer = $0.assumingMemoryBound(to: sockaddr.self).baseAddress!
      return bind(raw, pointer, length) == 0 && listen(raw, 128) == 0 && getsockname(raw, pointer, &length) == 0
        ? 0 : -1
    }
  }
  return (raw, UInt16(bigEndian: address.sin_port))
}

/// Gives a byte back; after a 2 sends as long as somebody reads.
private struct LoopbackServer {
  let port: UInt16

  init() throws {
    let (raw, port) = try listener()
    self.port = port
    startThread("server") {
      while true {
        let connection = accept(raw, nil, nil)
        if connection >= 0 { startThread("connection") { Self.serve(connection) } }
      }
    }
  }

  private static func serve(_ connection: Int32) {
    var buffer = [UInt8](repeating: 0, count: 256 << 10)
    while read(connection, &buffer, 1) == 1 {
      if buffer[0] != 2 {
        _ = write(connection, buffer, 1)
      } else {
        while write(connection, buffer, buffer.count) > 0 {}
      }
    }
    close(connection)
  }
}

/// The proxy on a thread of its own, and what takes a run's connections to it on another.
private struct ProxyStand {
  private let port: UInt16
  private let target: String

  init(_ target: UInt16) throws {
    self.target = "127.0.0.1:\(target)"
    var pair = try DescriptorPair.packets()
    var reports = try DescriptorPair.packets()
    let inner = pair.takeFirst().release()
    let kept = reports.takeFirst().release()
    let end = reports.takeSecond().release()
    let (raw, port) = try listener()
    self.port = port
    let loop = try EventLoop()
    _ = try ProxyServer(
      pair.takeSecond(),
      hosts: ["127.0.0.1:\(target)"].compactMap { HostPattern($0) },
      addresses: AddressRules(granted: ["127.0.0.1"].compactMap { AddressRange($0) }),
      on: loop
    )
    startThread("proxy") { loop.run() }
    let hosts = [self.target]
    startThread("tunnel") {
      var id: Int64 = 0
      while true {
        let connection = accept(raw, nil, nil)
        if connection < 0 { continue }
        id += 1
        _ = TunnelRequest(run: "bench", id: id, hosts: hosts).send(to: inner, connection: connection, reports: end)
        close(connection)
        while TunnelReport.receive(from: kept) != nil {}
      }
    }
  }

  func connect() throws -> Descriptor {
    let connection = try Benchmarks.connection(to: port)
    let request = "CONNECT \(target) HTTP/1.1\r\n\r\n"
    try posix("write") { write(connection.raw, request, request.utf8.count) }
    var answer = [UInt8](repeating: 0, count: 256)
    let count = try posix("read") { read(connection.raw, &answer, answer.count) }
    guard answer[..<count].starts(with: "HTTP/1.1 200".utf8) else { throw PosixError("CONNECT", errno: EPROTO) }
    return connection
  }
}
