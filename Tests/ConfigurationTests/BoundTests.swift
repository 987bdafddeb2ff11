import Configuration
import Testing

@Suite struct BoundTests {
  @Test func `a text of one byte too many is refused`() {
    let limit = YAMLLimits().bytes
    #expect(mistakes([UInt8](repeating: UInt8(ascii: "#"), count: limit)) == [])
    #expect(
      mistakes([UInt8](repeating: UInt8(ascii: "#"), count: limit + 1)) == [
        "c.yaml: text of 1048577 bytes exceeds the limit of 1048576"
      ]
    )
  }

  @Test(arguments: ["[", "- ", "{a: "])
  func `one level of nesting too many is refused`(_ open: String) {
    let close = open == "[" ? "]" : open == "- " ? "" : "}"
    // Under `workers`, `echo`, `settings`, and `v`: four mappings above it.
    func text(_ depth: Int) -> String {
      let nest = String(repeating: open, count: depth - 4) + "1" + String(repeating: close, count: depth - 4)
      return "workers:\n  echo:\n    settings:\n      v:\n       \(nest)\n"
    }
    #expect(mistakes(text(64)) == [])
    let refused = mistakes(text(65))
    #expect(refused.count == 1)
    #expect(refused.first?.hasSuffix("nesting of 65 exceeds the limit of 64") == true)
  }

  @Test func `one node too many is refused`() {
    // The document, 'workers', its value, 'echo', its value, 'settings', its value, 'v' and the list: nine.
    func text(_ nodes: Int) -> String {
      "workers: {echo: {settings: {v: [" + String(repeating: "1,", count: nodes - 9) + "]}}}"
    }
    #expect(mistakes(text(100_000)) == [])
    #expect(mistakes(text(100_001)).first?.hasSuffix("more than 100000 nodes") == true)
  }

  @Test func `a key of one byte too many is refused`() {
    func text(_ count: Int) -> String { "workers: {echo: {settings: {\(String(repeating: "k", count: count)): 1}}}" }
    #expect(mistakes(text(128)) == [])
    #expect(mistakes(text(129)) == ["c.yaml:1:29: key of 129 bytes exceeds the limit of 128"])
  }

  @Test func `values of variables are bounded in sum`() {
    let half = String(repeating: "x", count: 1 << 19)
    let environment = ["HOME": "/h", "A": half, "B": half + "x"]
    func text(_ first: String, _ second: String) -> String {
      "workers: {echo: {settings: {a: '${\(first)}', b: '${\(second)}'}}}"
    }
    #expect(mistakes(text("A", "A"), environment: environment) == [])
    #expect(
      mistakes(text("A", "B"), environment: environment) == [
        "c.yaml:1:43: values of variables exceed the limit of 1048576 bytes in one file"
      ]
    )
  }

  @Test func `a list of one element too many is refused`() {
    func text(_ count: Int) -> String { "jail: {loosen: [" + String(repeating: "a,", count: count) + "]}" }
    #expect(mistakes(text(1_000)) == [])
    #expect(mistakes(text(1_001)) == ["c.yaml:1:16: 'jail.loosen' of 1001 elements exceeds the limit of 1000"])
  }

  @Test(
    arguments: [
      ("limits: {clients: %}", 1, 65_536, ""), ("limits: {queue: %}", 1, 1_000_000, ""),
      ("limits: {artifact: %}", 1, 1 << 30, ""), ("limits: {artifacts: %}", 1, 1 << 50, ""),
      ("limits: {uploads: %}", 1, 4_096, ""), ("limits: {uploads_per_connection: %}", 1, 4_096, ""),
      ("jobs: {active: %}", 1, 100_000, ""), ("jobs: {keep: %}", 0, 315_360_000_000, "ms"),
      ("jobs: {cache: %}", 0, 86_400_000, "ms"), ("jobs: {concurrency: {t: %}}", 1, 1_024_000, ""),
      ("drain_timeout: %", 0, 3_600_000, "ms"), ("call_timeout: %", 1, 604_800_000, "ms"),
      ("workers: {e: {instances: %}}", 0, 1_024, ""), ("workers: {e: {concurrency: %}}", 1, 1_024, ""),
      ("workers: {e: {grace: %}}", 0, 600_000, "ms"), ("workers: {e: {limits: {wall: %}}}", 1, 604_800_000, "ms"),
      ("workers: {e: {limits: {cpu: %}}}", 1, 604_800_000, "ms"),
      ("workers: {e: {limits: {memory: %}}}", 1, 1 << 50, ""),
      ("workers: {e: {limits: {processes: %}}}", 1, 1 << 22, ""),
      ("workers: {e: {limits: {file: %}}}", 0, 1 << 50, ""),
      ("workers: {e: {limits: {open_files: %}}}", 3, 1 << 20, ""),
      ("workers: {e: {limits: {output: %}}}", 0, 1 << 40, ""),
      ("workers: {e: {limits: {workspace: %}}}", 0, 1 << 50, ""),
      ("workers: {e: {heartbeat: {interval: %}}}", 10, 86_400_000, "ms"),
      ("workers: {e: {heartbeat: {timeout: %}}}", 10, 86_400_000, "ms"),
      ("workers: {e: {restart: {first_delay: %}}}", 1, 86_400_000, "ms"),
      ("workers: {e: {restart: {longest_delay: %}}}", 1, 86_400_000, "ms"),
      ("workers: {e: {restart: {throttle_delay: %}}}", 1, 86_400_000, "ms"),
      ("workers: {e: {restart: {stable_after: %}}}", 1, 86_400_000, "ms"),
    ] as [(String, Int, Int, String)]
  )
  func `a number is taken at its bounds and refused beyond them`(_ text: String, low: Int, high: Int, unit: String) {
    func messages(_ value: Int) -> [String] { mistakes(text.replacing("%", with: "\(value)\(unit)")) }
    #expect(messages(low) == [])
    #expect(messages(high) == [])
    #expect(messages(high + 1).first?.contains("where at most") == true)
    // Durations and sizes have no sign at all.
    if low > 0 { #expect(messages(low - 1).first?.contains("where at least") == true) }
    #expect(messages(-1).count == 1)
  }
}
