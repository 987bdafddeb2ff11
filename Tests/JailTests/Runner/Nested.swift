import Glibc
import Jail

private let arguments = CommandLine.arguments.dropFirst(2)

/// One probe in one jail: reason, denials, and what the probe said, a line each.
func runOnce() throws -> Int32 {
  let path = try JailProgram.path()
  let probe = path.prefix(path.count - "bulkhead-jail".count) + "jail-probe"
  var policy = JailPolicy(program: String(probe), arguments: ["jail-probe"] + arguments)
  policy.view.programs = [String(probe)]
  policy.network = .inherited
  let result = try JailRun(policy.prepare()).run()
  print(result.reason.rawValue, result.setupFailure.map { "\($0)" } ?? "")
  print("denied:", result.denials.map(\.name).joined(separator: " "))
  print(String(decoding: result.output.bytes, as: UTF8.self), terminator: "")
  return result.reason == .ok ? 0 : 1
}

/// Runs this program with `--once` in the jail of the sandbox worker, and shows what came of both.
func runNested() throws -> Int32 {
  let path = try JailProgram.path()
  let folder = String(path.prefix(path.count - "/bulkhead-jail".count))
  var policy = JailPolicy(program: folder + "/jail-corpus", arguments: ["jail-corpus", "--once"] + arguments)
  policy.profile = .sandboxWorker
  policy.view.processes = .writable
  policy.view.programs = [folder, "/opt/swift/usr/lib"]
  policy.limits = .longLived
  policy.runAs = geteuid() == 0 ? .init(uid: 61234, gid: 61234) : nil
  let result = try JailRun(policy.prepare()).run()
  print("worker:", result.reason.rawValue, result.setupFailure.map { "\($0)" } ?? "")
  print(String(decoding: result.output.bytes + result.errorOutput.bytes, as: UTF8.self))
  return result.reason == .ok ? 0 : 1
}
