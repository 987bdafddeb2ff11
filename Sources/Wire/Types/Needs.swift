package import JSON

/// The privileges that one call needs. Literal, beside the input and never inside it.
public struct Needs: Sendable, Hashable {
  /// Absolute paths that may be read, with what lies below them.
  public var read: [String] = []
  /// Absolute paths that may be written.
  public var write: [String] = []
  /// Names or absolute paths of programs that may be executed, `*` for all that the system has; nil: the tool's default.
  public var programs: [String]?
  /// `name:port` that may be reached.
  public var hosts: [String] = []
  /// Variables the program starts with.
  public var environment: [String: String] = [:]
  /// A named set of system calls; nil: the tool's default.
  public var profile: String?
  /// The least wall that is acceptable; nil: `full`.
  public var grade: String?

  public init() {}

  /// All the programs that the system has.
  public static let allPrograms = "*"

  /// The programs, where not all are meant.
  public var listedPrograms: [String]? { programs.flatMap { $0.contains(Self.allPrograms) ? nil : $0 } }
}

extension Needs: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    read = try Self.paths("read", &fields)
    write = try Self.paths("write", &fields)
    programs = try fields.strings("programs")
    hosts = try fields.strings("hosts") ?? []
    for (i, host) in hosts.enumerated() where !Self.isHostAndPort(host) {
      throw .invalidParams("\(fields.path("hosts"))/\(i)", "\(quoted(host)) is no 'name:port'")
    }
    if let variables = try fields.optional("environment", JSONObject.self) {
      for member in variables.members {
        guard case .string(let value) = member.value, !member.key.isEmpty, !member.key.utf8.contains(UInt8(ascii: "=")),
          !member.key.utf8.contains(0), !value.utf8.contains(0)
        else {
          throw .invalidParams(
            "\(fields.path("environment"))/\(member.key)",
            "variable \(quoted(member.key)) is no name with a text"
          )
        }
        environment[member.key] = value
      }
    }
    profile = try fields.optional("profile")
    grade = try fields.optional("grade")
  }

  private static func isHostAndPort(_ text: String) -> Bool {
    guard let colon = text.lastIndex(of: ":"), colon != text.startIndex else { return false }
    let port = text[text.index(after: colon)...]
    guard (1...5).contains(port.utf8.count), port.utf8.allSatisfy({ (48...57).contains($0) }), let number = Int(port),
      (1...65535).contains(number)
    else { return false }
    return text[..<colon].utf8.count <= 253 && text[..<colon].utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != 0x2F }
  }

  /// `/a/b`: no empty, `.` or `..` component, so that what is granted is what is read.
  private static func isPlainPath(_ path: String) -> Bool {
    if path == "/" { return true }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    return parts.first == "" && parts.dropFirst().allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." }
      && !path.utf8.contains(0)
  }

  private static func paths(_ name: StaticString, _ fields: inout Fields) throws(WireError) -> [String] {
    let paths = try fields.strings(name) ?? []
    for (i, path) in paths.enumerated() where !isPlainPath(path) {
      throw .invalidParams("\(fields.path(name))/\(i)", "\(quoted(path)) is no plain absolute path")
    }
    return paths
  }

  package func encode(into writer: inout JSONWriter) {
    if !read.isEmpty { writer.member("read", read) }
    if !write.isEmpty { writer.member("write", write) }
    writer.member("programs", programs)
    if !hosts.isEmpty { writer.member("hosts", hosts) }
    if !environment.isEmpty {
      let members = environment.sorted { $0.key < $1.key }.map { ($0.key, JSON.string($0.value)) }
      writer.member("environment", .object(JSONObject(members)))
    }
    writer.member("profile", profile)
    writer.member("grade", grade)
  }
}
