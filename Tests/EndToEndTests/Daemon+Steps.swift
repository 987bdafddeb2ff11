import Foundation
import Glibc
import JSON
import Posix
import Testing

extension Daemon {
  /// Adds the self-test's worker, whose every execution leaves a line in a file.
  func addSteps(_ members: String = "") throws {
    let shared = folder + "/shared"
    try FileManager.default.createDirectory(atPath: shared, withIntermediateDirectories: true)
    chmod(shared, 0o755)
    let file = shared + "/executions"
    try Data().write(to: URL(filePath: file))
    chmod(file, 0o666)
    let all = [
      #""command":["selftest-worker","steps"]"#, #""permissions":{"write":["\#(shared)"]}"#,
      #""settings":{"file":"\#(file)"}"#, #""restart":{"backoff_ms":10,"throttle_ms":20}"#, #""grace_ms":300"#,
    ]
    try addWorker("steps", (all + (members.isEmpty ? [] : [members])).joined(separator: ","))
  }

  /// What was executed, in order.
  func executions(of tool: String? = nil) throws -> [JSON] {
    let text = try String(contentsOfFile: folder + "/shared/executions", encoding: .utf8)
    let lines = try text.split(separator: "\n").map { try JSON(parsing: Array($0.utf8)) }
    return lines.filter { tool == nil || $0["tool"]?.stringValue == tool }
  }

  /// Ends the coordinator as a power failure would, and starts it again.
  func crash(workers: Int = 1) throws -> Client {
    signal(SIGKILL)
    _ = waitForExit()
    return try startReady(workers: workers)
  }

  /// `bulkheadd --check-journal` on the state folder, which nobody uses: its exit code and what it says.
  func checkJournal() throws -> (code: Int32, text: String) {
    let process = Process()
    process.executableURL = URL(filePath: Self.programs + "/bulkheadd")
    process.arguments = ["--check-journal", "--state", folder + "/state", "--socket", socket]
    process.environment = ["HOME": folder, "XDG_RUNTIME_DIR": folder + "/run", "ASAN_OPTIONS": "detect_leaks=0"]
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: data, as: UTF8.self))
  }

  /// Runs statements on the journal, which no coordinator may be using.
  func sql(_ statements: String, file: String = "journal.db") throws {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/python3")
    let program =
      "import sqlite3,sys; d=sqlite3.connect(sys.argv[1]); d.executescript(sys.argv[2]); d.commit(); d.close()"
    process.arguments = ["-I", "-c", program, "\(folder)/state/\(file)", statements]
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure("sql: \(statements)") }
  }
}

extension Client {
  /// Submits a plan of these steps; the id of the job.
  @discardableResult
  func submit(_ steps: [JSON], id: String? = nil, _ members: JSONObject = [:]) throws -> String {
    var params = members
    params["plan"] = ["steps": .array(steps)]
    if let id { params["id"] = .string(id) }
    return try request("job/submit", params)["job"]?["id"]?.stringValue ?? ""
  }

  func job(_ id: String) throws -> JSON { try request("job/show", ["job": .string(id)]) }

  func state(_ id: String) throws -> String { try job(id)["job"]?["state"]?.stringValue ?? "" }

  func waitForEnd(_ id: String, within seconds: Double = 60) throws -> String {
    try eventually("job '\(id)' has ended", within: seconds) {
      ["succeeded", "failed", "cancelled"].contains(try state(id))
    }
    return try state(id)
  }

  func kinds(_ id: String) throws -> [String] {
    try request("job/events", ["job": .string(id)])["events"]?.arrayValue?.compactMap { $0["kind"]?.stringValue } ?? []
  }
}
