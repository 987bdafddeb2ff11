internal import JSON
internal import Wire

/// The person who is asked: looks at what waits, and decides about it while the coordinator is killed.
extension CrashTest {
  /// Called every few milliseconds. What was decided and not answered is decided again, the same.
  func decide() {
    guard let link, link.isReady, !isLookingAtApprovals else { return }
    isLookingAtApprovals = true
    // What is decided meanwhile may or may not be in the answer.
    let confirmed = Set(ledger.decisions.filter { $0.value.isConfirmed }.keys)
    link.send(ApprovalsList(limit: 200)) { [weak self] result in
      guard let self else { return }
      isLookingAtApprovals = false
      guard case .success(let response) = result else { return }
      for approval in response.approvals { look(at: approval, wasConfirmed: confirmed.contains(approval.id)) }
    }
  }

  private func look(at approval: Approval, wasConfirmed: Bool) {
    if wasConfirmed { return ledger.report("\(approval.id) was decided, and waits again") }
    let known = ledger.decisions[approval.id]
    if known?.isUnderWay == true || known?.isConfirmed == true { return }
    if let known, known.hash != approval.hash {
      return ledger.report("\(approval.id) is about something else than before")
    }
    // Some wait for a while, so that kills come while they do.
    guard isFinishing || known != nil || random.chance(30) else { return }
    if known != nil { tally.repeatedDecisions += 1 }
    var decision = known ?? CrashLedger.Decision(isApproval: random.chance(85), hash: approval.hash)
    decision.isUnderWay = true
    ledger.decisions[approval.id] = decision
    let message = ApprovalsDecide(approval.id, decision.isApproval ? .approve : .deny, hash: approval.hash)
    link?.send(message) { [weak self] result in
      guard let self else { return }
      ledger.decisions[approval.id]?.isUnderWay = false
      switch result {
      case .success: ledger.decisions[approval.id]?.isConfirmed = true
      // Its job ended meanwhile, or is just being taken up; or it was decided, and that is the last that is heard of it.
      case .failure(let error): unexpected(error, "deciding \(approval.id)", besides: [.conflict, .notFound])
      }
    }
  }
}
