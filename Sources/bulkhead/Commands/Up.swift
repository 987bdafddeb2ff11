internal import ClientKit
internal import Glibc
internal import JSON
internal import Posix

extension Command {
  static let up = Command(
    path: ["up"],
    summary: "start the coordinator unless it runs",
    flags: [
      Flag("config", value: "FILE", "configuration of the coordinator", completion: .file),
      Flag("state", value: "FOLDER", "where it keeps its state", completion: .folder),
      Flag("workers", value: "FOLDER", "search this folder for workers; may be repeated", completion: .folder),
      Flag("timeout", value: "TIME", "how long it may take to become ready; 10s unless given"),
      Flag("foreground", "become the coordinator instead of starting it in the background"),
    ],
    description: [
      "Starts bulkheadd in a session of its own, if no coordinator answers on the socket, and waits until it does and each of its workers is ready or has failed. The program is looked for beside bulkhead itself, then in PATH. --config, --socket, --state and --workers are passed on.",
      "What the coordinator writes is appended to bulkheadd.log in its state folder: the one given with --state, else $XDG_STATE_HOME/bulkhead, else ~/.local/state/bulkhead. When it does not become ready, the end of that file is shown.",
      "With --foreground nothing is started: bulkhead is replaced by bulkheadd, which then runs until Ctrl-C. Use that under a service manager, or the unit that comes with Bulkhead.",
      "With --json the document is {\"started\": true|false, \"pid\": N, \"socket\": PATH, \"ready\": [WORKER...], \"failed\": [{\"worker\", \"error\"}], \"manifests\": [ERROR...]}; manifests tells which worker.json files cannot be used.",
    ],
    exits: [
      "0    the coordinator runs and its workers are ready",
      "1    it could not be started, or a worker is not ready or not usable",
    ],
    examples: [
      Example("bulkhead up --workers ./workers", "Starts the coordinator with the workers in a folder."),
      Example("bulkhead up --foreground --config bulkhead.yaml", "Runs it in this terminal."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let end = ContinuousClock().now + (try arguments.duration("timeout") ?? .seconds(10))
      if let client = try await running(arguments) {
        return try await report(client, started: false, end, console)
      }
      let launch = try Launch(arguments)
      if arguments.has("foreground") { throw launch.replaceThisProcess() }
      let child = try launch.start()
      let client = try await launch.waitUntilReady(child, arguments, end)
      return try await report(client, started: true, end, console)
    }
  )

  /// nil when nobody listens. Anything else that is wrong with the socket would only be hidden by starting another.
  fileprivate static func running(_ arguments: Arguments) async throws(Failure) -> BulkheadClient? {
    do throws(Failure) {
      return try await arguments.connect()
    } catch  where error.name == ClientError.Code.unreachable.rawValue {
      return nil
    }
  }

  private static func report(
    _ client: BulkheadClient,
    started: Bool,
    _ end: ContinuousClock.Instant,
    _ console: Console
  ) async throws(Failure) -> Int32 {
    // A new coordinator has only logged the manifests that it could not use; reading them again changes nothing.
    let manifests =
      started ? try await asking { () async throws(ClientError) in try await client.reload().errors } : []
    let states = try await WorkerStates.settled(client, until: end)
    if console.isJSON {
      console.print([
        "started": .bool(started), "pid": .integer(client.coordinatorPID), "socket": .string(client.socket),
        "ready": .array(states.ready.map { .string($0) }),
        "failed": .array(states.failed.map { ["worker": .string($0.worker), "error": .string($0.error)] }),
        "manifests": .array(manifests.map { .string($0) }),
      ])
    }
    let what = started ? "coordinator started" : "coordinator already runs"
    console.say("\(what) (pid \(client.coordinatorPID), socket \(client.socket))")
    console.say(states.ready.isEmpty ? "no worker is ready" : "workers ready: \(states.ready.joined(separator: ", "))")
    for worker in states.failed {
      console.complain(Console.printable("worker '\(worker.worker)' is not ready: \(worker.error)"))
    }
    for error in manifests { console.complain(Console.printable("workers: \(error)")) }
    if !states.failed.isEmpty { console.note("hint: 'bulkhead logs' and 'bulkhead worker check' tell more") }
    return states.failed.isEmpty && manifests.isEmpty ? ExitCode.success : ExitCode.failure
  }
}

/// How bulkheadd is started.
private struct Launch {
  let program: String
  let words: [String]
  let log: String

  init(_ arguments: Arguments) throws(Failure) {
    guard let program = findDaemon() else {
      throw Failure(
        "no_program",
        "there is no program 'bulkheadd' beside bulkhead or in PATH",
        hint: "install both together, or run bulkheadd yourself"
      )
    }
    self.program = program
    var words = [program]
    for flag in ["config", "socket", "state"] {
      // Absolute, since a service outlives the folder it was started in.
      if let value = arguments.value(flag) { words += ["--\(flag)", try Command.absolute(value)] }
    }
    for folder in arguments.values("workers") { words += ["--workers", try Command.absolute(folder)] }
    self.words = words
    log = try Self.logFile(arguments)
  }

  private static func logFile(_ arguments: Arguments) throws(Failure) -> String {
    guard let folder = try arguments.value("state").map(Command.absolute) ?? stateFolder() else {
      throw Failure("no_folder", "neither XDG_STATE_HOME nor HOME is set", hint: "name a folder with --state")
    }
    return folder + "/bulkheadd.log"
  }

  func replaceThisProcess() -> Failure {
    // The mask is inherited by the program, which expects to be interruptible.
    var none = sigset_t()
    sigemptyset(&none)
    pthread_sigmask(SIG_SETMASK, &none, nil)
    var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
    pointers.append(nil)
    execv(program, pointers)
    return Failure("no_program", "cannot run \(program): \(errnoMessage(errno))")
  }

  /// Descriptor of the process, by which its end is seen.
  func start() throws(Failure) -> Started {
    do throws(PosixError) {
      try makeFolders(String(log[..<(log.lastIndex(of: "/") ?? log.endIndex)]))
      let output = try Descriptor.open(log, O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW)
      let input = try Descriptor.open("/dev/null", O_RDONLY)
      let before = lseek(output.raw, 0, SEEK_END)
      var plan = SpawnPlan(path: program, arguments: words)
      plan.environment = environmentList()
      plan.directory = "/"
      plan.noNewPrivileges = false
      plan.diesWithParent = false
      let child = try plan.spawn(descriptors: [input.raw, output.raw, output.raw])
      return Started(child.takePidfd(), logStart: before)
    } catch {
      throw Failure("no_start", "cannot start the coordinator: \(error)")
    }
  }

  final class Started: Sendable {
    let pidfd: Descriptor
    let logStart: Int
    init(_ pidfd: consuming Descriptor, logStart: Int) {
      self.pidfd = pidfd
      self.logStart = logStart
    }

    /// nil while it runs.
    var exit: ProcessExit? {
      do throws(PosixError) { return try ChildProcess.reap(pidfd: pidfd.raw) } catch {
        preconditionFailure("our own child cannot be waited for: \(error)")
      }
    }
  }

  func waitUntilReady(
    _ child: Started,
    _ arguments: Arguments,
    _ end: ContinuousClock.Instant
  ) async throws(Failure) -> BulkheadClient {
    let clock = ContinuousClock()
    let start = clock.now
    while true {
      if let client = try await Command.running(arguments) { return client }
      if let exit = child.exit { throw failure("coordinator \(exit) before it was ready", child) }
      if clock.now >= end {
        throw failure("coordinator did not become ready within \(end - start); it still runs", child)
      }
      do { try await clock.sleep(for: .milliseconds(10)) } catch {
        throw Failure("cancelled", "stopped waiting; the coordinator still starts")
      }
    }
  }

  private func failure(_ message: String, _ child: Started) -> Failure {
    let tail = logTail(log, from: child.logStart)
    return Failure("no_start", message, details: tail, hint: "all of its output is in \(log)")
  }
}
