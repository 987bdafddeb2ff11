import Glibc
import JSON

/// The result of a family with the machine it ran on. A ratio says how many times as long the side takes as `ours`.
struct Report {
  let family: String
  let measurements: [Measurement]
  let bounds: [Bound]

  var table: String {
    var rows = [["subject", "side", "runs", "median", "spread", "MB/s", "ratio"]]
    for measurement in measurements {
      rows.append([
        measurement.subject, measurement.side, "\(measurement.samples.count)", value(measurement),
        "±\(rounded(measurement.spread, 1)) %",
        measurement.bytes.map { rounded(Double($0) * 1e3 / measurement.median, 0) } ?? "",
        ratio(measurement).map { rounded($0, 2) } ?? "",
      ])
    }
    var lines = ["\(family) on \(machine)"] + Self.columns(rows, left: 2)
    if !bounds.isEmpty {
      let rows = bounds.map { bound in
        [
          bound.subject, "\(rounded(bound.value, 2)) \(bound.unit)",
          "\(bound.isAtMost ? "at most" : "at least") \(rounded(bound.limit, 2))", bound.holds ? "held" : "MISSED",
        ]
      }
      lines += [""] + Self.columns([["bound", "measured", "limit", ""]] + rows, left: 1)
    }
    return lines.joined(separator: "\n")
  }

  private static func columns(_ rows: [[String]], left: Int) -> [String] {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return column < left ? row[column] + padding : padding + row[column]
      }.joined(separator: "  ")
    }
  }

  var json: String {
    var writer = JSONWriter()
    writer.beginObject()
    writer.key("family")
    writer.value(family)
    writer.key("machine")
    writer.value(machine)
    writer.key("measurements")
    writer.beginArray()
    for measurement in measurements {
      writer.beginObject()
      writer.key("subject")
      writer.value(measurement.subject)
      writer.key("side")
      writer.value(measurement.side)
      writer.key("runs")
      writer.value(measurement.samples.count)
      writer.key("median_\(measurement.unit.rawValue)")
      writer.value(JSON(measurement.median) ?? .null)
      writer.key("spread_percent")
      writer.value(JSON(measurement.spread) ?? .null)
      if let bytes = measurement.bytes {
        writer.key("bytes")
        writer.value(bytes)
      }
      if let ratio = ratio(measurement) {
        writer.key("ratio")
        writer.value(JSON(ratio) ?? .null)
      }
      writer.endObject()
    }
    writer.endArray()
    writer.key("bounds")
    writer.beginArray()
    for bound in bounds {
      writer.beginObject()
      writer.key("subject")
      writer.value(bound.subject)
      writer.key("measured")
      writer.value(JSON(bound.value) ?? .null)
      writer.key("unit")
      writer.value(bound.unit)
      writer.key(bound.isAtMost ? "at_most" : "at_least")
      writer.value(JSON(bound.limit) ?? .null)
      writer.key("held")
      writer.value(bound.holds)
      writer.endObject()
    }
    writer.endArray()
    writer.endObject()
    return String(decoding: writer.finish(), as: UTF8.self)
  }

  private func ratio(_ measurement: Measurement) -> Double? {
    guard let ours = measurements.first(where: { $0.subject == measurement.subject && $0.side == "ours" }) else {
      return nil
    }
    return measurement.median / ours.median
  }

  private func value(_ measurement: Measurement) -> String {
    switch measurement.unit {
    case .nanoseconds: time(measurement.median)
    case .bytes: "\(rounded(measurement.median / 1e6, 1)) MB"
    }
  }

  private func time(_ nanoseconds: Double) -> String {
    switch nanoseconds {
    case ..<1e4: "\(rounded(nanoseconds, 0)) ns"
    case ..<1e7: "\(rounded(nanoseconds / 1e3, 1)) µs"
    default: "\(rounded(nanoseconds / 1e6, 1)) ms"
    }
  }

  private func rounded(_ value: Double, _ places: Int) -> String {
    guard places > 0 else { return String(Int(value.rounded())) }
    let scale = pow(10, Double(places))
    return String((value * scale).rounded() / scale)
  }
}

/// Processor, number of processors in reach, kernel.
private var machine: String {
  var processor = "unknown processor"
  if let file = fopen("/proc/cpuinfo", "r") {
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 512)
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      guard text.hasPrefix("model name"), let colon = text.firstIndex(of: ":") else { continue }
      processor = String(text[text.index(after: colon)...].drop { $0 == " " }.prefix { $0 != "\n" })
      break
    }
  }
  var name = utsname()
  uname(&name)
  let release = withUnsafeBytes(of: &name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  return "\(processor), \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) cores, Linux \(release)"
}
