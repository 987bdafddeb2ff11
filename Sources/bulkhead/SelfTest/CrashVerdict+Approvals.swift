internal import JSON
internal import Wire

/// Compares what was decided with what is on disk and with what was executed.
extension CrashVerdict {
  func judgeApprovals() throws(Failure) {
    let all = try approvals()
    counts.approvals = all.count
    for (id, decision) in test.ledger.decisions.sorted(by: { $0.key < $1.key }) {
      let state = all.first { $0.id == id }?.state ?? "nowhere"
      let due = decision.isApproval ? "approved" : "denied"
      if decision.isConfirmed ? state != due : state != due && state != "withdrawn" {
        report("\(id) was \(due), and is \(state)")
      }
    }
    for approval in all {
      if approval.state == "pending" { report("\(approval.id) is pending at the end") }
      if approval.state == "expired" { report("\(approval.id) is expired, and had an hour") }
      if approval.state != "pending", approval.state != "withdrawn", test.ledger.decisions[approval.id] == nil {
        report("\(approval.id) is \(approval.state), and nobody decided it")
      }
    }
    judgeRepeats(all)
    judgeExecutions(all)
  }

  /// What was decided is not asked again: of the same thing there is nothing behind a decision.
  private func judgeRepeats(_ approvals: [Approval]) {
    for (_, same) in Dictionary(grouping: approvals, by: { "\($0.job) \($0.hash)" }) {
      let decided = same.filter { $0.state == "approved" || $0.state == "denied" }
      guard decided.count + same.count(where: { $0.state == "pending" }) > 1 else { continue }
      report("the same was asked in \(same.map(\.id).sorted().joined(separator: ", ")) though it was decided")
    }
  }

  /// Each thing that ran was approved, and what was approved once ran for one thing alone.
  private func judgeExecutions(_ approvals: [Approval]) {
    var approved: [String: Int] = [:]
    for approval in approvals where approval.state == "approved" {
      approved["\(approval.job) \(approval.step ?? "")", default: 0] += 1
    }
    var ran: [String: Set<String>] = [:]
    for line in executions.lines where line.tool == "asked" {
      // A step has one approval for each generation and item, a call within one by its own key.
      let step = approved["\(line.job) \(line.key)"] != nil ? line.key : String(line.step.prefix { $0 != "[" })
      ran["\(line.job) \(step)", default: []].insert(line.key)
    }
    counts.approvedExecutions = ran.values.reduce(0) { $0 + $1.count }
    for (what, keys) in ran where keys.count > approved[what] ?? 0 {
      report("'\(what)' ran \(keys.count) times and was approved \(approved[what] ?? 0) times")
    }
  }

  /// All of them, page by page.
  private func approvals() throws(Failure) -> [Approval] {
    var found: [Approval] = []
    while true {
      switch try ask(ApprovalsList(all: true, before: found.last?.id, limit: 1_000)) {
      case .success(let page):
        found += page.approvals
        if page.approvals.isEmpty { return found }
      case .failure(let error): throw Failure("no_answer", "approvals/list: \(error.message)")
      }
    }
  }
}
