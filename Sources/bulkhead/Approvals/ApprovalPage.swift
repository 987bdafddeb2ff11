internal import ClientKit
internal import JSON
internal import TerminalText
internal import Wire

/// An approval as somebody sees it who decides about it: exactly what would run, nothing left out, and nothing of it hidden.
struct ApprovalPage {
  private let approval: Approval
  private let now: Int64
  private let paint: Paint

  init(_ approval: Approval, _ now: Int64, _ paint: Paint) {
    self.approval = approval
    self.now = now
    self.paint = paint
  }

  /// All that is known of it.
  var text: String {
    var sheet = Sheet(paint)
    sheet.row("approval", approval.id)
    sheet.row("state", approval.state, ApprovalTables.colour(approval.state))
    if approval.state == "pending" { sheet.row("left", left) }
    about(&sheet)
    sheet.row("asked by", Self.person(approval.caller))
    sheet.row("asked", timeText(milliseconds: approval.createdAt))
    sheet.row("until", timeText(milliseconds: approval.deadlineAt))
    sheet.row("for", Self.names(approval.approvers) ?? "every approver")
    sheet.row("hash", approval.hash)
    if approval.state != "pending" {
      sheet.row("decided by", approval.decidedBy.map { Self.person($0) })
      sheet.row("decided", approval.decidedAt.map { timeText(milliseconds: $0) })
      sheet.row("reason", approval.reason.map { visibleLine($0) })
      sheet.row("good for", always)
    }
    what(&sheet)
    edited(&sheet)
    return sheet.lines.joined(separator: "\n")
  }

  /// What would run, and why somebody is asked: enough to decide.
  var question: [String] {
    var sheet = Sheet(paint)
    sheet.row("approval", "\(approval.id), \(left)")
    about(&sheet)
    what(&sheet)
    return sheet.lines.joined(separator: "\n").split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  private func about(_ sheet: inout Sheet) {
    if let question = PersonQuestion(approval) { sheet.row("question", visible(question.message)) }
    sheet.row("job", approval.job)
    switch approval.kind {
    case "plan": sheet.row("about", "the plan as a whole, before anything of it runs")
    case "call": sheet.row("about", approval.step == "call" ? "a call" : "a call that a worker makes")
    default: sheet.row("step", ApprovalTables.place(approval))
    }
    let worker = approval.worker.map { " of worker '\(visibleLine($0))'" } ?? ""
    sheet.row("tool", approval.tool.map { visibleLine($0) + worker })
    for (index, rule) in approval.rules.enumerated() {
      sheet.row(index == 0 ? "because" : "", "\(visibleLine(rule.name)): \(visibleLine(rule.message))")
    }
  }

  private func what(_ sheet: inout Sheet) {
    if approval.kind == "plan" {
      sheet.block("steps, as they were written", approval.input.map { Self.exact($0) })
      if !approval.privileges.isEmpty {
        sheet.block("privileges", ApprovalTables.privileges(approval.privileges).text(paint))
      }
    } else {
      sheet.block("input", approval.input.map { Self.exact($0) })
      lines(approval.input, &sheet)
    }
    sheet.block("needs", approval.needs.map { Self.exact($0.json) })
    sheet.block("limits", approval.limits.map { Self.exact($0.json) })
  }

  private func edited(_ sheet: inout Sheet) {
    guard let input = approval.editedInput else { return }
    sheet.block("input that was put in its place", Self.exact(input))
    lines(input, &sheet)
  }

  /// Scripts are read line by line.
  private func lines(_ input: JSON?, _ sheet: inout Sheet) {
    for member in input?.objectValue?.members ?? [] {
      guard let text = member.value.stringValue, text.contains(where: \.isNewline) else { continue }
      let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { "  | " + visible(String($0)) }
      sheet.block("\(visibleLine(member.key)), line by line", lines.joined(separator: "\n"))
    }
  }

  private var left: String {
    let remaining = approval.deadlineAt - now
    let then =
      approval.onTimeout == "escalate"
      ? "it goes to \(Self.names(approval.escalation) ?? "somebody else")" : "it counts as denied"
    return remaining <= 0 ? "no time left: \(then)" : "\(spanText(milliseconds: remaining)) left, then \(then)"
  }

  private var always: String? {
    guard let always = approval.always else { return approval.state == "approved" ? "this alone" : nil }
    if always.isEmpty { return "whatever the job does that is equal" }
    return "whatever the job does that differs at most at " + always.map { quoted($0) }.joined(separator: ", ")
  }

  /// Whoever decides has to be each of them.
  private static func names(_ approvers: [String]) -> String? {
    approvers.isEmpty ? nil : approvers.map { visibleLine($0) }.joined(separator: " and ")
  }

  /// JSON that can be copied and means the same.
  static func exact(_ value: JSON) -> String { visibleJSON(value.indented()) }

  /// `ada (uid 1000), with /usr/bin/bulkhead`.
  static func person(_ caller: JSON) -> String {
    let uid = caller["uid"]?.integerValue.map { " (uid \($0))" } ?? ""
    let program = caller["program"]?.stringValue.map { $0.isEmpty ? "" : ", with \(visibleLine($0))" } ?? ""
    return ApprovalTables.who(caller) + (caller["user"] == nil ? "" : uid) + program
  }
}
