import JSON
import Testing
import Wire

@testable import Policy

@Suite struct `What lies within a ceiling` {
  private static func needs(_ text: String) throws -> Needs {
    try Needs.decode(try #require(try JSON(parsing: text).objectValue))
  }

  @Test(
    arguments: [
      (#"{"read":["/srv"]}"#, #"{"read":["/srv","/srv/a"]}"#, []),
      (#"{"read":["/srv"]}"#, #"{"read":["/srvx","/","/srv"]}"#, ["/read/0", "/read/1"]),
      (#"{"read":["/srv"]}"#, #"{"write":["/srv"]}"#, ["/write/0"]),
      (#"{"write":["/srv"]}"#, #"{"read":["/srv/a"],"write":["/srv/b"]}"#, []),
      (#"{"read":["/srv/\u00e9"]}"#, #"{"read":["/srv/e\u0301/a"]}"#, ["/read/0"]),
      (#"{"programs":["ls"]}"#, #"{"programs":["ls","/tmp/ls","LS"]}"#, ["/programs/1", "/programs/2"]),
      (#"{"programs":["\u00e9"]}"#, #"{"programs":["e\u0301"]}"#, ["/programs/0"]),
      (#"{}"#, #"{"programs":["ls"]}"#, ["/programs/0"]), (#"{"programs":["ls"]}"#, #"{"programs":[]}"#, []),
      (
        #"{"hosts":["*.example.com:443","a:80"]}"#,
        #"{"hosts":["X.EXAMPLE.com.:443","example.com:443","a:81","A:80"]}"#,
        ["/hosts/1", "/hosts/2"]
      ),
      (#"{"hosts":["a.example.com:443"]}"#, #"{"hosts":["*.example.com:443","*:443"]}"#, ["/hosts/0", "/hosts/1"]),
      (#"{"environment":{"A":"1"}}"#, #"{"environment":{"A":"1"}}"#, []),
      (#"{"environment":{"A":"1"}}"#, #"{"environment":{"A":"2","B~":"1"}}"#, ["/environment/A", "/environment/B~0"]),
      (#"{"profile":"shell"}"#, #"{"profile":"compute"}"#, []), (#"{}"#, #"{"profile":"compute"}"#, ["/profile"]),
      (#"{"profile":"compute"}"#, #"{"profile":"shell"}"#, ["/profile"]),
      (#"{}"#, #"{"grade":"full"}"#, []), (#"{}"#, #"{"grade":"no-namespaces"}"#, ["/grade"]),
      (#"{"grade":"old-landlock"}"#, #"{"grade":"no-namespaces"}"#, ["/grade"]),
      (#"{"grade":"no-namespaces"}"#, #"{"grade":"old-landlock"}"#, []),
      (#"{"grade":"own"}"#, #"{"grade":"own"}"#, []), (#"{"grade":"own"}"#, #"{"grade":"other"}"#, ["/grade"]),
    ] as [(String, String, [String])]
  )
  func `is told by each element`(_ ceiling: String, _ asked: String, _ beyond: [String]) throws {
    #expect(try Self.needs(asked).beyond(Self.needs(ceiling)).map(\.path) == beyond)
  }

  @Test func `says what was asked and what there is`() throws {
    let excess = try Self.needs(#"{"read":["/etc"]}"#).beyond(Self.needs(#"{"read":["/srv"],"write":["/tmp/o"]}"#))
    #expect(excess.map(\.message) == [#"read '/etc' was not granted; the request grants '/srv', '/tmp/o'"#])
    let many = try Self.needs(#"{"write":["/etc"]}"#).beyond(Needs())
    #expect(many[0].message.hasSuffix("the request grants none"))
  }

  @Test func `everything lies within itself`() throws {
    let all = try Self.needs(
      #"{"read":["/a"],"write":["/b"],"programs":["p"],"hosts":["h:1"],"environment":{"E":"v"},"profile":"x","grade":"y"}"#
    )
    #expect(all.beyond(all).isEmpty)
    #expect(all.beyond(Needs()).count == 7)
  }
}
