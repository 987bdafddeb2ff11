import ClientKit
import Foundation
import JSON
import Posix
import ProviderServer
import Testing
import Wire

/// A coordinator with the planner, the models worker and functions; the provider is large and answers as a test says.
struct PlanningService {
  let service: ModelService
  var client: BulkheadClient { service.client }
  var server: ProviderServer { service.server }

  static let large =
    "{providers: {big: {kind: openai, auth: none, base_url: \"URL/big/v1\", model: gpt-4o, attempts: 1}}, "
    + "roles: {planner: [big], worker: [big], verifier: [big]}}"

  init(
    _ settings: String = Self.large,
    planner: String = "{}",
    receipts: Bool = false,
    recipes: [JSON] = []
  ) async throws {
    service = try await ModelService(
      settings,
      worker: "  planner: {settings: \(planner)}",
      workers: [("planner", "make_plan"), ("executor", "compute_tax")]
        + (receipts ? [("receipts", "receipt_ocr")] : []),
      recipes: recipes
    )
  }

  func makePlan(_ input: JSON, timeout: Duration = .seconds(30)) async throws -> JSON {
    try await client.call(tool: "make_plan", input: input, timeout: timeout).output
  }

  func failure(_ input: JSON, at location: SourceLocation = #_sourceLocation) async -> ClientError? {
    do throws(ClientError) {
      let result = try await client.call(tool: "make_plan", input: input, timeout: .seconds(30))
      Issue.record("a plan was made: \(result.output)", sourceLocation: location)
      return nil
    } catch {
      return error
    }
  }

  /// What the provider is to answer, one after the other.
  func answer(_ answers: JSON...) {
    server["big"] = .sequence(answers.map { .whole(body: ModelService.chat($0.stringValue ?? $0.description)) })
  }

  /// The bodies of what the provider was asked, as a list.
  var asked: JSON {
    // Safety: what is no JSON fails the test that looks at it.
    .array(
      server.requests.filter { $0.line.contains("/chat/completions") }.map { (try? JSON(parsing: $0.body)) ?? .null }
    )
  }

  /// The n-th prompt that was sent, from 0 on; empty: there was none.
  func prompt(_ number: Int, role: Int = 1) -> String {
    asked[number]?["messages"]?[role]?["content"]?.stringValue ?? ""
  }

  /// The end of a job.
  func end(of job: String) async throws -> JobReport {
    let stream = client.follow(job: job)
    for try await _ in stream {}
    return try await client.job(job)
  }

  /// A large model's answer.
  static func plan(_ steps: JSON, template: String = "", checks: JSON = []) -> JSON {
    [
      "reason": "because", "decision": "plan", "steps": steps, "answer_template": .string(template), "write": false,
      "checks": checks, "answer": "",
    ]
  }

  static func step(_ id: String, _ tool: String, _ input: JSON) -> JSON {
    [
      "id": .string(id), "tool": .string(tool), "input": .string(input.description), "depends_on": [], "for_each": "",
      "when": [],
    ]
  }
}
