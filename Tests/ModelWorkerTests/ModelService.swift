import ClientKit
import Foundation
import JSON
import Peers
import Posix
import ProviderServer
import Testing
import Wire

/// A real coordinator with the real worker `models`, and providers that answer as a test says.
final class ModelService: @unchecked Sendable {  // Safety: its properties are constants; the client locks itself.
  static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
  static let programs: String = {
    // Safety: then nothing is found.
    let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let folders = (CommandLine.arguments + [executable]).map { URL(filePath: $0).deletingLastPathComponent().path }
    return folders.first { FileManager.default.isExecutableFile(atPath: $0 + "/bulkheadd") } ?? ""
  }()

  let folder: String
  let server: ProviderServer
  private let process: Running
  private(set) var client: BulkheadClient!
  var socket: String { folder + "/run/bulkhead.sock" }

  /// - Parameter settings: of the worker, YAML in flow style; `URL` in it is the server's address.
  /// - Parameter workers: folders of others below `Workers` that run beside it; each with a tool that is waited for.
  /// - Parameter recipes: of the operator.
  /// - Parameter isExpected: whether the worker is expected to start.
  init(
    _ settings: String,
    worker: String = "",
    workers: [(folder: String, tool: String)] = [],
    recipes: [JSON] = [],
    environment: [String: String] = [:],
    isExpected: Bool = true
  ) async throws {
    server = try ProviderServer()
    folder = "/tmp/bulkhead-models-\(UInt32.random(in: 0...UInt32.max))"
    for part in ["run", "state", "recipes"] {
      try FileManager.default.createDirectory(atPath: "\(folder)/\(part)", withIntermediateDirectories: true)
    }
    chmod(folder, 0o755)
    chmod(folder + "/run", 0o700)
    chmod(folder + "/state", 0o700)
    let address = "http://127.0.0.1:\(server.port)"
    let configuration = """
      workers:
        models:
          settings: \(settings.replacingOccurrences(of: "URL", with: address))
      \(worker)
      """
    try Data(configuration.utf8).write(to: URL(filePath: folder + "/bulkhead.yaml"))
    for (number, recipe) in recipes.enumerated() {
      try Data(recipe.serialized()).write(to: URL(filePath: "\(folder)/recipes/\(number).json"))
    }
    process = try Running(
      Self.programs + "/bulkheadd",
      [
        "--config", folder + "/bulkhead.yaml", "--socket", folder + "/run/bulkhead.sock", "--state", folder + "/state",
        "--log-level", "debug", "--log-format", "json", "--workers", Self.package + "/Workers/models",
      ] + workers.flatMap { ["--workers", "\(Self.package)/Workers/\($0.folder)"] },
      environment: ["PATH": "/usr/bin:/bin", "HOME": folder, "XDG_CONFIG_HOME": folder].merging(
        environment.mapValues { $0.replacingOccurrences(of: "URL", with: address) }
      ) { $1 },
      log: folder + "/log"
    )
    client = try await connect(isExpected, tools: Set(["model"] + workers.map(\.tool)))
  }

  deinit {
    process.stop()
    server.stop()
    try? FileManager.default.removeItem(atPath: folder)  // Safety: only litter is left when it fails.
  }

  struct NotStarted: Error { let log: String }

  var log: String { (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? "" }  // Safety: for people.

  private func connect(_ isExpected: Bool, tools wanted: Set<String>) async throws -> BulkheadClient {
    for _ in 0..<(isExpected ? 3_000 : 60) {
      // Safety: it is tried again.
      if let client = try? await BulkheadClient.connect(socket: socket, name: "test", version: "1"),
        let tools = try? await client.tools(name: nil), wanted.isSubset(of: tools.map(\.tool.name))
      {
        return client
      }
      if !process.isRunning { break }
      try await Task.sleep(for: .milliseconds(10))
    }
    throw NotStarted(log: log)
  }

  /// The output of `model`.
  func ask(_ input: JSON, timeout: Duration? = .seconds(30)) async throws -> JSON {
    try await client.call(tool: "model", input: input, timeout: timeout).output
  }

  /// Runs `bulkhead` with `arguments`.
  func run(_ arguments: [String]) async throws -> (code: Int32, output: String, errors: String) {
    let log = "\(folder)/errors-\(UInt32.random(in: 0...UInt32.max))"
    let program = try Running(
      Self.programs + "/bulkhead",
      arguments + ["--socket", socket],
      environment: ["PATH": "/usr/bin:/bin", "HOME": folder],
      log: log,
      readsOutput: true
    )
    let output = program.readAll()
    // Safety: for people.
    return (program.wait(), output, (try? String(contentsOfFile: log, encoding: .utf8)) ?? "")
  }

  /// Why a model did not answer.
  func failure(_ input: JSON, timeout: Duration? = .seconds(30), at location: SourceLocation = #_sourceLocation) async
    -> ClientError?
  {
    do throws(ClientError) {
      let result = try await client.call(tool: "model", input: input, timeout: timeout)
      Issue.record("it answered: \(result.output)", sourceLocation: location)
      return nil
    } catch {
      return error
    }
  }

  /// A chat completion that says `text`.
  static func chat(_ text: String, input: Int = 3, output: Int = 5) -> String {
    """
    {"id":"c1","model":"m-1","choices":[{"index":0,"message":{"role":"assistant","content":\(JSON.string(text))},\
    "finish_reason":"stop"}],"usage":{"prompt_tokens":\(input),"completion_tokens":\(output)}}
    """
  }

  /// A piece of a streamed one.
  static func delta(_ text: String) -> String {
    #"data: {"choices":[{"index":0,"delta":{"content":"# + JSON.string(text).description + #"}}]}"# + "\n\n"
  }

  static let streamEnd =
    #"data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"# + "\n\n"
    + #"data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}"# + "\n\ndata: [DONE]\n\n"
}
