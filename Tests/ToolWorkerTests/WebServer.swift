import Foundation
import JSON
import Testing
import Wire

@testable import Supervision

/// `server.py` as a process of its own, and a web worker that may reach it.
final class WebServer {
  private let process = Process()
  private let input = Pipe()
  private let log = FileManager.default.temporaryDirectory.appending(path: "bulkhead-web-\(UUID()).log").path
  let port: Int
  let bench: ToolBench

  /// `hosts` are granted, with PORT for the server's; `certificate` and `key` make it an https server.
  init(
    hosts: [String] = ["127.0.0.1:PORT"],
    allowPrivate: [String] = ["127.0.0.1"],
    tls: (certificate: String, key: String)? = nil,
    settings: JSONObject = [:],
    read: [String] = []
  ) throws {
    let folder = URL(filePath: #filePath).deletingLastPathComponent().path
    let output = Pipe()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", folder + "/server.py", log] + (tls.map { [$0.certificate, $0.key] } ?? [])
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    let port = try #require(Int(line.trimmingCharacters(in: .whitespacesAndNewlines)))
    self.port = port
    bench = try ToolBench("web") { manifest in
      manifest.settings["hosts"] = .array(hosts.map { .string($0.replacing("PORT", with: "\(port)")) })
      manifest.settings["allow_private"] = .array(allowPrivate.map { .string($0) })
      for member in settings.members { manifest.settings[member.key] = member.value }
      manifest.permissions.read += read
    }
  }

  var base: String { "http://127.0.0.1:\(port)" }

  func fetch(_ path: String, _ more: JSONObject = [:], needs: Needs? = nil) throws -> ToolBench.Answer {
    var input: JSONObject = ["url": .string(path.hasPrefix("/") ? base + path : path)]
    for member in more.members { input[member.key] = member.value }
    return try bench.call("http_fetch", .object(input), needs: needs)
  }

  /// How often a path was asked for, as the server itself noted.
  func hits(_ path: String) -> Int {
    let text = String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
    return text.split(separator: "\n").count { $0 == path }
  }

  func end() throws {
    try bench.end()
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  deinit {
    if process.isRunning { process.terminate() }
    // Safety: a file that is left in the temporary directory harms nobody.
    try? FileManager.default.removeItem(atPath: log)
  }
}
