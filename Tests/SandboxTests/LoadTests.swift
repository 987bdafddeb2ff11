import Foundation
import JSON
import Testing
import Wire

@Suite(.serialized) struct LoadTests {
  @Test func `100 runs at once all succeed`() throws {
    let bench = try SandboxBench(concurrency: 128)
    let answers = (0..<100).map { number in
      number % 2 == 0
        ? bench.begin("code_exec", ["code": "output = input * 2", "input_data": .integer(number)])
        : bench.begin("bash", ["command": .string("echo \(number)")])
    }
    try bench.until("all are answered", within: 120) { answers.allSatisfy { $0.result != nil } }
    for (number, answer) in answers.enumerated() {
      #expect(answer.reason == "ok", "\(answer.error?.message ?? "")")
      if number % 2 == 0 { #expect(answer.output == .integer(Int64(number * 2))) }
      if number % 2 == 1 { #expect(answer.stdout == "\(number)\n") }
    }
    try bench.end()
  }

  @Test func `1,000 runs leave no process, descriptor or mount behind`() throws {
    let bench = try SandboxBench(settings: ["warm": ["python": 2, "idle_ms": 500]])
    // Everything that is made once.
    for _ in 0..<3 { _ = try bench.python("1") }
    _ = try bench.bash("true")
    let before = try bench.settledFootprint()
    #expect(before.descriptors > 0)
    for round in 0..<100 {
      let answers = (0..<10).map { number in
        number % 2 == 0
          ? bench.begin("code_exec", ["code": "output = 1"])
          : bench.begin("bash", ["command": number == 5 ? "sleep 100 & kill -9 $$" : "sleep 100 & true"])
      }
      try bench.until("round \(round) is answered") { answers.allSatisfy { $0.result != nil } }
      #expect(answers.allSatisfy { $0.error == nil })
    }
    #expect(try bench.settledFootprint() == before)
    try bench.end()
  }
}
