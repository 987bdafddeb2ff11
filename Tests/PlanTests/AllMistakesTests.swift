import JSON
import Plan
import Testing
import Wire

@Suite struct `All mistakes of a plan` {
  @Test func `all mistakes come at once, in the order of the plan`() throws {
    let found = try errors(
      #"""
      {"request_id":5,"steps":[
        {"id":"fetch","tool":"http_get","input":{"url":"step:nope","needs":{}},"retry":{"max_attempts":0,"jiter":1}},
        {"id":"fetch","tool":"no tool","depends_on":["fetsh","parse"],"timeout_ms":-1},
        {"id":"parse","tool":"parse","input":{"text":"item:value","more":"step:sum"},
         "needs":{"read":["x"],"write":["y"],"grade":5}},
        {"id":"sum","tool":"sum","depends_on":["parse"],"on_failure":"explode"},
        {"tool":"last"}],
       "final_synthesis":{"prompt_template":"{{step:fetched}}"},"extra":true}
      """#
    )
    #expect(
      found.map { "\($0.path): \($0.name): \($0.message)" } == [
        "/request_id: invalid_value: '/request_id' is integer where string is due",
        "/steps/0/retry/max_attempts: invalid_value: '/steps/0/retry/max_attempts' is 0 where at least 1 is due",
        "/steps/0/retry/jiter: unknown_member: unknown member 'jiter' (did you mean 'jitter'?)",
        "/steps/0/input/needs: privileges_in_input: 'needs' inside the input: privileges are members of the step, beside 'input'",
        "/steps/0/input/url: dangling_reference: 'step:nope' names no step",
        "/steps/1/id: duplicate_id: id 'fetch' is that of '/steps/0' already",
        "/steps/1/tool: invalid_value: 'no tool' is no tool name: 1 to 128 of A-Z a-z 0-9 _ . - are due",
        "/steps/1/depends_on/0: dangling_reference: 'fetsh' names no step (did you mean 'fetch'?)",
        "/steps/1/timeout_ms: invalid_value: '/steps/1/timeout_ms' is -1 where at least 1 is due",
        "/steps/2/needs/read/0: invalid_value: 'x' is no plain absolute path",
        "/steps/2/needs/write/0: invalid_value: 'y' is no plain absolute path",
        "/steps/2/needs/grade: invalid_value: '/steps/2/needs/grade' is integer where string is due",
        "/steps/2/input/text: misplaced_reference: 'item:value' refers to an item, but only a step with 'for_each' has items",
        "/steps/3/on_failure: invalid_value: '/steps/3/on_failure' is 'explode' where one of 'fail', 'skip', 'continue' is due",
        "/steps/4/id: missing_member: missing member 'id' in '/steps/4'",
        "/extra: unknown_member: unknown member 'extra'",
        "/final_synthesis/prompt_template: dangling_reference: 'step:fetched' names no step",
        "/steps/2: cycle: steps depend on each other: parse → sum → parse",
      ]
    )
  }

  @Test func `of very many mistakes the first are listed and the rest are counted`() throws {
    let steps = (0..<130).map { JSON.object(["id": .string("s\($0)"), "tool": "t", "depends_on": ["x_y_z"]]) }
    let found = errors(["steps": .array(Array(steps.prefix(100)))])
    #expect(found.count == 100 && found.allSatisfy { $0.name == .danglingReference })
    let more = errors(["steps": .array(Array(steps.prefix(101)))])
    #expect(more.count == 101 && more.last?.name == .moreErrors && more.last?.message == "1 more mistake")
    #expect(errors(["steps": .array(steps)]).last?.message == "30 more mistakes")
  }

  @Test func `an error travels as an object`() throws {
    let found = try errors(#"{"steps":[]}"#)
    #expect(
      found[0].json
        == ["path": "/steps", "name": "invalid_value", "message": "'/steps' is empty where at least one step is due"]
    )
  }
}
