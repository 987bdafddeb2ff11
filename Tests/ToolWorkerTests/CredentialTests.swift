import Digest
import Foundation
import JSON
import Jail
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

@Suite struct `Credentials` {
  @Test func `a token comes to the worker that may have it, and lies nowhere`() throws {
    let azure = try FakeAzure()
    let idle = azure.bench.processes()
    #expect(!idle.contains("az") && !idle.isEmpty)
    let answers = try azure.use("https://a.example/.default", "old", "behind")
    let digest = SHA256.digest(Array("\"\(FakeAzure.token)\"".utf8))
    #expect(answers.map { $0["token"]?.stringValue } == [digest, digest, digest])
    #expect(azure.bench.processes() == idle, "what az left behind has ended with it")
    let log = azure.bench.supervisor.kinds["credentials"]?.lines.last(100).map(\.text) ?? []
    #expect(!log.contains { $0.contains(FakeAzure.token) })
    try azure.bench.end()
    #expect(try azure.filesWithToken() == [])
  }

  @Test func `when it expires is told in milliseconds, whichever az says it`() throws {
    let azure = try FakeAzure()
    let answers = try azure.ask("new", "old", "arguments")
    let expected = Int64(Date().timeIntervalSince1970) + 3600
    let new = try #require(answers[0]["expires_at"]?.integerValue)
    #expect(abs(new / 1_000 - expected) < 60 && answers[0]["token"]?.stringValue == FakeAzure.token)
    #expect(answers[1]["expires_at"] == 4_102_444_799_000)
    #expect(
      answers[2]["token"]?.stringValue
        == "account|get-access-token|--scope|arguments|--only-show-errors|-o|json"
    )
    try azure.bench.end()
  }

  @Test func `each way to fail has its error, and none has a word of az`() throws {
    let azure = try FakeAzure()
    let scopes = ["login", "aadsts", "odd", "garbage", "lacks", "when", "spaces", "expired", "floods", "killed"]
    let inputs = scopes.map { JSON.object(["scope": .string($0)]) }
    let answer = try azure.bench.call("use", ["tool": "azure_token", "plain": true, "ask": .array(inputs)])
    let said = Dictionary(uniqueKeysWithValues: zip(scopes, answer.output.arrayValue ?? []))
    func message(_ scope: String) -> String { said[scope]?["message"]?.stringValue ?? "" }
    let login = "hint: run 'az login' with AZURE_CONFIG_DIR=\(azure.config) as the user of the workers"
    #expect(message("login") == "az is not logged in; \(login)")
    #expect(message("aadsts") == "az was refused a token (AADSTS700082); \(login)")
    #expect(message("odd") == "az ended with exit code 7")
    #expect(message("garbage").hasSuffix("bytes that are no JSON"))
    #expect(message("lacks") == "az answered with JSON that has no token" && message("spaces") == message("lacks"))
    #expect(message("when") == "az answered with a token and does not say when it expires")
    #expect(message("expired").hasPrefix("az answered with a token that expired "))
    #expect(said["floods"]?["error"] == "limit_exceeded" && said["killed"]?["error"] == "tool_failed")
    #expect(!answer.output.description.contains(FakeAzure.token))
    try azure.bench.end()
    #expect(try azure.filesWithToken() == [])
  }

  @Test func `one that hangs is ended at the call's deadline, and so is what it started`() throws {
    let azure = try FakeAzure()
    let idle = azure.bench.processes()
    let call = azure.bench.begin("use", ["tool": "azure_token", "plain": true, "ask": [["scope": "hangs"]]])
    try azure.bench.until("az runs") { azure.bench.processes().contains("az") }
    call.invocation?.cancel(.deadline)
    try azure.bench.until("it is answered") { call.result != nil }
    try azure.bench.until("az is gone") { azure.bench.processes() == idle }
    try azure.bench.end()
  }

  @Test func `it sees its own folder, the network, and nothing else`() throws {
    let azure = try FakeAzure()
    let port = try LoopbackPort()
    let scope = "prowls:\(azure.outside),\(azure.bench.store)/journal.db,\(port.number)"
    let token = try #require(try azure.ask(scope)[0]["token"]?.stringValue)
    let found = try JSON(parsing: Array(token.replacing("_", with: " ").utf8))
    #expect(found[0] == "No such file or directory" && found[1] == "No such file or directory")
    #expect(found[2] == "No such file or directory")
    #expect(found[3] == "Read-only file system" || found[3] == "Permission denied", "\(found[3] ?? "")")
    #expect(found[4] == "True", "no descriptor but its pipes")
    #expect(found[5] == true, "no process but its own")
    #expect(found[6]?.arrayValue?.contains { $0.stringValue?.contains("BULKHEAD") == true } == false)
    #expect(found[7] == "None", "the control: with its network it does reach the port")
    try azure.bench.end()
  }

  @Test func `each call has a new process and a new jail, and its folder stays`() throws {
    let azure = try FakeAzure()
    #expect(try azure.ask("keeps", "keeps", "keeps").map { $0["token"] } == ["1-1", "2-1", "3-1"])
    try azure.bench.end()
  }

  @Test func `nobody else may ask, and options do not pass as a scope`() throws {
    let azure = try FakeAzure(callers: ["agent"])
    #expect(try azure.ask("x")[0]["error"] == "refused")
    let direct = try azure.bench.call("azure_token", ["scope": "x"])
    #expect(direct.error?.name == .refused)
    try azure.bench.end()
    let asking = try FakeAzure()
    #expect(
      try asking.ask("--debug", "a b", "").map { $0["error"] } == ["invalid_input", "invalid_input", "invalid_input"]
    )
    try asking.bench.end()
  }

  @Test func `without the operator's grant there is no network, and the error says what to write`() throws {
    let azure = try FakeAzure(granted: false)
    let answer = try azure.ask("x")[0]
    #expect(answer["error"] == "refused")
    #expect(answer["message"]?.stringValue?.contains("credential_helper: [/usr/bin/az], write: [FOLDER]") == true)
    let walls = azure.bench.supervisor.kinds["credentials"]?.walls
    #expect(walls?.reachesNetwork == false && walls?.profile == "sandbox-worker")
    try azure.bench.end()
    let missing = try FakeAzure(installed: false)
    #expect(try missing.ask("x")[0]["error"] == "unavailable")
    try missing.bench.end()
  }

  @Test func `its manifest asks for nothing else, and a manifest that does is refused`() throws {
    let manifest = try ToolBench.manifest("credentials")
    #expect(manifest.permissions.credentialHelper && manifest.callers == ["models"] && manifest.secrets.isEmpty)
    var granted = manifest
    granted.permissions.helperPrograms = ["/usr/bin/env"]
    let policy = try JailedLauncher(environment: [:], hidden: []).policy(for: granted)
    #expect(policy.profile == .helperWorker && policy.view.readable.isEmpty && policy.view.writable.isEmpty)
    #expect(throws: (any Error).self) {
      var bad = granted
      bad.permissions.helperPrograms = ["/var"]
      _ = try JailedLauncher(environment: [:], hidden: ["/var/lib"]).policy(for: bad)
    }
    for more in [
      #""network":"outbound""#, #""exec":true"#, #""jails":true"#, #""read":["/srv"]"#, #""write":["/srv"]"#,
    ] {
      let text = #"{"name":"c","command":["c"],"callers":["m"],"permissions":{"credential_helper":true,\#(more)}}"#
      #expect(throws: (any Error).self) { try WorkerManifest(JSON(parsing: text), folder: "/w") }
    }
    for more in ["", #","callers":[]"#, #","callers":["m"],"secrets":["K"]"#] {
      let text = #"{"name":"c","command":["c"],"permissions":{"credential_helper":true}\#(more)}"#
      #expect(throws: (any Error).self) { try WorkerManifest(JSON(parsing: text), folder: "/w") }
    }
  }
}
