import JSON

/// Validates a typical tool input with its compiled schema, and prints the time per validation: median and spread of
/// `runs` runs, beside the time of a mere walk over the same value as the floor.
func benchmarkSchema() {
  do {
    let schema = try JSONSchema(JSON(parsing: toolSchema))
    let value = try JSON(parsing: toolInput)
    let wrong = try JSON(parsing: toolInputWithMistakes)
    report("schema: walk over the value (floor)", runs: 15, calls: 100_000) { walk(value) }
    report("schema: isValid, value fits", runs: 15, calls: 100_000) { schema.isValid(value) ? 1 : 0 }
    report("schema: violations, value fits", runs: 15, calls: 100_000) { schema.violations(in: value).count + 1 }
    report("schema: violations, four of them", runs: 15, calls: 5_000) { schema.violations(in: wrong).count }
    report("schema: compile", runs: 15, calls: 200) {
      do {
        return try JSONSchema(JSON(parsing: toolSchema)).isValid(value) ? 1 : 0
      } catch {
        return 0
      }
    }
  } catch {
    print("schema benchmark: \(error)")
  }
}

/// `body` returns something above zero, so that no call can be left out.
private func report(_ name: String, runs: Int, calls: Int, _ body: () -> Int) {
  let clock = ContinuousClock()
  var times: [Double] = []
  for _ in 0..<runs {
    var sum = 0
    let elapsed = clock.measure {
      for _ in 0..<calls { sum &+= body() }
    }
    guard sum >= calls else {
      print("\(name): wrong answer")
      return
    }
    let (seconds, attoseconds) = elapsed.components
    times.append((Double(seconds) * 1e9 + Double(attoseconds) / 1e9) / Double(calls))
  }
  times.sort()
  let shown = [times[times.count / 2], times[0], times[times.count - 1]].map { String(Int($0.rounded())) }
  print("\(name): median \(shown[0]) ns (\(shown[1])…\(shown[2])), \(runs) runs of \(calls)")
}

/// Visits every value and name, as any validator must.
private func walk(_ value: JSON) -> Int {
  switch value {
  case .array(let elements): elements.reduce(1) { $0 &+ walk($1) }
  case .object(let object): object.members.reduce(1) { $0 &+ $1.key.utf8.count &+ walk($1.value) }
  case .string(let text): 1 &+ text.utf8.count
  default: 1
  }
}

private let toolSchema = """
  {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "properties": {
      "merchant": {"type": "string", "minLength": 1, "maxLength": 120},
      "date": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
      "currency": {"enum": ["EUR", "USD", "GBP", "CHF"]},
      "total": {"type": "number", "minimum": 0, "multipleOf": 0.01},
      "pages": {"type": "integer", "minimum": 1, "maximum": 500},
      "lines": {
        "type": "array",
        "maxItems": 100,
        "items": {
          "type": "object",
          "properties": {
            "text": {"type": "string", "maxLength": 200},
            "quantity": {"type": "integer", "minimum": 1, "maximum": 9999},
            "price": {"type": "number", "minimum": 0}
          },
          "required": ["text", "price"],
          "additionalProperties": false
        }
      }
    },
    "required": ["merchant", "date", "total", "lines"],
    "additionalProperties": false
  }
  """

private let toolInput = """
  {"merchant": "Corner Bakery and Coffee House", "date": "2025-03-14", "currency": "EUR", "total": 18.40, "pages": 1,
   "lines": [{"text": "rye bread, sliced, 750 g", "quantity": 2, "price": 4.20},
             {"text": "coffee", "quantity": 1, "price": 10.00}]}
  """

private let toolInputWithMistakes = """
  {"merchant": "", "date": "14.3.2025", "curency": "EUR", "total": 18.40, "pages": 1,
   "lines": [{"text": "coffee", "quantity": 0, "price": 10.00}]}
  """
