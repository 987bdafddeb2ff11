import ClientKit
import Testing

/// The kit's methods on jobs, against a real coordinator.
@Suite(.ownThread) struct JobTests {
  private static let plan: JSON = [
    "description": "two echoes",
    "steps": [
      ["id": "a", "tool": "echo", "input": ["n": 1]], ["id": "b", "tool": "echo", "input": ["from": "step:a#/n"]],
    ],
  ]

  @Test func `a job is submitted, followed, shown and told again`() async throws {
    let service = try Service()
    let client = try await service.connect()
    let submitted = try await client.submit(plan: Self.plan, id: "k1", priority: 7, deadline: .seconds(100))
    #expect(!submitted.isExisting)
    #expect(submitted.job.priority == 7)
    let stream = client.follow(job: "k1")
    var events: [JobEvent] = []
    for try await event in stream where event.number > 0 { events.append(event) }
    #expect(events.first?.kind == "job.accepted")
    #expect(events.last?.kind == "job.succeeded")
    #expect(events.map(\.number) == Array(1...Int64(events.count)))
    #expect(stream.job?.state == "succeeded")
    #expect(try await client.history(of: "k1") == events)
    let rest = client.follow(job: "k1", after: Int64(events.count - 1))
    var last: [JobEvent] = []
    for try await event in rest { last.append(event) }
    #expect(last == [events[events.count - 1]])
    let report = try await client.job("k1")
    #expect(report.result?["outputs"]?["b"] == ["from": 1])
    #expect(report.plan?["description"] == "two echoes")
    #expect(report.steps.map(\.id) == ["a", "b"])
    #expect(report.steps[1].dependsOn == ["a"])
    #expect(try await client.job("k1", step: "b").steps.map(\.id) == ["b"])
    #expect(try await client.job("k1", payloads: false).steps[0].output == nil)
    #expect(try await client.submit(plan: Self.plan, id: "k1", priority: 7, deadline: .seconds(100)).isExisting)
  }

  @Test func `mistakes of a plan come with their places`() async throws {
    let service = try Service()
    let client = try await service.connect()
    let plan: JSON = ["steps": [["id": "a", "tool": "echo", "input": ["x": "step:b"]], ["id": 5]]]
    let mistakes = try await client.check(plan: plan)
    #expect(mistakes.count >= 2)
    do throws(ClientError) {
      _ = try await client.submit(plan: plan)
      Issue.record("accepted")
    } catch {
      #expect(error.code.rawValue == "invalid_plan")
      #expect(error.planMistakes == mistakes)
    }
    #expect(try await client.jobs() == [])
  }

  @Test func `a job is held, let go, forked, repeated and removed`() async throws {
    let service = try Service()
    let client = try await service.connect()
    _ = try await client.submit(plan: Self.plan, id: "h1", paused: true)
    #expect(try await client.jobs(states: ["paused"]).map(\.id) == ["h1"])
    _ = try await client.resume(job: "h1")
    for try await _ in client.follow(job: "h1") {}
    #expect(try await client.jobs(states: ["succeeded"], kind: "plan").map(\.id) == ["h1"])
    #expect(try await client.retry(job: "h1", from: "b").generation == 2)
    for try await _ in client.follow(job: "h1") {}
    let fork = try await client.fork(job: "h1", from: "a", input: ["n": 9], as: "h2")
    #expect(fork.id == "h2")
    for try await _ in client.follow(job: "h2") {}
    #expect(try await client.job("h2").result?["outputs"]?["b"] == ["from": 9])
    let jobs = try await client.jobs()
    #expect(jobs.map(\.id) == ["h2", "h1"])
    #expect(try await client.jobs(before: jobs[0].sequence, limit: 1).map(\.id) == ["h1"])
    #expect(try await client.collectGarbage(olderThan: .zero, dryRun: true).jobs == 2)
    #expect(try await client.collectGarbage(olderThan: .zero).jobs == 2)
    #expect(try await client.jobs() == [])
    let backup = try await client.backup()
    #expect(backup.bytes > 0)
    #expect(backup.path.hasPrefix(service.folder + "/state/"))
  }
}
