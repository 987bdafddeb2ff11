internal import Engine
internal import JSON
internal import Journal
internal import Plan
internal import Policy
internal import Supervision
internal import Wire

/// The job to which something belongs: for whom and within what it happens. Calls that workers make inherit it.
final class Origin {
  /// Seq of the job.
  let job: Int64
  let id: String
  let generation: Int64
  /// Who asked, as it is written down.
  let callerJSON: JSON
  /// As rules see it.
  let task: JSONObject
  let budget: Budget?
  /// The most that its planned steps may ask for, where it began with a request that grants anything.
  let ceiling: Needs?
  private var known: (policy: String, caller: Caller)?

  init(
    job: Int64,
    id: String,
    generation: Int64 = 1,
    caller: JSON,
    task: JSONObject,
    budget: Budget? = nil,
    ceiling: Needs? = nil
  ) {
    self.job = job
    self.id = id
    self.generation = generation
    callerJSON = caller
    self.task = task
    self.budget = budget
    self.ceiling = ceiling
  }

  convenience init(_ machine: JobMachine, _ record: JobRecord) {
    self.init(
      job: record.seq,
      id: record.id,
      generation: record.generation,
      caller: Jobs.parse(record.caller) ?? .object(JSONObject()),
      task: machine.task,
      budget: machine.budget,
      ceiling: machine.assignment?.request.needs
    )
  }

  /// Who asked, with the role that they have today.
  func caller(_ judge: Judge) -> Caller {
    if let known, known.policy == judge.policy.version { return known.caller }
    let caller = judge.caller(callerJSON)
    known = (judge.policy.version, caller)
    return caller
  }
}

/// Where, for whom and within what something is about to happen.
struct Occasion {
  let origin: Origin
  /// Row of the step to which it belongs.
  let row: Int64
  let kind: ApprovalRecord.Kind
  /// Who asked for the job, or the worker that makes the call within it.
  let caller: Caller
  /// Whether a worker makes it, inside an invocation.
  let isNested: Bool
  /// Of a nested call: the step in which it is made, and its tool.
  var step: String?
  /// By which what is reserved is found again.
  let reservation: String

  func facts(_ point: Facts.Point, _ act: Act, worker: String?) -> Facts {
    Facts(
      point,
      task: origin.task,
      job: origin.id,
      step: act.step,
      tool: act.tool,
      worker: worker,
      input: act.input,
      needs: act.needs,
      limits: act.limits,
      caller: caller
    )
  }
}

extension Assignment {
  /// As rules see it.
  var task: JSONObject {
    var task: JSONObject = ["description": .string(request.text), "mode": .string(route.mode.rawValue)]
    task["type"] = request.type.map { .string($0) }
    if request.context.count > 0 { task["context"] = .object(request.context) }
    task["estimated_cost"] = request.estimatedCost.flatMap { JSON($0) }
    return task
  }
}

extension JobMachine {
  /// As rules see it.
  var task: JSONObject {
    if let assignment { return assignment.task }
    var task = JSONObject()
    task["description"] = plan.description.map { .string($0) }
    return task
  }
}

/// Asked for while the job's machine is at work, so nothing here looks into that.
extension ActiveJob {
  /// Of an attempt at a step.
  func occasion(_ key: StepKey, _ judge: Judge) -> Occasion {
    Occasion(
      origin: origin,
      row: key.row(of: record.seq),
      kind: .step,
      caller: origin.caller(judge),
      isNested: false,
      reservation: reservation(key)
    )
  }

  /// Of its plan, from a step on.
  func occasion(from first: Int, _ judge: Judge) -> Occasion {
    Occasion(
      origin: origin,
      row: StepKey(first).row(of: record.seq),
      kind: .plan,
      caller: origin.caller(judge),
      isNested: false,
      reservation: "job:\(record.seq)"
    )
  }
}
