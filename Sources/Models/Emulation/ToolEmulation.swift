internal import JSON

/// Tools for models that know none: they are told in words, and the answer is searched for calls.
package enum ToolEmulation {
  /// What the system's message says of `tools`; empty where none may be called.
  package static func prompt(_ tools: [ToolOffer], _ choice: ToolChoice) -> String {
    let tools = tools.filter { tool in if case .named(let name) = choice { tool.name == name } else { true } }
    if tools.isEmpty || choice == .none { return "" }
    let listed = tools.map { tool -> String in
      let about = tool.description.isEmpty ? "" : "\n  \(tool.description)"
      return "- \(tool.name)\(about)\n  Arguments, as JSON Schema: \(tool.parameters.description)"
    }
    let duty =
      switch choice {
      case .required: "You must call at least one tool before you answer."
      case .named(let name): "You must call the tool \(name)."
      case .auto, .none: "Call a tool only when it helps; otherwise answer in plain words."
      }
    return """
      You can call these tools:
      \(listed.joined(separator: "\n"))

      To call one, write two lines and nothing behind them:
      TOOL: the tool's name
      ARGS: its arguments as one JSON object
      Write such a pair for each call when you need several. Their results come in the next message. \(duty)
      """
  }

  /// The request as such a model can take it: tools told in the system's message, calls and results of the past as text.
  package static func applied(to request: ModelRequest) -> ModelRequest {
    var plain = request
    let told = prompt(request.tools, request.toolChoice)
    plain.tools = []
    plain.toolChoice = .auto
    plain.messages = request.messages.map(rewritten)
    if !told.isEmpty { plain.tell(told) }
    return plain
  }

  /// Calls as the model would write them, results as the user's words.
  static func rewritten(_ message: ModelMessage) -> ModelMessage {
    let hasTools = message.role == .tool || !message.toolUses.isEmpty || !message.toolOutcomes.isEmpty
    if !hasTools { return message }
    var parts: [ModelMessage.Part] = []
    for part in message.parts {
      let text: String
      switch part {
      case .toolUse(let use): text = "TOOL: \(use.name)\nARGS: \(use.arguments.description)"
      case .toolResult(let outcome):
        text = "\(outcome.isError ? "Error" : "Result") of \(outcome.name):\n\(outcome.text)"
      default:
        parts.append(part)
        continue
      }
      // Each begins a line of its own.
      if case .text(let before)? = parts.last {
        parts[parts.count - 1] = .text(before + (before.hasSuffix("\n") ? "" : "\n") + text)
      } else {
        parts.append(.text(text))
      }
    }
    return ModelMessage(message.role == .tool ? .user : message.role, parts)
  }

  /// The answer with its calls. Only tools that were offered count: what looks like a call of another is text. Throws
  /// `malformed_tool_call` when one of its calls cannot be read.
  package static func read(_ response: ModelResponse, _ request: ModelRequest) throws(ModelError) -> ModelResponse {
    if request.tools.isEmpty || request.toolChoice == .none { return response }
    var offered = Set(request.tools.map(\.name))
    if case .named(let name) = request.toolChoice { offered.formIntersection([name]) }
    let found = EmulatedCalls(response.text, offered: offered)
    if let name = found.malformed {
      throw ModelError(.malformedToolCall, "the arguments of the call of '\(name.prefix(64))' are no JSON object")
    }
    if found.calls.isEmpty { return response }
    var answer = response
    answer.text = found.text
    // Ids must differ from those of the calls before.
    let past = request.messages.reduce(0) { $0 + $1.toolUses.count }
    for (place, use) in found.calls.enumerated() {
      answer.toolUses.append(ToolUse(id: "call_\(past + place + 1)", name: use.name, arguments: use.arguments))
    }
    answer.stop = .toolCalls
    return answer
  }
}

extension ModelRequest {
  /// Adds `text` to the first message of the system, or makes one.
  package mutating func tell(_ text: String) {
    if let place = messages.firstIndex(where: { $0.role == .system }) {
      messages[place].parts.append(.text("\n\n" + text))
    } else {
      messages.insert(ModelMessage(.system, text), at: 0)
    }
  }
}
