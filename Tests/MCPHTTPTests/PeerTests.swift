import JSON
import MCP
import Peers
import Posix
import Testing

/// Against the servers of the protocol's own kit, over HTTP.
@Suite(.enabled(if: Peer.folder != nil, "the folder of peers is not on this machine"), .serialized)
struct PeerTests {
  private static func check(_ session: LiveSession, _ version: MCPVersion) async throws {
    guard case .tools(let listing) = try await session.call(.listTools).get() else { return #expect(Bool(false)) }
    #expect(listing.items.contains { $0.name == "delete_everything" && $0.hints.destructive == true })
    #expect(listing.skipped.isEmpty && listing.cut == nil)
    #expect(session.seen.introductions.map(\.version) == [version])
    #expect(session.seen.introductions[0].instructions == "Tools for testing an MCP client.")
    let sum = try await session.tool("add", ["a": 2, "b": 3])
    #expect(sum.content == [.text("5")])
    #expect(sum.structured == ["result": 5])
    let failed = try await session.tool("fail", ["message": "on purpose"])
    #expect(failed.isError)
    let image = try await session.tool("image")
    guard case .image(_, let type)? = image.content.first?.kind else { return #expect(Bool(false)) }
    #expect(type == "image/png")
    guard case .text(let text)? = try await session.tool("big", ["kilobytes": 2000]).content.first?.kind else {
      return #expect(Bool(false))
    }
    #expect(text.utf8.count == 2000 << 10)
    guard case .resource(let note) = try await session.call(.readResource(uri: "peer://note")).get() else {
      return #expect(Bool(false))
    }
    #expect(note.contents.first?.body == .text("the note"))
    guard case .prompt(let review) = try await session.call(.getPrompt(name: "review", arguments: ["code": "é"])).get()
    else { return #expect(Bool(false)) }
    #expect(review.messages.first?.content == .text("Review this code:\né"))
    guard case .failure(let unknown) = await session.call(.readResource(uri: "peer://ünknown")) else {
      return #expect(Bool(false))
    }
    if case .server = unknown.code {} else { Issue.record("\(unknown)") }
    _ = try await session.call(.ping).get()
  }

  @Test func `the newest server is spoken to in its newest version, with progress and an end that it notices`()
    async throws
  {
    let peer = try Peer("mcp-servers", "http", "0")
    defer { peer.stop() }
    let session = try LiveSession(peer.ready[1])
    try await Self.check(session, .v20260728)
    #expect(try await session.tool("count", ["steps": 4], progress: true).content == [.text("counted 4")])
    #expect(session.seen.progress == [1, 2, 3, 4])
    let began = BootTime.now
    guard
      case .failure(let late) = await session.call(.callTool(name: "slow", arguments: ["seconds": 30]), timeout: 300)
    else { return #expect(Bool(false)) }
    #expect(late.code == .timedOut && BootTime.now.milliseconds(since: began) < 5000)
    #expect(session.seen.ignored.isEmpty)
    #expect(session.seen.counters == ClientCounters())
    try await session.stop()
  }

  @Test(arguments: [MCPVersion.v20241105, .v20250326, .v20250618, .v20251125])
  func `the newest server is spoken to in each older version`(version: MCPVersion) async throws {
    let peer = try Peer("mcp-servers", "http", "0")
    defer { peer.stop() }
    let session = try LiveSession(peer.ready[1]) { $0.demanded = version }
    if version >= .v20250618 {
      try await Self.check(session, version)
    } else {
      #expect(try await session.tool("add", ["a": 2, "b": 3]).content == [.text("5")])
      #expect(session.seen.introductions.map(\.version) == [version])
    }
    #expect(try await session.tool("count", ["steps": 3], progress: true).content == [.text("counted 3")])
    #expect(session.seen.progress == [1, 2, 3])
    let task = Task { await session.call(.callTool(name: "slow", arguments: ["seconds": 30])) }
    try await Task.sleep(for: .milliseconds(300))
    task.cancel()
    guard case .failure(let cancelled) = await task.value else { return #expect(Bool(false)) }
    #expect(cancelled.code == .cancelled)
    #expect(try await session.tool("echo", ["text": "still here"]).content == [.text("still here")])
    #expect(session.seen.ignored.isEmpty)
    try await session.stop()
  }

  @Test func `a server that answers in plain JSON is understood in both eras`() async throws {
    let peer = try Peer("mcp-servers", "http", "0", "json")
    defer { peer.stop() }
    for version in [MCPVersion.v20260728, .v20251125] {
      let session = try LiveSession(peer.ready[1]) { $0.demanded = version }
      try await Self.check(session, version)
      try await session.stop()
    }
  }

  @Test func `an older kit's server behind a key is found to be of the old era, and nobody is let in without the key`()
    async throws
  {
    let peer = try Peer("mcp-servers", "testkit", "0", "the-key")
    defer { peer.stop() }
    let stranger = try LiveSession(peer.ready[1])
    guard case .failure(let failure) = await stranger.call(.listTools) else { return #expect(Bool(false)) }
    #expect(failure.code == .transport(.unauthorized))
    #expect(stranger.seen.introductions.isEmpty)
    try await stranger.stop()
    let session = try LiveSession(peer.ready[1], headers: [("Authorization", "Bearer the-key")])
    guard case .tools(let listing) = try await session.call(.listTools).get() else { return #expect(Bool(false)) }
    #expect(listing.items.count == 65 && listing.skipped.isEmpty)
    #expect(session.seen.introductions.map(\.version) == [.v20251125])
    try await session.stop()
  }

  @Test func `many calls at once each get their own answer`() async throws {
    let peer = try Peer("mcp-servers", "http", "0")
    defer { peer.stop() }
    for version in [MCPVersion.v20260728, .v20251125] {
      let session = try LiveSession(peer.ready[1]) { $0.demanded = version }
      await withTaskGroup(of: Bool.self) { group in
        for number in 0..<40 {
          group.addTask {
            let answer = try? await session.tool("echo", ["text": .string("n\(number)")])
            return answer?.content == [.text("n\(number)")]
          }
        }
        for await isRight in group { #expect(isRight) }
      }
      try await session.stop()
    }
  }
}
