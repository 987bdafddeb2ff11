internal import ClientKit
internal import JSON
internal import Posix

/// What `exec` asks for, read from its command line.
struct ExecRequest: Sendable {
  /// Files up to this size, and together up to `inlineTotal`, travel inside the input, others as artifacts.
  private static let inlineBytes = 256 << 10
  private static let inlineTotal = 1 << 20
  /// For the record to come home after a run that has reached its time.
  private static let marginMS: Int64 = 5000

  private struct LocalFile: Sendable {
    let path: String
    let name: String
  }

  let language: String
  let limits: ResourceLimits?
  private(set) var needs: Needs?
  let callTimeout: Duration?
  private var members = JSONObject()
  private var files: [LocalFile] = []

  var isBash: Bool { language == "bash" }
  var tool: String { isBash ? "bash" : "code_exec" }

  init(_ arguments: Arguments) async throws(Failure) {
    language = arguments.operand(0) ?? ""
    let wall = try arguments.milliseconds("timeout")
    var limits = ResourceLimits()
    limits.wallMS = wall
    limits.memoryBytes = try arguments.size("memory")
    self.limits = limits == ResourceLimits() ? nil : limits
    callTimeout = wall.map { .milliseconds(min($0 + Self.marginMS, Limit.timeoutMS)) }
    needs = try Command.needs(arguments)
    if let grade = arguments.value("grade") {
      var wider = needs ?? Needs()
      wider.grade = grade
      needs = wider
    }
    files = try arguments.values("file").map(Self.file)
    let variables = try arguments.values("env").map(Self.variable)
    if isBash {
      try readBash(arguments, variables)
    } else {
      try readCode(arguments, variables)
    }
    let code = arguments.operand(1) ?? ""
    let text = code == "-" ? try Self.text(await readStandardInput(), "code on standard input") : code
    members[isBash ? "command" : "code"] = .string(text)
    if arguments.has("stdin") {
      members["stdin"] = .string(try Self.text(await readStandardInput(), "standard input"))
    }
  }

  private mutating func readBash(_ arguments: Arguments, _ variables: [(String, String)]) throws(Failure) {
    if arguments.value("input") != nil {
      throw Failure(usage: "'--input' is for code; bash gets its input with --stdin, --file or --env")
    }
    if arguments.has("stdin"), arguments.operand(1) == "-" {
      throw Failure(usage: "the command and '--stdin' cannot both come from standard input")
    }
    if let folder = arguments.value("cwd") { members["cwd"] = .string(folder) }
    if !variables.isEmpty { members["env"] = .object(JSONObject(variables.map { ($0.0, JSON.string($0.1)) })) }
  }

  private mutating func readCode(_ arguments: Arguments, _ variables: [(String, String)]) throws(Failure) {
    if arguments.has("stdin") { throw Failure(usage: "'--stdin' is for bash; code gets its input with --input") }
    if arguments.value("cwd") != nil { throw Failure(usage: "'--cwd' is for bash") }
    members["language"] = .string(language)
    if let input = arguments.value("input") { members["input_data"] = try parseJSON(Array(input.utf8), "'--input'") }
    if variables.isEmpty { return }
    var needs = needs ?? Needs()
    for (name, value) in variables { needs.environment[name] = value }
    self.needs = needs
  }

  /// The input of the tool. Large files are given to the coordinator first.
  func input(_ client: BulkheadClient) async throws(Failure) -> JSON {
    var input = members
    var list: [JSON] = []
    var room = Self.inlineTotal
    for file in files {
      let limit = min(Self.inlineBytes, room)
      if let bytes = try await offPool({ () throws(Failure) in try Self.small(file.path, limit) }) {
        room -= bytes.count
        let text = String(validating: bytes, as: UTF8.self)
        let contents = text.map { ("text", JSON.string($0)) } ?? ("base64", .string(Base64.encode(bytes)))
        list.append(.object(JSONObject([("path", .string(file.name)), contents])))
      } else {
        let artifact = try await asking { () async throws(ClientError) in try await client.upload(file.path) }
        list.append(["path": .string(file.name), "artifact": .string(artifact.sha256)])
      }
    }
    if !list.isEmpty { input["files"] = .array(list) }
    return .object(input)
  }

  /// The contents, or nil when there are more than `limit` bytes.
  private static func small(_ path: String, _ limit: Int) throws(Failure) -> [UInt8]? {
    do throws(PosixError) {
      return try Descriptor.open(path, 0).readAll(limit: limit)
    } catch {
      if error.isTooLarge { return nil }
      throw Failure("file", "cannot read file \(quoted(path)): \(error)")
    }
  }

  /// `PATH:NAME`, where PATH alone is no file.
  private static func file(_ text: String) throws(Failure) -> LocalFile {
    if !exists(text), let colon = text.lastIndex(of: ":") {
      let path = String(text[..<colon])
      let name = String(text[text.index(after: colon)...])
      if exists(path), !name.isEmpty { return LocalFile(path: path, name: name) }
    }
    guard exists(text) else { throw Failure("file", "there is no file \(quoted(text))") }
    return LocalFile(path: text, name: String(text.split(separator: "/").last ?? ""))
  }

  private static func variable(_ text: String) throws(Failure) -> (String, String) {
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
      throw Failure(usage: "'--env' is \(quoted(text)) where NAME=VALUE is due")
    }
    return (String(text[..<equals]), String(text[text.index(after: equals)...]))
  }

  private static func text(_ bytes: [UInt8], _ what: String) throws(Failure) -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw Failure("file", "\(what) is not UTF-8", hint: "pass it with --file")
    }
    return text
  }
}
