internal import Glibc
package import JSON
internal import Posix

extension Configuration {
  /// Where the MCP servers stand.
  package enum MCPSource: Sendable, Equatable {
    case file(String)
    /// In the configuration itself, in the form of an `mcp.json`.
    case object(JSON)
  }
}

extension LoadedConfiguration {
  /// The MCP servers: what `mcp` of the configuration names or holds, else `mcp.json` beside the configuration, else none.
  /// Reads its file each time, so that it can be asked again after a change. Throws every mistake at once, with its place.
  package func loadMCP(environment: [String: String]) throws(ConfigurationError) -> MCPServers {
    switch configuration.mcp {
    case .object:
      let node = mcpNode ?? YAMLNode(position: .start, content: .null)
      return try MCPServers.decode(node, file ?? "", environment)
    case .file(let path):
      guard let text = try ConfigurationFile.read("list of MCP servers", path) else {
        throw ConfigurationFile.unreadable("list of MCP servers", path, errnoMessage(ENOENT), errno: ENOENT)
      }
      return try read(text, path, environment)
    case nil:
      for path in mcpFiles(environment: environment) {
        if let text = try ConfigurationFile.read("list of MCP servers", path) {
          return try read(text, path, environment)
        }
      }
      return MCPServers()
    }
  }

  private func read(
    _ text: [UInt8],
    _ path: String,
    _ environment: [String: String]
  ) throws(ConfigurationError) -> MCPServers {
    var servers = try MCPServers.decode(text, file: path, environment: environment)
    servers.file = path
    return servers
  }

  /// Where the file is, or would be; the first is the one to write. Empty: the servers stand in the configuration.
  package func mcpFiles(environment: [String: String]) -> [String] {
    switch configuration.mcp {
    case .object: return []
    case .file(let path): return [path]
    case nil:
      // Without any configuration the places are the same in which one is looked for.
      let files = file.map { [$0] } ?? Locations(mode: .user, environment: environment).configurationFiles
      return files.map { path in (path.lastIndex(of: "/").map { String(path[...$0]) } ?? "") + "mcp.json" }
    }
  }
}

extension Configuration {
  /// As it is shown: `effective` prints one that loads to the same, these values apart.
  package var withoutValues: Configuration {
    guard case .object(let object) = mcp else { return self }
    var it = self
    it.mcp = .object(MCPServers.shown(object))
    return it
  }
}

extension MCPServers {
  /// A list of servers as it may be shown: without the values of `env` and `headers`.
  package static func shown(_ source: JSON) -> JSON {
    guard case .object(var object) = source else { return source }
    for member in object.members {
      if member.key == "env" || member.key == "headers", case .object(let values) = member.value {
        object[member.key] = .object(JSONObject(values.members.map { ($0.key, hidden($0.value)) }))
      } else {
        object[member.key] = shown(member.value)
      }
    }
    return .object(object)
  }

  /// A source says where a value is, and a reference which variable it is; anything else may be the value itself.
  private static func hidden(_ value: JSON) -> JSON {
    if case .object = value { return value }
    return "${HIDDEN}"
  }
}
