package import JSON

/// Records of the audit log in columns.
package enum AuditTable {
  /// `records`: as they were read, oldest first.
  package static func table(_ records: [JSON]) -> Table {
    let hasJobs = records.contains { $0["job"] != nil }
    var table = Table(["N", "TIME", "WHO", "KIND"] + (hasJobs ? ["JOB"] : []) + ["WHAT"])
    for record in records {
      let job = record["job"]?.stringValue.map { job in job + (record["step"]?.stringValue.map { " \($0)" } ?? "") }
      let kind = record["kind"]?.stringValue ?? ""
      table.add(
        [
          "\(record["n"]?.integerValue ?? 0)", utcText(milliseconds: record["at"]?.integerValue ?? 0),
          record["actor"]?.stringValue ?? "", kind,
        ] + (hasJobs ? [cut(printableLine(job ?? "-"), to: 40)] : []) + [
          cut(printableLine(what(kind, record["data"] ?? [:])), to: 80)
        ],
        colours: [.dim, .dim, nil, colour(kind, record["data"])]
      )
    }
    return table
  }

  /// What a record says, in few words.
  package static func what(_ kind: String, _ data: JSON) -> String {
    func text(_ name: String) -> String? { data[name]?.stringValue }
    let words: [String?]
    switch kind {
    case "service.started", "service.stopped": words = [text("version")]
    case "policy.loaded":
      words = [text("version") ?? "none", text("environment").map { "in \($0)" }, text("file").map { "from \($0)" }]
    case "job.requested": words = [text("what"), text("title").map { "'\($0)'" }]
    case "request.refused": words = [text("method"), "needs \(text("needed") ?? "")", "is \(text("role") ?? "")"]
    case "policy.decided":
      let rules = (data["rules"]?.arrayValue ?? []).compactMap { $0["rule"]?.stringValue }
      words = [text("effect"), text("tool"), rules.isEmpty ? nil : "by \(rules.joined(separator: ", "))"]
    case "approval.asked": words = [text("approval"), text("tool"), text("approver").map { "of \($0)" }]
    case "approval.approved", "approval.denied":
      let isEdited = data["edited"]?.boolValue == true
      words = [text("approval"), isEdited ? "edited" : nil, text("reason").map { "'\($0)'" }]
    case "approval.expired", "approval.escalated": words = [text("approval"), text("to").map { "to \($0)" }]
    case "tool.invoked": words = [text("tool"), data["input"].map { $0.description }]
    case "tool.ended": words = [text("tool"), text("result"), text("error")]
    case "limit.reached": words = [text("limit"), text("at_most").map { "at most \($0)" }, text("over")]
    case "audit.removed":
      words = ["records \(data["first"]?.integerValue ?? 0) to \(data["last"]?.integerValue ?? 0)"]
    default: words = [data.description]
    }
    return words.compactMap { $0 }.joined(separator: " ")
  }

  private static func colour(_ kind: String, _ data: JSON?) -> Colour? {
    switch kind {
    case "approval.denied", "approval.expired", "limit.reached", "request.refused": .yellow
    case "policy.decided" where data?["effect"]?.stringValue == "block": .red
    case "tool.ended" where data?["result"]?.stringValue == "failed": .red
    default: nil
    }
  }
}

/// `2026-01-31 12:00:00.123`, in UTC.
package func utcText(milliseconds: Int64) -> String {
  func parts(_ value: Int64, _ unit: Int64) -> (Int64, Int64) {
    let rest = (value % unit + unit) % unit
    return ((value - rest) / unit, rest)
  }
  let (days, inDay) = parts(milliseconds, 86_400_000)
  // Days since 1970 to a date of the Gregorian calendar, by eras of 400 years that begin in March.
  let (era, dayOfEra) = parts(days + 719_468, 146_097)
  let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
  let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  let month = (5 * dayOfYear + 2) / 153
  let day = dayOfYear - (153 * month + 2) / 5 + 1
  let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
  func padded(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
  let date = "\(padded(year, 4))-\(padded(month < 10 ? month + 3 : month - 9, 2))-\(padded(day, 2))"
  let time = [inDay / 3_600_000, inDay / 60_000 % 60, inDay / 1_000 % 60].map { padded($0, 2) }.joined(separator: ":")
  return "\(date) \(time).\(padded(inDay % 1_000, 3))"
}
