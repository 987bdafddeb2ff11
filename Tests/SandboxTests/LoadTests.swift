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

  /// Descriptors, threads and processes of the worker; mounts of its namespace.
  private struct Footprint: Equatable {
    var descriptors: Int
    var processes: Int
    var mounts: Int
  }

  private func footprint(_ bench: SandboxBench) -> Footprint {
    let worker = bench.descendants().first { $0.name.hasPrefix("sandbox-work") }?.pid ?? bench.pid
    func entries(_ path: String) -> Int {
      (try? FileManager.default.contentsOfDirectory(atPath: path).count) ?? -1  // Safety: -1 is what a test then sees.
    }
    let mounts = String(
      decoding: FileManager.default.contents(atPath: "/proc/\(worker)/mounts") ?? Data(),
      as: UTF8.self
    )
    return Footprint(
      descriptors: entries("/proc/\(worker)/fd"),
      processes: bench.descendants().count,
      mounts: mounts.split(separator: "\n").count
    )
  }

  @Test func `1,000 runs leave no process, descriptor or mount behind`() throws {
    let bench = try SandboxBench(settings: ["warm": ["python": 2, "idle_ms": 500]])
    // Everything that is made once.
    for _ in 0..<3 { _ = try bench.python("1") }
    _ = try bench.bash("true")
    func settle() throws -> Footprint {
      var last = footprint(bench)
      var calm = 0
      try bench.until("the pool is empty and nothing moves", within: 60) {
        let now = self.footprint(bench)
        calm = now == last && bench.descendants().allSatisfy { !$0.name.hasPrefix("python3") } ? calm + 1 : 0
        last = now
        return calm > 300
      }
      return last
    }
    let before = try settle()
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
    #expect(try settle() == before)
    try bench.end()
  }
}
