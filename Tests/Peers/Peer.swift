internal import Foundation

/// A real counterpart, started by its script in the folder of peers beside the conformance suites.
package final class Peer: @unchecked Sendable {  // Safety: constants after `init`.
  private let process: Running
  /// The words of its line `ready …`.
  package let ready: [String]

  /// The folder of the package's sources.
  private static let package = #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 }

  /// Where the scripts are; nil: not on this machine.
  package static var folder: String? {
    let shared = ProcessInfo.processInfo.environment["BULKHEAD_SHARED"] ?? package + "/../shared"
    let folder = shared + "/peers"
    return FileManager.default.isExecutableFile(atPath: folder + "/provider-fakes") ? folder : nil
  }

  package struct NotReady: Error { let script: String }

  package init(_ script: String, _ arguments: String...) throws {
    process = try Running((Self.folder ?? "") + "/" + script, arguments, readsOutput: true)
    ready = process.readLine().split(separator: " ").map(String.init)
    guard ready.first == "ready" else { throw NotReady(script: script) }
  }

  /// `name=value` of its line.
  package subscript(_ name: String) -> String {
    ready.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.utf8.count + 1)) } ?? ""
  }

  package func stop() { process.stop() }
}
