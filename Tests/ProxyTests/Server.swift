import Foundation
import Glibc
import Testing

/// `server.py` in one of its modes as a process of its own, on a port of loopback.
final class Server {
  private let process = Process()
  private let input = Pipe()
  let port: Int

  /// `arguments` follow the mode: a folder, or a certificate with its key.
  init(_ mode: String, _ arguments: [String] = []) throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().path
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/python3")
    process.arguments = ["-u", folder + "/server.py", mode] + arguments
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)), "the server did not start")
  }

  var host: String { "127.0.0.1:\(port)" }

  deinit {
    // Whatever signals this thread blocks are blocked there too, all but this one.
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
  }
}

/// A folder that the test fills and every user can read.
final class Folder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "bulkhead-proxy-test-\(UUID())").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    chmod(path, 0o755)
  }

  deinit {
    // Safety: a folder that is left in the temporary directory harms nobody.
    try? FileManager.default.removeItem(atPath: path)
  }

  /// Runs a command in the folder; its failure is the test's.
  @discardableResult
  func run(_ command: String, at location: SourceLocation = #_sourceLocation) throws -> String {
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: "/bin/bash")
    process.arguments = ["-ec", command]
    process.currentDirectoryURL = URL(filePath: path)
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    if process.terminationStatus != 0 { Issue.record("'\(command)' failed: \(text)", sourceLocation: location) }
    return text
  }
}
