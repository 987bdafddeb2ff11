internal import JSON
internal import Posix
internal import Wire

/// What one rule of the protocol came to.
struct Verdict: Sendable {
  enum Result: String, Sendable {
    case pass, fail, skip
  }

  let rule: String
  let result: Result
  let detail: String

  var json: JSON { ["rule": .string(rule), "result": .string(result.rawValue), "detail": .string(detail)] }
}

/// One running worker and the requests that are open on it. Answers are matched by id, in any order; an answer that nobody
/// waits for is kept as a fault.
final class Examination {
  struct Broken: Error {
    let reason: String
  }

  let process: WorkerProcess
  private let patience: Int64
  private var open: Set<Int64> = []
  private var answers: [Int64: Result<JSONObject, WireError>] = [:]
  private var nextID: Int64 = 1
  /// Replies that answer nothing, progress for nothing, and what else no single rule looks for.
  private(set) var faults: [String] = []
  private(set) var notes: [String] = []

  init(_ worker: WorkerUnderTest, patience: Int64) throws(PosixError) {
    process = try WorkerProcess(worker.plan)
    self.patience = patience
  }

  /// Sends a request and returns its answer.
  func ask(_ message: some WireMessage, patience: Int64? = nil) throws(Broken) -> Result<JSONObject, WireError> {
    let id = try post(message)
    return try answer(to: id, patience: patience)
  }

  /// Sends a request without waiting.
  func post(_ message: some WireMessage) throws(Broken) -> Int64 {
    let id = begin()
    try send(Self.frame(.number(id), message).bytes)
    return id
  }

  /// An id for a request that is sent as bytes.
  func begin() -> Int64 {
    defer { nextID += 1 }
    open.insert(nextID)
    return nextID
  }

  static func frame(_ id: RequestID?, _ message: some WireMessage) throws(Broken) -> Frame {
    do throws(WireError) { return try Frame.request(id, message) } catch { throw Broken(reason: error.message) }
  }

  func send(_ bytes: [UInt8]) throws(Broken) {
    if let problem = process.send(bytes, within: patience) { throw Broken(reason: problem + ending) }
  }

  func answer(to id: Int64, patience: Int64? = nil) throws(Broken) -> Result<JSONObject, WireError> {
    let patience = patience ?? self.patience
    let end = BootTime.now + Milliseconds(patience)
    while true {
      if let answer = answers.removeValue(forKey: id) { return answer }
      let left = end.milliseconds(since: .now)
      if left == 0 { throw Broken(reason: "no answer within \(patience) ms") }
      try take(process.next(within: left))
    }
  }

  /// Takes what comes without being asked for, for a short while.
  func listen(_ milliseconds: Int64) {
    let end = BootTime.now + Milliseconds(milliseconds)
    while true {
      let left = end.milliseconds(since: .now)
      if left == 0 { return }
      do throws(Broken) { try take(process.next(within: left)) } catch { return }
    }
  }

  private func take(_ event: WorkerProcess.Event) throws(Broken) {
    switch event {
    case .silence: return
    case .endOfOutput: throw Broken(reason: "its standard output ended" + ending)
    case .violation(let error, let bytes):
      throw Broken(reason: "standard output carries what is no message: \(error.message): \(shownBytes(bytes))")
    case .message(.result(let id, let result)): accept(id, .success(result))
    case .message(.failure(let id?, let error)): accept(id, .failure(error))
    case .message(.failure(nil, let error)):
      throw Broken(reason: "it reported a violation of ours: \(error.name.rawValue): \(error.message)")
    case .message(.request(let id, let method, _)): try refuse(id, method)
    case .message(.notification(let method, let params)): observe(method, params)
    }
  }

  private func accept(_ id: RequestID, _ answer: Result<JSONObject, WireError>) {
    guard case .number(let number) = id, open.remove(number) != nil else {
      faults.append("a reply to id \(id), which is no open request (a second reply?)")
      return
    }
    answers[number] = answer
  }

  /// There is no coordinator behind this check: what the worker asks for is refused, as a busy coordinator may.
  private func refuse(_ id: RequestID, _ method: String) throws(Broken) {
    let answer: [UInt8]
    do throws(WireError) {
      let frame: Frame
      if method == Ping.method {
        frame = try Frame.result(id, Empty())
      } else {
        notes.append("its '\(method)' was refused, since no coordinator runs here")
        frame = try Frame.failure(id, WireError(.refused, "'\(method)' is not served during a check"))
      }
      answer = frame.bytes
    } catch {
      throw Broken(reason: error.message)
    }
    try send(answer)
  }

  private func observe(_ method: String, _ params: JSONObject) {
    switch method {
    case Progress.method:
      do throws(WireError) {
        let progress = try Progress.decode(params)
        guard case .number(let id) = progress.id, open.contains(id) else {
          faults.append("progress for id \(progress.id), which is no open request")
          return
        }
      } catch {
        faults.append("progress: \(error.message)")
      }
    case Cancel.method: break
    case ToolsChanged.method:
      do throws(WireError) {
        let count = try ToolsChanged.decode(params).tools.count
        notes.append("it changed its tools during the check, to \(count); those of its introduction were tried")
      } catch {
        faults.append("\(method): \(error.message)")
      }
    default: faults.append("an unknown notification '\(method)'")
    }
  }

  /// How the process ended, if it has; told together with the reason why that matters.
  var ending: String {
    guard let exit = process.waitForExit(milliseconds: 200) else { return "" }
    let words = process.lastWords
    return "; process \(exit)" + (words.isEmpty ? "" : "; it wrote: \(words.joined(separator: " ⏎ "))")
  }
}
