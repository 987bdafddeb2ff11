internal import ClientKit
internal import JSON
internal import Posix
internal import Supervision
internal import Wire

/// Examines one worker, rule by rule. A worker that a rule has broken is started afresh for the next one, so that every rule
/// is judged by itself.
final class Conformance {
  enum Outcome {
    case pass(String)
    case fail(String)
    case skip(String)
  }

  typealias Broken = Examination.Broken

  let worker: WorkerUnderTest
  /// How long one answer may take.
  let patience: Int64
  /// What the user gave with --tool and --input.
  let chosen: (tool: String?, input: JSON?)
  private let report: (Verdict) -> Void
  private(set) var verdicts: [Verdict] = []
  private var current: Examination?
  /// What the worker said in its first `initialize`.
  var hello: InitializeWorker.Response?
  /// What the whole examination met that no rule was looking for.
  private(set) var faults: [String] = []
  private(set) var violation: String?

  init(
    _ worker: WorkerUnderTest,
    patience: Int64,
    chosen: (tool: String?, input: JSON?),
    report: @escaping (Verdict) -> Void
  ) {
    self.worker = worker
    self.patience = patience
    self.chosen = chosen
    self.report = report
  }

  func run() {
    checkStart()
    if hello != nil {
      checkConversation()
      checkTools()
      checkEnding()
    }
    retire()
    rule("frames only") {
      if let violation { return .fail("standard output carried what is no message: \(violation)") }
      return .pass("standard output carried nothing but messages")
    }
    rule("one reply each") {
      if !faults.isEmpty { return .fail(faults.prefix(5).joined(separator: "; ")) }
      return .pass("every request had one reply and nothing came unasked")
    }
  }

  /// Judges one rule. What breaks the conversation fails it.
  func rule(_ name: String, _ body: () throws(Broken) -> Outcome) {
    let verdict: Verdict
    do throws(Broken) {
      switch try body() {
      case .pass(let detail): verdict = Verdict(rule: name, result: .pass, detail: detail)
      case .fail(let detail): verdict = Verdict(rule: name, result: .fail, detail: detail)
      case .skip(let detail): verdict = Verdict(rule: name, result: .skip, detail: detail)
      }
    } catch {
      verdict = Verdict(rule: name, result: .fail, detail: error.reason)
      retire()
    }
    verdicts.append(verdict)
    report(verdict)
  }

  // MARK: Sessions

  /// A worker that has answered `initialize`.
  func session() throws(Broken) -> Examination {
    if let current { return current }
    let examination = try start()
    current = examination
    switch try examination.ask(introduction, patience: startPatience) {
    case .success: return examination
    case .failure(let error):
      throw Broken(reason: "'initialize' was answered with \(error.name.rawValue): \(error.message)")
    }
  }

  func start() throws(Broken) -> Examination {
    retire()
    do throws(PosixError) { return try Examination(worker, patience: patience) } catch {
      throw Broken(reason: "it cannot be started: \(error)")
    }
  }

  /// Takes over a worker that a rule has started by itself.
  func adopt(_ examination: Examination) { current = examination }

  /// Ends the worker at hand and keeps what was noticed about it.
  func retire() {
    guard let examination = current else { return }
    current = nil
    keep(examination)
    examination.process.kill()
  }

  func keep(_ examination: Examination) {
    faults += examination.faults
    if violation == nil, let first = examination.process.firstViolation {
      violation = "\(first.error.message): \(shownBytes(first.bytes))"
    }
  }

  var startPatience: Int64 { max(patience, worker.manifest.startMS) }

  var introduction: InitializeWorker {
    var message = InitializeWorker(
      coordinator: Peer(name: "bulkhead-check", version: programVersion),
      kind: worker.manifest.name,
      instance: 1,
      generation: 1
    )
    message.settings = worker.manifest.settings
    for name in worker.manifest.secrets { message.secrets[name] = "a-secret-for-the-check" }
    return message
  }
}
