import Foundation
import Testing

@Suite struct CompletionTests {
  @Test func `bash can read its completions`() throws {
    let program = try Program()
    let script = try program.run(["completions", "bash"])
    #expect(script.code == 0)
    #expect(try shell("bash", "-n", script.output, program) == "")
  }

  @Test func `bash completes commands, options and languages`() throws {
    let program = try Program()
    let script = try program.run(["completions", "bash"]).output
    let ask = """
      \(script)
      ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _bulkhead; echo "${COMPREPLY[*]}"; }
      ask bulkhead sta; ask bulkhead worker ch; ask bulkhead exec --mem; ask bulkhead exec pyt; ask bulkhead logs --fol
      ask bulkhead jobs --state r; ask bulkhead --socket /x plan gr; ask bulkhead up --priority 3; ask bulkhead jobs --limit ""
      """
    let answer = try shell("bash", "--norc", ask, program)
    #expect(answer == "status\ncheck\n--memory\npython\n--follow\nrunning\ngraph\n\n\n")
  }

  @Test(arguments: ["zsh", "fish"]) func `another shell gets every command`(_ name: String) throws {
    let script = try Program().run(["completions", name])
    #expect(script.code == 0)
    for word in ["exec", "status", "reload", "output-dir", "completions", "resolve"] {
      #expect(script.output.contains(word))
    }
  }

  /// Where everything is to be tested, a shell that is missing is a failure.
  private static func isMissing(_ shell: String) -> Bool {
    !FileManager.default.isExecutableFile(atPath: "/bin/" + shell)
      && ProcessInfo.processInfo.environment["CI"] == nil
  }

  @Test(.disabled(if: isMissing("zsh"), "zsh is not installed: Scripts/setup --test"))
  func `zsh completes commands, options and their values`() throws {
    let program = try Program()
    let script = try program.run(["completions", "zsh"])
    #expect(try shell("zsh", "-n", script.output, program) == "")
    // What zsh would show is printed instead: the drawing needs a terminal, what is offered does not.
    let ask = #"""
      compdef() { }
      compadd() { shift; print -l -- $@ }
      _files() { print FILES }
      _describe() { local -a list=(${(P)@[-1]}); print -l -- ${list%%:*} }
      \#(script.output)
      ask() { words=("$@"); CURRENT=$#; print -- $(_bulkhead | grep -- "^${@[-1]}") }
      ask bulkhead sta; ask bulkhead worker ch; ask bulkhead exec --mem; ask bulkhead exec pyt; ask bulkhead jobs --state r
      ask bulkhead --socket /x plan gr; ask bulkhead run --plan ""; ask bulkhead jobs --limit ""
      """#
    let answer = try shell("zsh", "-f", ask, program)
    #expect(answer == "status\ncheck\n--memory\npython\nrunning\ngraph\nFILES\n\n")
  }

  @Test(.disabled(if: isMissing("fish"), "fish is not installed: Scripts/setup --test"))
  func `fish completes commands, options and their values`() throws {
    let program = try Program()
    let script = try program.run(["completions", "fish"])
    #expect(try shell("fish", "--no-execute", script.output, program) == "")
    let lines = ["sta", "worker ch", "exec --mem", "exec pyt", "jobs --state r", "plan gr"]
    let ask = script.output + lines.map { "complete -C 'bulkhead \($0)' | string split -f 1 \\t\n" }.joined()
    let answer = try shell("fish", "--no-config", ask, program)
    #expect(answer == "status\ncheck\n--memory\npython\nrunning\ngraph\n")
  }

  /// Everything that the shell says about a script.
  private func shell(_ name: String, _ option: String, _ script: String, _ program: Program) throws -> String {
    let path = program.folder + "/script"
    try script.write(toFile: path, atomically: true, encoding: .utf8)
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: "/bin/" + name)
    process.arguments = [option, path]
    process.environment = ["PATH": "/usr/bin:/bin", "HOME": program.folder, "LANG": "C.UTF-8"]
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let said = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return String(decoding: said, as: UTF8.self)
  }
}
