import Foundation
import Glibc
import JSON
import Testing

struct Failure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// What one run of `bulkhead` said.
struct Outcome {
  let code: Int32
  let output: String
  let errors: String

  func json() throws -> JSON { try JSON(parsing: Array(output.utf8)) }
}

/// A folder of its own, and the real `bulkhead` that uses nothing outside it.
final class Program {
  static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
  /// Where the programs lie: beside the test bundle.
  static let folder: String = {
    // Safety: then nothing is found.
    let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let folders = (CommandLine.arguments + [executable]).map { URL(filePath: $0).deletingLastPathComponent().path }
    return folders.first { FileManager.default.isExecutableFile(atPath: $0 + "/bulkhead") } ?? ""
  }()

  let folder: String
  private var isUp = false

  init() throws {
    folder = "/tmp/bulkhead-client-\(UInt32.random(in: 0...UInt32.max))"
    for part in ["run", "state", "workers", "out"] {
      try FileManager.default.createDirectory(atPath: "\(folder)/\(part)", withIntermediateDirectories: true)
    }
    // Workers of a coordinator that root runs are another user.
    chmod(folder, 0o755)
    chmod(folder + "/workers", 0o755)
    chmod(folder + "/run", 0o700)
    chmod(folder + "/state", 0o700)
  }

  deinit {
    if isUp { _ = try? run(["down", "--timeout", "5s"]) }  // Safety: only litter is left when it fails.
    try? FileManager.default.removeItem(atPath: folder)  // Safety: only litter is left when it fails.
  }

  /// Adds workers of the package's `Workers` folder.
  func addWorkers(_ names: String...) throws {
    for name in names {
      let target = "\(folder)/workers/\(name.split(separator: "/").joined(separator: "-"))"
      try FileManager.default.copyItem(atPath: "\(Self.package)/Workers/\(name)", toPath: target)
    }
  }

  /// Adds a worker that runs a script of `Tests/Misbehaving`; gives its folder.
  @discardableResult
  func addSin(_ script: String) throws -> String {
    let target = "\(folder)/workers/\(script)"
    try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
    for file in ["frames.py", script + ".py"] {
      try FileManager.default.copyItem(
        atPath: "\(Self.package)/Tests/Misbehaving/\(file)",
        toPath: "\(target)/\(file)"
      )
    }
    let manifest =
      #"{"name":"\#(script)","command":["/usr/bin/python3","-I","-S","\#(script).py"],"tools":["\#(script)"]}"#
    try manifest.write(toFile: target + "/worker.json", atomically: true, encoding: .utf8)
    return target
  }

  /// Starts the coordinator with the workers that were added.
  @discardableResult
  func up(_ arguments: [String] = []) throws -> Outcome {
    isUp = true
    return try run(["up", "--workers", folder + "/workers"] + arguments)
  }

  /// Starts `bulkhead`, or another program, and leaves it running.
  func begin(
    _ arguments: [String],
    input: String = "",
    program: String = "\(Program.folder)/bulkhead"
  ) throws -> Running {
    try Running(program, arguments, input: input, folder)
  }

  /// Writes a file into the folder; gives its name.
  @discardableResult
  func write(_ name: String, _ text: String) throws -> String {
    try text.write(toFile: folder + "/" + name, atomically: true, encoding: .utf8)
    return name
  }

  func run(_ arguments: [String], input: String = "") throws -> Outcome {
    try begin(arguments, input: input).outcome()
  }
}

/// A `bulkhead` that runs. Its output goes to files, so that nobody waits for anybody.
final class Running {
  private let process = Process()
  private let output: String
  private let errors: String

  fileprivate init(_ program: String, _ arguments: [String], input: String, _ folder: String) throws {
    let number = UInt32.random(in: 0...UInt32.max)
    output = "\(folder)/out/\(number).out"
    errors = "\(folder)/out/\(number).err"
    let source = "\(folder)/out/\(number).in"
    try input.write(toFile: source, atomically: true, encoding: .utf8)
    for path in [output, errors] { try Data().write(to: URL(filePath: path)) }
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(filePath: folder)
    process.environment = [
      "PATH": "/usr/bin:/bin", "HOME": folder, "XDG_RUNTIME_DIR": folder + "/run", "XDG_STATE_HOME": folder + "/state",
      "XDG_CONFIG_HOME": folder,
    ]
    process.standardInput = FileHandle(forReadingAtPath: source)
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle(forWritingAtPath: errors)
    try process.run()
  }

  func interrupt() { kill(process.processIdentifier, SIGINT) }

  /// Waits until something was written to standard output.
  func waitForOutput() throws { try wait(output) { !$0.isEmpty } }

  /// Waits until `part` was written to standard error.
  func waitForErrors(_ part: String) throws { try wait(errors) { $0.contains(part) } }

  private func wait(_ path: String, _ isThere: (String) -> Bool) throws {
    let deadline = Date().addingTimeInterval(20)
    while !isThere(text(path)) {
      guard Date() < deadline, process.isRunning else {
        throw Failure("not what was waited for: \(text(output)) \(text(errors))")
      }
      usleep(2000)
    }
  }

  func outcome() throws -> Outcome {
    let deadline = Date().addingTimeInterval(30)
    while process.isRunning {
      guard Date() < deadline else {
        kill(process.processIdentifier, SIGKILL)
        throw Failure("bulkhead \(process.arguments ?? []) did not end; output: \(text(output)) \(text(errors))")
      }
      usleep(1000)
    }
    let code = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    return Outcome(code: code, output: text(output), errors: text(errors))
  }

  private func text(_ path: String) -> String {
    String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
  }
}
