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
      """
    let answer = try shell("bash", "--norc", ask, program)
    #expect(answer == "status\ncheck\n--memory\npython\n--follow\n")
  }

  @Test(arguments: ["zsh", "fish"]) func `another shell gets every command`(_ name: String) throws {
    let script = try Program().run(["completions", name])
    #expect(script.code == 0)
    for word in ["exec", "status", "reload", "output-dir", "completions"] { #expect(script.output.contains(word)) }
  }

  /// Everything that the shell says about a script.
  private func shell(_ name: String, _ option: String, _ script: String, _ program: Program) throws -> String {
    let path = program.folder + "/script"
    try script.write(toFile: path, atomically: true, encoding: .utf8)
    let process = Process()
    let pipe = Pipe()
    process.executableURL = URL(filePath: "/bin/" + name)
    process.arguments = [option, path]
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let said = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return String(decoding: said, as: UTF8.self)
  }
}
