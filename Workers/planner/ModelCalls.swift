internal import Planner
internal import WorkerKit

/// The tools of the worker `models`, called within one call of the planner's.
struct ModelCalls: Sendable {
  let call: Call

  /// Between a model's time and the call's own, so that the answer still gets home.
  private static let marginMS: Int64 = 200
  /// Search by meaning is worth no long wait: there is search by words.
  private static let embedMS: Int64 = 20_000
  private static let listMS: Int64 = 15_000

  private func time(_ limit: Int64 = .max) -> Int64 { max(1, min(limit, call.remainingMS - Self.marginMS)) }

  func ask(_ question: PlannerServices.Question) async throws -> PlannerServices.Answer {
    var input: JSONObject = [
      "role": .string(question.role), "system": .string(question.system), "prompt": .string(question.prompt),
    ]
    input["schema"] = question.schema
    input["max_tokens"] = question.maxTokens.map { JSON.integer($0) }
    input["temperature"] = question.temperature.flatMap { JSON($0) }
    do {
      let output = try await call.call("model", .object(input), timeoutMS: time()).output
      return PlannerServices.Answer(
        text: output["content"]?.stringValue ?? "",
        value: output["value"],
        provider: output["provider"]?.stringValue ?? "",
        model: output["model"]?.stringValue ?? ""
      )
    } catch let error as WireError where error.name == .unknownTool {
      throw WireError(.toolFailed, "no worker offers the tool 'model'", data: ["reason": "no_provider"])
    }
  }

  func embed(_ texts: [String]) async throws -> [[Double]] {
    let input: JSON = ["input": .array(texts.map { .string($0) }), "role": "embedder"]
    let output = try await call.call("embed", input, timeoutMS: time(Self.embedMS)).output
    return (output["embeddings"]?.arrayValue ?? []).map { ($0.arrayValue ?? []).compactMap(\.doubleValue) }
  }

  /// What `model_list` says; with the name of a provider, what that one has, too. nil: nobody speaks with models here.
  func list(_ provider: String?) async throws -> JSON? {
    do {
      let all = try await call.call("model_list", [:], timeoutMS: time(Self.listMS)).output
      guard let provider, var object = all.objectValue else { return all }
      let live = try await call.call(
        "model_list",
        ["provider": .string(provider), "live": true],
        timeoutMS: time(Self.listMS)
      )
      // Only the one that is asked is looked at; the roles are those of all.
      object["providers"] = .array(
        (all["providers"]?.arrayValue ?? []).map { item in
          item["name"] == .string(provider) ? live.output["providers"]?[0] ?? item : item
        }
      )
      return .object(object)
    } catch let error as WireError where error.name == .unknownTool || error.name == .unavailable {
      call.progress(.status, "no language models: \(error.message)")
      return nil
    }
  }
}
