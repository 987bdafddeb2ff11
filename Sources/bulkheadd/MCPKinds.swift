internal import Configuration
internal import Digest
internal import JSON
internal import Supervision
internal import Wire

/// The kinds of workers that come of `mcp.json`: one for each server, all of the same program.
///
/// Holds what was read last: a file with mistakes changes nothing. Lives on the loop.
final class MCPKinds {
  private(set) var servers = MCPServers()

  /// The program that speaks MCP with one server.
  static let program = "mcp-worker"

  /// Reads the servers again; what cannot be taken is told, and the last that could be is kept.
  func read(_ load: () throws(ConfigurationError) -> MCPServers) -> [String] {
    do throws(ConfigurationError) {
      servers = try load()
      return []
    } catch {
      return error.mistakes.map { "\($0)" }
    }
  }

  /// Adds a manifest for each server to those that stand in files; one with a name that is taken is told and left out.
  func add(to manifests: inout [String: WorkerManifest]) -> [String] {
    var errors: [String] = []
    for (kind, server) in servers.servers.sorted(by: { $0.key < $1.key }) where !server.isDisabled {
      if let other = manifests[kind] {
        errors.append(
          "\(place): server '\(server.name)' would be the worker '\(kind)', which is defined in '\(other.folder)'"
        )
        continue
      }
      do {
        manifests[kind] = try Self.manifest(server, file: servers.file)
      } catch {
        errors.append("\(place): server '\(server.name)': \(error)")
      }
    }
    return errors
  }

  private var place: String { servers.file ?? "configuration" }

  /// Of a kind that is a server; nil: it is none.
  func secrets(of kind: String, environment: [String: String]) throws -> [String: String]? {
    guard let server = servers.servers[kind], !server.isDisabled else { return nil }
    var secrets: [String: String] = [:]
    for (name, value) in server.settings.secrets {
      do throws(ConfigurationError) { secrets[name] = try value.read(environment: environment).text } catch {
        throw StartError(message: "server '\(server.name)', \(server.member(ofSecret: name)): \(error)")
      }
    }
    return secrets
  }

  private static func manifest(_ server: MCPServer, file: String?) throws -> WorkerManifest {
    var manifest = WorkerManifest(name: server.kind, command: [program], folder: "/")
    let path = try manifest.programPath()
    // Shown to the worker: the program's own folder holds nothing that is anybody's.
    manifest.folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "/"
    manifest.source = file
    manifest.isPinned = true
    manifest.concurrency = server.concurrency
    // The worker itself needs a moment beside the server's.
    manifest.startMS = server.startMS + 5_000
    let (settings, secrets) = server.settings
    manifest.settings = settings
    manifest.secrets = secrets.keys.sorted()
    manifest.revision = SHA256.digest(Array(secrets.sorted { $0.key < $1.key }.map { "\($0)" }.joined().utf8))
    switch server.transport {
    case .stdio(let program):
      manifest.description = "the MCP server '\(server.name)', in a jail of its own"
      manifest.permissions.jails = true
      manifest.permissions.tunnel = .use
      manifest.permissions.read = program.needs.read + outside(program.command)
      manifest.permissions.write = program.needs.write
      manifest.limits.processes = 8_192
      manifest.limits.openFiles = 8_192
    case .http:
      manifest.description = "the MCP server '\(server.name)', somewhere else"
      manifest.permissions.outboundNetwork = true
      manifest.limits.memoryBytes = 512 << 20
      manifest.limits.processes = 128
      manifest.limits.openFiles = 1_024
    }
    return manifest
  }

  /// A program that is not the system's is to be seen by whoever starts it.
  private static func outside(_ command: String) -> [String] {
    guard command.hasPrefix("/"), !command.hasPrefix("/usr/"), !command.hasPrefix("/bin/") else { return [] }
    return [command]
  }
}

extension MCPServer {
  /// What a secret of its settings is in the file.
  fileprivate func member(ofSecret name: String) -> String {
    if name.hasPrefix("ENV_") { return "env.\(name.dropFirst(4))" }
    if name.hasPrefix("ARGUMENT_") { return "args[\((Int(name.dropFirst(9)) ?? 1) - 1)]" }
    return name == "URL" ? "url" : "headers"
  }
}
