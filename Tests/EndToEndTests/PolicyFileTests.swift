import Foundation
import Glibc
import JSON
import Posix
import Testing

/// The file of the policy is edited while the coordinator runs, by people who make mistakes.
@Suite(.serialized) struct PolicyFileTests {
  private static func policy(_ effect: String, _ tool: String, test: String = "") -> String {
    """
    guardrails:
      - name: rule
        effect: \(effect)
        at: [invocation]
        when: {value: tool, equals: \(tool)}
        message: as the file says
        \(test)

    """
  }

  private static func start(_ daemon: Daemon, _ text: String) throws -> Client {
    try daemon.addSteps()
    try write(daemon, text)
    let configuration: JSON = ["policy": .string(daemon.folder + "/policy.yaml")]
    try Data(configuration.serialized()).write(to: URL(filePath: daemon.folder + "/bulkhead.json"))
    chmod(daemon.folder + "/bulkhead.json", 0o600)
    try daemon.start(["--config", daemon.folder + "/bulkhead.json"])
    let client = try daemon.connect()
    try eventually("its worker is ready") { try client.request("status")["workers_ready"]?.integerValue == 1 }
    return client
  }

  /// As an editor does: another file takes its place, or the same file is written.
  private static func write(_ daemon: Daemon, _ text: String, inPlace: Bool = false) throws {
    let path = daemon.folder + "/policy.yaml"
    if inPlace {
      let file = try FileHandle(forWritingTo: URL(filePath: path))
      try file.truncate(atOffset: 0)
      try file.write(contentsOf: Data(text.utf8))
      try file.close()
    } else {
      try Data(text.utf8).write(to: URL(filePath: path + ".new"))
      chmod(path + ".new", 0o600)
      guard rename(path + ".new", path) == 0 else { throw Failure("rename: \(errnoMessage(errno))") }
    }
  }

  private static let input: JSON = ["add": 1]

  /// The name of the error that a call gets; nil: it is done.
  private static func refusal(_ client: Client, _ tool: String) throws -> String? {
    let id = try client.begin("tool/call", ["tool": .string(tool), "input": input])
    return try client.reply(to: id)["error"]?["data"]?["name"]?.stringValue
  }

  private static func version(_ client: Client) throws -> String {
    try client.request("policy/show")["version"]?.stringValue ?? ""
  }

  @Test(arguments: [false, true])
  func `what the file says from now on is what is decided from now on`(_ inPlace: Bool) throws {
    let daemon = try Daemon()
    let client = try Self.start(daemon, Self.policy("block", "count"))
    #expect(try Self.refusal(client, "count") == "blocked" && Self.refusal(client, "once") == nil)
    let first = try Self.version(client)
    try Self.write(daemon, Self.policy("block", "once"), inPlace: inPlace)
    // Nobody tells the coordinator.
    try eventually("it has read it") { try Self.version(client) != first }
    #expect(try Self.refusal(client, "count") == nil && Self.refusal(client, "once") == "blocked")
    #expect(daemon.log.contains("policy loaded"))
  }

  @Test func `what waits is decided about by the rules of the new file`() throws {
    let daemon = try Daemon()
    let client = try Self.start(daemon, Self.policy("require_approval", "once"))
    let job = try client.submit([["id": "a", "tool": "once", "input": Self.input]])
    try eventually("it waits") { try client.state(job) == "waiting" }
    try Self.write(daemon, Self.policy("require_approval", "count"))
    #expect(try client.waitForEnd(job) == "succeeded", "nobody needs to be asked any more")
    try eventually("nothing is asked any more") {
      try client.request("approvals/list")["approvals"]?.arrayValue?.isEmpty == true
    }
  }

  /// Texts that are no policy, and what is said of each.
  private static let broken = [
    ("guardrails: [", "policy.yaml"), ("guardrails: {}\n", "guardrails"), ("limitz: []\n", "limitz"),
    (policy("destroy", "count"), "effect"),
    (policy("block", "once", test: "tests: {match: [{tool: count}]}"), "test"),
    ("guardrails: &a [*a]\n", "policy.yaml"), ("\u{0}\u{0}", "policy.yaml"),
  ]

  @Test func `a broken file leaves the rules that hold, and says why`() throws {
    let daemon = try Daemon()
    let client = try Self.start(daemon, Self.policy("block", "count"))
    let version = try Self.version(client)
    for (text, named) in Self.broken {
      let before = daemon.log.components(separatedBy: "policy cannot be used").count
      try Self.write(daemon, text)
      try eventually("it has looked at it") {
        daemon.log.components(separatedBy: "policy cannot be used").count > before
      }
      let reloaded = try client.request("policy/reload")
      #expect(reloaded["changed"] == false && reloaded["version"] == .string(version), "\(text)")
      let mistakes = (reloaded["mistakes"]?.arrayValue ?? []).compactMap(\.stringValue)
      #expect(mistakes.contains { $0.contains(named) }, "\(text): \(mistakes)")
      #expect(try Self.version(client) == version)
      #expect(try Self.refusal(client, "count") == "blocked" && Self.refusal(client, "once") == nil, "\(text)")
    }
    try Self.write(daemon, Self.policy("block", "once"))
    try eventually("a good one is read again") { try Self.version(client) != version }
    #expect(try Self.refusal(client, "count") == nil && Self.refusal(client, "once") == "blocked")
  }

  @Test func `a file that everybody may write, or that is gone, changes nothing`() throws {
    let daemon = try Daemon()
    let client = try Self.start(daemon, Self.policy("block", "count"))
    let version = try Self.version(client)
    chmod(daemon.folder + "/policy.yaml", 0o666)
    let open = try client.request("policy/reload")
    #expect(open["mistakes"]?.arrayValue?.isEmpty == false && open["changed"] == false, "\(open)")
    unlink(daemon.folder + "/policy.yaml")
    let gone = try client.request("policy/reload")
    #expect(gone["mistakes"]?.arrayValue?.isEmpty == false && gone["changed"] == false, "\(gone)")
    #expect(try Self.version(client) == version && Self.refusal(client, "count") == "blocked")
  }
}
