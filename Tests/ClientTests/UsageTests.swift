import Foundation
import JSON
import Testing

@Suite struct UsageTests {
  @Test func `what a job used of models is told by show, trace and usage`() throws {
    let program = try Program()
    try program.addSin("uses-model")
    try program.write(
      "workers/uses-model/worker.json",
      #"{"name":"m","command":["/usr/bin/python3","-I","-S","uses-model.py"]}"#
    )
    let up = try program.up()
    #expect(up.code == 0, "\(up.errors)")
    let none = try program.run(["usage"])
    #expect(none.code == 0 && (none.output + none.errors).contains("no language model was used yet"), "\(none.errors)")
    let uses =
      #"{"provider":"local","model":"llama","input_tokens":1250,"output_tokens":40,"cost_nano_usd":5490000,"calls":1}"#
    try program.write(
      "ask.json",
      #"{"steps":[{"id":"ask","tool":"think","input":{"uses":\#(uses)}},{"id":"echo","tool":"think","input":{}}]}"#
    )
    let run = try program.run(["run", "--plan", "ask.json", "--id", "asks"])
    #expect(run.code == 0, "\(run.errors)")
    let text = "1 model call, 1.2k tokens in, 40 out, $0.0055"
    let show = try program.run(["show", "asks"]).output
    #expect(show.contains("models     \(text)") && show.contains("1.2k/40"), "\(show)")
    #expect(try program.run(["show", "asks", "--step", "ask"]).output.contains("models     \(text)"))
    #expect(
      try program.run(["trace", "asks"]).output.components(separatedBy: text).count == 3,
      "the job's and the step's"
    )
    let shown = try program.run(["show", "asks", "--json"]).json()
    #expect(shown["usage"]?["cost_nano_usd"] == 5_490_000 && shown["steps"]?[0]?["usage"] == shown["usage"])
    #expect(shown["steps"]?[1]?["usage"] == nil)
    let traced = try program.run(["trace", "asks", "--json"]).json()
    #expect(traced["usage"] == shown["usage"] && traced["steps"]?[0]?["id"] == "ask")
    let table = try program.run(["usage", "--by", "model", "--since", "1h"]).output
    #expect(table.hasPrefix("MODEL") && table.contains("llama") && table.contains("$0.0055"), "\(table)")
    let report = try program.run(["usage", "--by", "job", "--json"]).json()
    #expect(report["rows"]?[0]?["key"] == "asks" && report["total"]?["input_tokens"] == 1_250 && report["by"] == "job")
  }
}
