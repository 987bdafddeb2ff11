import Glibc
import JSON
import Posix

/// `bulkhead mcp`, started as an MCP client starts it, and what that client says and hears.
final class MCPPeer {
  /// How a client introduces itself.
  enum Era {
    case legacy(String)
    case modern
  }

  private let pid: Int32
  private let pidfd: Descriptor
  private var input: Descriptor?
  private let output: Descriptor
  private var bytes: [UInt8] = []
  /// Of these, how many hold no end of a line.
  private var searched = 0
  private var number: Int64 = 0
  private var hasEnded = false
  private let era: Era
  private let capabilities: JSON
  /// What came beside the answers that were waited for, in its order.
  private(set) var notices: [JSON] = []

  /// - Parameters:
  ///   - folder: whose `run`, `state` and so on it uses.
  ///   - capabilities: of the client.
  init(
    _ folder: String,
    _ arguments: [String] = [],
    era: Era = .legacy("2025-11-25"),
    capabilities: JSON = [:],
    opens: Bool = true
  ) throws {
    self.era = era
    self.capabilities = capabilities
    let path = "\(Program.folder)/bulkhead"
    var plan = SpawnPlan(path: path, arguments: [path, "mcp"] + arguments)
    plan.environment = [
      "PATH=/usr/bin:/bin", "HOME=\(folder)", "XDG_RUNTIME_DIR=\(folder)/run", "XDG_STATE_HOME=\(folder)/state",
      "XDG_CONFIG_HOME=\(folder)",
    ]
    plan.diesWithParent = false
    var toChild = try DescriptorPair.pipe()
    var fromChild = try DescriptorPair.pipe()
    let childInput = toChild.takeFirst()
    let childOutput = fromChild.takeSecond()
    let errors = try Descriptor.open(folder + "/out/mcp.err", O_WRONLY | O_CREAT | O_APPEND, mode: 0o600)
    let child = try plan.spawn(descriptors: [childInput.raw, childOutput.raw, errors.raw])
    input = toChild.takeSecond()
    output = fromChild.takeFirst()
    pid = child.pid
    pidfd = child.takePidfd()
    if opens, case .legacy(let version) = era { _ = try open(version) }
  }

  deinit {
    if hasEnded { return }
    kill(pid, SIGKILL)
    var status: Int32 = 0
    waitpid(pid, &status, 0)
  }

  /// The handshake; gives its result.
  @discardableResult
  func open(_ version: String) throws -> JSON {
    let params: JSON = [
      "protocolVersion": .string(version), "capabilities": capabilities,
      "clientInfo": ["name": "test", "version": "1"],
    ]
    let answer = try response(to: request("initialize", params))
    try send(["jsonrpc": "2.0", "method": "notifications/initialized"])
    return answer
  }

  // MARK: Saying

  func send(_ message: JSON) throws { try send(line: message.serialized()) }

  func send(line: [UInt8]) throws { try input?.writeAll(line + [0x0A]) }

  /// Sends a request; gives its id.
  @discardableResult
  func request(_ method: String, _ params: JSON = [:]) throws -> Int64 {
    number += 1
    var params = params.objectValue ?? [:]
    if case .modern = era {
      var meta = params["_meta"]?.objectValue ?? [:]
      meta["io.modelcontextprotocol/protocolVersion"] = "2026-07-28"
      meta["io.modelcontextprotocol/clientCapabilities"] = capabilities
      params["_meta"] = .object(meta)
    }
    try send(["jsonrpc": "2.0", "id": .integer(number), "method": .string(method), "params": .object(params)])
    return number
  }

  /// Begins a call of a tool; gives its id. `more` are further members of `params`.
  @discardableResult
  func begin(_ tool: String, _ arguments: JSON = [:], _ more: JSONObject = [:]) throws -> Int64 {
    var params: JSONObject = ["name": .string(tool), "arguments": arguments]
    for member in more.members { params[member.key] = member.value }
    return try request("tools/call", .object(params))
  }

  /// Calls a tool; gives its result.
  func call(_ tool: String, _ arguments: JSON = [:], _ more: JSONObject = [:]) throws -> JSON {
    let answer = try response(to: begin(tool, arguments, more))
    guard let result = answer["result"] else { throw Failure("\(tool): \(answer)") }
    return result
  }

  func notify(_ method: String, _ params: JSON) throws {
    try send(["jsonrpc": "2.0", "method": .string(method), "params": params])
  }

  func answer(_ question: JSON, _ result: JSON) throws {
    try send(["jsonrpc": "2.0", "id": question["id"] ?? .null, "result": result])
  }

  // MARK: Hearing

  /// The next message; nil: the output has ended.
  func next(within seconds: Int = 30) throws -> JSON? {
    let deadline = BootTime.now + Milliseconds(Int64(seconds) * 1000)
    while true {
      if let end = bytes[searched...].firstIndex(of: 0x0A) {
        let line = Array(bytes[..<end])
        bytes.removeFirst(end + 1)
        searched = 0
        return try JSON(parsing: line)
      }
      searched = bytes.count
      var wait = pollfd(fd: output.raw, events: Int16(POLLIN), revents: 0)
      guard BootTime.now < deadline else { throw Failure("nothing was said for \(seconds) s; before: \(notices)") }
      if poll(&wait, 1, 100) <= 0 { continue }
      var chunk = [UInt8](repeating: 0, count: 65_536)
      let raw = output.raw
      let count = read(raw, &chunk, chunk.count)
      if count <= 0 { return nil }
      bytes += chunk[..<count]
    }
  }

  /// The answer with this id; what comes before it is kept in `notices`.
  func response(to id: Int64) throws -> JSON { try wait { $0["id"] == .integer(id) && $0["method"] == nil } }

  /// The next message of which `isIt` holds; those before it are kept in `notices`.
  func wait(for isIt: (JSON) -> Bool) throws -> JSON {
    while let message = try next() {
      if isIt(message) { return message }
      notices.append(message)
    }
    throw Failure("the output has ended; before: \(notices)")
  }

  /// A request of the server's.
  func question(_ method: String) throws -> JSON { try wait { $0["method"] == .string(method) && $0["id"] != nil } }

  func forget() { notices = [] }

  // MARK: Ending

  func closeInput() { input = nil }

  func terminate() { kill(pid, SIGTERM) }

  /// The exit code, once it has ended by itself; -1: a signal ended it.
  func exitCode(within seconds: Int32 = 20) throws -> Int32 {
    var wait = pollfd(fd: pidfd.raw, events: Int16(POLLIN), revents: 0)
    guard poll(&wait, 1, seconds * 1000) == 1 else { throw Failure("it did not end") }
    var status: Int32 = 0
    guard waitpid(pid, &status, WNOHANG) == pid else { throw Failure("waitpid: \(errno)") }
    hasEnded = true
    return status & 0x7F == 0 ? status >> 8 & 0xFF : -1
  }
}

extension JSON {
  /// What a tool's result says to readers.
  var said: String { self["content"]?[0]?["text"]?.stringValue ?? "" }
  var structured: JSON { self["structuredContent"] ?? .null }
}
