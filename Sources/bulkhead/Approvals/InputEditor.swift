internal import ClientKit
internal import Glibc
internal import JSON
internal import Posix
internal import TerminalText
internal import Wire

/// Has somebody change an input by hand.
enum InputEditor {
  /// The new input; nil: it is as it was. The file exists while the editor runs, and nobody else may read it.
  static func edit(_ input: JSON) async throws(Failure) -> JSON? {
    let text = Array((ApprovalPage.exact(input) + "\n").utf8)
    return try await offPool { () throws(Failure) in
      let path = try file(text)
      defer { unlink(path) }
      try run(path)
      let bytes: [UInt8]
      do throws(PosixError) {
        bytes = try Descriptor.open(path, O_RDONLY).readAll(limit: Limit.frameBytes)
      } catch {
        throw Failure("editor", "what was edited cannot be read: \(error)")
      }
      let edited = try parseJSON(bytes, "the edited input")
      return edited.canonical() == input.canonical() ? nil : edited
    }
  }

  private static func file(_ text: [UInt8]) throws(Failure) -> String {
    let folder = variable("XDG_RUNTIME_DIR") ?? variable("TMPDIR") ?? "/tmp"
    var template = Array("\(folder)/bulkhead-input-XXXXXX.json".utf8CString)
    do throws(PosixError) {
      // For this user alone, under a name that nobody foresees.
      let raw = try posix("mkstemps", folder) {
        template.withUnsafeMutableBufferPointer { mkstemps($0.baseAddress!, 5) }
      }
      let path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
      do throws(PosixError) {
        try Descriptor(owning: raw).writeAll(text)
      } catch {
        unlink(path)
        throw error
      }
      return path
    } catch {
      throw Failure("editor", "cannot write a file to edit: \(error)")
    }
  }

  /// What the variable says is a command with its arguments, as everywhere.
  private static func run(_ path: String) throws(Failure) {
    let editor = variable("VISUAL") ?? variable("EDITOR") ?? "vi"
    var plan = SpawnPlan(path: "/bin/sh", arguments: ["sh", "-c", "\(editor) \"$1\"", "sh", path])
    plan.environment = environmentList()
    plan.newSession = false
    plan.noNewPrivileges = false
    plan.diesWithParent = false
    let exit: ProcessExit
    do throws(PosixError) {
      exit = try end(of: plan.spawn(descriptors: [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO]))
    } catch {
      throw Failure("editor", "the editor cannot be started: \(error)")
    }
    guard exit == .code(0) else {
      throw Failure(
        "editor",
        "the editor \(quoted(editor)) \(exit), and nothing was decided",
        hint: "$VISUAL or $EDITOR names the editor; '--input' takes the new input as it is"
      )
    }
  }

  private static func end(of child: consuming ChildProcess) throws(PosixError) -> ProcessExit {
    let pidfd = child.takePidfd()
    while true {
      if let exit = try ChildProcess.reap(pidfd: pidfd.raw) { return exit }
      var waiting = pollfd(fd: pidfd.raw, events: Int16(POLLIN), revents: 0)
      poll(&waiting, 1, -1)
    }
  }
}
