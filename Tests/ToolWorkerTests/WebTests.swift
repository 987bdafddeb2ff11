import Foundation
import JSON
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

@Suite(.serialized) struct WebTests {
  @Test func `a page comes with status, headers and text`() throws {
    let server = try WebServer()
    let answer = try server.fetch("/text#part")
    #expect(answer.error == nil)
    #expect(answer.output["status"] == 200)
    #expect(answer.output["body"] == "hé\n")
    #expect(answer.output["bytes"] == 4)
    #expect(answer.output["truncated"] == false)
    #expect(answer.output["url"] == .string(server.base + "/text"))
    #expect(answer.output["headers"]?["set-cookie"] == "a=1\nb=2")
    #expect(answer.output["headers"]?["x-twice"] == "1, 2")
    let missing = try server.fetch("/none")
    #expect(missing.output["status"] == 404)
    #expect(missing.output["body"] == "nothing here\n")
    let head = try server.fetch("/text", ["method": "HEAD"])
    #expect(head.output["headers"]?["content-length"] == "4")
    #expect(head.output["body"] == "")
    #expect(server.bench.tool("http_fetch")?.isIdempotent == false)
    try server.end()
  }

  @Test(arguments: ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
  func `a method, headers and a body are sent, and no cookies or credentials of our own`(method: String) throws {
    let server = try WebServer()
    _ = try server.fetch("/text")
    var input: JSONObject = [
      "method": .string(method), "headers": ["X-Mine": "a b", "Content-Type": "x/y", "X-Empty": ""],
    ]
    if method != "GET" { input["body"] = "é" }
    let answer = try server.fetch("/echo?q=1", input)
    let seen = try JSON(parsing: Array((answer.output["body"]?.stringValue ?? "").utf8))
    #expect(seen["method"] == .string(method))
    #expect(seen["path"] == "/echo?q=1")
    #expect(seen["body"] == (method == "GET" ? "" : "\u{C3}\u{A9}"))
    #expect(seen["headers"]?["x-mine"] == "a b")
    #expect(seen["headers"]?["content-type"] == "x/y")
    #expect(seen["headers"]?["x-empty"] == "")
    #expect(seen["headers"]?["cookie"] == nil)
    #expect(seen["headers"]?["authorization"] == nil)
    #expect(seen["headers"]?["expect"] == nil)
    try server.end()
  }

  @Test func `a long or binary body becomes an artifact, and one beyond its bound is cut`() throws {
    let server = try WebServer()
    let size = 5_000_000
    let long = try server.fetch("/big?n=\(size)")
    #expect(long.output["bytes"] == .integer(Int64(size)))
    #expect(long.output["truncated"] == false)
    #expect(long.output["body"] == nil)
    let artifact = try #require(long.artifacts.first)
    #expect(artifact.mediaType == "text/plain" && artifact.name == "big" && artifact.bytes == size)
    #expect(long.output["artifact"]?["artifact"] == .string(artifact.sha256))
    let bytes = try server.bench.bytes(of: artifact)
    #expect(bytes.count == size && bytes[4_999_999] == UInt8(ascii: "f"))
    let binary = try server.fetch("/binary")
    #expect(try server.bench.bytes(of: try #require(binary.artifacts.first)) == [255, 0, 254])
    #expect(binary.artifacts.first?.mediaType == "image/x-test")
    let edge = try server.fetch("/big?n=262144")
    #expect(edge.output["body"]?.stringValue?.utf8.count == 262_144)
    #expect(edge.artifacts == [])
    let cut = try server.fetch("/big?n=100000000000", ["max_bytes": 1000])
    #expect(cut.output["body"]?.stringValue?.utf8.count == 1000)
    #expect(cut.output["truncated"] == true)
    #expect(try server.fetch("/big?n=1000", ["max_bytes": 1000]).output["truncated"] == false)
    let character = try server.fetch("/text", ["max_bytes": 2])
    #expect(character.output["body"] == "h")
    #expect(character.output["truncated"] == true)
    try server.end()
  }

  @Test func `a small body that unpacks into a large one is bounded by what it unpacks to`() throws {
    let server = try WebServer()
    let bomb = try server.fetch("/bomb", ["max_bytes": 100_000])
    #expect(bomb.output["bytes"] == 100_000)
    #expect(bomb.output["truncated"] == true)
    let whole = try server.fetch("/bomb", ["max_bytes": .integer(24 << 20)])
    #expect(whole.artifacts.first?.bytes == 24 << 20)
    #expect(whole.output["truncated"] == false)
    try server.end()
  }

  @Test func `a slow server costs its time limit and no more`() throws {
    let server = try WebServer()
    for path in ["/drip", "/silent"] {
      let start = ContinuousClock.now
      let answer = try server.fetch(path, ["timeout_ms": 500])
      #expect(answer.error?.name == .deadlineExceeded)
      #expect(answer.reason == "timeout")
      let took = ContinuousClock.now - start
      #expect(took >= .milliseconds(400) && took < .seconds(5))
    }
    let slow = server.bench.begin("http_fetch", ["url": .string(server.base + "/drip"), "timeout_ms": 60_000])
    try server.bench.until("it was asked for") { server.hits("/drip") == 2 }
    slow.invocation?.cancel(.caller)
    try server.bench.until("it is answered", within: 3) { slow.result != nil }
    #expect(slow.error?.name == .cancelled)
    try server.end()
  }

  @Test(arguments: [
    ("/garbage", "bad_response"), ("/nonsense", "bad_response"), ("/short", "bad_response"),
    ("/nothing", "bad_response"),
    ("/badgzip", "bad_response"), ("/headers?n=200", "headers_too_large"),
  ])
  func `an answer that is none has its own reason`(_ path: String, _ reason: String) throws {
    let server = try WebServer()
    let answer = try server.fetch(path)
    #expect(answer.error?.name == .toolFailed)
    #expect(answer.reason == reason, "\(answer.error?.message ?? "no error")")
    #expect(try server.fetch("/text").output["status"] == 200)
    try server.end()
  }

  @Test(arguments: [
    ("ftp://127.0.0.1/", "url_scheme"), ("file:///etc/passwd", "url_scheme"), ("gopher://127.0.0.1/", "url_scheme"),
    ("http://", "url_syntax"), ("/relative", "url_syntax"), ("http://a b/", "url_syntax"),
    ("http://a/\r\nx", "url_syntax"),
    ("http://user:secret@127.0.0.1/", "url_credentials"), ("http://user@127.0.0.1/", "url_credentials"),
    ("http://bücher.example/", "url_host"), ("http://a..b/", "url_host"), ("http://127.0.0.1:0/", "url_port"),
    ("http://127.0.0.1:65536/", "url_syntax"), ("http://[fe80::1%25lo]/", "url_host"),
  ])
  func `each kind of bad address has its own reason`(_ url: String, _ reason: String) throws {
    let bench = try ToolBench("web") { $0.settings["hosts"] = ["*"] }
    let answer = try bench.call("http_fetch", ["url": .string(url)])
    #expect(answer.error?.name == .invalidInput)
    #expect(answer.reason == reason, "\(answer.error?.message ?? "")")
    #expect(answer.error?.message.contains("secret@") != true || reason == "url_credentials")
    try bench.end()
  }

  @Test(
    arguments: [
      (["headers": ["Bad Name": "x"]], "header_name"), (["headers": ["A": "x\r\nB: y"]], "header_value"),
      (["headers": ["Host": "other"]], "header_forbidden"),
      (["headers": ["transfer-ENCODING": "chunked"]], "header_forbidden"),
      (["body": "x"], "method_body"), (["method": "POST", "body": "x", "body_base64": "eA=="], "body"),
      (["method": "POST", "body_base64": "?"], "body"),
    ] as [(JSONObject, String)]
  )
  func `each kind of bad request has its own reason`(_ more: JSONObject, _ reason: String) throws {
    let server = try WebServer()
    let answer = try server.fetch("/echo", more)
    #expect(answer.error?.name == .invalidInput)
    #expect(answer.reason == reason)
    #expect(server.hits("/echo") == 0)
    try server.end()
  }
}
