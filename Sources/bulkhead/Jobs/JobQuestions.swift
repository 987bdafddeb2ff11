internal import ClientKit
internal import JSON
internal import TerminalText

/// Runs a request about the job `id`. When there is no such job, the nearest recent one is named.
func askingAbout<T>(
  job id: String,
  _ client: BulkheadClient,
  _ body: () async throws(ClientError) -> T
) async throws(Failure) -> T {
  do throws(ClientError) {
    return try await body()
  } catch {
    throw await failure(error, job: id, client)
  }
}

/// What an error means for a command about the job `id`.
func failure(_ error: ClientError, job id: String, _ client: BulkheadClient) async -> Failure {
  var failure = Failure(error)
  // Of a step that there is not, the job is known.
  guard error.code.rawValue == "not_found", error.data["job"] != nil, failure.hint == nil else { return failure }
  let ids = await recentJobs(client)
  let begun = ids.filter { $0.hasPrefix(id) }
  if let near = begun.count == 1 ? begun[0] : nearest(to: id, among: ids) {
    failure.hint = "did you mean '\(near)'?"
  } else {
    failure.hint = "'bulkhead jobs --all --calls' lists all jobs"
  }
  return failure
}

/// For a hint only: without an answer there is none.
private func recentJobs(_ client: BulkheadClient) async -> [String] {
  do throws(ClientError) { return try await client.jobs(limit: 200).map(\.id) } catch { return [] }
}

extension JobSummary {
  /// `job 'ID' STATE`, for what a command did to it.
  var said: String { "job '\(id)' is \(state)" }
}

extension JobReport {
  /// As `job/show` answers.
  var json: JSON {
    var object: JSONObject = ["job": job.json, "steps": .array(steps.map(\.json))]
    object["spec"] = plan
    object["result"] = result
    if isAbridged { object["abridged"] = true }
    object["usage"] = usage?.json
    object["budget"] = budget?.json
    return .object(object)
  }

  /// For people: the synthesis if the plan asks for one, else the outputs of the last steps.
  var resultText: String? {
    if let synthesis = result?["synthesis"]?.stringValue { return synthesis }
    return result.map { ($0["outputs"] ?? $0).indented() }
  }
}
