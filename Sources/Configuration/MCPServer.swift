package import JSON
package import Wire

/// One entry of `mcp.json`: an MCP server, how it is reached and what it may do. The form is `protocol/mcp.md`.
package struct MCPServer: Sendable, Equatable {
  /// A text of the entry that may be a secret: it is shown nowhere, and read when the worker is started.
  package enum Value: Sendable, Equatable {
    /// As written; `${NAME}` stands for a variable of the coordinator's environment.
    case text(String)
    case source(SecretSource)
  }

  package enum Transport: Sendable, Equatable {
    case stdio(Program)
    case http(Address)
  }

  package struct Program: Sendable, Equatable {
    package var command: String
    package var arguments: [String] = []
    package var directory: String?
    package var environment: [String: Value] = [:]
    /// What its jail lets it reach.
    package var needs = Needs()
    package var limits = ResourceLimits()
  }

  package struct Address: Sendable, Equatable {
    package var url: String
    package var headers: [String: Value] = [:]
  }

  package struct Sampling: Sendable, Equatable {
    package var model: String?
    package var maxTokens: Int64?
  }

  /// The kind of worker that it becomes, and the first part of its tools' names: the written name, made to fit.
  package var kind: String
  /// As the file has it.
  package var name: String
  package var transport: Transport
  package var isDisabled = false
  /// The server's own names of the tools that are offered; nil: all.
  package var tools: [String]?
  /// Of one request.
  package var timeoutMS: Int64 = 60_000
  /// It is ended after so long without a call, and started again by the next; nil: never.
  package var idleMS: Int64?
  /// For its start and the handshake.
  package var startMS: Int64 = 60_000
  package var mayElicit = false
  package var sampling: Sampling?
  package var showsRoots = false
  /// The version of MCP to speak; nil: what both sides know.
  package var version: String?
  package var outputBytes: Int64?
  package var concurrency: Int64?

  package init(kind: String, name: String, transport: Transport) {
    self.kind = kind
    self.name = name
    self.transport = transport
  }

  /// The written name as a kind of worker: a-z, 0-9, `-` and `_`, a letter first, at most 64 bytes. Empty: nothing is left.
  package static func kind(_ name: String) -> String {
    var kind = ""
    for byte in name.utf8 {
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): kind.unicodeScalars.append(Unicode.Scalar(byte | 0x20))
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
        UInt8(ascii: "-"):
        kind.unicodeScalars.append(Unicode.Scalar(byte))
      default: if kind.last != "-" { kind += "-" }
      }
    }
    let trimmed = kind.drop { $0 == "-" || $0 == "_" }
    guard let first = trimmed.utf8.first else { return "" }
    return String(((48...57).contains(first) ? "mcp-" + trimmed : String(trimmed)).prefix(64))
  }
}

/// All servers of one `mcp.json`.
package struct MCPServers: Sendable, Equatable {
  /// By kind.
  package var servers: [String: MCPServer] = [:]
  /// What other clients understand and this one does not, and the like.
  package var warnings: [ConfigurationError.Mistake] = []
  /// That they were read from; nil: there is none, or they stand in the configuration.
  package var file: String?

  package init() {}
}

extension MCPServer {
  /// What its worker is given: names of secrets in place of their values, and where each value is.
  package var settings: (settings: JSONObject, secrets: [String: Value]) {
    var secrets: [String: Value] = [:]
    var object = JSONObject()
    switch transport {
    case .stdio(let program):
      object["transport"] = "stdio"
      object["command"] = .array(([program.command] + Self.named(program.arguments, &secrets)).map { .string($0) })
      object["cwd"] = program.directory.map { .string($0) }
      var environment = JSONObject()
      for (name, value) in program.environment.sorted(by: { $0.key < $1.key }) {
        environment[name] = .string("ENV_\(name)")
        secrets["ENV_\(name)"] = value
      }
      object["environment"] = .object(environment)
      object["needs"] = Self.json(program.needs)
      object["limits"] = Self.json(program.limits)
    case .http(let address):
      object["transport"] = "http"
      object["url"] = .string(Substitution.isReferenced(in: address.url) ? "URL" : address.url)
      if Substitution.isReferenced(in: address.url) { secrets["URL"] = .text(address.url) }
      var headers = JSONObject()
      for (index, header) in address.headers.sorted(by: { $0.key < $1.key }).enumerated() {
        headers[header.key] = .string("HEADER_\(index + 1)")
        secrets["HEADER_\(index + 1)"] = header.value
      }
      object["headers"] = .object(headers)
    }
    object["tools"] = tools.map { .array($0.map { .string($0) }) }
    object["timeout_ms"] = .integer(timeoutMS)
    object["idle_ms"] = idleMS.map { .integer($0) }
    if mayElicit { object["elicitation"] = true }
    if let sampling {
      var limits = JSONObject()
      limits["model"] = sampling.model.map { .string($0) }
      limits["max_tokens"] = sampling.maxTokens.map { .integer($0) }
      object["sampling"] = .object(limits)
    }
    if showsRoots { object["roots"] = true }
    object["protocol"] = version.map { .string($0) }
    object["output_limit"] = outputBytes.map { .integer($0) }
    return (object, secrets)
  }

  /// An argument with a reference is the name of a secret.
  private static func named(_ arguments: [String], _ secrets: inout [String: Value]) -> [String] {
    arguments.enumerated().map { index, argument in
      guard Substitution.isReferenced(in: argument) else { return argument }
      secrets["ARGUMENT_\(index + 1)"] = .text(argument)
      return "ARGUMENT_\(index + 1)"
    }
  }

  private static func json<Body: WireBody>(_ body: Body) -> JSON {
    var writer = JSONWriter()
    writer.object(body)
    return (try? JSON(parsing: writer.finish())) ?? [:]  // Safety: the writer's own output is JSON.
  }

  /// Variables of the coordinator's environment that it names.
  package var variables: Set<String> {
    var names: Set<String> = []
    for value in settings.secrets.values {
      switch value {
      case .source(.environment(let name)): names.insert(name)
      case .source(.file): break
      case .text(let text): names.formUnion(Substitution.names(in: text))
      }
    }
    return names
  }

  /// Files with secrets that it names.
  package var secretFiles: [String] {
    settings.secrets.values.compactMap { if case .source(.file(let path)) = $0 { path } else { nil } }
  }
}

extension MCPServer.Value {
  /// The value, for when a worker is started. Errors name the source, never the value.
  package func read(environment: [String: String]) throws(ConfigurationError) -> Secret {
    switch self {
    case .source(let source): return try source.read(environment: environment)
    case .text(let text):
      guard Substitution.isReferenced(in: text) else { return Secret(text) }
      var substitution = Substitution(environment: environment)
      do throws(Substitution.Failure) {
        return Secret(try substitution.expand(text))
      } catch {
        throw ConfigurationError(ConfigurationError.Mistake(error.code, error.message, hint: error.hint))
      }
    }
  }
}

extension Substitution {
  /// Variables that `text` refers to.
  static func names(in text: String) -> Set<String> {
    var names: Set<String> = []
    var rest = text.utf8[...]
    while let dollar = rest.firstIndex(of: UInt8(ascii: "$")) {
      rest = rest[dollar...].dropFirst()
      guard rest.first == UInt8(ascii: "{") else { continue }
      let name = rest.dropFirst().prefix { $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "}") }
      names.insert(String(decoding: name, as: UTF8.self))
    }
    return names
  }
}
