import JSON
import Testing
import Wire

@testable import ReceiptParsing

/// A model is asked where the rules are unsure, and believed where the text bears it out.
@Suite(.serialized) struct ModelTests {
  private let text = "WELCOME TO 2ND AVENUE\n4711 0815\n3rd 11 2018 0042\nRM 17 ===== 0099"

  private func receipt(_ answer: JSON, settings: JSONObject = [:], input: JSONObject = [:]) throws
    -> ReceiptsBench.Answer
  {
    var settings = settings
    settings["small_model"] = true
    let bench = try ReceiptsBench(
      settings: settings,
      neighbour: ["model": ["value": answer, "content": "", "provider": "told"]]
    )
    var input = input
    input["text"] = input["text"] ?? .string(text)
    let answer = try bench.call("line_item_parser", .object(input))
    try bench.end()
    return answer
  }

  @Test func `what the model says is taken if it stands in the text, and marked`() throws {
    let rules = ReceiptParser.parse(text: text)
    #expect(rules.missing == [.company, .date, .total])
    let answer = try receipt(["company": "2ND AVENUE", "date": "3.11.2018", "total": "RM 17"])
    #expect(answer.error == nil)
    #expect(answer.output["company"] == "2ND AVENUE")
    #expect(answer.output["date"] == "2018-11-03")
    #expect(Amount(answer.output["total"])?.text == "17.00")
    #expect(answer.output["sources"] == ["company": "model", "date": "model", "total": "model"])
    #expect(answer.output["model"]?["taken"] == ["company", "date", "total"])
    #expect(answer.output["model"]?["provider"] == "told")
    #expect(answer.output["confidence"]?["total"] == 0.40)
  }

  @Test func `what stands nowhere in the text is refused`() throws {
    let answer = try receipt(["company": "ACME CORPORATION", "date": "2018-11-04", "total": "71"])
    for name in ["company", "date", "total"] { #expect(answer.output[name] == .null, "\(name)") }
    #expect(answer.output["sources"] == nil)
    #expect(answer.output["model"]?["taken"] == [])
    let odd = try receipt(["company": 5, "date": ["a"], "total": -17])
    #expect(odd.error == nil)
    #expect(odd.output["total"] == .null)
  }

  @Test func `the model is asked for what is missing only, by role, and escalates where the operator says to whom`()
    throws
  {
    let answer = try receipt(["company": nil], input: ["text": "17/05/2019\nTOTAL 9.00"])
    #expect(answer.output["model"]?["asked"] == ["company"])
    let asked = try JSON(parsing: Array((answer.output["model"]?["model"]?.stringValue ?? "").utf8))
    #expect(asked["role"] == "worker")
    #expect(asked["escalate"] == nil)
    #expect(asked["schema"]?["required"] == ["company"])
    #expect(asked["prompt"]?.stringValue?.contains("TOTAL 9.00") == true)
    let other = try receipt(["company": nil], settings: ["escalate": "planner"], input: ["text": "TOTAL 9.00"])
    #expect(other.output["model"]?["model"]?.stringValue?.contains(#""escalate": "planner""#) == true)
    // Nothing is missing, or the caller wants rules alone.
    #expect(try receipt([:], input: ["text": .string(Texts.grocer)]).output["model"] == nil)
    #expect(try receipt([:], input: ["model": "off"]).output["model"] == nil)
  }

  @Test func `without an answer the rules' stays, and says why`() throws {
    let bench = try ReceiptsBench(
      settings: ["small_model": "auto"],
      neighbour: ["model": ["error": [4010, "no model answers", ["name": "tool_failed", "reason": "no_provider"]]]]
    )
    let answer = try bench.call("line_item_parser", ["text": .string(text)])
    #expect(answer.error == nil)
    #expect(answer.output["total"] == .null)
    #expect(answer.output["model"]?["error"] == "no model answers")
    let items: JSON = ["items": [["name": "XQZ", "price": 1]]]
    #expect(try bench.call("expense_categorizer", items).output["totals"] == ["other": 1.00])
    try bench.end()
    // Nobody offers the tool at all.
    let alone = try ReceiptsBench(settings: ["small_model": "auto"])
    #expect(try alone.call("line_item_parser", ["text": .string(text)]).output["model"]?["error"] != nil)
    try alone.end()
  }

  @Test func `items of which the rules know nothing get the model's category`() throws {
    let bench = try ReceiptsBench(
      settings: ["small_model": true],
      neighbour: ["model": ["value": ["categories": ["health", "other", "no such"]], "content": ""]]
    )
    let answer = try bench.call(
      "expense_categorizer",
      [
        "items": [
          ["name": "CHICKEN RICE", "price": 8], ["name": "XQZ", "price": 1.50], ["name": "VVV", "price": 2],
          ["name": "XQZ", "price": 1], ["name": "WWW", "price": 4],
        ]
      ]
    )
    #expect(answer.output["totals"] == ["food": 8.00, "health": 2.50, "other": 6.00])
    #expect(answer.output["items"]?.arrayValue?.map { $0["source"] == "model" } == [false, true, false, true, false])
    #expect(answer.output["model"]?["asked"] == ["XQZ", "VVV", "WWW"])
    #expect(answer.output["model"]?["taken"] == ["XQZ"])
    try bench.end()
  }

  @Test func `rules alone are pure, and with a model they are not`() throws {
    let rules = try ReceiptsBench()
    #expect(try rules.isPure("line_item_parser") && rules.isPure("expense_categorizer"))
    #expect(try rules.call("line_item_parser", ["text": "TOTAL 1.00", "model": "auto"]).error?.name == .invalidInput)
    try rules.end()
    let bench = try ReceiptsBench(settings: ["small_model": true])
    #expect(try !bench.isPure("line_item_parser") && !bench.isPure("expense_categorizer"))
    try bench.end()
  }
}
