internal import ClientKit
internal import Glibc
internal import JSON
internal import Posix
internal import TerminalText

extension Command {
  static let doctor = Command(
    path: ["doctor"],
    summary: "check what Bulkhead needs on this machine",
    description: [
      "Looks at what the client, the coordinator and the workers need, and prints a line for each thing with what to do where something is wrong: 'ok', 'note' for what may be intended, 'FAIL' for what keeps Bulkhead from working. What the jail of this machine and this user can enforce is found by building jails; 'grade' sums it up: full, old-landlock, no-namespaces or none. The sandbox demands full unless a call accepts less.",
      "With --json the document is {\"checks\": [{\"check\", \"result\", \"detail\", \"hint\"}], \"grade\": GRADE, \"healthy\": true|false}.",
    ],
    exits: ["0    nothing failed", "1    something failed"],
    examples: [Example("bulkhead doctor", "When something does not work as expected.")],
    action: .remote { arguments, console async throws(Failure) in
      var findings: [Finding] = []
      for check in Finding.checks { findings += await check(arguments) }
      let isHealthy = !findings.contains { $0.result == .fail }
      if console.isJSON {
        let grade = findings.first { $0.check == "grade" }?.detail ?? "none"
        console.print([
          "checks": .array(findings.map(\.json)), "grade": .string(grade), "healthy": .bool(isHealthy),
        ])
      } else {
        for finding in findings { console.print(finding.text(console)) }
      }
      return isHealthy ? ExitCode.success : ExitCode.failure
    }
  )
}

/// What one check of `doctor` found.
struct Finding: Sendable {
  enum Result: String, Sendable {
    case ok, note, fail
  }

  let check: String
  let result: Result
  let detail: String
  var hint: String?

  init(_ check: String, _ result: Result, _ detail: String, hint: String? = nil) {
    self.check = check
    self.result = result
    self.detail = detail
    self.hint = hint
  }

  typealias Check = @Sendable (Arguments) async -> [Finding]

  /// In the order of printing. Each may find several things or none.
  static let checks: [Check] = [jail, runtimeFolder, socket, daemon, state, coordinator]

  func text(_ console: Console) -> String {
    let (word, colour): (String, Colour) =
      switch result {
      case .ok: ("ok  ", .green)
      case .note: ("note", .yellow)
      case .fail: ("FAIL", .red)
      }
    let name = check + String(repeating: " ", count: max(0, 21 - check.count))
    let line = "\(console.colour(word, colour))  \(name)  \(Console.printable(detail))"
    return line + (hint.map { "\n" + String(repeating: " ", count: 29) + "hint: " + $0 } ?? "")
  }

  var json: JSON {
    var object: JSONObject = [
      "check": .string(check), "result": .string(result.rawValue), "detail": .string(detail),
    ]
    if let hint { object["hint"] = .string(hint) }
    return .object(object)
  }

  // MARK: Checks

  private static let runtimeFolder: Check = { _ in
    guard let folder = variable("XDG_RUNTIME_DIR") else {
      return [
        Finding("runtime folder", .note, "XDG_RUNTIME_DIR is not set; /tmp/bulkhead-\(geteuid()) is used")
      ]
    }
    var status = stat()
    guard stat(folder, &status) == 0 else {
      return [
        Finding(
          "runtime folder",
          .fail,
          "\(folder): \(errnoMessage(errno))",
          hint: "unset XDG_RUNTIME_DIR or make the folder"
        )
      ]
    }
    guard status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else {
      return [
        Finding(
          "runtime folder",
          .fail,
          "\(folder) has owner \(status.st_uid) and mode \(octal(status.st_mode)) where \(geteuid()) and 0700 are due",
          hint: "chmod 700 it, or point XDG_RUNTIME_DIR at a folder of your own"
        )
      ]
    }
    return [Finding("runtime folder", .ok, folder)]
  }

  private static let socket: Check = { arguments in
    let location = SocketLocation.find(explicit: arguments.value("socket"))
    var status = stat()
    guard stat(location.path, &status) == 0 else {
      return [
        Finding(
          "socket",
          .note,
          "\(location.path): \(errnoMessage(errno))",
          hint: "start the coordinator with 'bulkhead up'"
        )
      ]
    }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      return [
        Finding("socket", .fail, "\(location.path) is no socket", hint: "remove it, or name another with --socket")
      ]
    }
    let mode = "mode \(octal(status.st_mode)), owner \(status.st_uid)"
    if status.st_mode & 0o007 != 0 {
      return [
        Finding(
          "socket",
          .fail,
          "\(location.path) is open to every user: \(mode)",
          hint: "restart the coordinator; 0600 or 0660 are due"
        )
      ]
    }
    return [Finding("socket", .ok, "\(location.path) (\(mode))")]
  }

  private static let daemon: Check = { _ in
    guard let path = findDaemon() else {
      return [Finding("bulkheadd", .note, "not beside bulkhead and not in PATH", hint: "'bulkhead up' needs it")]
    }
    return [Finding("bulkheadd", .ok, path)]
  }

  private static let state: Check = { _ in
    guard let folder = stateFolder() else {
      return [
        Finding("state folder", .note, "neither XDG_STATE_HOME nor HOME is set", hint: "give --state to 'bulkhead up'")
      ]
    }
    var status = stat()
    guard stat(folder, &status) == 0 else { return [Finding("state folder", .note, "\(folder) is not there yet")] }
    if access(folder, W_OK) != 0 {
      return [Finding("state folder", .fail, "\(folder) is not writable: \(errnoMessage(errno))")]
    }
    return [Finding("state folder", .ok, folder)]
  }

  private static let coordinator: Check = { arguments in
    let client: BulkheadClient
    do throws(Failure) { client = try await arguments.connect() } catch {
      let isAbsent = error.name == ClientError.Code.unreachable.rawValue
      return [Finding("coordinator", isAbsent ? .note : .fail, error.message, hint: error.hint)]
    }
    let peer = client.coordinator
    var findings = [
      Finding(
        "coordinator",
        .ok,
        "\(peer.name) \(peer.version), pid \(client.coordinatorPID), protocol \(client.version)"
      )
    ]
    if peer.version != programVersion {
      findings.append(
        Finding(
          "versions",
          .note,
          "client \(programVersion), coordinator \(peer.version)",
          hint: "restart the coordinator after an update"
        )
      )
    }
    do throws(ClientError) {
      findings += try await client.workers().flatMap(worker)
    } catch {
      findings.append(Finding("workers", .fail, error.message, hint: error.hint))
    }
    return findings
  }

  private static func worker(_ report: JSON) -> [Finding] {
    let kind = report["kind"]?.stringValue ?? "?"
    let name = "worker \(kind)"
    let instances = report["instances"]?.arrayValue ?? []
    let ready = instances.count { $0["state"]?.stringValue == "ready" }
    let detail = "\(ready) of \(instances.count) ready, \(report["manifest"]?.stringValue ?? "?")"
    if ready == instances.count, ready > 0 { return [Finding(name, .ok, detail)] }
    let reason = report["last_error"]?.stringValue
    return [
      Finding(
        name,
        ready > 0 ? .note : .fail,
        detail + (reason.map { ": \($0)" } ?? ""),
        hint: "see 'bulkhead logs \(kind)', or try it with 'bulkhead worker check'"
      )
    ]
  }
}
