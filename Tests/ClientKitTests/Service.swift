import ClientKit
import Foundation
import Glibc
import Testing

/// A real coordinator with the example worker, for one test.
final class Service {
  private static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().path
  private static let programs: String = {
    // Safety: then nothing is found.
    let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
    let folders = (CommandLine.arguments + [executable]).map { URL(filePath: $0).deletingLastPathComponent().path }
    return folders.first { FileManager.default.isExecutableFile(atPath: $0 + "/bulkheadd") } ?? ""
  }()

  let folder: String
  private let process = Process()
  var socket: String { folder + "/run/bulkhead.sock" }

  init() throws {
    folder = "/tmp/bulkhead-kit-\(UInt32.random(in: 0...UInt32.max))"
    for part in ["run", "state", "workers"] {
      try FileManager.default.createDirectory(atPath: "\(folder)/\(part)", withIntermediateDirectories: true)
    }
    // Workers of a coordinator that root runs are another user.
    chmod(folder, 0o755)
    chmod(folder + "/workers", 0o755)
    chmod(folder + "/run", 0o700)
    chmod(folder + "/state", 0o700)
    try FileManager.default.copyItem(
      atPath: Self.package + "/Workers/examples/swift",
      toPath: folder + "/workers/swift"
    )
    process.executableURL = URL(filePath: Self.programs + "/bulkheadd")
    process.arguments = ["--socket", socket, "--state", folder + "/state", "--workers", folder + "/workers"]
    process.environment = ["PATH": "/usr/bin:/bin", "HOME": folder, "XDG_CONFIG_HOME": folder]
    let log = folder + "/log"
    try Data().write(to: URL(filePath: log))
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle(forWritingAtPath: log)
    try process.run()
  }

  deinit {
    process.terminate()
    process.waitUntilExit()
    try? FileManager.default.removeItem(atPath: folder)  // Safety: only litter is left when it fails.
  }

  /// Waits until it listens.
  func connect() async throws -> BulkheadClient {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(20)
    while true {
      do throws(ClientError) {
        return try await BulkheadClient.connect(socket: socket, name: "test", version: "1.0")
      } catch {
        guard error.meansUnreachable, clock.now < deadline else {
          let log = FileManager.default.contents(atPath: folder + "/log") ?? Data()
          throw Failure("\(error); \(String(decoding: log, as: UTF8.self))")
        }
      }
      try await clock.sleep(for: .milliseconds(10))
    }
  }
}
