import Foundation
import JSON
import Jail
import Testing
import Wire

@testable import Supervision

/// Which hosts and addresses are reached. The control of each refusal is the same request with the grant.
@Suite(.serialized) struct WebWallTests {
  @Test func `nothing is reached without a grant, and a call narrows it further`() throws {
    let bench = try ToolBench("web")
    let none = try bench.call("http_fetch", ["url": "http://example.com/"])
    #expect(none.error?.name == .refused)
    #expect(none.reason == "host")
    #expect(none.error?.data["denied"] == ["kind": "host", "host": "example.com:80", "exact": true])
    #expect(none.error?.message.contains("'hosts'") == true)
    try bench.end()
    let server = try WebServer()
    #expect(try server.fetch("/text", needs: needs { $0.hosts = ["127.0.0.1:\(server.port)"] }).output["status"] == 200)
    let other = try server.fetch("/text", needs: needs { $0.hosts = ["example.com:443"] })
    #expect(other.error?.name == .refused)
    #expect(other.error?.data["granted_by"] == "call")
    #expect(try server.fetch("http://127.0.0.1:1/").error?.data["granted_by"] == "worker")
    #expect(server.hits("/text") == 1)
    try server.end()
  }

  @Test func `patterns of hosts mean what they say`() throws {
    let server = try WebServer(
      hosts: ["example.com", "*.example.org", "other.example:8443", "127.0.0.1:PORT"],
      allowPrivate: ["127.0.0.1"]
    )
    for url in [
      "http://example.org/", "http://aexample.org/", "http://example.com:8080/", "https://example.com.evil.example/",
      "http://other.example/", "https://other.example:443/", "http://evil-example.com/",
      "http://localhost:\(server.port)/",
    ] {
      #expect(try server.fetch(url).reason == "host", "\(url)")
    }
    // Granted, so that they fail only later: no name server, or nobody there.
    for url in ["http://a.b.EXAMPLE.org./", "https://Example.com/", "https://other.example:8443/"] {
      let answer = try server.fetch(url, ["timeout_ms": 300])
      #expect(answer.reason != "host" && answer.reason != nil, "\(url): \(answer.output)")
    }
    try server.end()
  }

  @Test func `a private address is reached by no name, number or spelling`() throws {
    let server = try WebServer(
      hosts: [
        "*", "127.0.0.1:PORT", "localhost:PORT", "[0:0::0:1]:PORT", "[::ffff:7f00:1]:PORT", "[::ffff:127.0.0.1]:PORT",
      ],
      allowPrivate: []
    )
    for host in [
      "127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]",
    ] {
      let answer = try server.fetch("http://\(host):\(server.port)/text", ["timeout_ms": 5000])
      #expect(answer.error?.name == .refused, "\(host)")
      #expect(answer.reason == "private_address", "\(host): \(answer.error?.message ?? "")")
    }
    for host in [
      "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.255.255.254", "169.254.169.254", "172.31.255.255", "192.168.0.1",
      "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255", "[::]", "[fc00::1]", "[fe80::1]", "[ff02::1]",
      "[64:ff9b::7f00:1]", "[64:ff9b::808:808]", "[2002:7f00:1::]", "[2001:db8::1]", "[::ffff:8.8.8.8]",
      "[::127.0.0.1]",
    ] {
      let answer = try server.fetch("http://\(host)/", ["timeout_ms": 5000])
      #expect(answer.reason == "private_address", "\(host): \(answer.error?.message ?? "")")
    }
    #expect(server.hits("/text") == 0)
    try server.end()
    let granted = try WebServer(hosts: ["localhost:PORT"], allowPrivate: ["127.0.0.0/8"])
    #expect(try granted.fetch("http://localhost:\(granted.port)/text").output["status"] == 200)
    try granted.end()
  }

  /// `localhost` has two addresses in the worker's own table of hosts, as a name that is rebound between two look-ups.
  @Test func `of a name's addresses only the permitted ones are connected to`() throws {
    let server = try WebServer(hosts: ["localhost:PORT"], allowPrivate: ["::1"])
    let answer = try server.fetch("http://localhost:\(server.port)/text", ["timeout_ms": 5000])
    #expect(answer.error?.name == .refused)
    #expect(answer.error?.data["address"] == "127.0.0.1")
    #expect(server.hits("/text") == 0)
    try server.end()
  }

  @Test func `a redirect is checked like a request`() throws {
    let server = try WebServer(hosts: ["127.0.0.1:PORT", "*"], allowPrivate: ["127.0.0.1"])
    func go(_ to: String, _ more: JSONObject = [:], status: Int = 302) throws -> ToolBench.Answer {
      let encoded = to.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
      return try server.fetch("/redirect?status=\(status)&to=\(encoded)", more)
    }
    let good = try go(
      "/echo?x",
      ["method": "POST", "body": "b", "headers": ["Authorization": "t", "Content-Type": "x/y"]]
    )
    let seen = try JSON(parsing: Array((good.output["body"]?.stringValue ?? "").utf8))
    #expect(seen["method"] == "GET" && seen["body"] == "")
    #expect(seen["headers"]?["authorization"] == "t" && seen["headers"]?["content-type"] == nil)
    #expect(good.output["url"] == .string(server.base + "/echo?x"))
    #expect(good.output["redirects"]?.arrayValue?.count == 1)
    let kept = try go("/echo", ["method": "PUT", "body": "b"], status: 307)
    #expect(try JSON(parsing: Array((kept.output["body"]?.stringValue ?? "").utf8))["body"] == "b")
    #expect(try go("http://10.0.0.1/").reason == "private_address")
    #expect(try go("http://169.254.169.254/latest/meta-data/").reason == "private_address")
    #expect(try go("http://localhost:\(server.port)/text").reason == "redirect_host")
    #expect(try go("http://127.0.0.1:1/").reason == "redirect_host")
    for target in ["file:///etc/passwd", "ftp://example.com/", "http://a:b@example.com/", "http://"] {
      let answer = try go(target)
      #expect(answer.error?.name == .refused, "\(target)")
      #expect(answer.reason == "bad_redirect", "\(target)")
    }
    let loop = try server.fetch("/redirect?to=/redirect?to=x", ["max_redirects": 0])
    #expect(loop.output["status"] == 302)
    #expect(loop.output["headers"]?["location"] == "/redirect?to=x")
    #expect(try server.fetch("/loop", ["max_redirects": 3]).reason == "too_many_redirects")
    #expect(server.hits("/loop") == 4)
    try server.end()
  }

  @Test func `credentials stay with the host that they were meant for`() throws {
    let other = try WebServer()
    let server = try WebServer(hosts: ["127.0.0.1:PORT", "127.0.0.1:\(other.port)"])
    let headers: JSON = ["Authorization": "Bearer t", "X-Api-Key": "k", "Cookie": "c=1", "Accept": "a/b"]
    let to = "http://127.0.0.1:\(other.port)/echo"
    let answer = try server.fetch("/redirect?to=\(to)", ["headers": headers])
    let seen = try JSON(parsing: Array((answer.output["body"]?.stringValue ?? "").utf8))
    for name in ["authorization", "x-api-key", "cookie"] { #expect(seen["headers"]?[name] == nil, "\(name)") }
    #expect(seen["headers"]?["accept"] == "a/b")
    // The control: on the same host they stay.
    let same = try server.fetch("/redirect?to=/echo", ["headers": headers])
    #expect(same.output["body"]?.stringValue?.contains("Bearer t") == true)
    try server.end()
    try other.end()
  }

  @Test func `a certificate that nobody vouches for is refused`() throws {
    let folder = "/var/tmp/bulkhead-web-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }  // Safety: what is left harms nobody.
    let openssl = Process()
    openssl.executableURL = URL(filePath: "/usr/bin/env")
    openssl.arguments = [
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
      "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", folder + "/key", "-out",
      folder + "/cert",
    ]
    openssl.standardError = FileHandle.nullDevice
    try openssl.run()
    openssl.waitUntilExit()
    try #require(openssl.terminationStatus == 0)
    let tls = (certificate: folder + "/cert", key: folder + "/key")
    let hosts = ["localhost:PORT", "127.0.0.1:PORT"]
    let server = try WebServer(hosts: hosts, tls: tls)
    let refused = try server.fetch("https://localhost:\(server.port)/text")
    #expect(refused.error?.name == .toolFailed)
    #expect(refused.reason == "tls_untrusted")
    try server.end()
    // The control: it is the operator who says whom to trust.
    let trusted = try WebServer(
      hosts: hosts,
      tls: tls,
      settings: ["ca_file": .string(folder + "/cert")],
      read: [folder + "/cert"]
    )
    #expect(try trusted.fetch("https://localhost:\(trusted.port)/text").output["status"] == 200)
    // Another name than the certificate's.
    #expect(try trusted.fetch("https://127.0.0.1:\(trusted.port)/text").reason == "tls_untrusted")
    #expect(try trusted.fetch("http://localhost:\(trusted.port)/text").reason == "bad_response")
    try trusted.end()
  }

  @Test(
    arguments: [
      ["hosts": ["a/b"]], ["hosts": ["a:0"]], ["hosts": ["*.*.a"]], ["hosts": "example.com"],
      ["allow_private": ["localhost"]],
      ["allow_private": ["10.0.0.0/33"]], ["host": []], ["ca_file": "relative"],
    ] as [JSONObject]
  )
  func `settings that are wrong keep the worker from starting`(_ settings: JSONObject) throws {
    #expect(throws: ToolBench.NotStarted.self) {
      _ = try ToolBench("web") { manifest in
        for member in settings.members { manifest.settings[member.key] = member.value }
      }
    }
  }

  @Test func `the worker's own walls leave it a network and nothing else`() throws {
    let manifest = try ToolBench.manifest("web")
    #expect(manifest.permissions.outboundNetwork)
    #expect(!manifest.permissions.exec && !manifest.permissions.jails)
    #expect(manifest.permissions.read.isEmpty && manifest.permissions.write.isEmpty && manifest.secrets.isEmpty)
    let policy = try JailedLauncher(environment: [:], hidden: []).policy(for: manifest)
    #expect(policy.profile == .networkWorker)
    #expect(policy.view.readable.isEmpty && policy.view.writable.isEmpty)
  }
}
