import Foundation
import JSON
import Testing

@Suite struct SecretTests {
  /// What `tells-secret.py` answers: the digest of its name, which stands in no file.
  private static let secret =
    "4c21796f4ff9e03ee819c5a515bfa761"
    + "03df14fae1030c2d2b08efd26bad04e5"

  /// Files below the program's folder that hold `text`.
  private func files(_ program: Program, holding text: String) throws -> [String] {
    let files = try #require(FileManager.default.enumerator(atPath: program.folder))
    var found: [String] = []
    for case let file as String in files {
      let content = FileManager.default.contents(atPath: "\(program.folder)/\(file)") ?? Data()
      if content.range(of: Data(text.utf8)) != nil { found.append(file) }
    }
    return found
  }

  @Test func `a credential helper is granted only to a worker that asks to be one`() throws {
    let program = try Program()
    try program.addSin("uses-secret")
    try program.write("grants.yaml", "workers: {uses-secret: {credential_helper: [/usr/bin/env]}}\n")
    _ = try program.up(["--config", program.folder + "/grants.yaml"])
    let reload = try program.run(["workers", "reload", "--json"])
    let error = try reload.json()["errors"]?[0]?.stringValue ?? ""
    #expect(error.hasSuffix("worker 'uses-secret' does not ask to be a 'credential_helper', and cannot be granted it"))
    #expect(try program.run(["workers", "--json"]).json()["workers"]?.arrayValue?.isEmpty == true)
  }

  @Test func `a secret output is in no file of the service, and in nothing that a command shows`() throws {
    let program = try Program()
    for (script, more) in [("tells-secret", #","callers":["uses-secret"]"#), ("uses-secret", "")] {
      try program.addSin(script)
      try program.write(
        "workers/\(script)/worker.json",
        #"{"name":"\#(script)","command":["/usr/bin/python3","-I","-S","\#(script).py"]\#(more)}"#
      )
    }
    try program.write("debug.yaml", "log: {level: debug}\n")
    let up = try program.up(["--config", program.folder + "/debug.yaml"])
    #expect(up.code == 0, "\(up.errors)")
    let asks = #"["answer","progress","error","failure","broken","artifact"]"#
    try program.write("plan.json", #"{"steps":[{"id":"u","tool":"use","input":{"ask":\#(asks),"dies":true}}]}"#)
    let run = try program.run(["run", "--plan", "plan.json", "--id", "uses", "--json"])
    #expect(run.code == 0, "\(run.errors)")
    let shown = try program.run(["show", "uses", "--json"])
    #expect(try shown.json()["steps"]?[0]?["attempt"] == 2)
    #expect(try shown.json()["steps"]?[0]?["output"]?[0]?["asked"] == 7, "each of six asked again")
    for command in [
      ["show", "uses", "--step", "u"], ["trace", "uses", "--json"], ["watch", "uses"], ["logs", "-n", "1000"],
      ["jobs", "--calls", "--json"], ["tools", "--json"], ["workers", "--json"],
    ] {
      let said = try program.run(command)
      #expect(said.code == 0, "\(command): \(said.errors)")
    }
    let refused = try program.run(["tool", "call", "tell", "{}"])
    #expect(refused.code == 1 && refused.errors.contains("is not for a client or a plan"), "\(refused.errors)")
    let copy = try program.run(["backup", program.folder + "/copy.db"])
    #expect(copy.code == 0, "\(copy.errors)")
    #expect(try !files(program, holding: "worker is ready").isEmpty, "its log is below the folder, too")
    // While it runs, the write-ahead log holds what the journal does not yet; afterwards the file has all.
    #expect(try files(program, holding: Self.secret) == [])
    #expect(try files(program, holding: #"{"redacted":true}"#).contains { $0.hasSuffix("copy.db") })
    #expect(try program.run(["down"]).code == 0)
    #expect(try files(program, holding: Self.secret) == [])
  }
}
