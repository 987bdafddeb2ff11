internal import Configuration
internal import Glibc
internal import JSON
internal import Posix

/// The user's `mcp.json`, as text to be changed: members of other clients, and their order, stay.
struct MCPFile {
  let path: String
  private(set) var document: JSONObject
  /// The member under which the servers stand.
  private let member: String

  /// The file that `--file` names, or that the configuration does.
  static func open(_ arguments: Arguments) throws(Failure) -> MCPFile {
    try MCPFile(path: try place(arguments))
  }

  /// Where the servers stand.
  static func place(_ arguments: Arguments) throws(Failure) -> String {
    if let file = arguments.value("file") {
      return file.hasPrefix("/") ? file : "\(workingFolder())/\(file)"
    }
    let environment = environmentTable()
    do throws(ConfigurationError) {
      let loaded = try Configuration.load(explicit: arguments.value("config"), environment: environment)
      if let path = loaded.mcpFiles(environment: environment).first { return path }
    } catch {
      throw Failure("configuration", "the configuration cannot be read", details: error.mistakes.map { "\($0)" })
    }
    throw Failure(
      "configuration",
      "the MCP servers stand in the configuration itself, under 'mcp'",
      hint: "edit them there, or move them to a file of their own: mcp: /path/to/mcp.json"
    )
  }

  private static func workingFolder() -> String {
    guard let folder = getcwd(nil, 0) else { return "" }
    defer { free(folder) }
    return String(cString: folder)
  }

  private init(path: String) throws(Failure) {
    self.path = path
    guard exists(path) else {
      document = [:]
      member = "mcpServers"
      return
    }
    let bytes: [UInt8]
    do throws(PosixError) { bytes = try Descriptor.open(path, O_RDONLY).readAll(limit: Self.limitBytes) } catch {
      throw Failure("file", "cannot read \(quoted(path)): \(error)")
    }
    guard case .object(let object) = try parseJSON(bytes.isEmpty ? Array("{}".utf8) : bytes, quoted(path)) else {
      throw Failure("file", "\(quoted(path)) holds no object")
    }
    document = object
    member = object["mcpServers"] == nil && object["servers"] != nil ? "servers" : "mcpServers"
  }

  private static let limitBytes = 1 << 20

  var servers: JSONObject { document[member]?.objectValue ?? [:] }

  mutating func set(_ name: String, _ entry: JSON?) {
    var servers = self.servers
    servers[name] = entry
    document[member] = .object(servers)
  }

  /// What the coordinator would make of it; every mistake is told.
  func read() throws(Failure) -> MCPServers {
    do throws(ConfigurationError) {
      return try MCPServers.decode(text, file: path, environment: environmentTable())
    } catch {
      throw Self.failure(error, path)
    }
  }

  static func failure(_ error: ConfigurationError, _ path: String) -> Failure {
    let count = error.mistakes.count + error.unlisted
    return Failure(
      "invalid_servers",
      "\(quoted(path)) would have \(count) mistake\(count == 1 ? "" : "s"), and is left as it was",
      details: error.mistakes.map { $0.message + ($0.hint.map { "; hint: \($0)" } ?? "") }
    )
  }

  private var text: [UInt8] { Array((JSON.object(document).indented() + "\n").utf8) }

  /// Puts the text in the place of the file at once: for this user alone, since it may hold secrets.
  func write() throws(Failure) {
    let target = realpath(path, nil).map { resolved in
      defer { free(resolved) }
      return String(cString: resolved)
    }
    let path = target ?? self.path
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    var template = Array("\(folder)/.mcp-XXXXXX".utf8CString)
    do throws(PosixError) {
      if !folder.isEmpty { try makeFolders(folder) }
      // Mode 0600, under a name that nobody foresees.
      let raw = try posix("mkstemp", folder) {
        template.withUnsafeMutableBufferPointer { mkstemp($0.baseAddress!) }
      }
      let temporary = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
      do throws(PosixError) {
        let file = Descriptor(owning: raw)
        try file.writeAll(text)
        try posix("fsync", temporary) { fsync(raw) }
        try posix("rename", path) { rename(temporary, path) }
      } catch {
        unlink(temporary)
        throw error
      }
    } catch {
      throw Failure("file", "cannot write \(quoted(path)): \(error)")
    }
  }
}
