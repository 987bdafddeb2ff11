import Foundation
import JSON
import Peers
import Testing

/// Against programs of others: the reference SDK's client in every version that it speaks, and checkers of conformance.
@Suite(.enabled(if: Peer.folder != nil, "the folder of peers is not on this machine"), .serialized)
struct MCPPeerTests {
  private static let here = Program.package + "/Tests/ClientTests/MCP"

  private static func command(_ service: PolicyService) -> [String] {
    ["\(Program.folder)/bulkhead", "mcp", "--approvals", "ask", "--socket", service.socket]
  }

  /// The interpreters of the SDK's two generations, which `mcp-servers` installs: 2.x, 1.x.
  private static let interpreters = Result { () throws(Failure) -> (new: String, old: String) in
    let list = Peers.Running.output(of: (Peer.folder ?? "") + "/mcp-servers", ["list"])
    func interpreter(_ server: String) throws(Failure) -> String {
      for line in list.split(separator: "\n") where line.hasPrefix(server + "\t") {
        let program = line.dropFirst(server.count + 1).prefix { $0 != " " }
        return program[..<(program.lastIndex(of: "/") ?? program.startIndex)] + "/python"
      }
      throw Failure("no \(server) among: \(list)")
    }
    return (try interpreter("time"), try interpreter("testkit"))
  }

  @Test(arguments: ["auto", "2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"])
  func `the reference SDK's client lists, calls, follows and is asked`(_ version: String) throws {
    let interpreters = try Self.interpreters.get()
    let interpreter = ["auto", "2026-07-28", "2025-11-25"].contains(version) ? interpreters.new : interpreters.old
    let service = try PolicyService(ApprovalTests.policy)
    let text = Peers.Running.output(
      of: interpreter,
      [Self.here + "/sdk-client.py", version, "--"] + Self.command(service)
    )
    let found = try JSON(parsing: Array(text.utf8))
    #expect(found["protocol"]?.stringValue == (version == "auto" ? "2026-07-28" : version), "\(text)")
    #expect(found["tools"] == MCPServerTests.tools && found["unknown"] == -32602, "\(text)")
    #expect(found["wrong"]?["error"] == true && found["plan"]?["error"] == false, "\(text)")
    let values = (found["progress"]?.arrayValue ?? []).compactMap { $0[0]?.doubleValue }
    #expect(values.count > 2 && zip(values, values.dropFirst()).allSatisfy { $0 < $1 }, "\(values)")
    guard version >= "2025-06-18" else {
      #expect(found["plan"]?["structured"]?.isNull == true && found["plan"]?["text"]?.stringValue?.isEmpty == false)
      return
    }
    #expect(found["plan"]?["structured"]?["result"]?["outputs"]?["b"] == ["n": 1], "\(text)")
    #expect(found["approved"]?["structured"]?["output"] == ["n": 2] && found["denied"]?["error"] == true, "\(text)")
    let asked = found["asked"]?.arrayValue ?? []
    #expect(asked.count == 2 && asked[0].stringValue?.contains("\"n\": 2") == true, "\(asked)")
  }

  @Test func `the checker of sessions finds nothing`() throws {
    let service = try PolicyService(#"{"guardrails":[]}"#)
    let command = Self.command(service).joined(separator: " ")
    let report = Peers.Running.output(of: (Peer.folder ?? "") + "/mcp-servers", ["check-stdio", command])
    #expect(report.contains("Result: PASS") && !report.contains("✗"), "\(report)")
  }

  @Test func `the checker of the modern era finds nothing, not even to warn of`() throws {
    let service = try PolicyService(#"{"guardrails":[]}"#)
    let front = try Front(Self.here + "/http-front.py", Self.command(service), try Self.interpreters.get().new)
    defer { front.stop() }
    let report = Peers.Running.output(
      of: (Peer.folder ?? "") + "/mcp-servers",
      ["check", front.url, "--no-color", "--strict", "--json", "--probe", "all"]
    )
    let document = try JSON(parsing: Array(report.utf8))
    let checks = document["checks"]?.arrayValue ?? []
    #expect(checks.count == 8, "\(report)")
    for check in checks { #expect(check["status"] == "pass", "\(check)") }
  }
}

/// The server behind HTTP, for as long as a test needs it.
private struct Front {
  let url: String
  private let program: Peers.Running

  init(_ script: String, _ command: [String], _ interpreter: String) throws {
    program = try Peers.Running(interpreter, [script] + command, readsOutput: true)
    let words = program.readLine().split(separator: " ")
    guard words.first == "ready", words.count == 2 else { throw Failure("it is not ready: \(words)") }
    url = String(words[1])
  }

  func stop() { program.stop() }
}

extension Peers.Running {
  /// All that a program writes to standard output.
  fileprivate static func output(of path: String, _ arguments: [String]) -> String {
    do {
      let program = try Peers.Running(path, arguments, readsOutput: true)
      let text = program.readAll()
      program.wait()
      return text
    } catch {
      return "\(path): \(error)"
    }
  }
}
