/// Reading, resolving and checking plans, beside parsing their text, which comes before it in any case.

import JSON
import Plan

func measurePlan() throws -> [Measurement] {
  try measureReading(steps: 10) + measureReading(steps: 10_000) + measureInput()
}

/// Steps that each use the two before them, some with conditions and retries.
private func planText(steps: Int) -> String {
  let texts = (0..<steps).map { i in
    var members = [#""id":"step-\#(i)","tool":"function_call""#]
    var input = #""name":"compute_tax","args":{"rate":0.08,"list":[1,2.50,"three",{"deep":true}]"#
    if i > 1 { input += ##","amount":"step:step-\##(i - 1)#/total","note":"sum of {{step:step-\##(i - 2)#/name}}""## }
    members.append(#""input":{\#(input)}}"#)
    if i > 0 { members.append(#""depends_on":["step-\#(i - 1)"],"retry":{"max_attempts":3},"timeout_ms":30000"#) }
    if i > 0, i % 3 == 0 { members.append(##""when":{"value":"step:step-\##(i - 1)#/total","gt":10.00}"##) }
    return "{" + members.joined(separator: ",") + "}"
  }
  return #"{"request_id":"r","steps":[\#(texts.joined(separator: ","))]}"#
}

private func measureReading(steps: Int) throws -> [Measurement] {
  let text = Array(planText(steps: steps).utf8)
  let source = try JSON(parsing: text)
  return try compare(
    "plan of \(steps) steps",
    [
      Side(name: "ours", bytes: text.count) { count in
        var sum = 0
        for _ in 0..<count { sum += try Plan(decoding: source).graph.order.count }
        return sum
      },
      Side(name: "parsing", bytes: text.count) { count in
        var sum = 0
        for _ in 0..<count { sum += try JSON(parsing: text).objectValue?.count ?? 0 }
        return sum
      },
    ]
  )
}

private func measureInput() throws -> [Measurement] {
  let plan = try Plan(decoding: JSON(parsing: planText(steps: 10)))
  let output: JSON = ["total": 12.50, "name": "something"]
  let scope = Scope(output: { _ in output })
  let tool = PlanTool(
    inputSchema: try JSONSchema([
      "type": "object", "required": ["name", "args"], "additionalProperties": false,
      "properties": ["name": ["type": "string"], "args": ["type": "object", "required": ["rate"]]],
    ])
  )
  let resolving = Side(name: "ours") { count in
    var sum = 0
    for _ in 0..<count { sum += try plan.steps[9].input.resolve(scope).objectValue?.count ?? 0 }
    return sum
  }
  let literal = Side(name: "without references") { count in
    var sum = 0
    for _ in 0..<count { sum += try plan.steps[0].input.resolve(scope).objectValue?.count ?? 0 }
    return sum
  }
  let checking = Side(name: "ours") { count in
    var sum = 0
    for _ in 0..<count { sum += plan.check({ _ in tool }, knownTools: []).count + 1 }
    return sum
  }
  return try compare("resolve an input of two references", [resolving, literal])
    + compare("check 10 steps against a tool", [checking])
}
