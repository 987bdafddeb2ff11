import Configuration
import Glibc
import Policy
import Testing

@Suite struct PolicyFileTests {
  /// A folder of its own, with files of these texts, for as long as `body` takes.
  private func withFolder<Result>(_ files: [String: String], _ body: (String) throws -> Result) throws -> Result {
    var template = Array("/tmp/bulkhead-policy-XXXXXX".utf8CString)
    let made = mkdtemp(&template)
    let folder = String(cString: try #require(made))
    defer {
      for name in files.keys { unlink("\(folder)/\(name)") }
      rmdir(folder)
    }
    for (name, text) in files {
      let file = try #require(fopen("\(folder)/\(name)", "w"))
      fputs(text, file)
      fclose(file)
    }
    return try body(folder)
  }

  private func policy(
    _ files: [String: String],
    option: String? = nil,
    environment: [String: String] = [:]
  ) throws -> (policy: LoadedPolicy?, messages: [String]) {
    try withFolder(files) { folder in
      do {
        let variables = ["HOME": "/nowhere"].merging(environment) { $1 }
        let loaded = try Configuration.load(explicit: "\(folder)/bulkhead.yaml", environment: variables)
        return (try loaded.loadPolicy(option: option, environment: variables), [])
      } catch let error as ConfigurationError {
        let lines = error.description.split(separator: "\n").map(String.init)
        return (nil, lines.map { $0.hasPrefix(folder) ? String($0.dropFirst(folder.count + 1)) : $0 })
      }
    }
  }

  /// A file of the package.
  private static func text(_ path: String) throws -> String {
    let package = #filePath.split(separator: "/").dropLast(3).map { "/\($0)" }.joined()
    let file = try #require(fopen("\(package)/\(path)", "r"))
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes[..<count], as: UTF8.self)
  }

  private static let limit = "limits: [{name: pace, of: tasks, at_most: 10, per: minute}]\n"

  @Test func `without a policy everything is allowed`() throws {
    let found = try policy(["bulkhead.yaml": ""])
    #expect(found.policy?.policy == Policy.none)
    #expect(found.policy?.file == nil)
  }

  @Test func `the policy beside the configuration holds`() throws {
    let found = try policy(["bulkhead.yaml": "", "policy.yaml": Self.limit])
    #expect(found.policy?.policy.limits.map(\.name) == ["pace"])
    #expect(found.policy?.file?.hasSuffix("/policy.yaml") == true)
  }

  @Test func `the policy can stand in the configuration, and nothing in it stands for a variable`() throws {
    let text = """
      policy:
        guardrails:
          - {name: home, effect: warn, when: {value: input, contains: "${HOME}"}, message: "say $$ and ${NOWHERE}"}
      """
    let found = try policy(["bulkhead.yaml": text, "policy.yaml": "nonsense: 1"])
    #expect(found.messages == [])
    #expect(found.policy?.policy.guardrails.map(\.message) == ["say $$ and ${NOWHERE}"])
    let again = try Configuration.decode(Array(try load(text).effective().utf8), file: "c", environment: home)
    #expect(again.configuration == (try load(text).configuration))
  }

  @Test func `the policy of the specification is one`() throws {
    let page = try Self.text("protocol/policy.md")
    let block = try #require(page.split(separator: "```yaml\n").dropFirst().first?.split(separator: "```").first)
    let found = try policy(["bulkhead.yaml": "", "policy.yaml": String(block)])
    #expect(found.messages == [])
    #expect(found.policy?.policy.environment == "production")
    #expect(found.policy?.policy.guardrails.count == 5)
    #expect(found.policy?.policy.limits.map(\.sharing) == [.everyone, .everyone, .everyone])
  }

  @Test func `a mistake has its line and column, in either place`() throws {
    let text = """
      four_eyes: no
      guardrials: []
      limits:
        - name: pace
          of: tasks
          at_most: many
      presets:
        - no_destructive_op
      guardrails:
        - name: r
          effect: block
          message: no
          when: {value: tool, equals: bash}
          tests:
            match:
              - {tool: bash}
              - {tool: python}
      """
    let expected = [
      "1:12: '/four_eyes' is string where true or false is due",
      "2:1: unknown member 'guardrials' (did you mean 'guardrails'?)",
      "4:5: missing member 'per' in '/limits/0'",
      "6:14: '/limits/0/at_most' is string where integer is due",
      "8:5: 'no_destructive_op' is no preset: 'production_safety', 'cost_limit' or 'no_destructive_ops' is due "
        + "(did you mean 'no_destructive_ops'?)",
      "17:11: guardrail 'r' does not match its test '/guardrails/0/tests/match/1': "
        + "'/when' does not hold, 'tool' is 'python'",
    ]
    let found = try policy(["bulkhead.yaml": "", "policy.yaml": text]).messages
    #expect(found == expected.map { "policy.yaml:\($0)" }, "\(found)")
    let failing = text.split(separator: "\n").dropFirst(8).joined(separator: "\n")
      .replacing("message: no", with: "message: never")
    #expect(
      try policy(["bulkhead.yaml": "", "policy.yaml": failing]).messages == [
        "policy.yaml:9:11: guardrail 'r' does not match its test '/guardrails/0/tests/match/1': "
          + "'/when' does not hold, 'tool' is 'python'"
      ]
    )
    let inside = "policy:\n" + failing.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n")
    #expect(try policy(["bulkhead.yaml": inside]).messages[0].hasPrefix("bulkhead.yaml:10:13: guardrail 'r'"))
  }

  @Test func `what is no YAML is a mistake of its own`() throws {
    #expect(try policy(["bulkhead.yaml": "", "policy.yaml": "a: [1"]).messages[0].hasPrefix("policy.yaml:"))
    #expect(
      try policy(["bulkhead.yaml": "", "policy.yaml": "- 1"]).messages == [
        "policy.yaml:1:1: the policy is array where object is due"
      ]
    )
    #expect(try policy(["bulkhead.yaml": "policy: 7"]).messages[0].contains("'policy' is integer where string is due"))
    #expect(try policy(["bulkhead.yaml": "policy: here.yaml"]).messages[0].contains("an absolute path is due"))
    #expect(
      try policy(["bulkhead.yaml": "policy: /nowhere/p.yaml"]).messages[0].hasPrefix(
        "policy '/nowhere/p.yaml' cannot be read"
      )
    )
  }

  @Test func `the environment is the first that is given`() throws {
    let overlays = "environments: {a: {}, b: {}, c: {}, d: {}}\n"
    let files = ["bulkhead.yaml": "environment: c\n", "policy.yaml": overlays + "environment: d\n"]
    func chosen(_ files: [String: String], _ option: String?, _ variables: [String: String]) throws -> String? {
      try policy(files, option: option, environment: variables).policy?.policy.environment
    }
    #expect(try chosen(files, "a", ["BULKHEAD_ENVIRONMENT": "b"]) == "a")
    #expect(try chosen(files, nil, ["BULKHEAD_ENVIRONMENT": "b"]) == "b")
    #expect(try chosen(files, nil, ["BULKHEAD_ENVIRONMENT": ""]) == "c")
    #expect(try chosen(["bulkhead.yaml": "", "policy.yaml": overlays + "environment: d\n"], nil, [:]) == "d")
    #expect(try policy(["bulkhead.yaml": ""], option: "a").messages[0].contains("there is no policy"))
  }

  @Test func `four eyes need the system mode in either file`() throws {
    let asked = "roles: {admin: [uid:0]}\nfour_eyes: true\n"
    #expect(
      try policy(["bulkhead.yaml": "", "policy.yaml": asked]).messages == [
        "policy.yaml:2:12: 'four_eyes' needs the system mode; "
          + "hint: set mode: system; a user's own service has nobody else to tell apart"
      ]
    )
    #expect(try policy(["bulkhead.yaml": "mode: system", "policy.yaml": asked]).policy?.policy.fourEyes == true)
    let inConfiguration = ["bulkhead.yaml": "mode: system\nfour_eyes: true", "policy.yaml": Self.limit]
    #expect(try policy(inConfiguration).policy?.policy.fourEyes == true)
  }

  @Test func `a policy that everyone may write is refused`() throws {
    try withFolder(["bulkhead.yaml": "", "policy.yaml": Self.limit]) { folder in
      chmod("\(folder)/policy.yaml", 0o646)
      let loaded = try Configuration.load(explicit: "\(folder)/bulkhead.yaml", environment: home)
      #expect(throws: ConfigurationError.self) { try loaded.loadPolicy(option: nil, environment: [:]) }
    }
  }

  @Test func `a changed file is read again, and one with mistakes leaves the old policy to who asked`() throws {
    try withFolder(["bulkhead.yaml": "", "policy.yaml": Self.limit]) { folder in
      let loaded = try Configuration.load(explicit: "\(folder)/bulkhead.yaml", environment: home)
      let before = try loaded.loadPolicy(option: nil, environment: [:])
      let file = try #require(fopen("\(folder)/policy.yaml", "w"))
      fputs(Self.limit.replacing("10", with: "20"), file)
      fclose(file)
      let after = try loaded.loadPolicy(option: nil, environment: [:])
      #expect(before.policy.limits.map(\.atMost) == [10])
      #expect(after.policy.limits.map(\.atMost) == [20])
      #expect(before.policy.version != after.policy.version)
    }
  }
}
