package import JSON
internal import Wire

/// What a plan must know of a tool to be checked against it.
package struct PlanTool: Sendable {
  package var inputSchema: JSONSchema
  package var outputSchema: JSONSchema?

  package init(inputSchema: JSONSchema, outputSchema: JSONSchema? = nil) {
    self.inputSchema = inputSchema
    self.outputSchema = outputSchema
  }
}

extension Plan {
  /// What the tools have to say: a tool that nobody offers, an input that cannot fit its tool's schema whatever the
  /// references will bring, a pointer into an output that cannot hold it. At most `PlanLimit.errors`, and `more_errors`
  /// behind them; empty for a plan that may run. `tool` is asked once for each name.
  ///
  /// May take as long as the schemas' own bounds for each step, so no actor should wait for it.
  package func check(_ tool: (String) -> PlanTool?, knownTools: [String]) -> [PlanError] {
    var checker = PlanChecker(plan: self, knownTools: knownTools)
    for name in Set(steps.map(\.tool)) { checker.tools[name] = tool(name) }
    for index in steps.indices { checker.check(index) }
    for check in checks {
      checker.checkReferences(check.condition.uses)
      checker.checkReferences(check.message.uses)
    }
    checker.checkReferences(finalSynthesis?.promptTemplate.uses ?? [])
    return checker.errors.listed
  }
}

private struct PlanChecker {
  let plan: Plan
  let knownTools: [String]
  var tools: [String: PlanTool] = [:]
  var errors = ErrorList()
  var names = NearestName()

  init(plan: Plan, knownTools: [String]) {
    self.plan = plan
    self.knownTools = knownTools
  }

  mutating func check(_ index: Int) {
    let step = plan.steps[index]
    if let tool = tools[step.tool] {
      checkInput(step, index, tool)
    } else if errors.isFull {
      errors.omit()
    } else {
      let hint = names.hint(for: step.tool, among: knownTools)
      errors.add(.unknownTool, at: "/steps/\(index)/tool", "no worker offers the tool '\(step.tool)'\(hint)")
    }
    checkReferences(step.input.uses)
    checkReferences(step.when?.uses ?? [])
    checkReferences(step.forEach?.items.uses ?? [])
  }

  /// Not at all once the list is full: validating costs more than counting is worth.
  private mutating func checkInput(_ step: Step, _ index: Int, _ tool: PlanTool) {
    guard !errors.isFull else { return }
    for violation in tool.inputSchema.violations(inPartial: step.input.partial, limit: PlanLimit.errors) {
      errors.add(
        .invalidInput,
        at: "/steps/\(index)/input" + violation.path,
        "input of step '\(step.id)': \(violation.message)"
      )
    }
  }

  mutating func checkReferences(_ uses: [Use]) {
    for use in uses where !errors.isFull {
      guard case .step(let index) = use.reference.source, !use.reference.pointer.isRoot else { continue }
      checkPointer(use, into: plan.steps[index])
    }
  }

  private mutating func checkPointer(_ use: Use, into step: Step) {
    var tokens = use.reference.pointer.tokens
    if step.forEach != nil {
      // The output is the list of the items' outputs.
      let first = tokens.removeFirst()
      guard first.utf8.allSatisfy({ (48...57).contains($0) }), first == "0" || first.utf8.first != 48 else {
        errors.add(
          .danglingReference,
          at: use.path,
          "\(quoted(use.text)) finds nothing: the output of step '\(step.id)' is a list, one output for each item"
        )
        return
      }
    }
    guard let end = tools[step.tool]?.outputSchema?.deadEnd(of: JSONPointer(tokens)), end.position < tokens.count else {
      return
    }
    let hint = names.hint(for: tokens[end.position], among: end.known)
    errors.add(
      .danglingReference,
      at: use.path,
      "\(quoted(use.text)) finds nothing: the output of tool '\(step.tool)' cannot have \(quoted(tokens[end.position]))"
        + (end.position == 0 ? "" : " in '\(JSONPointer(Array(tokens[..<end.position])))'") + hint
    )
  }
}

extension Template {
  /// The value with a hole for each reference.
  fileprivate var partial: JSON { root.partial(uses) }
}

extension Template.Node {
  fileprivate func partial(_ uses: [Use]) -> JSON {
    switch self {
    case .literal(let value): value
    case .reference(let use): .hole(uses[use].reference.source == .itemIndex ? .index : .anything)
    case .text: .hole(.text)
    case .array(let nodes): .array(nodes.map { $0.partial(uses) })
    case .object(let members): .object(JSONObject(members.map { ($0.key, $0.node.partial(uses)) }))
    }
  }
}
