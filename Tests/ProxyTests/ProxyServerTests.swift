import CLinux
import Foundation
import Glibc
import Posix
import Testing
import Tunnel
import WebProxy

/// The proxy itself on a thread of its own, with a resolver that the test plays and times that it can wait for.
@Suite(.serialized)
struct ProxyServerTests {
  /// Answers a name differently each time it is asked, and counts.
  final class Fickle: HostResolver {
    private let answers: Guarded<[[IPAddress]]>
    let asked = Guarded(0)

    init(_ answers: [[String]]) { self.answers = Guarded(answers.map { $0.compactMap { IPAddress($0) } }) }

    func resolve(_ name: String, then: @escaping @Sendable ([IPAddress]) -> Void) {
      asked.withLock { $0 += 1 }
      then(answers.withLock { $0.isEmpty ? [] : $0.removeFirst() })
    }
  }

  /// A proxy, and the sending side of its tunnel.
  final class Stand {
    private let inner: Descriptor
    private let loop: EventLoop
    private let thread: JoinableThread
    private let reports: Descriptor
    private let reportsEnd: Descriptor
    private var last: Int64 = 0

    init(
      hosts: [String],
      permitted: [String] = ["127.0.0.1"],
      resolver: any HostResolver = SystemResolver(),
      timing: ProxyTiming = ProxyTiming()
    ) throws {
      ignoreBrokenPipes()
      var pair = try DescriptorPair.packets()
      inner = pair.takeFirst()
      let loop = try EventLoop()
      self.loop = loop
      var ends = try DescriptorPair.packets()
      reports = ends.takeFirst()
      reportsEnd = ends.takeSecond()
      _ = try ProxyServer(
        pair.takeSecond(),
        hosts: hosts.compactMap { HostPattern($0) },
        addresses: AddressRules(granted: permitted.compactMap { AddressRange($0) }),
        resolver: resolver,
        timing: timing,
        on: loop
      )
      thread = JoinableThread("proxy") { loop.run() }
    }

    deinit {
      loop.stop()
      thread.join()
    }

    /// A connection that the proxy has taken.
    func connect(_ hosts: [String], run: String = "run") throws -> Descriptor {
      var pair = try DescriptorPair.sockets()
      let near = pair.takeFirst()
      let far = pair.takeSecond()
      last += 1
      let request = TunnelRequest(run: run, id: last, hosts: hosts)
      #expect(request.send(to: inner.raw, connection: far.raw, reports: reportsEnd.raw) == .sent)
      return near
    }

    /// Everything that comes until the other side ends, or for `seconds`.
    static func readAll(_ connection: borrowing Descriptor, seconds: Double = 5) -> String {
      var bytes: [UInt8] = []
      let end = BootTime.now + Milliseconds(Int64(seconds * 1000))
      while end.milliseconds(since: .now) > 0 {
        var item = pollfd(fd: connection.raw, events: Int16(POLLIN), revents: 0)
        guard poll(&item, 1, Int32(end.milliseconds(since: .now))) > 0 else { break }
        var piece = [UInt8](repeating: 0, count: 65536)
        let count = recv(connection.raw, &piece, piece.count, 0)
        if count <= 0 { break }
        bytes += piece[..<count]
      }
      return String(decoding: bytes, as: UTF8.self)
    }

    func report() throws -> TunnelReport {
      var item = pollfd(fd: reports.raw, events: Int16(POLLIN), revents: 0)
      poll(&item, 1, 5000)
      return try #require(TunnelReport.receive(from: reports.raw))
    }

    func endRun() { shutdown(reports.raw, Int32(SHUT_WR)) }

    func send(_ bytes: [UInt8]) {
      _ = bytes.withUnsafeBytes { Glibc.send(inner.raw, $0.baseAddress, $0.count, 0) }
    }
  }

  private func write(_ text: String, to connection: borrowing Descriptor) {
    _ = text.withCString { send(connection.raw, $0, text.utf8.count, Int32(MSG_NOSIGNAL)) }
  }

  @Test
  func `a name that is public when asked first and private when asked again is asked once`() throws {
    let listener = try Listener()
    // The first answer is permitted here, as a public address would be; the second would be the way in.
    let resolver = Fickle([["127.0.0.1"], ["127.0.0.2"]])
    let host = "rebind.test:\(listener.port)"
    let stand = try Stand(hosts: [host], resolver: resolver)
    let connection = try stand.connect([host])
    write("CONNECT \(host) HTTP/1.1\r\n\r\n", to: connection)
    #expect(Stand.readAll(connection, seconds: 0.5).hasPrefix("HTTP/1.1 200"))
    #expect(listener.accept())
    #expect(resolver.asked.withLock { $0 } == 1)
    // The next request is another question, whose answer is checked like the first.
    let second = try stand.connect([host])
    write("CONNECT \(host) HTTP/1.1\r\n\r\n", to: second)
    #expect(Stand.readAll(second).hasPrefix("HTTP/1.1 403"))
    #expect(try stand.report() == .taken(id: 1))
    #expect(try stand.report() == .taken(id: 2))
    guard case .denied(2, host, let why) = try stand.report() else {
      Issue.record("no denial")
      return
    }
    #expect(why.contains("127.0.0.2"))
    _ = consume connection
  }

  @Test
  func `of several addresses only those that are permitted are tried`() throws {
    let listener = try Listener()
    let host = "mixed.test:\(listener.port)"
    let resolver = Fickle([["10.0.0.1", "::ffff:127.0.0.1", "127.0.0.1", "::1"]])
    let stand = try Stand(hosts: [host], resolver: resolver)
    let connection = try stand.connect([host])
    write("CONNECT \(host) HTTP/1.1\r\n\r\n", to: connection)
    #expect(Stand.readAll(connection, seconds: 0.5).hasPrefix("HTTP/1.1 200"))
    #expect(listener.accept())
  }

  @Test
  func `a request that comes one byte at a time is given up in time`() throws {
    var timing = ProxyTiming()
    timing.head = 300
    let stand = try Stand(hosts: ["a.test:80"], timing: timing)
    let connection = try stand.connect(["a.test:80"])
    let started = BootTime.now
    for byte in "GET http://a.test/ HTT" {
      write(String(byte), to: connection)
      usleep(20_000)
    }
    #expect(Stand.readAll(connection).hasPrefix("HTTP/1.1 504"))
    #expect(BootTime.now.milliseconds(since: started) < 3000)
  }

  @Test
  func `a tunnel in which nothing moves ends, and one in which something does not`() throws {
    let server = try Server("echo")
    var timing = ProxyTiming()
    timing.idle = 400
    let stand = try Stand(hosts: [server.host], timing: timing)
    let connection = try stand.connect([server.host])
    write("CONNECT \(server.host) HTTP/1.1\r\n\r\n", to: connection)
    for _ in 0..<5 {
      usleep(150_000)
      write("x", to: connection)
    }
    let started = BootTime.now
    let text = Stand.readAll(connection)
    #expect(text.hasSuffix("xxxxx"))
    #expect((200...2000).contains(BootTime.now.milliseconds(since: started)))
  }

  @Test
  func `a half that is closed is closed on the other side, and the other half carries on`() throws {
    let server = try Server("echo")
    let stand = try Stand(hosts: [server.host])
    let connection = try stand.connect([server.host])
    let body = String(repeating: "0123456789", count: 20_000)
    write("CONNECT \(server.host) HTTP/1.1\r\n\r\n", to: connection)
    let raw = connection.raw
    startThread("writer") {
      _ = body.withCString { send(raw, $0, body.utf8.count, Int32(MSG_NOSIGNAL)) }
      shutdown(raw, Int32(SHUT_WR))
    }
    let text = Stand.readAll(connection)
    #expect(text.hasSuffix(body))
    #expect(try stand.report() == .taken(id: 1))
    guard case .ended(1, sent: 200_000, received: 200_000) = try stand.report() else {
      Issue.record("other counts")
      return
    }
  }

  @Test
  func `a reader that does not read stops the server, and memory stays where it is`() throws {
    let server = try Server("http")
    let stand = try Stand(hosts: [server.host])
    let connection = try stand.connect([server.host])
    let before = try residentBytes()
    write("GET http://\(server.host)/bytes/200000000 HTTP/1.1\r\n\r\n", to: connection)
    usleep(1_500_000)
    #expect(try residentBytes() - before < 32 << 20)
    stand.endRun()
    #expect(try stand.report() == .taken(id: 1))
    guard case .ended(1, sent: 0, let received) = try stand.report() else {
      Issue.record("not ended")
      return
    }
    #expect(received < 50_000_000)
  }

  @Test
  func `packets that are no requests are dropped, and the tunnel goes on`() throws {
    let stand = try Stand(hosts: ["a.test:80"])
    for bytes in ["", "{}", "[1,2]", "{\"run\":1}", String(repeating: "x", count: 1000), "\u{0}"] {
      stand.send(Array(bytes.utf8))
    }
    let connection = try stand.connect(["a.test:80"])
    write("CONNECT b.test:80 HTTP/1.1\r\n\r\n", to: connection)
    #expect(Stand.readAll(connection).hasPrefix("HTTP/1.1 403"))
  }

  private func residentBytes() throws -> Int {
    let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
    return (Int(text.split(separator: " ")[1]) ?? 0) * 4096
  }
}
