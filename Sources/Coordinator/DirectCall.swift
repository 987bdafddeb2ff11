internal import Engine
internal import JSON
internal import Journal
internal import Wire

/// A client's call as the journal has it: a job of one step.
struct DirectCall {
  let seq: Int64
  let id: String
  private(set) var message: ToolCall
  private let caller: JSON
  private let createdAt = WallTime.now

  init(_ message: ToolCall, seq: Int64, caller: JSON) {
    self.seq = seq
    id = "call-\(seq)"
    self.message = message
    self.caller = caller
  }

  /// With another input: what a person put in its place.
  func with(_ message: ToolCall) -> DirectCall {
    var call = self
    call.message = message
    return call
  }

  func named(_ result: ToolResult) -> ToolResult {
    var result = result
    result.job = id
    return result
  }

  /// What was asked; the input is in the step's row, unless there is none.
  private func spec(withInput: Bool) -> String {
    var writer = JSONWriter()
    writer.beginObject()
    writer.member("tool", message.tool)
    if withInput { writer.member("input", message.input) }
    writer.member("needs", message.needs)
    writer.member("limits", message.limits)
    writer.member("timeout_ms", message.timeoutMS)
    writer.endObject()
    return String(decoding: writer.finish(), as: UTF8.self)
  }

  private func record(_ state: JobState, withInput: Bool) -> JobRecord {
    var record = JobRecord(
      seq: seq,
      id: id,
      kind: .call,
      state: state,
      priority: 5,
      title: message.tool,
      caller: caller.description,
      hash: "",
      spec: spec(withInput: withInput),
      stepCount: 1,
      createdAt: createdAt
    )
    record.startedAt = createdAt
    return record
  }

  /// Before a worker sees it.
  func begin(worker: String?) -> [Change] {
    var step = StepRecord(StepKey(0), .running)
    step.attempt = 1
    step.worker = worker
    step.input = message.input.description
    step.startedAt = createdAt
    var changes: [Change] = [.insertJob(record(.running, withInput: false)), .putStep(job: seq, step)]
    let digests = message.input.artifactDigests
    if !digests.isEmpty { changes.append(.artifacts(job: seq, digests)) }
    return changes
  }

  /// Before it waits for a person.
  func wait(_ error: WireError) -> [Change] {
    var step = StepRecord(StepKey(0), .waiting)
    step.input = message.input.description
    step.error = error.json.description
    var job = record(.waiting, withInput: false)
    job.reason = error.json.description
    return [.insertJob(job), .putStep(job: seq, step)]
  }

  /// After that, before a worker sees it.
  func goOn(worker: String?) -> [Change] {
    Array(begin(worker: worker).dropFirst()) + [.updateJob(JobUpdate(seq: seq, state: .running))]
  }

  /// Before the caller sees its result.
  func end(_ result: Result<ToolResult, WireError>) -> [Change] {
    let now = WallTime.now
    var changes: [Change] = []
    var job: JobUpdate
    var step: StepEnd
    switch result {
    case .success(let value):
      job = JobUpdate(seq: seq, state: .succeeded)
      step = StepEnd(StepKey(0), .succeeded)
      step.output = value.output.serialized()
      step.artifacts = value.artifacts.isEmpty ? nil : value.artifacts.text
      step.receipt = value.receipt?.text
      if !value.artifacts.isEmpty { changes.append(.artifacts(job: seq, value.artifacts.map(\.sha256))) }
    case .failure(let error):
      job = JobUpdate(seq: seq, state: error.name == .cancelled ? .cancelled : .failed)
      job.reason = error.bounded.json.description
      step = StepEnd(StepKey(0), error.name == .cancelled ? .cancelled : .failed)
      step.error = job.reason
    }
    job.endedAt = now
    step.endedAt = now
    return changes + [.endStep(job: seq, step), .updateJob(job)]
  }

  /// All of it at once, of a pure tool: one row, unless there is more to tell than fits it.
  func whole(_ result: Result<ToolResult, WireError>) -> [Change] {
    if case .success(let value) = result, value.receipt != nil {
      // The step before its end, and the end, are one entry.
      return begin(worker: nil) + end(result)
    }
    var record = record(.succeeded, withInput: true)
    switch result {
    case .success(let value): record.result = value.output.description
    case .failure(let error):
      record.state = error.name == .cancelled ? .cancelled : .failed
      record.reason = error.bounded.json.description
    }
    record.endedAt = WallTime.now
    return [.insertJob(record)]
  }
}

extension CallRecord {
  /// Of a secret output the row says that there was one, and of an error only its name: both are the tool's own words.
  mutating func end(_ result: Result<ToolResult, WireError>, isSecret: Bool) {
    endedAt = WallTime.now
    isRedacted = isSecret
    switch result {
    case .success(let value) where isSecret:
      state = .succeeded
      output = Self.redacted.description
      error = value.failure.map { _ in JSON.string("redacted").description }
    case .failure(let error) where isSecret:
      state = .failed
      let name = WireError.codes[error.name] == nil ? .toolFailed : error.name
      self.error =
        WireError(name, "redacted: the output of tool '\(tool)' is secret", data: ["redacted": true]).json
        .description
    case .success(let value):
      state = .succeeded
      output = value.output.description
      artifacts = value.artifacts.isEmpty ? nil : value.artifacts.text
      receipt = value.receipt?.text
      error = value.failure.map { JSON.string($0).description }
    case .failure(let error):
      state = .failed
      self.error = error.bounded.json.description
    }
  }

  private static let redacted: JSON = ["redacted": true]

  /// What an earlier attempt's call brought; nil if it did not succeed, or was secret.
  var earlierResult: ToolResult? {
    guard state == .succeeded, !isRedacted else { return nil }
    return ToolResult(
      output: Jobs.parse(output) ?? .null,
      // Safety: we wrote it.
      artifacts: (Jobs.parse(artifacts)?.arrayValue ?? []).compactMap {
        $0.objectValue.flatMap { try? Artifact.decode($0) }
      },
      // Safety: likewise.
      receipt: Jobs.parse(receipt)?.objectValue.flatMap { try? Receipt.decode($0) },
      failure: Jobs.parse(error)?.stringValue
    )
  }

  /// Whether it may be made again as if for the first time: it failed, and not in a way that leaves open what it did.
  var hasFailedForSure: Bool {
    guard state == .failed else { return false }
    let open: [WireError.Name] = [.workerLost, .connectionClosed, .outcomeUnknown, .cancelled, .deadlineExceeded]
    return !open.contains(WireError(json: Jobs.parse(error) ?? .null).name)
  }
}
