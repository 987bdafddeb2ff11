import JSON
import Wire

/// Reads the body of any message by its method and writes it again: the type that a receiver would use.
enum Bodies {
  /// Decodes the params of `method` as the receiver at the other end of `link` does and encodes them again.
  static func params(_ method: String, _ link: Link, _ object: JSONObject) throws(WireError) -> JSON? {
    switch method {
    case "initialize":
      link == .worker ? try again(InitializeWorker.self, object) : try again(InitializeClient.self, object)
    case "tool/invoke": try again(ToolInvoke.self, object)
    case "tool/call": try again(ToolCall.self, object)
    case "progress": try again(Progress.self, object)
    case "cancel": try again(Cancel.self, object)
    case "ping": try again(Ping.self, object)
    case "drain": try again(Drain.self, object)
    case "shutdown": try again(Shutdown.self, object)
    case "blob/read": try again(BlobRead.self, object)
    case "blob/write": try again(BlobWrite.self, object)
    case "status": try again(Status.self, object)
    case "tools/list": try again(ToolsList.self, object)
    case "tools/changed": try again(ToolsChanged.self, object)
    case "tools/accept": try again(ToolsAccept.self, object)
    case "recipes/list": try again(RecipesList.self, object)
    case "workers/list": try again(WorkersList.self, object)
    case "workers/reload": try again(WorkersReload.self, object)
    case "logs/read": try again(LogsRead.self, object)
    case "log": try again(Log.self, object)
    case "job/submit": try again(JobSubmit.self, object)
    case "plan/check": try again(PlanCheck.self, object)
    case "job/list": try again(JobList.self, object)
    case "job/show": try again(JobShow.self, object)
    case "job/events": try again(JobEvents.self, object)
    case "job/event": try again(JobEventNotice.self, object)
    case "job/cancel": try again(JobCancel.self, object)
    case "job/pause": try again(JobPause.self, object)
    case "job/resume": try again(JobResume.self, object)
    case "job/retry": try again(JobRetry.self, object)
    case "job/fork": try again(JobFork.self, object)
    case "job/resolve": try again(JobResolve.self, object)
    case "approvals/list": try again(ApprovalsList.self, object)
    case "approvals/decide": try again(ApprovalsDecide.self, object)
    case "plan/privileges": try again(PlanPrivileges.self, object)
    case "policy/show": try again(PolicyShow.self, object)
    case "policy/reload": try again(PolicyReload.self, object)
    case "policy/test": try again(PolicyTest.self, object)
    case "journal/gc": try again(JournalCollect.self, object)
    case "journal/backup": try again(JournalBackup.self, object)
    case "usage/report": try again(UsageReport.self, object)
    case "metrics/report": try again(MetricsReport.self, object)
    case "health/check": try again(HealthCheck.self, object)
    case "audit/query": try again(AuditQuery.self, object)
    case "audit/heads": try again(AuditHeads.self, object)
    case "audit/verify": try again(AuditVerify.self, object)
    default: nil
    }
  }

  static func result(_ method: String, _ link: Link, _ object: JSONObject) throws(WireError) -> JSON? {
    switch method {
    case "initialize":
      link == .worker
        ? try again(InitializeWorker.Response.self, object) : try again(InitializeClient.Response.self, object)
    case "tool/invoke": try again(ToolInvoke.Response.self, object)
    case "tool/call": try again(ToolCall.Response.self, object)
    case "ping": try again(Ping.Response.self, object)
    case "drain": try again(Drain.Response.self, object)
    case "shutdown": try again(Shutdown.Response.self, object)
    case "blob/read": try again(BlobRead.Response.self, object)
    case "blob/write": try again(BlobWrite.Response.self, object)
    case "status": try again(Status.Response.self, object)
    case "tools/list": try again(ToolsList.Response.self, object)
    case "tools/accept": try again(ToolsAccept.Response.self, object)
    case "recipes/list": try again(RecipesList.Response.self, object)
    case "workers/list": try again(WorkersList.Response.self, object)
    case "workers/reload": try again(WorkersReload.Response.self, object)
    case "logs/read": try again(LogsRead.Response.self, object)
    case "job/submit": try again(JobSubmit.Response.self, object)
    case "plan/check": try again(PlanCheck.Response.self, object)
    case "job/list": try again(JobList.Response.self, object)
    case "job/show": try again(JobShow.Response.self, object)
    case "job/events": try again(JobEvents.Response.self, object)
    case "job/cancel", "job/pause", "job/resume", "job/retry", "job/fork", "job/resolve":
      try again(JobChange.self, object)
    case "approvals/list": try again(ApprovalsList.Response.self, object)
    case "approvals/decide": try again(ApprovalsDecide.Response.self, object)
    case "plan/privileges": try again(PlanPrivileges.Response.self, object)
    case "policy/show": try again(PolicyShow.Response.self, object)
    case "policy/reload": try again(PolicyReload.Response.self, object)
    case "policy/test": try again(PolicyTest.Response.self, object)
    case "journal/gc": try again(JournalCollect.Response.self, object)
    case "journal/backup": try again(JournalBackup.Response.self, object)
    case "usage/report": try again(UsageReport.Response.self, object)
    case "metrics/report": try again(MetricsReport.Response.self, object)
    case "health/check": try again(HealthCheck.Response.self, object)
    case "audit/query": try again(AuditQuery.Response.self, object)
    case "audit/heads": try again(AuditHeads.Response.self, object)
    case "audit/verify": try again(AuditVerify.Response.self, object)
    default: nil
    }
  }

  private static func again<T: WireBody>(_ type: T.Type, _ object: JSONObject) throws(WireError) -> JSON {
    let body = try T.decode(object)
    var writer = JSONWriter()
    writer.object(body)
    do { return try JSON(parsing: writer.finish()) } catch { throw WireError(.internalError, "\(error)") }
  }
}
