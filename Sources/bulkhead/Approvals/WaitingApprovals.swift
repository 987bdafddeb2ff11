internal import ClientKit

/// What jobs wait for that a person decides. For what is shown beside the jobs: without an answer there is none.
struct WaitingApprovals {
  /// Oldest first.
  let approvals: [Approval]

  /// Of one job.
  init(_ client: BulkheadClient, job: JobSummary) async {
    let isFinal = ["succeeded", "failed", "cancelled"].contains(job.state)
    approvals = isFinal ? [] : await Self.read(client, job.id)
  }

  /// Of several jobs, if one of them waits.
  init(_ client: BulkheadClient, jobs: [JobSummary]) async {
    approvals = jobs.contains { $0.state == "waiting" } ? await Self.read(client, nil) : []
  }

  /// Of all jobs.
  init(_ client: BulkheadClient) async { approvals = await Self.read(client, nil) }

  private static func read(_ client: BulkheadClient, _ job: String?) async -> [Approval] {
    do throws(ClientError) { return try await client.approvals(job: job, limit: 1_000).reversed() } catch { return [] }
  }

  /// Ids by job.
  var byJob: [String: [String]] { Dictionary(grouping: approvals, by: \.job).mapValues { $0.map(\.id) } }
}
