internal import Jail
internal import WorkerKit

/// `bash`: a command line in a jail.
enum BashTool {
  static var policy: CallPolicy { Sandbox.policy(.shell) }
  /// The kernel's limit for one argument, with its NUL.
  static let commandBytes = 131_071

  static func run(_ call: Call) async throws -> JSON {
    let sandbox = try Sandbox.shared()
    let command = call.input["command"]?.stringValue ?? ""
    guard command.utf8.count <= commandBytes, !command.utf8.contains(0) else {
      throw WireError(
        .invalidInput,
        "'/command' of \(command.utf8.count) bytes is too long, or holds a NUL; at most \(commandBytes) are due"
      )
    }
    let files = try await InputFiles.read(call.input["files"], of: call)
    try policy.check(files)
    var policy = try policy.policy(
      sandbox.shell,
      ["bash", "-c", command],
      call.needs,
      call.limits,
      remainingMS: call.remainingMS
    )
    if let cwd = call.input["cwd"]?.stringValue {
      policy.directory = cwd.hasPrefix("/") ? cwd : "\(policy.directory)/\(cwd)"
    }
    // Without it bash asks the system's user database at its start, which is refused and looks like the command's doing.
    policy.environment.append("SHELL=\(sandbox.shell)")
    for member in call.input["env"]?.objectValue?.members ?? [] {
      policy.environment.removeAll { $0.hasPrefix(member.key + "=") }
      policy.environment.append("\(member.key)=\(member.value.stringValue ?? "")")
    }
    policy.view.files = files.map { FileView.File(path: $0.path, contents: $0.contents) }
    let jail = try PreparedJail(policy)
    let input = Array((call.input["stdin"]?.stringValue ?? "").utf8)
    let result = try await RunDriver.drive(call) {
      do throws(JailError) { return try JailRun(jail, input: input) } catch { throw Sandbox.failed(error) }
    } then: {
      $1
    }
    return try await Sandbox.finish(call, result)
  }
}
