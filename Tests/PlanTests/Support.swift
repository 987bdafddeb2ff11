import JSON
import Plan
import Testing
import Wire

func json(_ text: String) throws -> JSON { try JSON(parsing: text) }

func plan(_ text: String) throws -> Plan { try Plan(decoding: json(text)) }

/// A plan of one step `s` with this input, beside steps `a` and `b` (indices 1 and 2).
func step(input: String, more: String = "") throws -> Step {
  try plan(
    #"{"steps":[{"id":"s","tool":"t","input":\#(input)\#(more)},{"id":"a","tool":"t"},{"id":"b","tool":"t"}]}"#
  ).steps[0]
}

/// The mistakes in a text, each as `path name`.
func mistakes(_ text: String) throws -> [String] {
  try errors(text).map { "\($0.path) \($0.name)" }
}

func errors(_ text: String) throws -> [PlanError] { errors(try json(text)) }

func errors(_ source: JSON) -> [PlanError] {
  do {
    _ = try Plan(decoding: source)
    return []
  } catch {
    return error.errors
  }
}

/// Outputs by the index of their step; the others were skipped.
func scope(_ outputs: [Int: JSON], item: JSON? = nil, index: Int? = nil) -> Scope {
  Scope(output: { outputs[$0] }, item: item, index: index)
}

func thrown<Value>(_ body: () throws(WireError) -> Value) -> WireError? {
  do {
    _ = try body()
    return nil
  } catch {
    return error
  }
}
