internal import Engine
internal import JSON
internal import Journal
internal import Plan
internal import Wire

/// A job as `job/show` tells it: read and put together on the reader's thread, and never more than fits a frame.
struct ShownJob: Sendable {
  let record: JobRecord
  private(set) var steps: [StepReport]
  private var spec: JSON?
  private var result: JSON?
  private var isAbridged = false
  private var usage: UsageSum?
  private var budget: Budget?

  /// What steps may hold: the greatest input and the greatest output of one.
  private static let payloadLimit = Limit.inputBytes + Limit.outputBytes
  /// All of the answer.
  private static let limit = Limit.frameBytes - 1 << 19
  /// With more rows than this only steps are told of, not their items.
  private static let rowLimit: Int64 = 20_000

  init(_ record: JobRecord, _ message: JobShow, _ database: Database) throws {
    self.record = record
    let spec = Jobs.parse(record.spec) ?? [:]
    // Safety: the spec is the coordinator's own text.
    budget = spec["budget"]?.objectValue.flatMap { try? Budget.decode($0) }
    let plan = record.kind == .plan ? try spec["plan"].map { try Plan(decoding: $0) } : nil
    let step = plan.flatMap { plan in message.step.flatMap { plan.index(of: $0) } }
    steps = []
    if message.step != nil, plan == nil ? message.step != "call" : step == nil { return }
    let size = try database.stepSize(of: record.seq, step: step)
    let hasPayloads = message.wantsPayloads && size.bytes <= Self.payloadLimit
    isAbridged = message.wantsPayloads && !hasPayloads || size.rows > Self.rowLimit
    let rows = try database.steps(
      of: record.seq,
      step: step,
      payloads: hasPayloads,
      items: size.rows <= Self.rowLimit
    )
    steps =
      plan.map { Self.reports($0, record, rows, only: step) } ?? [Self.call(record, spec, rows.first, hasPayloads)]
    addUsage(try database.usage(of: record.seq).map { ($0.step, $0.amounts.sum) }, plan)
    if hasPayloads {
      self.spec = record.kind == .call ? spec : spec["plan"]
      result = record.kind == .call ? nil : Jobs.parse(record.result)
    }
    fit(Int(hasPayloads ? size.bytes : 0))
  }

  func response(_ summary: JobSummary) -> JobShow.Response {
    JobShow.Response(
      job: summary,
      steps: steps,
      spec: spec,
      result: result,
      isAbridged: isAbridged,
      usage: usage,
      budget: budget
    )
  }

  /// A step's is that of its items too.
  private mutating func addUsage(_ used: [(step: StepKey, sum: UsageSum)], _ plan: Plan?) {
    guard !used.isEmpty else { return }
    var whole = UsageSum()
    var sums: [StepKey: UsageSum] = [:]
    for (step, sum) in used {
      whole += sum
      sums[StepKey(step.step), default: UsageSum()] += sum
      if step.item != nil { sums[step, default: UsageSum()] += sum }
    }
    usage = whole
    var indices = ["call": 0]
    if let plan { indices = Dictionary(uniqueKeysWithValues: plan.steps.enumerated().map { ($1.id, $0) }) }
    for i in steps.indices {
      guard let index = indices[steps[i].id] else { continue }
      steps[i].usage = sums[StepKey(index, item: steps[i].item.map { Int($0) })]
    }
  }

  /// Leaves out what would not fit: the plan and the result first, then what is said about steps beside their states.
  private mutating func fit(_ payloads: Int) {
    var size = payloads
    for step in steps { size += step.roughBytes }
    guard size + record.spec.utf8.count + (record.result?.utf8.count ?? 0) > Self.limit else { return }
    isAbridged = true
    (spec, result) = (nil, nil)
    guard size > Self.limit else { return }
    for i in steps.indices {
      steps[i].dependsOn = []
      (steps[i].input, steps[i].output, steps[i].artifacts, steps[i].receipt) = (nil, nil, nil, nil)
      steps[i].error = steps[i].error?["name"].map { ["name": $0] }
    }
  }

  private static func call(_ record: JobRecord, _ spec: JSON, _ row: StepRecord?, _ hasPayloads: Bool) -> StepReport {
    let tool = spec["tool"]?.stringValue ?? ""
    if let row { return report(row, "call", tool) }
    // A call of a pure tool is one row.
    var step = StepReport(id: "call", tool: tool, state: record.state.rawValue)
    step.attempt = 1
    step.input = hasPayloads ? spec["input"] : nil
    step.output = hasPayloads ? Jobs.parse(record.result) : nil
    step.error = Jobs.parse(record.reason)
    step.startedAt = record.startedAt
    step.endedAt = record.endedAt
    return step
  }

  private static func reports(_ plan: Plan, _ record: JobRecord, _ stored: [StepRecord], only: Int?) -> [StepReport] {
    var rows: [Int: [StepRecord]] = [:]
    for row in stored { rows[row.key.step, default: []].append(row) }
    return plan.steps.enumerated().flatMap { index, step -> [StepReport] in
      if let only, index != only { return [] }
      let known = rows[index] ?? []
      var reports = known.map { report($0, step.id, step.tool) }
      if known.first?.key.item != nil || known.isEmpty {
        let state = record.state.isFinal ? "skipped" : "pending"
        reports.insert(StepReport(id: step.id, tool: step.tool, state: state), at: 0)
      }
      reports[0].dependsOn = plan.graph.dependencies[index].map { plan.steps[$0].id }
      return reports
    }
  }

  private static func report(_ row: StepRecord, _ id: String, _ tool: String) -> StepReport {
    var report = StepReport(id: id, tool: tool, item: row.key.item.map(Int64.init), state: row.state.rawValue)
    report.attempt = row.attempt
    report.idempotencyKey = row.idempotencyKey
    report.worker = row.worker
    report.input = Jobs.parse(row.input)
    report.output = Jobs.parse(row.output)
    report.error = row.state == .skipped ? nil : Jobs.parse(row.error)
    report.artifacts = Jobs.parse(row.artifacts)
    report.receipt = Jobs.parse(row.receipt)
    report.startedAt = row.startedAt
    report.endedAt = row.endedAt
    report.notBefore = row.notBefore
    return report
  }
}

extension StepReport {
  /// At least what it takes beside input and output, as compact text.
  fileprivate var roughBytes: Int {
    var size = 256 + id.utf8.count + tool.utf8.count + (worker?.utf8.count ?? 0) + (idempotencyKey?.utf8.count ?? 0)
    if let usage { size += 448 + (usage.baselineModel?.utf8.count ?? 0) }
    for value in [error, artifacts, receipt] { size += value?.serialized().count ?? 0 }
    return dependsOn.reduce(size) { $0 + $1.utf8.count + 3 }
  }
}
