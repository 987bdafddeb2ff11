import Foundation
import JSON
import Journal
import Policy
import Posix
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

@Suite struct `Calls in the journal` {
  @Test func `a client's call is a job of one step`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    let result = try bench.call("act", ["n": 1]).get()
    let id = try #require(result.job)
    let shown = try bench.show(id)
    #expect(shown.job.kind == "call" && shown.job.state == "succeeded" && shown.job.title == "act")
    #expect(shown.steps.map(\.id) == ["call"] && shown.steps[0].output == ["n": 1] && shown.steps[0].input == ["n": 1])
    #expect(try bench.show(id, step: "call").steps.count == 1)
    #expect(throws: WireError.self) { try bench.show(id, step: "other") }
    try bench.end()
  }

  @Test func `a call of a pure tool is one row, written when it has ended`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    let id = try #require(try bench.call("pure", ["n": 1]).get().job)
    try bench.until("it is written") { bench.coordinator.journal.backlog == 0 }
    let shown = try bench.show(id)
    #expect(shown.job.state == "succeeded" && shown.steps[0].output == ["n": 1] && shown.steps[0].input == ["n": 1])
    #expect(shown.result == nil, "what it brought is its step's")
    #expect(try bench.read { try $0.integer("SELECT count(*) FROM steps") } == 0)
    try bench.end()
  }

  @Test func `a failed and a cancelled call are written as such`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    #expect(throws: WireError.self) { try bench.call("fail").get() }
    var answer: Result<ToolResult, WireError>?
    let call = bench.coordinator.calls.call(ToolCall(tool: "hold", input: [:]), caller: [:]) { answer = $0 }
    try bench.until("it holds") { bench.lines().contains { $0.hasPrefix("hold") } }
    call?.cancel(.caller)
    try bench.until("it is answered") { answer != nil }
    let states = try bench.ask { bench.jobs.list(JobList(kind: "call"), answer: $0) }.get().jobs.map(\.state)
    #expect(states == ["cancelled", "failed"])
    try bench.end()
  }

  @Test func `a call that is cancelled before it is on disk is seen by no worker`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    var answer: Result<ToolResult, WireError>?
    let call = bench.coordinator.calls.call(ToolCall(tool: "act", input: [:]), caller: [:]) { answer = $0 }
    call?.cancel(.caller)
    try bench.until("it is answered") { answer != nil }
    #expect(throws: WireError(.cancelled, "cancelled before it ran")) { try answer?.get() }
    #expect(bench.lines().isEmpty)
    try bench.end()
  }

  @Test func `people do not act on calls`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    let call = bench.coordinator.calls.call(ToolCall(tool: "hold", input: [:]), caller: [:]) { _ in }
    try bench.until("it holds") { bench.lines().count == 1 }
    let answer = try bench.ask { bench.jobs.cancel(JobCancel(job: "call-1"), by: .owner, answer: $0) }
    guard case .failure(let error) = answer else {
      Issue.record("it was cancelled")
      return
    }
    #expect(error.name == .conflict && error.message.contains("is a call") && error.data["state"] == "running")
    call?.cancel(.caller)
    try bench.end()
  }
}

@Suite struct `Calls within calls` {
  private static func calls(_ list: String) -> String { #"{"id":"n","tool":"nests","input":{"calls":[\#(list)]}}"# }
  private static let act = #"{"tool":"act","input":{"n":1}}"#

  @Test func `each is in the journal under its parent, equal ones by their ordinal`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker(), bench.worker("nests", script: "nests"))
    let job = try bench.run(
      Self.calls(
        [Self.act, #"{"tool":"act","input":{"n":2}}"#, Self.act, #"{"tool":"fail","input":{}}"#].joined(separator: ",")
      )
    )
    #expect(job.job.state == "succeeded")
    let parent = try #require(job.steps[0].idempotencyKey)
    let calls = try bench.read { try $0.calls(of: 1) }
    #expect(
      calls.count == 4 && calls.allSatisfy { $0.parent == parent && $0.job == 1 && $0.key.hasPrefix(parent + "/") }
    )
    let ordinals = calls.filter { $0.tool == "act" }.map { $0.key.dropFirst(parent.count + 1).prefix { $0 != "/" } }
    #expect(ordinals.sorted() == ["0", "0", "1"])
    #expect(calls.count { $0.state == .succeeded } == 3 && calls.count { $0.state == .failed } == 1)
    try bench.end()
  }

  @Test func `a further attempt of the parent repeats nothing that succeeded, and what failed for sure`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker(), bench.worker("nests", script: "nests"))
    let calls = [Self.act, #"{"tool":"fail","input":{"n":1}}"#, Self.act].joined(separator: ",")
    let job = try bench.run(#"{"id":"n","tool":"nests","input":{"calls":[\#(calls)],"die_after":2}}"#)
    #expect(job.job.state == "succeeded" && job.steps[0].attempt == 2)
    #expect(job.steps[0].output?[0] == ["n": 1] && job.steps[0].output?[2] == ["n": 1], "answered from the journal")
    #expect(job.steps[0].output?[1]?["error"] == "tool_failed")
    #expect(bench.lines().count { $0.hasPrefix("act") } == 2, "both took effect in the first attempt")
    #expect(bench.lines().count { $0.hasPrefix("fail") } == 2)
    try bench.end()
  }

  @Test func `what an earlier attempt left open is not guessed`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker(), bench.worker("nests", script: "nests"))
    // The nested worker dies with the first call; in the second attempt nobody knows what that one did.
    let job = try bench.run(
      #"{"id":"n","tool":"nests","input":{"calls":[{"tool":"die","input":{}},\#(Self.act)],"die_after":1}}"#
    )
    #expect(job.steps[0].attempt == 2)
    #expect(job.steps[0].output?[0]?["error"] == "outcome_unknown")
    #expect(bench.lines().count { $0.hasPrefix("die") } == 1 && bench.lines().count { $0.hasPrefix("act") } == 1)
    try bench.end()
  }
}

@Suite struct `No way around the journal` {
  /// The worker itself looks into the journal when it is invoked.
  @Test func `no worker sees an invocation that is not on disk`() throws {
    let bench = try JobBench()
    let settings: JSONObject = ["journal": .string(bench.journalPath)]
    try bench.start(bench.worker(settings: settings), bench.worker("nests", script: "nests"))
    let job = try bench.run(
      #"{"id":"a","tool":"echo"},{"id":"l","tool":"act","for_each":[1,2,3],"input":{"v":"item:value"}},"#
        + #"{"id":"f","tool":"fail","input":{"until":2},"retry":{"max_attempts":2,"backoff_ms":1}},"#
        + #"{"id":"n","tool":"nests","input":{"calls":[{"tool":"act","input":{}},{"tool":"echo","input":{}}]}}"#
    )
    #expect(job.job.state == "succeeded")
    _ = try bench.call("act").get()
    _ = try bench.call("echo", ["n": 1]).get()
    _ = try bench.call("nests", ["calls": [["tool": "act", "input": [:]]]]).get()
    let retried = try bench.ask { bench.jobs.retry(JobRetry(job: job.job.id, from: "a"), by: .owner, answer: $0) }.get()
    try bench.finish(retried.job.id)
    let fork = try bench.ask { bench.jobs.fork(JobFork(job: job.job.id, from: "l"), caller: [:], answer: $0) }.get()
    try bench.finish(fork.job.id)
    let lines = bench.lines()
    #expect(lines.count == 1 + 3 + 2 + 2 + 1 + 1 + 1 + 1 + 3)
    #expect(lines.allSatisfy { $0.hasSuffix(" known") }, "\(lines)")
    try bench.end()
  }

  @Test func `only steps and calls hand invocations to workers`() throws {
    let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources")
    var submitters: Set<String> = []
    var makers: Set<String> = []
    let files = try #require(FileManager.default.enumerator(atPath: sources.path))
    for case let file as String in files where file.hasSuffix(".swift") {
      let text = try String(contentsOf: sources.appending(path: file), encoding: .utf8)
      if text.contains(".kind.submit(") || text.contains("kind.submit(invocation") { submitters.insert(file) }
      if text.contains(" ToolInvoke(") { makers.insert(file) }
    }
    let calls = ["Coordinator/ToolCalls.swift", "Coordinator/ToolCalls+Nested.swift"]
    #expect(submitters == Set(calls + ["Coordinator/Jobs+Attempts.swift"]))
    // Each call comes to that by one way, behind what is decided about it.
    for file in calls {
      let text = try String(contentsOf: sources.appending(path: file), encoding: .utf8)
      #expect(text.contains("decide(\n      Candidate("), "\(file)")
    }
    // The check of a worker's conformance speaks to a worker of its own, without a coordinator.
    #expect(makers == ["Supervision/Invocation.swift", "bulkhead/Conformance/Conformance+Tools.swift"])
  }
}
