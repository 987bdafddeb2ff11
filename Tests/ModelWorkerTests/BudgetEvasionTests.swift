import ClientKit
import JSON
import ProviderServer
import Testing
import Wire

/// Attempts to get more out of a budget than it is, by the ways on which a call goes to further models.
@Suite(.serialized) struct BudgetEvasionTests {
  private static let schema: JSON = ["type": "object", "properties": ["n": ["type": "integer"]], "required": ["n"]]

  private static func input(_ more: JSONObject) -> JSON {
    var input: JSONObject = ["prompt": "What is n?", "schema": schema]
    for member in more.members { input[member.key] = member.value }
    return .object(input)
  }

  /// Runs steps of the tool `model` under a budget, to the end of the job.
  private static func run(_ service: ModelService, _ inputs: [JSON], _ budget: Budget) async throws -> JobReport {
    let steps = inputs.enumerated().map { number, input -> JSON in
      ["id": .string("s\(number)"), "tool": "model", "input": input, "on_failure": "continue"]
    }
    let id = try await service.client.submit(plan: ["steps": .array(steps)], budget: budget).job.id
    for try await _ in service.client.follow(job: id) {}
    return try await service.client.job(id)
  }

  private static func budget(cost: Int64? = nil, tokens: Int64? = nil) -> Budget {
    var budget = Budget()
    budget.costNanoUSD = cost
    budget.tokens = tokens
    return budget
  }

  private func count(_ service: ModelService, _ name: String) -> Int {
    service.server.requests.count { $0.line.contains("/\(name)/") }
  }

  /// Pays for the small model many times, and not once for the large one.
  private static let little: Int64 = 1_000_000
  private static let plenty: Int64 = 1_000_000_000_000

  @Test(arguments: [(little, false), (plenty, true)])
  func `by escalation: a larger model that what is left does not pay for is not asked`(_ cost: Int64, _ pays: Bool)
    async throws
  {
    let service = try await ModelService(EscalationTests.settings)
    service.server["s"] = .whole(body: ModelService.chat(#"{"answer": {"n": 4}, "sure": false}"#))
    service.server["l"] = .whole(body: ModelService.chat(#"{"n": 7}"#))
    let end = try await Self.run(service, [Self.input(["model": "s", "escalate": "planner"])], Self.budget(cost: cost))
    #expect(count(service, "s") >= 1 && count(service, "l") == (pays ? 1 : 0))
    if pays {
      #expect(end.steps[0].output?["value"] == ["n": 7])
    } else {
      #expect(end.steps[0].error?["data"]?["reason"] == "over_budget", "\(String(describing: end.steps[0].error))")
    }
    #expect((end.usage?.costNanoUSD ?? 0) <= cost)
  }

  @Test(arguments: [(little, false), (plenty, true)])
  func `by fallback: a dearer model of the chain that what is left does not pay for is not asked`(
    _ cost: Int64,
    _ pays: Bool
  ) async throws {
    let service = try await ModelService(EscalationTests.settings)
    service.server["s"] = .whole(status: 500, body: "{}")
    service.server["l"] = .whole(body: ModelService.chat(#"{"n": 7}"#))
    let end = try await Self.run(service, [Self.input(["role": "mixed"])], Self.budget(cost: cost))
    #expect(count(service, "s") >= 1 && count(service, "l") == (pays ? 1 : 0))
    if pays {
      #expect(end.steps[0].output?["value"] == ["n": 7])
    } else {
      #expect(end.steps[0].error?["data"]?["reason"] == "over_budget", "\(String(describing: end.steps[0].error))")
    }
  }

  @Test func `by failing: what an answer of no use cost is gone, and the next model does not begin anew`() async throws
  {
    let service = try await ModelService(EscalationTests.settings)
    // More than a quarter of the budget, which is what the call gets.
    service.server["s"] = .whole(body: ModelService.chat("no JSON", input: 30_000, output: 10))
    service.server["t"] = .whole(body: ModelService.chat(#"{"n": 7}"#))
    let spent = try await Self.run(service, [Self.input(["role": "two"])], Self.budget(tokens: 40_000))
    #expect(
      count(service, "s") >= 1 && count(service, "t") == 0,
      "the second model of the chain is free to ask otherwise"
    )
    #expect(spent.steps[0].state == "failed")
    service.server["s"] = .whole(status: 500, body: "{}")
    let free = try await Self.run(service, [Self.input(["role": "two"])], Self.budget(tokens: 40_000))
    #expect(count(service, "t") == 1 && free.steps[0].output?["value"] == ["n": 7])
  }

  @Test func `by calls at the same time: together they are promised no more tokens than there are`() async throws {
    let service = try await ModelService(EscalationTests.settings)
    service.server["s"] = .whole(body: ModelService.chat(#"{"n": 7}"#, input: 20, output: 20))
    let inputs = (0..<12).map { Self.input(["model": "s", "prompt": .string("What is n, for the \($0)th time?")]) }
    let end = try await Self.run(service, inputs, Self.budget(tokens: 1_200))
    let promised = service.server.requests.filter { $0.line.contains("/s/") }.compactMap { request -> Int64? in
      let body = try? JSON(parsing: Array(request.body.utf8))  // Safety: then there is no number.
      return (body?["max_completion_tokens"] ?? body?["max_tokens"])?.integerValue
    }
    #expect(!promised.isEmpty && promised.count == count(service, "s"), "every request has a limit")
    #expect(promised.allSatisfy { $0 <= 300 }, "no call has more than its share: \(promised)")
    let used = (end.usage?.inputTokens ?? 0) + (end.usage?.outputTokens ?? 0)
    #expect(used > 0 && used <= 1_200)
  }
}
