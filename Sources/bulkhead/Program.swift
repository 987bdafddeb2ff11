internal import Glibc
internal import Posix
internal import Synchronization
internal import TerminalText

/// Reads the command line, runs one command, and turns what comes of it into an exit code.
enum Program {
  static func run(_ words: [String]) -> Int32 {
    let command: Command?
    let path: [String]
    let arguments: Arguments
    do throws(UsageError) {
      (command, path, arguments) = try ArgumentParser.parse(words)
    } catch {
      return complain(error.message, error.path, Console(Arguments()))
    }
    let console = Console(arguments)
    guard let command else { return withoutCommand(path, arguments, console) }
    if arguments.has("help") {
      console.writeResult(HelpText.short(command))
      return ExitCode.success
    }
    return perform(command, arguments, console)
  }

  private static func withoutCommand(_ path: [String], _ arguments: Arguments, _ console: Console) -> Int32 {
    if arguments.has("help") {
      console.writeResult(path.isEmpty ? HelpText.overview : HelpText.group(path))
      return ExitCode.success
    }
    if path.isEmpty, arguments.has("version") { return perform(.version, Arguments(), console) }
    if path.isEmpty {
      console.writeError(HelpText.overview)
      return ExitCode.usage
    }
    let following = Command.words(after: path).joined(separator: ", ")
    return complain("'\(path.joined(separator: " "))' needs one of: \(following)", path, console)
  }

  /// The problem, how it is meant, and where to read more.
  private static func complain(_ message: String, _ path: [String], _ console: Console) -> Int32 {
    let command = Command.named(path)
    let usage =
      command?.synopsis ?? (["bulkhead"] + path + ["COMMAND", "[OPERAND...]", "[OPTION...]"]).joined(separator: " ")
    let words = (["bulkhead"] + path + ["--help"]).joined(separator: " ")
    console.writeError(
      "\(console.colour("bulkhead:", .red, onErrors: true)) \(message)\nusage: \(usage)\nsee '\(words)'\n"
    )
    return ExitCode.usage
  }

  private static func perform(_ command: Command, _ arguments: Arguments, _ console: Console) -> Int32 {
    switch command.action {
    case .local(let body):
      do throws(Failure) { return try body(arguments, console) } catch { return end(error, command, console) }
    case .remote(let body):
      Interrupts.watch {
        if console.errorsAreTerminal { console.note("stopping; press Ctrl-C again to quit at once") }
      }
      return wait {
        do throws(Failure) { return try await body(arguments, console) } catch {
          guard Interrupts.happened else { return end(error, command, console) }
          if error.name != "cancelled" { console.report(error) }
          return ExitCode.interrupted
        }
      }
    }
  }

  private static func end(_ failure: Failure, _ command: Command, _ console: Console) -> Int32 {
    guard failure.exit == ExitCode.usage else {
      console.report(failure)
      return failure.exit
    }
    console.report(failure)
    console.writeError("usage: \(command.synopsis)\nsee 'bulkhead \(command.name) --help'\n")
    return failure.exit
  }

  /// Runs `body` as a task while the main thread, which is none of Swift's shared ones, sleeps.
  private static func wait(for body: @escaping @Sendable () async -> Int32) -> Int32 {
    let outcome = Outcome()
    Interrupts.cancels(Task.detached { outcome.end(await body()) })
    return outcome.wait()
  }

  private final class Outcome: Sendable {
    private let code = Atomic<Int32>(ExitCode.bug)
    private let done = Semaphore()

    func end(_ code: Int32) {
      self.code.store(code, ordering: .releasing)
      done.signal()
    }

    func wait() -> Int32 {
      done.wait()
      return code.load(ordering: .acquiring)
    }
  }
}
