internal import Glibc
internal import Jail
internal import Posix
internal import ReceiptParsing
internal import WorkerKit

/// The host's tesseract: what a jail must show for it to run, and what it can read.
///
/// Found at the first use, in jails too, and looked for again after a failure: installing it needs no restart.
struct Tesseract: Sendable {
  let program: String
  /// Every library that the program loads, and its loader.
  let libraries: [String]
  /// The folder of trained data.
  let data: String
  let languages: [String]
  /// `tesseract 5.3.0`.
  let version: String

  static let path = "/usr/bin/tesseract"
  private static let found = Guarded<Tesseract?>(nil)

  static func shared() throws(WireError) -> Tesseract {
    try found.withLock { known throws(WireError) in
      if let known { return known }
      let new = try Tesseract()
      known = new
      return new
    }
  }

  /// After an upgrade its libraries may have other names.
  static func forget() { found.withLock { $0 = nil } }

  static var isInstalled: Bool { access(path, X_OK) == 0 }

  static var missing: WireError {
    WireError(
      .unavailable,
      "tesseract is not installed (\(path)); hint: Scripts/setup installs it, or: apt-get install tesseract-ocr"
    )
  }

  /// A jail with tesseract, its libraries and its data in it and nothing else: no workspace, no network, no other program.
  func policy(_ arguments: [String]) -> JailPolicy {
    var policy = Self.policy(program, ["tesseract"] + arguments)
    policy.view.libraries = libraries
    policy.view.readable = [data]
    return policy
  }

  fileprivate static func policy(_ program: String, _ arguments: [String]) -> JailPolicy {
    var policy = JailPolicy(program: program, arguments: arguments)
    // One thread: a receipt is too small to gain from more, and calls run beside each other.
    policy.environment = ["OMP_THREAD_LIMIT=1", "LANG=C.UTF-8", "HOME=/tmp", "TMPDIR=/tmp"]
    policy.directory = "/"
    policy.view.base = .bare
    policy.view.programs = [program]
    policy.view.workspaceBytes = nil
    policy.view.temporaryBytes = 1 << 20
    policy.view.processes = .processesOnly
    policy.profile = .compute
    policy.network = hasNoNetwork ? .inherited : .none
    policy.limits.processes = 8
    policy.limits.artifacts = 0
    return policy
  }

  /// The coordinator starts this worker in an empty network namespace; one that was started by hand gives every run one.
  private static let hasNoNetwork = OwnNamespaces.interfacesUp()?.isEmpty == true

  fileprivate static func output(of policy: JailPolicy) throws(WireError) -> String {
    let result: JailResult
    do throws(JailError) {
      var policy = policy
      policy.limits.wallMilliseconds = 10_000
      result = try JailRun(try policy.prepare()).run()
    } catch {
      throw WireError(.setupFailed, error.message)
    }
    guard result.reason == .ok else { throw OCRRun.failure(result) }
    return String(decoding: result.output.bytes, as: UTF8.self)
  }

  /// Absolute paths in lines such as `libz.so.1 => /lib/x86_64-linux-gnu/libz.so.1 (0x…)`.
  static func libraries(in trace: String) -> [String] {
    trace.split(separator: "\n").compactMap { line in
      line.split { $0 == " " || $0 == "\t" }.first { $0.hasPrefix("/") }.map(String.init)
    }
  }

  static func isLanguage(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 32
      && name.utf8.allSatisfy { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") }
  }
}

extension Tesseract {
  /// Asks the host, in jails.
  fileprivate init() throws(WireError) {
    guard Self.isInstalled else { throw Self.missing }
    program = Self.path
    // The loader itself says what it would load, as ldd has it do.
    var trace = Self.policy(program, ["tesseract"])
    trace.view.base = .libraries
    trace.environment.append("LD_TRACE_LOADED_OBJECTS=1")
    libraries = Self.libraries(in: try Self.output(of: trace))
    guard !libraries.isEmpty else { throw WireError(.unavailable, "cannot tell which libraries '\(Self.path)' loads") }

    // Where its data is, it is asked with all of /usr/share in sight; the version without.
    var list = Self.policy(program, ["tesseract", "--list-langs"])
    list.view.base = .libraries
    let lines = try Self.output(of: list).split(separator: "\n").map(String.init)
    guard let head = lines.first, let open = head.firstIndex(of: "\""), let close = head.lastIndex(of: "\""),
      open < close
    else { throw WireError(.unavailable, "tesseract does not say where its trained data is") }
    var folder = String(head[head.index(after: open)..<close])
    while folder.hasSuffix("/"), folder != "/" { folder.removeLast() }
    data = folder
    languages = lines.dropFirst().filter { Self.isLanguage($0) && $0 != "osd" }
    guard !languages.isEmpty else {
      throw WireError(
        .unavailable,
        "tesseract has no trained data in '\(folder)'; hint: apt-get install tesseract-ocr-eng"
      )
    }
    var bare = Self.policy(program, ["tesseract", "--version"])
    bare.view.libraries = libraries
    let version = try Self.output(of: bare).split(separator: "\n").first ?? "tesseract"
    self.version = String(version.prefix(64))
  }
}
