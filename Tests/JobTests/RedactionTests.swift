import JSON
import Testing

@testable import Coordinator

@Suite struct `Taking secrets out` {
  private static let redaction = Redaction(names: ["Kundennummer", "größe"])

  private static func clean(_ text: String) throws -> String {
    Self.redaction.apply(try JSON(parsing: text)).description
  }

  @Test(arguments: [
    "password", "Password", "PASSWD", "db_password", "dbPassword", "api_key", "apiKey", "X-API-Key",
    "aws_secret_access_key",
    "client_secret", "access_token", "Authorization", "Set-Cookie", "private_key", "credentials", "kunden-nummer",
    "GRÖSSE",
    "GRÖßE",
  ])
  func `the value of a member with a secret's name is taken out, whatever it is`(_ name: String) throws {
    // Upper-case sharp s folds to itself, and two s stay two.
    let isKnown = name != "GRÖSSE"
    for value in [#""x""#, "12345", #"["a"]"#, #"{"a":"b"}"#] {
      let expected = isKnown ? #"{"\#(name)":"[redacted]"}"# : try JSON(parsing: #"{"\#(name)":\#(value)}"#).description
      #expect(try Self.clean(#"{"\#(name)":\#(value)}"#) == expected)
      #expect(try Self.clean(#"{"a":[{"\#(name)":\#(value)}]}"#) == #"{"a":[\#(expected)]}"#)
    }
    #expect(try Self.clean(#"{"\#(name)":null}"#) == #"{"\#(name)":null}"#)
  }

  @Test(arguments: ["max_tokens", "tokens", "passwords_changed", "key", "author", "cookies_accepted", "secretary", ""])
  func `other names keep their values`(_ name: String) throws {
    let text = #"{"\#(name)":"plain words, 12"}"#
    #expect(try Self.clean(text) == text)
  }

  @Test(arguments: [
    ("curl -H 'Authorization: Bearer abcdefghijkl.mnop'", "curl -H 'Authorization: Bearer [redacted]'"),
    ("authorization: basic dXNlcjpwYXNzd29yZA==", "authorization: basic [redacted]"),
    ("use sk-abcdefghijklmnop1234 now", "use [redacted] now"), ("sk-ant-api03-abcdefghijklmnop", "[redacted]"),
    ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", "[redacted]"),
    ("(github_pat_11ABCDEFG0abcdefghijklmno)", "([redacted])"),
    ("AKIAIOSFODNN7EXAMPLE", "[redacted]"), ("xoxb-123456789012-abc", "[redacted]"),
    ("AIzaSyA1234567890abcdefghijklmnopqrstuvw", "[redacted]"),
    ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-DEF_123456", "[redacted]"),
    (
      "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Blb\nnNzaC1r\n-----END OPENSSH PRIVATE KEY-----\nrest", "[redacted]\nrest"
    ), ("x -----BEGIN PRIVATE KEY-----\nMC4C", "x [redacted]"),
    ("psql postgres://anna:hunter2@db/x", "psql postgres://anna:[redacted]@db/x"),
    ("export DB_PASSWORD=hunter2; ls", "export DB_PASSWORD=[redacted]; ls"),
    ("run --api-key=abc --n=3", "run --api-key=[redacted] --n=3"),
    ("PASSWORD=\"two words\" x", "PASSWORD=\"[redacted]\" x"),
    ("GET /?token=abc&page=2", "GET /?token=[redacted]&page=2"),
    ("a sk-abcdefghijklmnop1234 b ghp_abcdefghijklmnopqrstuvwxyz0123456789", "a [redacted] b [redacted]"),
    ("größe=5 übrig", "größe=5 übrig"),
  ])
  func `secrets are taken out of text, and nothing else`(_ text: String, _ expected: String) {
    let result = Self.redaction.apply(text)
    #expect(result == expected)
    // What is clean stays as it is.
    #expect(Self.redaction.apply(result) == result)
  }

  @Test(arguments: [
    "ls -l", "disk-abcdefghijklmnopqrstuvwxyz", "risk-free", "sk-short", "AKIA-is-no-key", "eyJust.a.sentence",
    "PASSWORD=$PASSWORD", "if a==b", "http://host:80/x", "mailto:a@b.c", "a bearer of news", "token =", "password=",
    "-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----", "größer als ß", "", "=", "://@", "Bearer ",
  ])
  func `text without secrets stays as it is`(_ text: String) { #expect(Self.redaction.apply(text) == text) }

  @Test func `numbers keep the text that was sent`() throws {
    let text = #"{"price":10.00,"n":[1e3,-0.0],"b":true}"#
    #expect(try Self.clean(text) == text)
  }
}
