internal import Glibc
package import JSON
internal import Posix

/// Structured log lines on standard error: a constant message and dotted keys. Never bodies, never secrets.
package struct Logger: Sendable {
  package enum Level: Int, Sendable, Comparable, CaseIterable {
    /// Nothing at all.
    case silent
    case error, warn, info, debug

    package static func < (a: Level, b: Level) -> Bool { a.rawValue < b.rawValue }

    package var name: String { "\(self)" }

    package init?(_ name: String) {
      guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
      self = level
    }
  }

  package enum Format: String, Sendable {
    /// Text on a terminal, JSON lines elsewhere.
    case auto
    case text, json
  }

  package let level: Level
  private let isJSON: Bool

  package init(level: Level = .info, format: Format = .auto) {
    self.level = level
    isJSON = format == .json || format == .auto && isatty(STDERR_FILENO) == 0
  }

  package func error(_ message: StaticString, _ keys: KeyValuePairs<String, JSON> = [:]) {
    write(.error, message, keys)
  }
  package func warn(_ message: StaticString, _ keys: KeyValuePairs<String, JSON> = [:]) { write(.warn, message, keys) }
  package func info(_ message: StaticString, _ keys: KeyValuePairs<String, JSON> = [:]) { write(.info, message, keys) }
  package func debug(
    _ message: StaticString,
    _ keys: @autoclosure () -> KeyValuePairs<String, JSON> = [:]
  ) {
    if level >= .debug { write(.debug, message, keys()) }
  }

  /// One write per line, so that lines of several threads and processes do not mix.
  private func write(_ level: Level, _ message: StaticString, _ keys: KeyValuePairs<String, JSON>) {
    guard level <= self.level else { return }
    var line: [UInt8]
    if isJSON {
      var writer = JSONWriter()
      writer.beginObject()
      writer.key("time")
      writer.value(timestamp())
      writer.key("level")
      writer.value(level.name)
      writer.key("message")
      writer.value(message.description)
      for (key, value) in keys {
        writer.key(key)
        writer.value(value)
      }
      writer.endObject()
      line = writer.finish()
    } else {
      let pairs = keys.map { key, value in " \(key)=\(value.stringValue.map(Self.shown) ?? value.description)" }
      line = Array("\(timestamp().dropFirst(11)) \(level.name) \(message)\(pairs.joined())".utf8)
    }
    line.append(UInt8(ascii: "\n"))
    _ = line.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  /// A text without spaces or control characters as it is, any other as a JSON string.
  private static func shown(_ text: String) -> String {
    text.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != 0x7F } && !text.isEmpty
      ? text : JSON.string(text).description
  }
}
