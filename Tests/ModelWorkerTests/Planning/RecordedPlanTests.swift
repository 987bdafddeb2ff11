import ClientKit
import Digest
import Foundation
import JSON
import Testing
import Wire

/// What a real small model once planned, asked again without any model.
@Suite struct RecordedPlanTests {
  static let path = ModelService.package + "/Tests/ModelWorkerTests/Planning/Recordings/small-plan.json"
  static let input: JSON = [
    "request": [
      "text": "Compute the tax on 200 at a rate of 0.08.", "tools": ["compute_tax", "apply_discount"],
    ]
  ]

  @Test func `a recorded small model plans as it did, and its plan runs`() async throws {
    let bytes = try Data(contentsOf: URL(filePath: Self.path))
    let digest = SHA256.digest(Array(bytes))
    // Nobody listens there.
    let service = try await PlanningService(
      "{replay: \(digest), providers: {real: {kind: llamacpp, base_url: \"http://127.0.0.1:9/v1\"}}, roles: {planner: [real]}}"
    )
    #expect(try await service.client.upload(Self.path).sha256 == digest)
    let output = try await service.makePlan(Self.input)
    #expect(output["by"] == ["kind": "small_model", "provider": "real", "model": "smollm2-135m-instruct"])
    var plan = try #require(output["plan"]?.objectValue)
    #expect(plan["steps"]?[0]?["tool"] == "compute_tax" && plan["steps"]?[0]?["input"]?["amount"] == 200)
    plan["final_synthesis"] = nil
    let end = try await service.end(of: try await service.client.submit(plan: .object(plan)).job.id)
    #expect(end.job.state == "succeeded")
    // Another question is not in the recording.
    let other = await service.failure(["request": ["text": "Something else", "tools": ["compute_tax"]]])
    #expect(other?.data["reason"] == "replay_miss")
  }
}
