// fuzz: modules=Plan seeds=protocol/examples/plans,protocol/examples/plans/bad,Tests/Fuzz/Seeds/Plan max_len=4096

import JSON
import Plan
import Wire

/// Fuzz target: a plan, and behind zero bytes the outputs of its steps as an array and a schema for every tool. What is
/// accepted has an order in which everything comes behind what it needs; what is refused has places for its mistakes; and
/// resolving, deciding and checking end with a value or an error.
func fuzzPlan(_ bytes: UnsafeRawBufferPointer) {
  let parts = bytes.split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
  guard let first = parts.first, let source = parsed(first) else { return }
  let plan: Plan
  do throws(PlanErrors) {
    plan = try Plan(decoding: source)
  } catch {
    precondition(!error.errors.isEmpty && error.errors.count <= PlanLimit.errors + 1, "\(error.errors.count) errors")
    for mistake in error.errors {
      precondition(mistake.path.isEmpty || mistake.path.hasPrefix("/"), "path \(mistake.path)")
      precondition(!mistake.message.isEmpty, "no message")
    }
    return
  }
  checkOrder(plan)
  let outputs = parts.count > 1 ? parsed(parts[1])?.arrayValue ?? [] : []
  let scope = Scope(output: { $0 < outputs.count ? outputs[$0] : nil }, item: outputs.first ?? .null, index: 3)
  for step in plan.steps {
    attempt { () throws(WireError) in _ = try step.input.resolve(scope).serialized() }
    attempt { () throws(WireError) in _ = try step.when?.evaluate(scope) }
    attempt { () throws(WireError) in
      let count = try step.forEach?.elements(scope).count ?? 0
      precondition(count <= Limit.fanOut, "\(count) items")
    }
  }
  attempt { () throws(WireError) in _ = try plan.finalSynthesis?.promptTemplate.resolve(scope) }
  var tool: PlanTool?
  if parts.count > 2, let json = parsed(parts[2]) {
    var limits = JSONSchema.Limits(steps: 5_000)
    limits.patternMilliseconds = 200
    // Safety: nil is a text that is no schema, which is no concern here.
    tool = (try? JSONSchema(json, limits: limits)).map { PlanTool(inputSchema: $0, outputSchema: $0) }
  }
  let found = plan.check({ _ in tool }, knownTools: ["bash", "http_get"])
  precondition(found.count <= PlanLimit.errors + 1, "\(found.count) errors")
  if let tool { checkSoundness(plan, tool, found, scope) }
}

/// What is reported of an input is certain: no outputs make it fit.
private func checkSoundness(_ plan: Plan, _ tool: PlanTool, _ found: [PlanError], _ scope: Scope) {
  guard found.last?.name != .moreErrors else { return }
  for (index, step) in plan.steps.enumerated() {
    let prefix = "/steps/\(index)/input"
    guard found.contains(where: { $0.name == .invalidInput && isBelow($0.path, prefix) }) else { continue }
    // Safety: an input that cannot be resolved says nothing here.
    guard let input = try? step.input.resolve(scope) else { continue }
    precondition(!tool.inputSchema.isValid(input), "an input that fits was refused: \(input)")
  }
}

private func isBelow(_ path: String, _ prefix: String) -> Bool { path == prefix || path.hasPrefix(prefix + "/") }

private func checkOrder(_ plan: Plan) {
  let graph = plan.graph
  precondition(graph.order.sorted() == Array(plan.steps.indices), "an order that is not all steps")
  precondition(graph.levels.joined().sorted() == Array(plan.steps.indices), "levels that are not all steps")
  var isDone = [Bool](repeating: false, count: plan.steps.count)
  for step in graph.order {
    precondition(graph.dependencies[step].allSatisfy { isDone[$0] }, "a step before what it needs")
    isDone[step] = true
  }
  for step in plan.steps {
    for reference in step.input.references {
      if case .step(let other) = reference.source { precondition(step.dependsOn.contains(other), "not implied") }
    }
  }
  precondition(graph.terminal(plan).count == plan.steps.count, "a drawing without a step")
  _ = graph.dot(plan)
}

private func parsed(_ bytes: UnsafeRawBufferPointer.SubSequence) -> JSON? {
  // Safety: nil is a text that is no JSON, which another target looks at.
  try? JSON(parsing: UnsafeRawBufferPointer(rebasing: bytes))
}

private func attempt(_ body: () throws(WireError) -> Void) {
  do throws(WireError) { try body() } catch { precondition(!error.message.isEmpty, "no message") }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  fuzzPlan(UnsafeRawBufferPointer(start: start, count: count))
  return 0
}
