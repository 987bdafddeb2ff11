internal import JSON
internal import Jail
internal import WorkerKit

/// `code_exec`: code in a jail, with `input` in and `output` out.
enum CodeTool {
  static var policy: CallPolicy { Sandbox.policy(.compute) }
  /// A request beyond this goes to a process of its own: handing it over would take longer than starting one.
  private static let warmBytes = 1 << 20

  static func run(_ call: Call) async throws -> JSON {
    let sandbox = try Sandbox.shared()
    let language = call.input["language"]?.stringValue ?? "python"
    guard let interpreter = sandbox.interpreters.byName[language] else {
      let known = sandbox.interpreters.byName.keys.sorted().joined(separator: ", ")
      throw WireError(.invalidInput, "language '\(language)' is not one of: \(known)")
    }
    let files = try await InputFiles.read(call.input["files"], of: call)
    try policy.check(files)
    let code = call.input["code"]?.stringValue ?? ""
    let input = call.input["input_data"] ?? .null
    switch interpreter.contract {
    case .exchange: return try await exchange(sandbox, call, interpreter, code, input, files)
    case .file(let name): return try await withFile(name, call, interpreter, code, input, files)
    }
  }

  private static func exchange(
    _ sandbox: Sandbox,
    _ call: Call,
    _ interpreter: Interpreter,
    _ code: String,
    _ input: JSON,
    _ files: [InputFile]
  ) async throws -> JSON {
    let request = Exchange.request(code: code, input: input, files: files)
    let given = Dictionary(files.map { ($0.path, $0.contents) }) { $1 }
    let isPython = interpreter.name == sandbox.interpreters.python?.name
    let pool = isPython && policy.isDefault(call.needs, call.limits) && request.count <= warmBytes ? sandbox.warm : nil
    let wall = policy.wallMilliseconds(call.limits, remainingMS: call.remainingMS)
    func cold() throws -> JailRun {
      var policy = try policy.policy(
        interpreter.program,
        interpreter.arguments,
        call.needs,
        call.limits,
        remainingMS: call.remainingMS
      )
      policy.exchanges = true
      let jail = try PreparedJail(policy)
      do throws(JailError) {
        let run = try JailRun(jail, replyLimit: Exchange.replyLimit)
        _ = run.begin(request, given: given)
        return run
      } catch {
        throw Sandbox.failed(error)
      }
    }
    var warm: JailRun?
    defer { pool?.ended(warm) }
    var (result, reply) = try await RunDriver.drive(call) {
      warm = pool?.begin(request, given: given, wallMilliseconds: wall)
      return try warm ?? cold()
    } then: {
      ($1, $0.reply)
    }
    // A process that was killed between the last look at it and its request: the code has not run.
    if let warm, !warm.requestWasRead, result.reason == .signal || result.reason == .workerLost {
      (result, reply) = try await RunDriver.drive(call, cold) { ($1, $0.reply) }
    }
    let answer = Exchange.answer(reply.bytes, isTruncated: reply.isTruncated)
    return try await Sandbox.finish(call, result, answer)
  }

  private static func withFile(
    _ name: String,
    _ call: Call,
    _ interpreter: Interpreter,
    _ code: String,
    _ input: JSON,
    _ files: [InputFile]
  ) async throws -> JSON {
    let output = "output.json"
    var policy = try policy.policy(
      interpreter.program,
      interpreter.arguments,
      call.needs,
      call.limits,
      remainingMS: call.remainingMS
    )
    let own = [
      InputFile(path: name, contents: Array(code.utf8)), InputFile(path: "input.json", contents: input.serialized()),
    ]
    let taken = own.map(\.path) + [output]
    if let file = files.first(where: { taken.contains($0.path) }) {
      throw WireError(.invalidInput, "file '\(file.path)' has a name that the language's own files have")
    }
    try Self.policy.check(own)
    policy.view.files = (files + own).map { FileView.File(path: $0.path, contents: $0.contents) }
    let jail = try PreparedJail(policy)
    var result = try await RunDriver.drive(call) {
      do throws(JailError) { return try JailRun(jail) } catch { throw Sandbox.failed(error) }
    } then: {
      $1
    }
    var answer = Exchange.Answer()
    if let index = result.artifacts.firstIndex(where: { $0.path == output }) {
      answer = Exchange.answer(file: result.artifacts.remove(at: index).contents)
    }
    return try await Sandbox.finish(call, result, answer)
  }
}
