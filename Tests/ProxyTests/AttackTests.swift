import Foundation
import Glibc
import JSON
import Posix
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

/// What jailed programs try with the proxy and around it. Each is the real program in the real jail.
@Suite(.serialized)
struct AttackTests {
  /// `ask` sends bytes to the run's proxy and returns all that comes back, within seconds.
  private static let ask = """
    import errno, os, socket, struct
    def ask(data, more=b"", wait=3):
        s = socket.create_connection(("127.0.0.1", 3128)); s.settimeout(wait); s.sendall(data)
        got = b""
        try:
            if more: got += s.recv(65536); s.sendall(more)
            while part := s.recv(65536): got += part
        except (TimeoutError, ConnectionError): pass
        return got.decode("latin-1")
    def status(target, head="Host: {}\\r\\n"):
        return ask(f"CONNECT {target} HTTP/1.1\\r\\n{head.format(target)}\\r\\n".encode(), wait=0.5)[9:12]
    def attempt(call):
        try: call(); return "done"
        except OSError as e: return errno.errorcode[e.errno]

    """

  private func lines(_ answer: ProxyBench.Answer) -> [String] { answer.stdout.split(separator: "\n").map(String.init) }

  private func python(_ bench: ProxyBench, _ code: String, hosts: [String], limits: ResourceLimits? = nil) throws
    -> ProxyBench.Answer
  {
    try bench.python(Self.ask + code, hosts: hosts, limits: limits)
  }

  @Test
  func `addresses in every spelling are refused where a pattern was granted`() throws {
    let server = try Server("http")
    let bench = try ProxyBench(hosts: ["*:\(server.port)"])
    let code = """
      output = {t: status(t + ":\(server.port)") for t in [
        "127.0.0.1", "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1", "127.0.0.1.", "[::1]",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "0", "[::]", "017700000001"]}
      """
    let answer = try python(bench, code, hosts: ["*:\(server.port)"])
    let output = answer.record["output"]?.objectValue ?? [:]
    #expect(output.count == 15, "\(answer.all)")
    for member in output.members { #expect(member.value == "403", "\(member.key)") }
    // The same address in its one spelling, named as such, is let through: what refused was the spelling.
    let control = try python(bench, "output = status('\(server.host)')", hosts: [server.host])
    #expect(control.record["output"] == "200", "\(control.all)")
    try bench.end()
  }

  @Test
  func `addresses that are not public are refused although they were granted by name`() throws {
    let targets = [
      "169.254.169.254:80", "10.0.0.1:80", "192.168.1.1:80", "172.16.0.1:80", "100.64.0.1:80", "224.0.0.1:80",
      "[fd00::1]:80", "[fe80::1]:80", "[ff02::1]:80", "[::ffff:169.254.169.254]:80", "[64:ff9b::a9fe:a9fe]:80",
      "[2002:a9fe:a9fe::]:80", "0.0.0.0:80", "localhost:80",
    ]
    let bench = try ProxyBench(hosts: targets, allowPrivate: [])
    let list = targets.map { "\"\($0)\"" }.joined(separator: ", ")
    let answer = try python(bench, "output = [status(t) for t in [\(list)]]", hosts: targets)
    #expect(answer.record["output"] == .array(targets.map { _ in "403" }), "\(answer.all)")
    #expect(answer.deniedHosts.count == targets.count)
    #expect(answer.why.contains("no public address"))
    try bench.end()
  }

  @Test
  func `another port of a granted host is refused`() throws {
    let server = try Server("http")
    let other = try Server("http")
    let bench = try ProxyBench(hosts: [server.host, other.host])
    let answer = try python(bench, "output = status('\(other.host)')", hosts: [server.host])
    #expect(answer.record["output"] == "403")
    #expect(answer.deniedHosts == [other.host])
    try bench.end()
  }

  @Test
  func `a redirect to another host is a request of its own, and refused`() throws {
    let server = try Server("http")
    let other = try Server("http")
    let bench = try ProxyBench(hosts: [server.host, other.host])
    let url = "http://\(server.host)/redirect/http://\(other.host)/secret"
    let answer = try bench.bash("curl -sSL -w ' %{http_code} %{num_redirects}' \(url)", hosts: [server.host])
    #expect(answer.stdout.hasSuffix(" 403 1"), "\(answer.all)")
    #expect(answer.deniedHosts == [other.host])
    let control = try bench.bash("curl -sSL \(url)", hosts: [server.host, other.host])
    #expect(control.stdout == "hello\n")
    try bench.end()
  }

  @Test
  func `a Host that is not the target is refused, in both forms`() throws {
    let server = try Server("http")
    let bench = try ProxyBench(hosts: [server.host, "example.com:80"])
    let code = """
      output = [status("\(server.host)", "Host: example.com\\r\\n"), status("\(server.host)", "Host: {0}\\r\\nHost: {0}\\r\\n"),
        ask(b"GET http://\(server.host)/ HTTP/1.1\\r\\nHost: example.com\\r\\n\\r\\n")[9:12],
        ask(b"GET http://\(server.host)/headers HTTP/1.1\\r\\nHost: \(server.host)\\r\\n\\r\\n")[9:12]]
      """
    let answer = try python(bench, code, hosts: [server.host, "example.com:80"])
    #expect(answer.record["output"] == ["400", "400", "400", "200"], "\(answer.all)")
    try bench.end()
  }

  @Test
  func `a second request behind the first never reaches the server`() throws {
    let server = try Server("talk")
    let bench = try ProxyBench(hosts: [server.host])
    let head = "http://\(server.host)"
    let code = """
      second = b"GET \(head)/second HTTP/1.1\\r\\nHost: \(server.host)\\r\\n\\r\\n"
      output = [
        ask(b"GET \(head)/first HTTP/1.1\\r\\n\\r\\n" + second),
        ask(b"POST \(head)/first HTTP/1.1\\r\\nContent-Length: 2\\r\\n\\r\\nab" + second),
        ask(b"POST \(head)/first HTTP/1.1\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n", b"0\\r\\n\\r\\n" + second),
        ask(b"POST \(head)/first HTTP/1.1\\r\\nContent-Length: 4\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\n" + second)[9:12],
        ask(b"POST \(head)/first HTTP/1.1\\r\\nContent-Length: 4\\r\\nContent-Length: 0\\r\\n\\r\\n" + second)[9:12],
        ask(b"POST \(head)/first HTTP/1.1\\r\\nTransfer-Encoding : chunked\\r\\n\\r\\n0\\r\\n\\r\\n" + second)[9:12],
        ask(b"GET \(head)/a HTTP/1.1\\r\\nX: 1\\n\\r\\n\\r\\n" + second)[9:12],
        ask(b"GET \(head)/a\\r\\nX: HTTP/1.1\\r\\n\\r\\n" + second)[9:12]]
      """
    let answer = try python(bench, code, hosts: [server.host])
    let output = answer.record["output"]?.arrayValue?.compactMap(\.stringValue) ?? []
    try #require(output.count == 8, "\(answer.all)")
    for text in output.prefix(3) {
      #expect(text.contains("/first HTTP/1.1\n"), "\(text)")
      #expect(!text.contains("second"), "\(text)")
      #expect(text.contains("Connection: close"))
    }
    #expect(Array(output.suffix(5)) == ["400", "400", "400", "400", "400"])
    try bench.end()
  }

  @Test
  func `heads that are too large or never end are given up`() throws {
    let server = try Server("http")
    let bench = try ProxyBench(hosts: [server.host])
    let code = """
      output = [ask(b"GET http://\(server.host)/ HTTP/1.1\\r\\nX: " + b"y" * 100000 + b"\\r\\n\\r\\n")[9:12],
        ask(b"GET http://\(server.host)/ HTTP/1.1\\r\\n" + b"A: b\\r\\n" * 500 + b"\\r\\n")[9:12],
        ask(b"SSH-2.0-x\\r\\n\\r\\n")[9:12], ask(bytes([5, 1, 0]) + b"\\r\\n\\r\\n")[9:12]]
      """
    let answer = try python(bench, code, hosts: [server.host])
    #expect(answer.record["output"] == ["431", "431", "400", "400"], "\(answer.all)")
    try bench.end()
  }

  @Test
  func `a thousand connections at once are carried`() throws {
    let server = try Server("echo")
    let bench = try ProxyBench(hosts: [server.host])
    let code = """
      held = []
      for i in range(1000):
          s = socket.create_connection(("127.0.0.1", 3128)); s.settimeout(20)
          s.sendall(b"CONNECT \(server.host) HTTP/1.1\\r\\n\\r\\n"); held.append(s)
      def line(s):
          got = b""
          while not got.endswith(b"\\r\\n\\r\\n"): got += s.recv(1)
          return got
      ready = sum(line(s).startswith(b"HTTP/1.1 200") for s in held)
      for i, s in enumerate(held): s.sendall(str(i).encode().rjust(8))
      output = [ready, sum(int(s.recv(8, socket.MSG_WAITALL)) == i for i, s in enumerate(held))]
      """
    var limits = ResourceLimits()
    limits.openFiles = 1100
    let answer = try python(bench, code, hosts: [server.host], limits: limits)
    #expect(answer.record["output"] == [1000, 1000], "\(answer.all)")
    #expect(answer.record["network"]?["connections"] == 1000)
    try bench.end()
  }

  @Test
  func `the end of a run ends its tunnels at once`() throws {
    let listener = try Listener()
    let bench = try ProxyBench(hosts: [listener.host])
    let command =
      "exec 3<>/dev/tcp/127.0.0.1/3128; printf 'CONNECT \(listener.host) HTTP/1.1\\r\\n\\r\\n' >&3; sleep 60"
    let answer = bench.begin("bash", ["command": .string(command)], hosts: [listener.host])
    try bench.until("the server is connected to") { listener.accept() || answer.result != nil }
    #expect(!listener.isClosed)
    answer.invocation?.cancel(.caller)
    try bench.until("the run has ended") { answer.result != nil }
    try bench.until("its connection has, too", within: 2) { listener.isClosed }
    try bench.end()
  }

  @Test
  func `a neighbour has a proxy of its own, for its own hosts`() throws {
    let server = try Server("http")
    let bench = try ProxyBench(hosts: [server.host])
    let other = bench.begin("bash", ["command": "echo up; sleep 20"], hosts: [server.host])
    try bench.until("the neighbour runs") { other.output.contains("up") }
    // Granted something else, or nothing: neither gets what the neighbour was granted.
    let granted = try python(bench, "output = status('\(server.host)')", hosts: ["example.com:80"])
    #expect(granted.record["output"] == "403", "\(granted.all)")
    let nothing = try bench.bash("exec 3<>/dev/tcp/127.0.0.1/3128", hosts: [])
    #expect(nothing.code != 0)
    #expect(nothing.deniedCalls.contains("socket"), "\(nothing.all)")
    other.invocation?.cancel(.caller)
    try bench.until("the neighbour has ended") { other.result != nil }
    try bench.end()
  }

  @Test
  func `a run without hosts makes no socket, and one with hosts makes TCP connections to its proxy alone`() throws {
    let bench = try ProxyBench(hosts: [])
    let code = """
      S = socket
      kinds = [(S.AF_INET, S.SOCK_STREAM, 0), (S.AF_INET6, S.SOCK_STREAM, 0), (S.AF_INET, S.SOCK_DGRAM, 0),
        (S.AF_INET, S.SOCK_RAW, 1), (S.AF_PACKET, S.SOCK_RAW, 3), (S.AF_UNIX, S.SOCK_STREAM, 0), (S.AF_UNIX, S.SOCK_DGRAM, 0),
        (S.AF_NETLINK, S.SOCK_RAW, 0), (S.AF_INET, S.SOCK_STREAM, 262), (S.AF_INET, S.SOCK_STREAM, 132), (S.AF_VSOCK, S.SOCK_STREAM, 0)]
      output = [attempt(lambda: S.socket(*kind).close()) for kind in kinds]
      """
    let without = try python(bench, code, hosts: [])
    #expect(without.record["output"] == .array((0..<11).map { _ in "EPERM" }), "\(without.all)")
    let with = try python(bench, code, hosts: ["example.com:80"])
    #expect(with.record["output"] == .array(["done", "done"] + (0..<9).map { _ in "EPERM" }), "\(with.all)")
    try bench.end()
  }

  @Test
  func `a run with hosts connects to no other port, binds and listens nowhere, and holds no other descriptor`() throws {
    let bench = try ProxyBench(hosts: [])
    let code = """
      def tcp(): return socket.socket(socket.AF_INET, socket.SOCK_STREAM)
      def fast(): s = tcp(); s.sendto(b"x", socket.MSG_FASTOPEN, ("127.0.0.1", 80))
      output = [attempt(lambda: tcp().connect(("127.0.0.1", 80))), attempt(lambda: tcp().bind(("127.0.0.1", 0))),
        attempt(lambda: tcp().bind(("127.0.0.1", 3128))), attempt(lambda: tcp().listen()), attempt(fast),
        attempt(lambda: tcp().connect(("10.0.0.1", 3128))), sorted(os.listdir("/proc/self/fd"))[:6]]
      """
    let answer = try python(bench, code, hosts: ["example.com:80"])
    let output = answer.record["output"]?.arrayValue ?? []
    try #require(output.count == 7, "\(answer.all)")
    #expect(output[0] == "EACCES")
    #expect(output[1] == "EPERM" && output[2] == "EPERM" && output[3] == "EPERM", "\(answer.all)")
    #expect(output[4] != "done")
    #expect(output[5] == "ENETUNREACH")
    // Its own three, those of its exchange, and the one that reads the folder.
    #expect(output[6] == ["0", "1", "2", "3", "4", "5"])
    try bench.end()
  }

  @Test
  func `programs of a run cannot reach the tunnel itself`() throws {
    let bench = try ProxyBench(hosts: [])
    let command =
      "ls -l /proc/*/fd 2>/dev/null | grep -c socket; env | grep -c BULKHEAD_TUNNEL; cat /proc/net/unix | wc -l"
    let answer = try bench.bash(command, hosts: ["example.com:80"])
    let counts = lines(answer)
    #expect(counts.prefix(2) == ["0", "0"], "\(answer.all)")
    try bench.end()
  }
}

/// A listening socket of the test's own, and the one connection that comes.
final class Listener {
  private let listening: Int32
  private var connection: Int32 = -1
  let port: Int

  init() throws {
    listening = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let raw = listening
    let bound = withUnsafeMutableBytes(of: &address) {
      let pointer = $0.assumingMemoryBound(to: sockaddr.self).baseAddress!
      return bind(raw, pointer, length) == 0 && listen(raw, 16) == 0 && getsockname(raw, pointer, &length) == 0
    }
    try #require(bound)
    port = Int(UInt16(bigEndian: address.sin_port))
  }

  deinit {
    close(listening)
    if connection >= 0 { close(connection) }
  }

  var host: String { "127.0.0.1:\(port)" }

  /// Whether somebody has connected.
  func accept() -> Bool {
    if connection < 0 { connection = Glibc.accept(listening, nil, nil) }
    return connection >= 0
  }

  var isClosed: Bool {
    var byte: UInt8 = 0
    let count = recv(connection, &byte, 1, Int32(MSG_DONTWAIT))
    return count == 0 || count < 0 && errno != EAGAIN
  }
}
