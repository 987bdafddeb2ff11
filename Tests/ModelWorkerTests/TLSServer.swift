import Foundation
import Posix
import ProviderServer

/// A real TLS server with a certificate that nobody trusts.
final class TLSServer {
  let port: Int
  private let process = Process()
  private let folder = "/tmp/bulkhead-tls-\(UInt32.random(in: 0...UInt32.max))"

  init() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    // A port that was free a moment ago.
    let probe = try ProviderServer()
    port = probe.port
    probe.stop()
    let make = Process()
    make.executableURL = URL(filePath: "/usr/bin/openssl")
    make.arguments = [
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=127.0.0.1",
      "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder + "/key", "-out", folder + "/certificate", "-days",
      "2",
    ]
    make.standardError = FileHandle.nullDevice
    try make.run()
    make.waitUntilExit()
    process.executableURL = make.executableURL
    process.arguments = [
      "s_server", "-accept", "127.0.0.1:\(port)", "-key", folder + "/key", "-cert", folder + "/certificate", "-www",
      "-quiet",
    ]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    usleep(200_000)
  }

  func stop() {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    try? FileManager.default.removeItem(atPath: folder)  // Safety: only litter is left when it fails.
  }
}
