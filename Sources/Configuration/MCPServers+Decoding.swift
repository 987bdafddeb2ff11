internal import JSON
internal import Wire

extension MCPServers {
  /// Servers of one file; more would be a mistake.
  package static let serversLimit = 128
  /// Secrets of one worker: what `initialize` carries.
  static let secretsLimit = 64

  /// The servers that `text` describes, JSON or YAML, in the form that other clients use. Throws every mistake at once.
  package static func decode(
    _ text: [UInt8],
    file: String,
    environment: [String: String]
  ) throws(ConfigurationError) -> MCPServers {
    let document = YAMLDocument(parsing: text, file: file)
    return try decode(document.root, file, environment, document.mistakes)
  }

  static func decode(
    _ root: YAMLNode,
    _ file: String,
    _ environment: [String: String],
    _ mistakes: MistakeList = MistakeList()
  ) throws(ConfigurationError) -> MCPServers {
    let reader = ConfigurationReader(file: file, environment: environment, mistakes: mistakes)
    var decoder = MCPDecoder(reader: reader)
    decoder.decode(ConfigurationFields(root, at: "", reader))
    try reader.mistakes.throwAny()
    return decoder.result
  }
}

/// Reads one document; what it cannot take is reported, and all of it is reported.
struct MCPDecoder {
  let reader: ConfigurationReader
  private(set) var result = MCPServers()

  init(reader: ConfigurationReader) { self.reader = reader }

  mutating func decode(_ document: ConfigurationFields) {
    var document = document
    let given = document.take("mcpServers")
    let other = document.take("servers")
    // Editors know the form by it.
    _ = document.take("$schema")
    if given != nil, let other {
      reader.report(.invalidValue, at: other.position, "'servers' stands beside 'mcpServers', which is the same")
    }
    let isNested = document.take("mcp")
    for entry in document.others() { warn(entry, in: "") }
    if let isNested, given == nil, other == nil {
      return decode(ConfigurationFields(isNested, at: "mcp", reader))
    }
    guard let node = given ?? other else {
      // An empty file has no servers.
      if document.others().isEmpty { return }
      let hint = "the servers stand under 'mcpServers', by name"
      return reader.report(.missingKey, at: document.position, "there is no 'mcpServers'", hint: hint)
    }
    let name = given == nil ? "servers" : "mcpServers"
    let entries = ConfigurationFields(node, at: document.path(name), reader).others()
    if entries.count > MCPServers.serversLimit {
      let message = "\(entries.count) servers exceed the limit of \(MCPServers.serversLimit)"
      return reader.report(.limitExceeded, at: node.position, message)
    }
    for entry in entries { server(entry, at: "\(document.path(name)).\(entry.key)") }
  }

  private mutating func server(_ entry: YAMLNode.Entry, at path: String) {
    let kind = MCPServer.kind(entry.key)
    guard !kind.isEmpty else {
      let hint = "a name has a letter or a digit of a-z and 0-9"
      return reader.report(.invalidValue, at: entry.position, "\(quoted(path)) names no server", hint: hint)
    }
    if let taken = result.servers[kind] {
      return reader.report(
        .invalidValue,
        at: entry.position,
        "server \(quoted(entry.key)) and server \(quoted(taken.name)) would both be the worker '\(kind)'",
        hint: "rename one of them"
      )
    }
    var fields = ConfigurationFields(entry.value, at: path, reader)
    guard let transport = transport(&fields) else {
      // The rest is looked at all the same, so that all mistakes are told.
      var ignored = MCPServer(kind: kind, name: entry.key, transport: .http(.init(url: "")))
      return common(&fields, &ignored)
    }
    var server = MCPServer(kind: kind, name: entry.key, transport: transport)
    common(&fields, &server)
    if server.settings.secrets.count > MCPServers.secretsLimit {
      let message = "\(quoted(path)) has \(server.settings.secrets.count) values in 'env', 'headers' and references"
      reader.report(.limitExceeded, at: entry.position, "\(message); the limit is \(MCPServers.secretsLimit)")
    }
    result.servers[kind] = server
  }

  // MARK: Transport

  private mutating func transport(_ fields: inout ConfigurationFields) -> MCPServer.Transport? {
    let type = fields.take("type").map { ($0, $0.text) } ?? fields.take("transport").map { ($0, $0.text) }
    let command = fields.take("command")
    let address = fields.take("url") ?? fields.take("httpUrl") ?? fields.take("serverUrl")
    switch (type?.1, command, address) {
    case ("sse"?, _, _):
      reader.report(
        .invalidValue,
        at: type?.0.position,
        "\(quoted(fields.path("type"))) is \"sse\", a transport that MCP has given up",
        hint: "ask the server for streamable HTTP, and write \"type\": \"http\" with its url"
      )
    case (let word?, _, _)
    where !["stdio", "http", "streamable-http", "streamableHttp", "streamable_http"].contains(word):
      let message = "\(quoted(fields.path("type"))) is \(quoted(word)) where \"stdio\" or \"http\" is due"
      reader.report(.invalidValue, at: type?.0.position, message)
    case (_, .some, let other?):
      let message = "\(quoted(fields.path)) has both 'command' and 'url': a server is a program or an address"
      reader.report(.invalidValue, at: other.position, message)
    case (_, nil, nil):
      let hint = "a program is {\"command\": …, \"args\": […]}, an address {\"url\": …}"
      reader.report(.missingKey, at: fields.position, "\(quoted(fields.path)) needs 'command' or 'url'", hint: hint)
    case ("stdio"?, nil, let other?):
      reader.report(.missingKey, at: other.position, "\(quoted(fields.path)) is a stdio server and has no 'command'")
    case (let word?, let program?, nil) where word != "stdio":
      reader.report(.missingKey, at: program.position, "\(quoted(fields.path)) is an http server and has no 'url'")
    case (_, let program?, nil): return self.program(program, &fields).map { .stdio($0) }
    case (_, nil, let url?): return self.address(url, &fields).map { .http($0) }
    }
    for member in ["args", "env", "cwd", "headers"] { _ = fields.take(member) }
    return nil
  }

  private mutating func program(_ node: YAMLNode, _ fields: inout ConfigurationFields) -> MCPServer.Program? {
    let arguments = fields.take("args").map { self.arguments($0, at: fields.path("args")) } ?? []
    let environment = values("env", &fields) { isVariableName($0) && $0.utf8.count <= 120 }
    let directory = fields.path(at: "cwd")
    if let headers = fields.take("headers") { warn("'headers' of a program mean nothing", at: headers.position) }
    guard let text = node.text, let command = reader.expand(text, at: node.position), !command.isEmpty,
      !command.utf8.contains(0)
    else {
      reader.report(.wrongType, at: node.position, "\(quoted(fields.path("command"))) is no program")
      return nil
    }
    var program = MCPServer.Program(command: command)
    program.arguments = arguments
    program.directory = directory
    program.environment = environment
    return program
  }

  private static let argumentsLimit = 255

  private func arguments(_ node: YAMLNode, at path: String) -> [String] {
    guard case .sequence(let elements) = node.content, elements.count <= Self.argumentsLimit else {
      let message = "\(quoted(path)) is no list of at most \(Self.argumentsLimit) texts"
      reader.report(.wrongType, at: node.position, message)
      return []
    }
    return elements.enumerated().map { index, element in
      guard let text = element.scalarText, !text.utf8.contains(0) else {
        reader.report(.wrongType, at: element.position, "\(quoted("\(path)[\(index)]")) is no text")
        return ""
      }
      return Self.reference(text)
    }
  }

  private mutating func address(_ node: YAMLNode, _ fields: inout ConfigurationFields) -> MCPServer.Address? {
    for member in ["args", "cwd", "env"] {
      if let node = fields.take(member) { warn("'\(member)' of a remote server means nothing", at: node.position) }
    }
    let headers = values("headers", &fields) { !$0.isEmpty && $0.utf8.allSatisfy(isTokenByte) }
    guard let text = node.text.map(Self.reference) else {
      reader.report(.wrongType, at: node.position, "\(quoted(fields.path("url"))) is no text")
      return nil
    }
    guard text.hasPrefix("http://") || text.hasPrefix("https://") || text.hasPrefix("${"),
      text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else {
      let message = "\(quoted(fields.path("url"))) is no address that begins with https:// or http://"
      reader.report(.invalidValue, at: node.position, message)
      return nil
    }
    return MCPServer.Address(url: text, headers: headers)
  }

  /// Values that may be secrets: none is repeated in a message.
  private func values(
    _ member: String,
    _ fields: inout ConfigurationFields,
    _ isName: (String) -> Bool
  ) -> [String: MCPServer.Value] {
    guard let node = fields.take(member) else { return [:] }
    let section = ConfigurationFields(node, at: fields.path(member), reader)
    var values: [String: MCPServer.Value] = [:]
    for entry in section.others() {
      let path = section.path(entry.key)
      guard isName(entry.key) else {
        reader.report(.invalidValue, at: entry.position, "\(quoted(path)) is no name for a member of '\(member)'")
        continue
      }
      if let text = entry.value.scalarText {
        if text.utf8.contains(0) || text.utf8.count > SecretSource.limitBytes {
          reader.report(.invalidValue, at: entry.value.position, "\(quoted(path)) is too long, or holds U+0000")
        }
        values[entry.key] = .text(Self.reference(text))
      } else if case .mapping = entry.value.content {
        values[entry.key] = SecretSource.one(ConfigurationFields(entry.value, at: path, reader)).map { .source($0) }
      } else {
        let hint = "write a text, {\"env\": NAME} or {\"file\": PATH}"
        reader.report(.wrongType, at: entry.value.position, "\(quoted(path)) is no text", hint: hint)
      }
    }
    return values
  }

  /// `${env:NAME}` is what one editor writes for `${NAME}`.
  private static func reference(_ text: String) -> String {
    var result = ""
    var rest = text[...]
    while let start = rest.firstIndex(of: "$") {
      result += rest[..<start]
      rest = rest[start...]
      if rest.hasPrefix("${env:") {
        result += "${"
        rest = rest.dropFirst(6)
      } else {
        result += "$"
        rest = rest.dropFirst()
      }
    }
    return result + rest
  }

  // MARK: What is not understood

  private mutating func warn(_ entry: YAMLNode.Entry, in path: String) {
    let place = path.isEmpty ? "" : " in \(quoted(path))"
    warn("\(quoted(entry.key))\(place) is of another client and means nothing here", at: entry.position)
  }

  private static let warningsLimit = 100

  mutating func warn(_ message: String, at position: Position) {
    guard result.warnings.count < Self.warningsLimit else { return }
    result.warnings.append(ConfigurationError.Mistake(.unknownKey, file: reader.file, at: position, message))
  }

  /// What every server has, however it is reached.
  private mutating func common(_ fields: inout ConfigurationFields, _ server: inout MCPServer) {
    server.isDisabled = fields.bool("disabled") ?? false
    server.timeoutMS = fields.integer("timeout", in: 1...Limit.timeoutMS) ?? server.timeoutMS
    var own = fields.section("bulkhead")
    for entry in fields.others() { warn(entry, in: fields.path) }
    server.timeoutMS = own.duration("timeout", in: 1...Limit.timeoutMS) ?? server.timeoutMS
    server.idleMS = own.duration("idle", in: 1_000...Limit.timeoutMS)
    server.startMS = own.duration("start", in: 100...3_600_000) ?? server.startMS
    server.mayElicit = own.bool("elicitation") ?? false
    server.showsRoots = own.bool("roots") ?? false
    server.outputBytes = own.size("output_limit", in: 1_024...Int64(Limit.outputBytes))
    server.concurrency = own.integer("concurrency", in: 1...Int64(Limit.concurrency))
    server.version = own.name("protocol", "a version of MCP such as 2025-06-18") { $0.utf8.count == 10 }
    server.tools = own.names("tools", "the name of a tool") { !$0.isEmpty && $0.utf8.count <= 256 }
    server.sampling = sampling(&own)
    jail(&own, &server)
    own.finish()
  }

  private func sampling(_ own: inout ConfigurationFields) -> MCPServer.Sampling? {
    guard let node = own.take("sampling") else { return nil }
    if case .bool(let may) = node.content { return may ? MCPServer.Sampling() : nil }
    var fields = ConfigurationFields(node, at: own.path("sampling"), reader)
    let sampling = MCPServer.Sampling(
      model: fields.name("model", "the name of a model or role") { !$0.isEmpty && $0.utf8.count <= 256 },
      maxTokens: fields.integer("max_tokens", in: 1...1_000_000)
    )
    fields.finish()
    return sampling
  }

  /// Nothing is granted that `needs` does not name.
  private func checkDirectory(_ own: ConfigurationFields, _ server: MCPServer) {
    guard case .stdio(let program) = server.transport, let directory = program.directory else { return }
    let granted = ["/usr", "/tmp", "/workspace"] + program.needs.read + program.needs.write
    if granted.contains(where: { $0 == "/" || directory == $0 || directory.hasPrefix($0 + "/") }) { return }
    reader.report(
      .invalidValue,
      at: own.position,
      "'cwd' of \(quoted(server.name)) is \(quoted(directory)), which the server may not see",
      hint: "add it to 'bulkhead.needs.read' or 'write'"
    )
  }

  private func jail(_ own: inout ConfigurationFields, _ server: inout MCPServer) {
    defer { checkDirectory(own, server) }
    let needs = own.take("needs").flatMap { body(Needs.self, $0, at: own.path("needs")) }
    let limits = own.take("limits").flatMap { body(ResourceLimits.self, $0, at: own.path("limits")) }
    guard needs != nil || limits != nil else { return }
    guard case .stdio(var program) = server.transport else {
      if case .http(let address) = server.transport, address.url.isEmpty { return }
      let message = "\(quoted(own.path)) has 'needs' or 'limits': a remote server runs nothing here"
      return reader.report(.invalidValue, at: own.position, message)
    }
    program.needs = needs ?? program.needs
    program.limits = limits ?? program.limits
    server.transport = .stdio(program)
  }

  /// A type of the wire, whose mistakes are paths.
  private func body<Body: WireBody>(_ type: Body.Type, _ node: YAMLNode, at path: String) -> Body? {
    guard case .object(let object) = reader.json(node) else {
      reader.report(.wrongType, at: node.position, "\(quoted(path)) is \(node.typeName) where mapping is due")
      return nil
    }
    do throws(WireError) {
      return try Body.decode(object)
    } catch {
      reader.report(.invalidValue, at: node.position, "\(quoted(path)): \(error.message)")
      return nil
    }
  }
}

extension YAMLNode {
  /// nil: it is no text.
  fileprivate var text: String? { if case .string(let text) = content { text } else { nil } }

  /// Of a scalar as it was written.
  fileprivate var scalarText: String? {
    switch content {
    case .string(let text): text
    case .integer(let value): String(value)
    case .number(let number): number.text
    case .bool(let value): value ? "true" : "false"
    case .null, .mistaken, .sequence, .mapping: nil
    }
  }
}

/// A byte of a header's name (RFC 9110, `token`).
private func isTokenByte(_ byte: UInt8) -> Bool {
  isLetter(byte) || isDigit(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
}
