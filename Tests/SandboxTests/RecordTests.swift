import Foundation
import JSON
import Testing
import Wire

/// Records are what the protocol says, checked against its schema rather than the worker's own.
@Suite(.serialized) struct RecordTests {
  @Test func `every kind of record fits the protocol's schema`() throws {
    let path =
      URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path + "/protocol/schema/run-result.json"
    let schema = try JSONSchema(JSON(parsing: Array(try #require(FileManager.default.contents(atPath: path)))))
    let bench = try SandboxBench()
    let answers = [
      try bench.bash("true"), try bench.bash("exit 3"), try bench.bash("kill -9 $$"),
      try bench.bash("echo a > f; mkfifo p"),
      try bench.bash("sleep 9", limits: limits { $0.wallMS = 100 }),
      try bench.bash("yes", limits: limits { $0.outputBytes = 10 }),
      try bench.call("bash", ["command": "true", "cwd": "/nowhere"]),
      try bench.python("import socket; socket.socket()"), try bench.python("output = {1}"),
      try bench.python("output = 1"),
    ]
    for answer in answers {
      guard case .object(var record) = answer.record else {
        Issue.record("no record: \(String(describing: answer.error))")
        continue
      }
      // What code_exec adds.
      record["output"] = nil
      record["error"] = nil
      #expect(schema.violations(in: .object(record)).isEmpty, "\(record)")
    }
    try bench.end()
  }
}
