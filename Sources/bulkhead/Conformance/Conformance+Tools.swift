internal import JSON
internal import Wire

extension Conformance {
  /// Runs each tool for which there is an input, once and then as often at a time as announced.
  func checkTools() {
    guard let hello else { return }
    let tools = hello.tools.filter { chosen.tool == nil || $0.name == chosen.tool }
    if let name = chosen.tool, tools.isEmpty {
      rule("invoke \(name)") {
        .fail("it offers no such tool; it offers \(hello.tools.map(\.name).joined(separator: ", "))")
      }
    }
    for tool in tools { check(tool) }
    rule("concurrency") { () throws(Broken) in try concurrency(hello, tools) }
  }

  private func input(of tool: Tool) -> JSON? { chosen.input ?? InputSynthesis.value(for: tool.inputSchema) }

  private func check(_ tool: Tool) {
    var result: JSONObject?
    rule("invoke \(tool.name)") { () throws(Broken) in
      guard let input = input(of: tool) else {
        return .skip("no input can be made from its schema; give one with --tool \(tool.name) --input JSON")
      }
      let examination = try session()
      let answer = try examination.ask(Self.invocation(of: tool.name, input, step: tool.name, patience: patience))
      // A second reply would follow the first closely.
      examination.listen(50)
      switch answer {
      case .success(let object):
        result = object
        return .pass("answered once" + note(examination))
      case .failure(let error) where error.name == .toolFailed || error.name == .refused:
        return .pass("answered once, with \(error.name.rawValue): \(error.message)" + note(examination))
      case .failure(let error):
        return .fail("the valid input \(input) was answered with \(error.name.rawValue): \(error.message)")
      }
    }
    rule("output \(tool.name)") {
      guard let result else { return .skip("there is no output") }
      do throws(WireError) {
        let output = try ToolResult.decode(result).output
        guard let schema = tool.outputSchema else { return .pass("well formed; it declares no output_schema") }
        // Safety: the rule 'tools' tells of a bad schema.
        let violations = (try? JSONSchema(schema))?.violations(in: output) ?? []
        guard violations.isEmpty else {
          if tool.hasSecretOutput { return .fail("its output, which is secret, breaks its output_schema") }
          return .fail(
            violations.prefix(5).map { "\($0.path.isEmpty ? "(output)" : $0.path): \($0.message)" }.joined(
              separator: "; "
            )
          )
        }
        return .pass("fits its output_schema")
      } catch {
        return .fail("the result is not what 'tool/invoke' defines: \(error.message)")
      }
    }
  }

  private func note(_ examination: Examination) -> String {
    examination.notes.last.map { " (\($0))" } ?? ""
  }

  private func concurrency(_ hello: InitializeWorker.Response, _ tools: [Tool]) throws(Broken) -> Outcome {
    let count = Int(min(hello.concurrency, 32))
    guard count > 1 else { return .skip("it takes one invocation at a time") }
    guard let tool = tools.first(where: { input(of: $0) != nil }), let input = input(of: tool) else {
      return .skip("there is no input for any tool")
    }
    let examination = try session()
    var ids: [Int64] = []
    for number in 1...count {
      ids.append(try examination.post(Self.invocation(of: tool.name, input, step: "c\(number)", patience: patience)))
    }
    for id in ids {
      if case .failure(let error) = try examination.answer(to: id), error.name == .overloaded {
        return .fail(
          "\(count) of the announced \(hello.concurrency) invocations at a time were too many: \(error.message)"
        )
      }
    }
    return .pass("\(count) of the announced \(hello.concurrency) invocations at a time were all answered")
  }

  static func invocation(of tool: String, _ input: JSON, step: String, patience: Int64) -> ToolInvoke {
    ToolInvoke(
      tool: tool,
      input: input,
      job: "check",
      step: step,
      attempt: 1,
      idempotencyKey: "check-\(step)",
      timeoutMS: patience
    )
  }
}
