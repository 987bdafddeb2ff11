internal import Glibc
internal import WorkerKit

/// A program that runs code.
struct Interpreter: Sendable {
  enum Contract: Sendable {
    /// Starts with a bootstrap of ours; request and reply go over descriptors 3 and 4.
    case exchange
    /// Gets the code as a file, the input as `/workspace/input.json`, and may leave `/workspace/output.json`.
    case file(String)
  }

  let name: String
  /// The real program: no link, and no script in front of it, which would cost several times the interpreter's start.
  let program: String
  /// Including argument 0.
  let arguments: [String]
  let contract: Contract
}

/// The languages that this host can run, found once at the start and never by PATH.
struct Interpreters: Sendable {
  private(set) var byName: [String: Interpreter] = [:]
  let python: Interpreter?

  static let folders = ["/usr/bin", "/usr/local/bin"]

  init(_ settings: SandboxSettings) throws(WireError) {
    python = Self.find("python3").map {
      // Isolated and without site-packages: no variable or folder of the caller changes what is imported.
      Interpreter(
        name: "python",
        program: $0,
        arguments: ["python3", "-I", "-S", "-c", PythonBootstrap.source],
        contract: .exchange
      )
    }
    if let python { byName["python"] = python }
    if let node = Self.find("node") {
      byName["javascript"] = Interpreter(
        name: "javascript",
        program: node,
        arguments: ["node", "-e", NodeBootstrap.source],
        contract: .exchange
      )
    }
    for (name, language) in settings.languages {
      guard let path = Self.real(language.command[0]) else {
        throw WireError(.invalidParams, "language '\(name)': cannot execute '\(language.command[0])'")
      }
      byName[name] = Interpreter(
        name: name,
        program: path,
        arguments: language.command + ["/workspace/" + language.file],
        contract: .file(language.file)
      )
    }
  }

  static func find(_ name: String) -> String? {
    for folder in folders {
      if let path = real("\(folder)/\(name)"), isBinary(path) { return path }
    }
    return nil
  }

  private static func real(_ path: String) -> String? {
    guard access(path, X_OK) == 0, let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  private static func isBinary(_ path: String) -> Bool {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return false }
    defer { close(file) }
    var magic: UInt32 = 0
    return read(file, &magic, 4) == 4 && UInt32(bigEndian: magic) == 0x7f45_4c46
  }
}
