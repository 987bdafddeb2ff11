import Foundation
import Glibc
import JSON
import Peers
import Testing
import Wire

/// Servers of others, in environments of their own beside the conformance suites.
enum RealServers {
  /// Commands by the names that the script of peers gives them; nil: not on this machine, or not to be read by the user
  /// that workers run as.
  static let commands: [String: [String]]? = {
    guard let folder = Peer.folder else { return nil }
    guard let list = try? Running(folder + "/mcp-servers", ["list"], environment: environment, readsOutput: true) else {
      return nil
    }
    defer { list.stop() }
    var commands: [String: [String]] = [:]
    while true {
      let line = list.readLine()
      if line.isEmpty || line.hasPrefix("ready") { break }
      let parts = line.split(separator: "\t")
      if parts.count == 2 { commands[String(parts[0])] = parts[1].split(separator: " ").map(String.init) }
    }
    let isReadable = commands["time"]?.first?.hasPrefix("/root/") == false
    return isReadable ? commands : nil
  }()

  /// Of the script of peers.
  private static var environment: [String: String] {
    var environment = ProcessInfo.processInfo.environment
    let shared = "/var/cache/peers"
    var cache = environment["PEERS_CACHE"]
    if cache == nil, FileManager.default.fileExists(atPath: shared) { cache = shared }
    if geteuid() == 0, environment["PEERS_PYTHON"] == nil {
      // Root's workers run as somebody else, who has to see the interpreter.
      environment["PEERS_PYTHON"] = MCPBench.python
      cache = (cache ?? shared) + "/system"
    }
    environment["PEERS_CACHE"] = cache
    return environment
  }

  /// A server over HTTP, until it is stopped: `url` and, where it has one, its key.
  static func serving(_ mode: String) throws -> (process: Running, url: String, key: String?) {
    let folder = try #require(Peer.folder)
    let process = try Running(folder + "/mcp-servers", [mode, "0"], environment: environment, readsOutput: true)
    let words = process.readLine().split(separator: " ").map(String.init)
    guard words.first == "ready", words.count > 1 else {
      process.stop()
      throw PeerMissing(mode: mode)
    }
    let key = words.first { $0.hasPrefix("key=") }.map { String($0.dropFirst(4)) }
    return (process, words[1], key)
  }

  struct PeerMissing: Error { let mode: String }

  /// An entry for one of them: its environment is what it may read.
  static func server(_ name: String, _ change: (inout MCPBench.Server) -> Void = { _ in }) throws -> MCPBench.Server {
    let command = try #require(commands?[name])
    var server = MCPBench.Server(name: name, command: command)
    let parts = command[0].split(separator: "/")
    server.needs.read = ["/" + parts.dropLast(2).joined(separator: "/")]
    change(&server)
    return server
  }
}
