internal import BlobStore
internal import Glibc
internal import JSON
internal import Journal
internal import Posix
internal import Supervision
internal import Wire

/// One check of health: every part is really asked for something, all at once, and none for longer than the timeout.
///
/// It holds itself until the last probe has ended. Lives on the coordinator's loop.
final class HealthRun {
  typealias Finding = (result: HealthProbe.Result, message: String?, hint: String?)

  let coordinator: Coordinator
  let message: HealthCheck
  let timeout: Milliseconds
  private let startedAt = BootTime.now
  private var probes: [HealthProbe?] = []
  private var isComplete = false
  private var then: ((HealthCheck.Response) -> Void)?

  init(_ coordinator: Coordinator, _ message: HealthCheck, then: @escaping (HealthCheck.Response) -> Void) {
    self.coordinator = coordinator
    self.message = message
    self.then = then
    timeout = Milliseconds(message.timeoutMS)
  }

  func start(caller: JSON) {
    probeService()
    probeJournal()
    probeReading()
    probeArtifacts()
    probeWorkers()
    if message.isDeep { probeRuns(caller) }
    isComplete = true
    finishIfDone()
  }

  // MARK: Probes

  /// Begins one: `body` gets what it ends with, of which the first call counts. `hint` is for when nothing answers in time.
  func probe(_ name: String, hint: String? = nil, _ body: (@escaping (Finding) -> Void) -> Void) {
    let index = probes.count
    probes.append(nil)
    let began = BootTime.now
    var timer: LoopTimer?
    let end = { [self] (finding: Finding) in
      guard probes[index] == nil else { return }
      if let timer { coordinator.loop.cancel(timer) }
      probes[index] = HealthProbe(
        name,
        finding.result,
        latencyMS: Self.milliseconds(since: began),
        message: finding.message,
        hint: finding.hint
      )
      finishIfDone()
    }
    timer = coordinator.loop.schedule(after: timeout) { [timeout] in
      end((.failed, "no answer within \(timeout.count) ms", hint))
    }
    body(end)
  }

  /// Says what is known without asking.
  func note(_ name: String, _ result: HealthProbe.Result, _ message: String? = nil, hint: String? = nil) {
    probes.append(HealthProbe(name, result, message: message, hint: hint))
  }

  private static func milliseconds(since time: BootTime) -> Double {
    Double(BootTime.now.nanoseconds - time.nanoseconds) / 1e6
  }

  private func finishIfDone() {
    guard isComplete, let then, !probes.contains(where: { $0 == nil }) else { return }
    self.then = nil
    let probes = probes.compactMap { $0 }
    let status: HealthStatus =
      probes.contains { $0.result == .failed }
      ? .unhealthy : probes.contains { $0.result == .degraded } ? .degraded : .healthy
    then(HealthCheck.Response(status: status, tookMS: Self.milliseconds(since: startedAt), probes: probes))
  }

  private func probeService() {
    if coordinator.isDraining {
      note("service", .degraded, "it drains and takes no new work", hint: "'bulkhead up' starts it again")
    } else {
      note("service", .ok, "up \(coordinator.status.uptimeMS / 1_000) s")
    }
    noteWithheld()
    let alerts = coordinator.judge.metrics.alerts
    guard coordinator.judge.metrics.hasRules else { return }
    note(
      "alerts",
      alerts.isEmpty ? .ok : .degraded,
      alerts.isEmpty ? "none is raised" : "raised: " + alerts.map(\.name).joined(separator: ", "),
      hint: alerts.isEmpty ? nil : "'bulkhead metrics' shows their values"
    )
  }

  private func noteWithheld() {
    let withheld = coordinator.supervisor.withheld
    guard !withheld.isEmpty else { return }
    let names = withheld.prefix(5).map(\.name).joined(separator: ", ")
    let more = withheld.count > 5 ? " and \(withheld.count - 5) more" : ""
    note("tools", .degraded, "withheld: \(names)\(more)", hint: "'bulkhead mcp list' shows why")
  }

  /// A commit that really goes to the disk, and is waited for.
  private func probeJournal() {
    let hint = "look at the disk of the state folder; work is not accepted while the journal cannot be written"
    probe("journal", hint: hint) { end in
      coordinator.journal.commit([.probe], refusable: true) { error in
        if let error { end((.failed, error.message, hint)) } else { end((.ok, "a commit is on disk", nil)) }
      }
    }
  }

  /// The disk is asked on the thread that reads: a file system that hangs must not hang the coordinator.
  private func probeReading() {
    let folder = coordinator.journal.path.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
    probe("disk", hint: "the file system of '\(folder)' does not answer") { end in
      coordinator.journal.reader.read { _ -> Space in
        Space(folder)
      } then: { result in
        switch result {
        case .success(let space): end(space.finding(folder))
        case .failure(let error): end((.failed, error.message, nil))
        }
      }
    }
  }

  private func probeArtifacts() {
    let hint = "look at the disk of the state folder, and at the owner and mode of its folder 'blobs'"
    let service = coordinator.blobs.service
    probe("artifacts", hint: hint) { end in
      service.store(Array("bulkhead health check\n".utf8)) { stored in
        switch stored {
        case .success(let blob):
          service.verify(blob.sha256) { result in
            switch result {
            case .success: end((.ok, "one was written and read", nil))
            case .failure(let error): end((.failed, error.message, hint))
            }
          }
        case .failure(let error): end((.failed, error.message, hint))
        }
      }
    }
  }

  private func probeWorkers() {
    for (name, kind) in coordinator.supervisor.kinds.sorted(by: { $0.key < $1.key }) {
      for instance in kind.instances { probeInstance(instance, of: kind, named: "worker \(name)-\(instance.number)") }
    }
  }

  private func probeInstance(_ instance: WorkerInstance, of kind: WorkerKind, named name: String) {
    let hint = "'bulkhead logs \(kind.manifest.name)' shows what it says"
    let hasOthers = kind.instances.contains { $0 !== instance && $0.isReady }
    // Work goes to the others.
    let bad: HealthProbe.Result = hasOthers ? .degraded : .failed
    probe(name, hint: hint) { end in
      instance.probe(timeout: timeout) { outcome in
        switch outcome {
        case .answered: end((.ok, nil, nil))
        case .busy(let count): end((.ok, "it has \(count == 1 ? "a call" : "\(count) calls") and was not asked", nil))
        case .passing(let state): end((.degraded, "it is \(state)", nil))
        case .gone(let error, let wait):
          let next = wait.map { "; started again in \($0) ms" } ?? ""
          end((bad, (error ?? "it has no process") + next, hint))
        case .failed(let error): end((bad, error.message, hint))
        }
      }
    }
  }
}

/// What is left on a file system.
private struct Space: Sendable {
  private var free: UInt64 = 0
  private var total: UInt64 = 0
  private var error: Int32 = 0

  init(_ folder: String) {
    var status = statvfs()
    let raw = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard raw >= 0 else {
      error = errno
      return
    }
    defer { close(raw) }
    guard fstatvfs(raw, &status) == 0 else {
      error = errno
      return
    }
    free = UInt64(status.f_bavail) &* UInt64(status.f_frsize)
    total = UInt64(status.f_blocks) &* UInt64(status.f_frsize)
  }

  private static let least: UInt64 = 64 << 20
  private static let little: UInt64 = 1 << 30

  func finding(_ folder: String) -> HealthRun.Finding {
    guard error == 0 else { return (.failed, "'\(folder)': \(errnoMessage(error))", nil) }
    let percent = total > 0 ? free &* 100 / total : 0
    let text = "\(free >> 20) MiB (\(percent) %) are free"
    let hint = "make room on the file system of '\(folder)'; 'bulkhead gc' removes old jobs and artifacts"
    if free < Self.least { return (.failed, text, hint) }
    return free < Self.little ? (.degraded, text, hint) : (.ok, text, nil)
  }
}

extension Coordinator {
  func check(
    _ message: HealthCheck,
    by role: Role?,
    caller: JSON,
    answer: @escaping (Result<HealthCheck.Response, WireError>) -> Void
  ) {
    guard !message.isDeep || role ?? .viewer >= .submitter else {
      return answer(
        .failure(
          WireError(
            .forbidden,
            "'/deep' runs programs, which is for the role 'submitter'",
            data: ["role": .string(Role.submitter.rawValue)]
          )
        )
      )
    }
    HealthRun(self, message) { answer(.success($0)) }.start(caller: caller)
  }
}
