import JSON
import Testing
import Wire

@Suite(.serialized) struct CodeTests {
  @Test(arguments: SandboxBench.Start.allCases)
  func `the variable input holds the data and the variable output becomes the result`(start: SandboxBench.Start) throws
  {
    let bench = try SandboxBench(start)
    // Twice: cold, then from the pool.
    for _ in 0..<2 {
      let answer = try bench.python("output = {'total': sum(input['values'])}", ["values": [1, 2, 3.5]])
      #expect(answer.reason == "ok")
      #expect(answer.output == ["total": 6.5])
      #expect(answer.code == 0)
      #expect(answer.receipt?.memoryBytes ?? 0 > 1 << 20)
      try bench.until("an interpreter waits") { bench.descendants().contains { $0.name.hasPrefix("python3") } }
    }
    try bench.end()
  }

  @Test func `an output that was not set is null`() throws {
    let bench = try SandboxBench()
    let answer = try bench.python("x = 1")
    #expect(answer.reason == "ok")
    #expect(answer.output == .null)
    try bench.end()
  }

  @Test(arguments: ["{1, 2}", "float('nan')", "object()", "(lambda f: f(f))(lambda f: [f])"])
  func `an output that is not JSON is an error and no crash`(value: String) throws {
    let bench = try SandboxBench()
    let answer = try bench.python("print('before')\noutput = \(value)")
    #expect(answer.reason == "nonzero_exit")
    #expect(answer.output == .null)
    #expect(answer.record["error"]?["name"] == "output_not_json")
    #expect(answer.stdout == "before\n")
    #expect(try bench.python("output = 1").output == 1)
    try bench.end()
  }

  @Test func `what is JSON for Python and not for others is refused too`() throws {
    let bench = try SandboxBench()
    #expect(try bench.python("output = {1: 'a', '1': 'b'}").record["error"]?["name"] == "output_not_json")
    #expect(try bench.python("output = '\\ud800'").record["error"]?["name"] == "output_not_json")
    #expect(try bench.python("output = 'x' * 5_000_000").record["error"]?["name"] == "output_too_large")
    let deep = try bench.python("output = []\nfor _ in range(200): output = [output]")
    #expect(deep.record["error"]?["name"] == "output_not_json")
    try bench.end()
  }

  @Test func `an exception is told with its type, message and line`() throws {
    let bench = try SandboxBench()
    let answer = try bench.python("a = 1\nb = 0\noutput = a / b")
    #expect(answer.reason == "nonzero_exit")
    #expect(
      answer.record["error"] == [
        "name": "exception", "type": "ZeroDivisionError", "message": "division by zero", "line": 3,
      ]
    )
    #expect(answer.stderr?.contains("line 3, in <module>\n    output = a / b") == true)
    #expect(try bench.python("output = (").record["error"]?["type"] == "SyntaxError")
    try bench.end()
  }

  @Test func `sys exit gives its code and the output all the same`() throws {
    let bench = try SandboxBench()
    let answer = try bench.python("import sys\noutput = 7\nsys.exit(3)")
    #expect(answer.code == 3)
    #expect(answer.output == 7)
    try bench.end()
  }

  @Test func `files that were not closed are written, exit handlers and threads end first`() throws {
    let bench = try SandboxBench()
    let code = """
      import atexit, threading, time
      f = open('left.txt', 'w')
      f.write('left open')
      atexit.register(print, 'at exit')
      def late():
          global output
          time.sleep(0.1)
          output = 'from a thread'
      threading.Thread(target=late).start()
      """
    let answer = try bench.python(code)
    #expect(answer.output == "from a thread")
    #expect(answer.stdout == "at exit\n")
    #expect(try bench.bytes(of: try #require(answer.artifacts.first)) == Array("left open".utf8))
    try bench.end()
  }

  @Test func `code that replaces what the interpreter uses harms only itself`() throws {
    let bench = try SandboxBench()
    let answer = try bench.python("import json, os\njson.dumps = os.write = len = None\noutput = [1]")
    #expect(answer.output == [1])
    let forged = try bench.python("import os\nos.write(4, b'\\xff\\xff\\xff\\xffgarbage')\nos._exit(0)")
    #expect(forged.record["error"]?["name"] == "output_not_json")
    let closed = try bench.python("import os\nos.close(4)\noutput = 1")
    #expect(closed.output == .null)
    #expect(try bench.python("output = 2").output == 2)
    try bench.end()
  }

  @Test func `numbers keep their digits on the way in`() throws {
    let bench = try SandboxBench()
    let input = try JSON(parsing: #"{"a": 12345678901234567890123, "b": "é\ud83d\ude00\u0000"}"#)
    let answer = try bench.python("output = [input['a'] + 1, input['b']]", input)
    #expect(answer.output == (try JSON(parsing: #"[12345678901234567890124, "é😀\u0000"]"#)))
    try bench.end()
  }

  @Test func `JavaScript has the same contract`() throws {
    let bench = try SandboxBench()
    func run(_ code: String, _ input: JSON = .null) throws -> SandboxBench.Answer {
      try bench.call("code_exec", ["code": .string(code), "input_data": input, "language": "javascript"])
    }
    let sum = try run("const output = {total: input.values.reduce((a, b) => a + b)}", ["values": [1, 2, 3]])
    #expect(sum.output == ["total": 6])
    #expect(try run("var output; setTimeout(() => { output = 'later' }, 20)").output == "later")
    #expect(try run("1").output == .null)
    let failed = try run("\nthrow new TypeError('no')")
    #expect(failed.reason == "nonzero_exit")
    #expect(failed.record["error"] == ["name": "exception", "type": "TypeError", "message": "no", "line": 2])
    #expect(try run("output = 1n").record["error"]?["name"] == "output_not_json")
    try bench.end()
  }

  @Test func `a described language gets its code and input as files`() throws {
    let bench = try SandboxBench(settings: [
      "languages": ["shell": ["command": ["/bin/sh", "-eu"], "file": "main.sh"]]
    ])
    func run(_ code: String) throws -> SandboxBench.Answer {
      try bench.call(
        "code_exec",
        ["code": .string(code), "input_data": ["n": 1], "language": "shell"],
        needs: needs { $0.profile = "shell" }
      )
    }
    let answer = try run("cat input.json > output.json; echo said; echo kept > kept")
    #expect(answer.output == ["n": 1])
    #expect(answer.stdout == "said\n")
    #expect(answer.artifacts.map(\.name) == ["kept"])
    #expect(try run("echo '{' > output.json").record["error"]?["name"] == "output_not_json")
    #expect(try run("true").output == .null)
    try bench.end()
  }

  @Test func `an unknown language is refused with those that there are`() throws {
    let bench = try SandboxBench()
    let error = try bench.call("code_exec", ["code": "", "language": "cobol"]).error
    #expect(error?.name == .invalidInput)
    #expect(error?.message.contains("python") == true)
    try bench.end()
  }
}
