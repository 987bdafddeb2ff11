package import Wire

/// What became of jobs, a line each: `tax-2026: succeeded in 12.3s, $0.0612`.
package enum HistoryText {
  /// The line of an ended job, with its error below it.
  package static func line(_ job: JobSummary, _ paint: Paint) -> String {
    let colour = ProgressFrame.colour(ofJob: job.state)
    // Its thousandths help nobody here.
    let time = utcText(milliseconds: job.endedAt ?? job.createdAt).prefix(19)
    var text = "\(time)  \(paint(job.id, .bold)): \(paint(job.state, colour))"
    if let started = job.startedAt, let ended = job.endedAt { text += " in \(tookText(milliseconds: ended - started))" }
    if let usage = job.usage { text += ", \(usage.tokensText) tokens, \(usage.costText)" }
    let title = cut(printableLine(job.title), to: 60)
    if !title.isEmpty { text += "  \(paint(title, .dim))" }
    if job.state != "succeeded", let reason = reasonText(job.reason) {
      text += "\n" + String(repeating: " ", count: 21) + cut(printableLine(reason), to: 120)
    }
    return text
  }
}
