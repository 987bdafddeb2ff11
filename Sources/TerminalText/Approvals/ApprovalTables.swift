package import JSON
package import Wire

/// What waits for a person, and what plans may do, in columns.
package enum ApprovalTables {
  /// With `showsState` also what has become of each.
  package static func approvals(_ approvals: [Approval], now: Int64, showsState: Bool = false) -> Table {
    var table = Table(
      ["ID"] + (showsState ? ["STATE"] : []) + ["AGE", "LEFT", "JOB", "STEP", "TOOL", "ASKED BY", "RULES"]
    )
    for approval in approvals {
      let cells = [approval.id] + (showsState ? [approval.state] : [])
      table.add(
        cells + [
          spanText(milliseconds: max(0, now - approval.createdAt)), left(approval, now), approval.job,
          place(approval), approval.tool.map { visibleLine($0) } ?? "-", who(approval.caller),
          approval.rules.map { visibleLine($0.name) }.joined(separator: ", "),
        ],
        colours: showsState ? [nil, colour(approval.state)] : []
      )
    }
    return table
  }

  package static func colour(_ state: String) -> Colour? {
    switch state {
    case "pending": .yellow
    case "approved": .green
    case "denied", "expired": .red
    default: .dim
    }
  }

  private static func left(_ approval: Approval, _ now: Int64) -> String {
    approval.state == "pending" ? spanText(milliseconds: max(0, approval.deadlineAt - now)) : "-"
  }

  /// `plan`, or the step with its item; of a call that a worker makes, whose step is a key, `(call)`.
  package static func place(_ approval: Approval) -> String {
    if approval.kind == "plan" { return "(plan)" }
    if approval.kind == "call" { return "(call)" }
    return visibleLine(approval.step ?? "-") + (approval.item.map { "[\($0)]" } ?? "")
  }

  /// `ada`, as the kernel and the system's list of users say.
  package static func who(_ caller: JSON?) -> String {
    let uid = caller?["uid"]?.integerValue.map { "uid \($0)" }
    return visibleLine(caller?["user"]?.stringValue ?? uid ?? "-")
  }

  package static func privileges(_ privileges: [Privilege]) -> Table {
    var table = Table("KIND", "WHAT", "ENFORCED BY", "POLICY", "STEPS")
    for privilege in privileges {
      table.add(
        [
          privilege.kind, visibleLine(privilege.value), privilege.enforcedBy, privilege.verdict,
          privilege.steps.map { visibleLine($0) }.joined(separator: ", "),
        ],
        colours: [nil, nil, nil, colour(ofVerdict: privilege.verdict)]
      )
    }
    return table
  }

  private static func colour(ofVerdict verdict: String) -> Colour? {
    switch verdict {
    case "asks": .yellow
    case "forbidden": .red
    default: nil
    }
  }
}
