import Foundation
import JSON
import Testing

@Suite struct OperationsTests {
  private static func up(_ policy: String = "{}") throws -> Program {
    let program = try Program()
    try program.addSin("jobs")
    try program.write(
      "workers/jobs/worker.json",
      #"{"name":"jobs","command":["/usr/bin/python3","-I","-S","jobs.py"],"restart":{"policy":"always"}}"#
    )
    try FileManager.default.createDirectory(atPath: program.folder + "/bulkhead", withIntermediateDirectories: true)
    try program.write("bulkhead/policy.yaml", policy)
    try program.write("bulkhead/bulkhead.yaml", "{}\n")
    let up = try program.up()
    #expect(up.code == 0, "\(up.errors)")
    return program
  }

  @Test func `metrics and history tell what became of jobs, as text and as a document`() throws {
    let program = try Self.up()
    let none = try program.run(["history"])
    #expect(none.code == 0 && none.output.contains("no such jobs have ended"), "\(none.errors)")
    try program.write("good.json", #"{"description":"All is well","steps":[{"id":"a","tool":"echo","input":{}}]}"#)
    try program.write("bad.json", #"{"steps":[{"id":"f","tool":"fail","input":{}}]}"#)
    #expect(try program.run(["run", "--plan", "good.json", "--id", "good"]).code == 0)
    #expect(try program.run(["run", "--plan", "bad.json", "--id", "bad"]).code == 1)
    let history = try program.run(["history"]).output
    let lines = history.split(separator: "\n").map(String.init)
    try #require(lines.count == 3, "\(history)")
    #expect(lines[0].contains("bad: failed in ") && lines[1].contains("as it should"), "\(history)")
    #expect(lines[2].contains("good: succeeded in ") && lines[2].hasSuffix("All is well"))
    #expect(try program.run(["history", "--state", "failed", "--json"]).json()["jobs"]?[0]?["id"] == "bad")
    let byTool = try program.run(["history", "--tool", "echo", "--since", "1h", "--json"]).json()
    #expect(byTool["jobs"]?.arrayValue?.compactMap { $0["id"]?.stringValue } == ["good"])
    let first = try program.run(["history", "-n", "1"])
    #expect(first.output.contains("bad:") && first.errors.contains("there are more"))

    let text = try program.run(["metrics", "--since", "1h"]).output
    #expect(text.contains("jobs       1 succeeded, 1 failed") && text.contains("success    50 %"), "\(text)")
    #expect(text.contains("TOOL") && text.contains("echo") && text.contains("100 %"), "\(text)")
    let document = try program.run(["metrics", "--json"]).json()
    #expect(document["success_rate"] == 0.5 && document["total_tokens"] == 0 && document["estimated_cost"] == 0)
    #expect((document["avg_execution_time"]?.doubleValue ?? -1) >= 0)
    #expect(document["tools"]?.arrayValue?.count == 2 && document["jobs"]?["failed"] == 1)
    let old = try program.run(["metrics", "--until", "1h", "--json"]).json()
    #expect(old["success_rate"] == nil && old["total"]?["executions"] == 0)
  }

  @Test func `health says so by its exit code, and names what hangs`() throws {
    let program = try Self.up()
    let well = try program.run(["health"])
    #expect(well.code == 0 && well.output.contains("worker jobs-1") && well.output.contains("ok    journal"), "\(well)")
    let document = try program.run(["health", "--json"]).json()
    #expect(document["status"] != "unhealthy" && document["probes"]?[0]?["name"] == "service")
    #expect((document["response_time"]?.doubleValue ?? -1) >= 0)
    try program.addSin("hangs-idle")
    try program.write(
      "workers/hangs-idle/worker.json",
      #"{"name":"hangs","command":["/usr/bin/python3","-I","-S","hangs-idle.py"],"heartbeat_ms":0}"#
    )
    #expect(try program.run(["workers", "reload"]).code == 0)
    var ill = try program.run(["health", "--timeout", "500ms"])
    // It may still be starting.
    for _ in 0..<20 where !ill.output.contains("FAIL  worker hangs-1") {
      usleep(200_000)
      ill = try program.run(["health", "--timeout", "500ms"])
    }
    #expect(ill.code == 1 && ill.output.contains("FAIL  worker hangs-1") && ill.output.contains("unhealthy"), "\(ill)")
    #expect(ill.output.contains("hint: 'bulkhead logs hangs' shows what it says"), "\(ill)")
  }

  @Test func `an alert is in status, metrics and health while it is raised`() throws {
    let program = try Self.up(#"alerts: [{name: failing, of: failures, above: 0, over: 1h}]"#)
    _ = try program.run(["tool", "call", "fail", "{}"])
    var status = try program.run(["status", "--json"]).json()
    for _ in 0..<50 where status["alerts"] == nil {
      usleep(100_000)
      status = try program.run(["status", "--json"]).json()
    }
    #expect(status["alerts"]?[0]?["name"] == "failing" && status["alerts"]?[0]?["value"] == 1)
    #expect(try program.run(["status"]).output.contains("failures 1"))
    #expect(try program.run(["metrics"]).output.contains("alerts     1 raised"))
    let health = try program.run(["health"])
    #expect(health.code == 0 && health.output.contains("weak  alerts") && health.output.contains("degraded"))
    #expect(try program.run(["audit", "--kind", "alert.raised"]).output.contains("failing"))
  }
}
