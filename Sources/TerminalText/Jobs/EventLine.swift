internal import JSON
package import Wire

/// One line for each event, for those who do not look at a terminal.
package enum EventLine {
  /// `since` is the time from which offsets count, in milliseconds since 1970. nil for what has no line of its own.
  package static func text(_ event: JobEvent, since: Int64, paint: Paint = .plain) -> String? {
    guard let (words, colour) = words(event) else { return nil }
    let subject = event.step.map { $0 + (event.item.map { "[\($0)]" } ?? "") } ?? "job"
    let offset = padded(offsetText(milliseconds: event.at - since), 10, isRight: true)
    let name = columns(of: subject) < 20 ? padded(subject, 20) : subject
    return "\(paint(offset, .dim))  \(printableLine(name))  \(paint(printableLine(words), colour))"
  }

  private static func words(_ event: JobEvent) -> (String, Colour?)? {
    guard let dot = event.kind.firstIndex(of: ".") else { return (event.kind, nil) }
    let verb = String(event.kind[event.kind.index(after: dot)...])
    let because = reasonText(event.data).map { ": \($0)" } ?? ""
    return event.kind.hasPrefix("step.") ? step(verb, event.data, because) : job(verb, event.data, because)
  }

  private static func job(_ verb: String, _ data: JSON?, _ because: String) -> (String, Colour?) {
    switch verb {
    case "waiting":
      let step = data?["step"]?.stringValue.map { " for '\($0)'" } ?? ""
      return ("waiting\(step)\(because)", .yellow)
    case "running": return ("running again", nil)
    case "retried":
      let generation = data?["generation"]?.integerValue.map { ", generation \($0)" } ?? ""
      let from = data?["from"]?.stringValue.map { " from '\($0)'" } ?? ""
      return ("to run again\(from)\(generation)", nil)
    case "accepted":
      let recipe = data?["recipe"]?.stringValue.map { " as recipe '\($0)'" } ?? ""
      guard let mode = data?["mode"]?.stringValue else { return ("accepted\(recipe)", nil) }
      return ("accepted, to be carried out \(mode)\(reasonText(data).map { " (\($0))" } ?? "")", nil)
    case "planned":
      let count = counted(Int(data?["steps"]?.integerValue ?? 0), "step")
      let recipe = data?["recipe"]?.stringValue.map { ", recipe '\($0)'" } ?? ""
      return ("planned: \(count)\(recipe)\(StagesText.model(data?["by"]).map { ", by \($0)" } ?? "")", nil)
    case "replanned":
      let why = [
        "failed": "a step failed", "refused": "the plan cannot be run", "unverified": "the result does not do",
      ]
      return ("to be planned again: \(why[data?["because"]?.stringValue ?? ""] ?? "something was wrong")", .yellow)
    case "plan_refused":
      let first = data?["mistakes"]?[0]?["message"]?.stringValue ?? ""
      return ("the plan cannot be run: \(first)", .yellow)
    case "recovered": return ("taken up again by another run of the coordinator", .yellow)
    case "succeeded": return ("succeeded", .green)
    case "failed":
      let step = data?["step"]?.stringValue.map { " at '\($0)'" } ?? ""
      return ("failed\(step)\(because)", .red)
    case "cancelled", "cancelling", "paused": return (verb + because, .yellow)
    default: return (verb.map { $0 == "_" ? " " : $0 }.reduce(into: "") { $0.append($1) } + because, nil)
    }
  }

  private static func step(_ verb: String, _ data: JSON?, _ because: String) -> (String, Colour?)? {
    let number = data?["attempt"]?.integerValue
    let attempt = number.map { $0 > 1 ? ", attempt \($0)" : "" } ?? ""
    switch verb {
    case "progress": return nil
    case "started":
      return ("started\(data?["worker"]?.stringValue.map { " on '\($0)'" } ?? "")\(attempt)", nil)
    case "succeeded": return ("succeeded\(data?["cached"] == true ? ", result of an earlier attempt" : "")", .green)
    case "failed": return ("failed\(attempt)\(because)", .red)
    case "retrying":
      let delay = data?["delay_ms"]?.integerValue.map { " in \(clockText(milliseconds: $0))" } ?? ""
      return ("again\(delay)\(because)", .yellow)
    case "interrupted": return ("interrupted\(attempt)", .yellow)
    case "unknown": return ("outcome unknown\(because)", .yellow)
    case "expanded": return (data?["items"]?.integerValue.map { counted(Int($0), "item") } ?? "expanded", nil)
    case "resolved": return ("resolved: \(data?["outcome"]?.stringValue ?? "?")", nil)
    case "waiting": return ("waiting\(because)", .yellow)
    case "skipped": return ("skipped\(because)", .dim)
    default: return (verb + because, nil)
    }
  }
}
