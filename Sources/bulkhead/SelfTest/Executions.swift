internal import Glibc
internal import JSON
internal import Posix

/// What the workers of the self-test wrote down: one line for each execution of a tool.
struct Executions {
  struct Line {
    let tool: String
    let key: String
    let job: String
    let step: String
    let attempt: Int64
    let add: Int64
  }

  private(set) var lines: [Line] = []
  private(set) var byKey: [String: [Line]] = [:]

  init(_ path: String) throws(Failure) {
    let bytes: [UInt8]
    do throws(PosixError) {
      bytes = try Descriptor.open(path, O_RDONLY).readAll(limit: 1 << 30)
    } catch {
      throw Failure("no_file", "\(error)")
    }
    for text in bytes.split(separator: UInt8(ascii: "\n")) {
      // Safety: a line that is none is reported by its number.
      guard let json = try? JSON(parsing: Array(text)), let tool = json["tool"]?.stringValue,
        let key = json["key"]?.stringValue, let attempt = json["attempt"]?.integerValue
      else { throw Failure("no_file", "line \(lines.count + 1) of '\(path)' is damaged") }
      let line = Line(
        tool: tool,
        key: key,
        job: json["job"]?.stringValue ?? "",
        step: json["step"]?.stringValue ?? "",
        attempt: attempt,
        add: json["add"]?.integerValue ?? 0
      )
      lines.append(line)
      byKey[key, default: []].append(line)
    }
  }

  /// Promises that the lines alone can show broken.
  func problems() -> [String] {
    var problems: [String] = []
    for (key, lines) in byKey {
      let tool = lines[0].tool
      if tool == "once" || tool == "asked" || tool == "breed", lines.count > 1 {
        problems.append("'\(key)': '\(tool)', which is not idempotent, ran \(lines.count) times")
      }
      let attempts = lines.map(\.attempt)
      if tool != "pure", Set(attempts).count < attempts.count {
        problems.append("'\(key)': one attempt ran twice (\(attempts))")
      }
      if Set(lines.map { "\($0.job) \($0.step) \($0.tool)" }).count > 1 {
        problems.append("'\(key)' is the key of different work")
      }
    }
    return problems
  }
}
