import ClientKit
import Foundation
import JSON
import ProviderServer
import Testing
import Wire

/// What two models used, from their answers to what people see.
@Suite(.serialized) struct TwoModelsTests {
  private static let schema: JSON = [
    "type": "object", "properties": ["n": ["type": "integer"]], "required": ["n"], "additionalProperties": false,
  ]
  private static let sure = ProviderServer.Reply.whole(body: ModelService.chat(#"{"answer": {"n": 4}, "sure": true}"#))
  private static let unsure = ProviderServer.Reply.whole(
    body: ModelService.chat(#"{"answer": {"n": 4}, "sure": false}"#)
  )
  private static let large = ProviderServer.Reply.whole(body: ModelService.chat(#"{"n": 7}"#))
  // At 3 tokens in and 5 out an answer costs 1,300 and 130,000 billionths of a dollar.
  private let small: Int64 = 1_300
  private let big: Int64 = 130_000

  private func receipt(_ service: ModelService, _ input: JSON) async throws -> [ModelUsage] {
    try await service.client.call(tool: "model", input: input).receipt?.models ?? []
  }

  @Test func `a receipt tells both models, and what the large one would have cost alone`() async throws {
    let service = try await ModelService(EscalationTests.settings)
    service.server["l"] = Self.large
    let input: JSON = ["prompt": "n?", "schema": Self.schema, "escalate": "planner"]
    service.server["s"] = Self.sure
    let alone = try await receipt(service, input)
    #expect(alone.count == 1 && alone[0].provider == "s" && alone[0].isSmall && !alone[0].isEscalated)
    #expect(alone[0].costNanoUSD == small && alone[0].baselineNanoUSD == big && alone[0].baselineModel == "big")
    service.server["s"] = Self.unsure
    let both = try await receipt(service, input)
    #expect(both.map(\.provider) == ["s", "l"] && both.map(\.role) == ["worker", "planner"])
    #expect(both.map(\.isSmall) == [true, false] && both.map(\.isEscalated) == [true, false])
    #expect(both.map(\.costNanoUSD) == [small, big])
    // The small one's try was extra.
    #expect(both.map(\.baselineNanoUSD) == [0, big])
    service.server["s"] = .hangUp
    let out = try await receipt(service, input)
    #expect(out.map(\.calls) == [0, 1] && out.map(\.isEscalated) == [true, false] && out[0].model == "phi")
    #expect(out.map(\.baselineNanoUSD) == [0, big])
  }

  @Test func `a call without a second model is compared with the planner`() async throws {
    let service = try await ModelService(EscalationTests.settings)
    service.server["s"] = .whole(body: ModelService.chat("hello"))
    service.server["l"] = .whole(body: ModelService.chat("hello"))
    let worker = try await receipt(service, ["prompt": "x"])
    #expect(worker.map(\.isSmall) == [true] && worker[0].baselineNanoUSD == big && worker[0].role == "worker")
    let planner = try await receipt(service, ["prompt": "x", "role": "planner"])
    #expect(planner.map(\.isSmall) == [false] && planner[0].baselineNanoUSD == big && planner[0].costNanoUSD == big)
    // The large model under another role is no small one, nor is one that costs more.
    service.server["s"] = .hangUp
    let mixed = try await receipt(service, ["prompt": "x", "role": "mixed"])
    #expect(mixed.map(\.isSmall) == [false] && mixed[0].baselineNanoUSD == mixed[0].costNanoUSD)
    let named = try await receipt(service, ["prompt": "x", "model": "l"])
    #expect(named.map(\.isSmall) == [false] && named[0].role == nil)
  }

  @Test func `what failed was paid, and counts for nothing`() async throws {
    let service = try await ModelService(EscalationTests.settings)
    service.server["s"] = Self.unsure
    service.server["l"] = .whole(body: ModelService.chat("seven"))
    let error = try #require(
      await service.failure(["prompt": "n?", "schema": Self.schema, "escalate": "planner"])
    )
    let receipt = try #require(error.data["receipt"]?["models"]?.arrayValue)
    #expect(receipt.map { $0["cost_nano_usd"] } == [.integer(small), .integer(big)])
    #expect(receipt.map { $0["baseline_nano_usd"] } == [0, .integer(big)])
    #expect(error.data["reason"] == "schema_mismatch" && error.message.contains("none of 2 models answered"))
  }

  @Test func `sums and every command say what was spared`() async throws {
    let service = try await ModelService(EscalationTests.settings)
    service.server["l"] = Self.large
    service.server["s"] = .sequence([Self.sure, Self.sure, Self.sure, Self.unsure])
    let input = #"{"prompt": "n?", "schema": {"type": "object", "required": ["n"]}, "escalate": "planner"}"#
    let steps = (1...4).map {
      #"{"id": "s\#($0)", "tool": "model", "depends_on": [\#($0 > 1 ? "\"s\($0 - 1)\"" : "")], "input": \#(input)}"#
    }
    let plan = service.folder + "/plan.json"
    try Data("{\"steps\": [\(steps.joined(separator: ", "))]}".utf8).write(to: URL(filePath: plan))
    let run = try await service.run(["run", "--plan", plan, "--id", "two"])
    #expect(run.code == 0, "\(run.errors)")
    // 4 × small + 1 × big, where the large one alone had needed 4 × big.
    let text = "2 models: small 4 calls, 1 escalated; $0.000135, all by big $0.000520 (74 % less)"
    for arguments in [["show", "two"], ["trace", "two"], ["usage"]] {
      let shown = try await service.run(arguments)
      #expect(shown.output.contains(text), "\(arguments): \(shown.output)\(shown.errors)")
    }
    #expect(
      try await service.run(["show", "two", "--step", "s1"]).output.contains(
        "2 models: small 1 call; $0.000001, all by big"
      )
    )
    let report = try JSON(parsing: Array(try await service.run(["usage", "--by", "model", "--json"]).output.utf8))
    #expect(report["total"]?["small_calls"] == 4 && report["total"]?["escalated_calls"] == 1)
    #expect(report["total"]?["cost_nano_usd"] == .integer(4 * small + big))
    #expect(report["total"]?["baseline_nano_usd"] == .integer(4 * big) && report["total"]?["baseline_model"] == "big")
    let show = try JSON(parsing: Array(try await service.run(["show", "two", "--json"]).output.utf8))
    #expect(show["usage"] == report["total"])
    // One question from the command line.
    let asked = try await service.run([
      "model", "ask", "n?", "--schema", #"{"type": "object"}"#, "--escalate", "planner",
    ])
    #expect(asked.code == 0 && asked.errors.contains("l/m-1 instead of s/phi (unsure)"), "\(asked.errors)")
  }
}
