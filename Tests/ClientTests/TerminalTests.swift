import Foundation
import Testing

/// `run` on a real pseudo-terminal, which `script` provides, seen through `Screen`.
@Suite struct TerminalTests {
  private static let plan: String = {
    let steps = (1...20).map { number in
      let after = number > 10 ? #", "depends_on": ["s\#(number - 10)"]"# : ""
      return #"{"id":"s\#(number)","tool":"bash","input":{"command":"echo word \#(number); sleep 0.2"}\#(after)}"#
    }
    return #"{"steps": [\#(steps.joined(separator: ","))], "final_synthesis": {"prompt_template": "all done"}}"#
  }()

  private func run(_ command: String, rows: Int, columns: Int, _ program: Program, environment: String = "TERM=xterm")
    throws -> (screen: Screen, raw: String, code: Int32)
  {
    let shell = "stty rows \(rows) cols \(columns) -echo; \(environment) \(Program.folder)/bulkhead \(command)"
    let script = try program.begin(["-qec", shell, "/dev/null"], program: "/usr/bin/script").outcome()
    var screen = Screen(columns: columns, height: rows)
    screen.write(script.output)
    return (screen, script.output, script.code)
  }

  private func started() throws -> Program {
    let program = try Program()
    try program.addWorkers("sandbox")
    #expect(try program.up().code == 0)
    try program.write("plan.json", Self.plan)
    return program
  }

  @Test func `the picture is drawn again in its place, and the last one stays`() throws {
    let program = try started()
    let (screen, raw, code) = try run("run --plan plan.json --id t1", rows: 30, columns: 70, program)
    #expect(code == 0, "\(raw)")
    #expect(screen.mistakes == [])
    #expect(screen.isColoured)
    #expect(raw.components(separatedBy: "\u{1B}[21A").count > 2, "it is drawn more than once")
    let lines = screen.text.split(separator: "\n")
    #expect(lines.count == 22, "\(screen.text)")
    #expect(lines[0].hasPrefix("✓ t1  succeeded  "))
    #expect(lines[0].contains("20 of 20 steps"))
    for number in 1...20 { #expect(lines[number].hasPrefix("  ✓ s\(number) ")) }
    #expect(lines[21] == "all done")
  }

  @Test func `a low and narrow terminal is never left, nor are colours used where they are not wanted`() throws {
    let program = try started()
    let (screen, raw, code) = try run(
      "run --plan plan.json --id t2",
      rows: 9,
      columns: 40,
      program,
      environment: "TERM=xterm NO_COLOR=1"
    )
    #expect(code == 0, "\(raw)")
    #expect(screen.mistakes == [])
    #expect(!screen.isColoured)
    let lines = screen.text.split(separator: "\n")
    #expect(lines.count == 9, "\(screen.text)")
    #expect(lines[7].hasPrefix("  … 14 more: "))
  }

  @Test func `what steps print stands above the picture, each line once`() throws {
    let program = try started()
    let (screen, raw, code) = try run("run --plan plan.json --progress", rows: 40, columns: 80, program)
    #expect(code == 0, "\(raw)")
    #expect(screen.mistakes == [])
    for number in 1...20 {
      let line = "s\(number) | word \(number)"
      #expect(screen.text.split(separator: "\n").filter { $0 == line }.count == 1, "\(line) in \(screen.text)")
    }
  }

  @Test func `a terminal that can do nothing gets lines`() throws {
    let program = try started()
    let (screen, raw, code) = try run("run --plan plan.json", rows: 24, columns: 200, program, environment: "TERM=dumb")
    #expect(code == 0)
    #expect(!raw.contains("\u{1B}"))
    #expect(screen.text.contains("job                   succeeded"))
  }
}
