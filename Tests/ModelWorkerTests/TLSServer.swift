import Foundation
import Glibc
import Peers
import Posix
import ProviderServer

/// A real TLS server with a certificate that nobody trusts.
final class TLSServer {
  let port: Int
  private let process: Running
  private let folder = "/tmp/bulkhead-tls-\(UInt32.random(in: 0...UInt32.max))"

  init() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    // A port that was free a moment ago.
    let probe = try ProviderServer()
    port = probe.port
    probe.stop()
    let openssl = "/usr/bin/openssl"
    try Running(
      openssl,
      [
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=127.0.0.1",
        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder + "/key", "-out", folder + "/certificate",
        "-days", "2",
      ]
    ).wait()
    process = try Running(
      openssl,
      [
        "s_server", "-accept", "127.0.0.1:\(port)", "-key", folder + "/key", "-cert", folder + "/certificate", "-www",
        "-quiet",
      ]
    )
    usleep(200_000)
  }

  func stop() {
    process.stop(SIGKILL)
    try? FileManager.default.removeItem(atPath: folder)  // Safety: only litter is left when it fails.
  }
}
