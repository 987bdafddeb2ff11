// fuzz: modules=Configuration seeds=Tests/Fuzz/Seeds/MCPServers max_len=4096

import Configuration

/// An `mcp.json` from anyone: never a trap, every mistake with a message, and what is accepted keeps its bounds and names
/// a secret for each value.
func fuzzServers(_ bytes: UnsafeRawBufferPointer) {
  let environment = ["HOME": "/h", "A": "x", "E": ""]
  do {
    let read = try MCPServers.decode(Array(bytes), file: "f", environment: environment)
    precondition(read.servers.count <= MCPServers.serversLimit)
    for (kind, server) in read.servers {
      precondition(kind == server.kind && MCPServer.kind(kind) == kind && (1...64).contains(kind.utf8.count))
      let (settings, secrets) = server.settings
      precondition(secrets.count <= 64 && settings["timeout_ms"] != nil)
      switch server.transport {
      case .stdio(let program):
        precondition(settings["command"]?.arrayValue?.count == 1 + program.arguments.count)
        for (name, value) in program.environment { precondition(secrets["ENV_\(name)"] == value) }
      case .http(let address):
        precondition(settings["headers"]?.objectValue?.count == address.headers.count)
      }
      // A value that cannot be read is told, and never a trap.
      for value in secrets.values {
        if case .text = value { do { _ = try value.read(environment: environment) } catch {} }
      }
    }
  } catch {
    precondition(!error.mistakes.isEmpty && error.mistakes.count <= ConfigurationError.mistakesShown)
    precondition(error.mistakes.allSatisfy { !$0.message.isEmpty })
  }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  fuzzServers(UnsafeRawBufferPointer(start: start, count: count))
  return 0
}
