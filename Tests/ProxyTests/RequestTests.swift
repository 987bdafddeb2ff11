import Testing
import WebProxy

/// What the proxy reads of a request, byte by byte as it may come from anybody.
struct RequestTests {
  private func parse(_ text: String) -> Result<ProxyRequest, ProxyRefusal> {
    do throws(ProxyRefusal) { return .success(try ProxyRequest(Array(text.utf8)[...])) } catch {
      return .failure(error)
    }
  }

  private func status(_ text: String) -> Int {
    if case .failure(let refusal) = parse(text) { refusal.status } else { 200 }
  }

  @Test(arguments: [
    ("example.com:443", "example.com:443"), ("EXAMPLE.com.:443", "example.com:443"),
    ("[2001:DB8::1]:80", "[2001:db8::1]:80"),
    ("1.2.3.4:1", "1.2.3.4:1"), ("xn--bcher-kva.example:443", "xn--bcher-kva.example:443"),
    ("_x.example:65535", "_x.example:65535"),
  ])
  func `a target has one spelling`(_ given: String, _ read: String) throws {
    #expect(try ProxyTarget(Array(given.utf8)[...], defaultPort: nil).text == read)
  }

  @Test(arguments: [
    "example.com", "example.com:", "example.com:0", "example.com:65536", "example.com:080", "example.com:+1", ":443",
    "a b:1",
    "user@example.com:443", "example..com:443", ".example.com:443", "exa\u{0}mple:1", "bücher.example:443",
    "[::1%lo]:80",
    "[::1:80", "::1:80x", "ex\u{2024}ample.com:443", "example.com/..:443", "ｅxample.com:443", "example.com..:443",
  ])
  func `what is no target is refused`(_ given: String) {
    #expect(throws: ProxyRefusal.self) { try ProxyTarget(Array(given.utf8)[...], defaultPort: nil) }
  }

  @Test(arguments: [
    "2130706433:80", "0x7f000001:80", "0x7f.0.0.1:80", "0177.0.0.01:80", "127.1:80", "1.2.3:80", "example.0x1:80",
    "foo.1:80",
  ])
  func `an address in another spelling is refused as a host`(_ given: String) {
    let refusal = #expect(throws: ProxyRefusal.self) { try ProxyTarget(Array(given.utf8)[...], defaultPort: nil) }
    #expect(refusal?.status == 403)
    #expect(refusal?.host != nil)
  }

  @Test
  func `a grant is by name and port, patterns grant no address, and the operator's bound holds`() throws {
    func permits(_ hosts: [String], _ target: String, worker: [String] = ["*:443", "*:80", "*:8080"]) throws -> Bool {
      let grant = ProxyGrant(hosts: hosts, worker: worker.compactMap { HostPattern($0) })
      do throws(ProxyRefusal) {
        try grant.check(ProxyTarget(Array(target.utf8)[...], defaultPort: nil))
        return true
      } catch { return false }
    }
    #expect(try permits(["example.com:443"], "example.com:443"))
    #expect(try permits(["Example.COM:443"], "eXample.com.:443"))
    #expect(try !permits(["example.com:443"], "example.com:80"))
    #expect(try !permits(["example.com:443"], "www.example.com:443"))
    #expect(try !permits(["example.com:443"], "example.com.evil.test:443"))
    #expect(try !permits(["example.com:443"], "notexample.com:443"))
    #expect(try permits(["*.example.com:443"], "a.b.example.com:443"))
    #expect(try !permits(["*.example.com:443"], "example.com:443"))
    #expect(try !permits(["*.example.com:443"], "xexample.com:443"))
    #expect(try permits(["*:443"], "example.com:443"))
    #expect(try !permits(["*:443"], "1.1.1.1:443"))
    #expect(try permits(["1.1.1.1:443"], "1.1.1.1:443"))
    #expect(try !permits(["example.com:443"], "example.com:443", worker: []))
    #expect(try permits(["example.com:443"], "example.com:443", worker: ["example.com"]))
    #expect(try !permits(["example.com:8080"], "example.com:8080", worker: ["example.com"]))
    #expect(try !permits(["not a host", ""], "example.com:443"))
  }

  @Test
  func `an absolute request goes on in the form that servers know, without what was the proxy's`() throws {
    let text =
      "GET http://Example.com:8080/a?b=c HTTP/1.1\r\nHost: example.com:8080\r\nProxy-Authorization: Basic x\r\n"
      + "Connection: X-Mine, close\r\nX-Mine: 1\r\nX-Other: 2\r\nUpgrade: h2c\r\n\r\n"
    guard case .forward(let target, let head, let body) = try parse(text).get() else {
      Issue.record("not forwarded")
      return
    }
    #expect(target.text == "example.com:8080")
    #expect(body == .length(0))
    let due = "GET /a?b=c HTTP/1.1\r\nHost: example.com:8080\r\nConnection: close\r\nX-Other: 2\r\n\r\n"
    #expect(String(decoding: head, as: UTF8.self) == due)
  }

  @Test(arguments: [
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET https://a/ HTTP/1.1\r\n\r\n", "GET http://a/ HTTP/2\r\n\r\n",
    "GET http://a/ HTTP/1.1 \r\n\r\n", "GET  http://a/ HTTP/1.1\r\n\r\n", "GET http://u@a/ HTTP/1.1\r\n\r\n",
    "GET http://a/#f HTTP/1.1\r\n\r\n", "GET http://a/ HTTP/1.1\r\nA\r\n\r\n",
    "GET http://a/ HTTP/1.1\r\n A: b\r\n\r\n",
    "GET http://a/ HTTP/1.1\r\nA: b\r\n c\r\n\r\n", "GET http://a/ HTTP/1.1\r\nA : b\r\n\r\n",
    "GET http://a/ HTTP/1.1\nA: b\r\n\r\n", "GET http://a/ HTTP/1.1\r\nA: b\rc\r\n\r\n",
    "GET http://a/ HTTP/1.1\r\nA: b\u{0}\r\n\r\n", "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n",
    "GET http://a/ HTTP/1.1\r\nHost: a:81\r\n\r\n", "GET http://a/ HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    "GET http://a/ HTTP/1.1\r\nHost:\r\n\r\n", "POST http://a/ HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    "POST http://a/ HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n",
    "POST http://a/ HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
    "POST http://a/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
    "POST http://a/ HTTP/1.1\r\nTransfer-Encoding: \u{b}chunked\r\n\r\n",
    "POST http://a/ HTTP/1.1\r\nConnection: content-length\r\nContent-Length: 3\r\n\r\n",
    "CONNECT a HTTP/1.1\r\n\r\n", "CONNECT a:1 HTTP/1.1\r\nHost: b:1\r\n\r\n",
    "CONNECT a:1 HTTP/1.1\r\nContent-Length: 3\r\n\r\n",
    "CONNECT http://a:1/ HTTP/1.1\r\n\r\n", "CONNECT a:1\r\n\r\n", "\r\n\r\n", "G(T http://a/ HTTP/1.1\r\n\r\n",
  ])
  func `what could be read in two ways, or is no request, is refused`(_ text: String) {
    #expect(status(text) == 400, "\(text.debugDescription)")
  }

  @Test
  func `a body is counted off to the byte, in whatever pieces it comes`() throws {
    let chunked = Array("5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n".utf8)
    let following = Array("GET http://a/ HTTP/1.1\r\n\r\n".utf8)
    for size in 1...(chunked.count + 5) {
      var body = ProxyBody(.chunked)
      var taken = 0
      var rest = (chunked + following)[...]
      while !rest.isEmpty, !body.isComplete {
        taken += try body.take(rest.prefix(size))
        rest = rest.dropFirst(size)
      }
      #expect(body.isComplete)
      #expect(taken == chunked.count, "in pieces of \(size)")
    }
    var counted = ProxyBody(.length(7))
    #expect(try counted.take(Array("12345".utf8)[...]) == 5)
    #expect(!counted.isComplete)
    #expect(try counted.take(Array("67GET".utf8)[...]) == 2)
    #expect(counted.isComplete)
  }

  @Test(arguments: [
    "5;a=b\r\n", "\r\n", "+5\r\n", "0x5\r\n", " 5\r\n", "fffffffffffffffff\r\n", "5\n", "1\r\nab", "0\r\nX: y\r\n\r\n",
  ])
  func `a chunk that servers disagree about is refused`(_ text: String) {
    var body = ProxyBody(.chunked)
    #expect(throws: ProxyRefusal.self) { try body.take(Array(text.utf8)[...]) }
  }

  @Test
  func `an answer is the only one on its connection, and takes it over for nothing`() throws {
    func rewritten(_ text: String) throws -> String {
      String(decoding: try ProxyAnswer.rewritten(Array(text.utf8)[...]).bytes, as: UTF8.self)
    }
    #expect(
      try rewritten("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nA: b\r\n\r\n")
        == "HTTP/1.0 200 OK\r\nA: b\r\nConnection: close\r\n\r\n"
    )
    #expect(try ProxyAnswer.rewritten(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)[...]).isInterim)
    for bad in [
      "HTTP/1.1 101 Switching\r\n\r\n", "SSH-2.0\r\n\r\n", "HTTP/1.1 2000\r\n\r\n", "HTTP/1.1 200\r\nA\r\n\r\n",
    ] {
      #expect(throws: ProxyRefusal.self) { try rewritten(bad) }
    }
  }
}
