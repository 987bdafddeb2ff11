import Foundation
import JSON
import Posix
import Testing
import Wire

/// What approved runs do with the hosts that they were granted, with the programs that people use.
@Suite(.serialized)
struct UseTests {
  @Test
  func `curl in a jailed run reaches a granted host, and nothing else`() throws {
    let server = try Server("http")
    let other = try Server("http")
    let bench = try ProxyBench(hosts: ["127.0.0.1:\(server.port)", "127.0.0.1:\(other.port)"])
    let good = try bench.bash("curl -sS http://\(server.host)/hi", hosts: [server.host])
    #expect(good.stdout == "hello\n", "\(good.all)")
    #expect(good.reason == "ok")
    #expect(good.deniedHosts == [])
    #expect(good.record["network"]?["connections"] == 1)
    let bad = try bench.bash("curl -sS -w '%{http_code}' http://\(other.host)/hi", hosts: [server.host])
    #expect(bad.deniedHosts == [other.host], "\(bad.all)")
    #expect(bad.stdout.hasSuffix("403"))
    #expect(bad.why == "is not among the run's needs.hosts")
    // Its own exit, and no other reason.
    #expect(bad.reason == "ok")
    try bench.end()
  }
}
