import Foundation
import FoundationNetworking
import Posix
import Testing

/// A real counterpart, started by its script in the folder of peers beside the conformance suites.
final class Peer: @unchecked Sendable {  // Safety: constants after `init`.
  private let process: Running
  /// The words of its line `ready …`.
  let ready: [String]

  /// Where the scripts are; nil: not on this machine.
  static var folder: String? {
    let shared = ProcessInfo.processInfo.environment["BULKHEAD_SHARED"] ?? ModelService.package + "/../shared"
    let folder = shared + "/peers"
    return FileManager.default.isExecutableFile(atPath: folder + "/provider-fakes") ? folder : nil
  }

  struct NotReady: Error { let script: String }

  init(_ script: String, _ arguments: String...) throws {
    process = try Running((Self.folder ?? "") + "/" + script, arguments, readsOutput: true)
    ready = process.readLine().split(separator: " ").map(String.init)
    guard ready.first == "ready" else { throw NotReady(script: script) }
  }

  /// `name=value` of its line.
  subscript(_ name: String) -> String {
    ready.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.utf8.count + 1)) } ?? ""
  }

  func stop() { process.stop() }
}

/// A request to a peer's own controls.
func control(_ url: String, _ body: String? = nil) async throws -> String {
  var request = URLRequest(url: URL(string: url)!)
  if let body {
    request.httpMethod = "POST"
    request.setValue("application/json", forHTTPHeaderField: "content-type")
    request.httpBody = Data(body.utf8)
  }
  return String(decoding: try await URLSession.shared.data(for: request).0, as: UTF8.self)
}
