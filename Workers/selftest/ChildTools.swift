internal import Glibc
internal import JSON
internal import Posix
internal import WorkerKit

/// A tool that leaves a process behind, in a session of its own, as careless programs do. It must not outlive its worker.
enum ChildTools {
  static func add(to worker: Worker) {
    worker.tool("breed", "Adds up, and leaves a process behind.", input: StepTools.input, output: StepTools.output) {
      call in
      try Executions.note(call)
      try leaveBehind("/bin/sleep", ["sleep", "86400"])
      return ["value": .integer(StepTools.sum(call))]
    }
  }

  /// POSIX_SPAWN_SETSID of spawn.h, which the Glibc module does not show.
  private static let newSession: Int16 = 0x80

  private static func leaveBehind(_ program: String, _ arguments: [String]) throws {
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, newSession)
    var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    var pid: pid_t = 0
    let status = posix_spawn(&pid, program, nil, &attributes, &words, environ)
    guard status == 0 else { throw PosixError("spawn", program, errno: status) }
  }
}
