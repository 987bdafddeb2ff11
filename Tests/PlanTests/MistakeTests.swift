import JSON
import Plan
import Testing
import Wire

@Suite struct `Mistakes in plans` {
  /// `path name`, and the message.
  @Test(arguments: [
    (#"[]"#, " invalid_value", "the plan is array where object is due"),
    (#"{}"#, "/steps missing_member", "missing member 'steps'"),
    (#"{"steps":{}}"#, "/steps invalid_value", "'/steps' is object where array is due"),
    (#"{"steps":[]}"#, "/steps invalid_value", "'/steps' is empty where at least one step is due"),
    (
      #"{"steps":[{"id":"a","tool":"t"}],"stpes":1}"#, "/stpes unknown_member",
      "unknown member 'stpes' (did you mean 'steps'?)"
    ),
    (
      #"{"steps":[{"id":"a","tool":"t"}],"request_id":1}"#, "/request_id invalid_value",
      "'/request_id' is integer where string is due"
    ),
    (
      #"{"steps":[{"id":"a","tool":"t"}],"final_synthesis":{}}"#, "/final_synthesis/prompt_template missing_member",
      "missing member 'prompt_template' in '/final_synthesis'"
    ),
    (
      #"{"steps":[{"id":"a","tool":"t"}],"final_synthesis":{"prompt_template":"{{step:b}}"}}"#,
      "/final_synthesis/prompt_template dangling_reference", "'step:b' names no step (did you mean 'a'?)"
    ),
    (
      #"{"steps":[{"id":"a","tool":"t"}],"final_synthesis":{"prompt_template":"{{item:value}}"}}"#,
      "/final_synthesis/prompt_template misplaced_reference",
      "'item:value' refers to an item, but only a step with 'for_each' has items"
    ),
    (#"{"steps":[1]}"#, "/steps/0 invalid_value", "'/steps/0' is integer where object is due"),
  ])
  func `a plan`(_ plan: String, _ mistake: String, _ message: String) throws {
    let found = try errors(plan)
    #expect(found.map { "\($0.path) \($0.name)" } == [mistake])
    #expect(found.map(\.message) == [message])
  }

  /// Members of the step `s`, beside which stand the steps `a` and `parse`.
  @Test(arguments: [
    (#""tool":"t""#, "/id missing_member", "missing member 'id' in '/steps/0'"),
    (#""id":"s""#, "/tool missing_member", "missing member 'tool' in '/steps/0'"),
    (#""id":"","tool":"t""#, "/id invalid_value", "'' is no step id: 1 to 128 of A-Z a-z 0-9 _ . - are due"),
    (#""id":"a b","tool":"t""#, "/id invalid_value", "'a b' is no step id: 1 to 128 of A-Z a-z 0-9 _ . - are due"),
    (#""id":7,"tool":"t""#, "/id invalid_value", "'/steps/0/id' is integer where string is due"),
    (#""id":"s","tool":"a/b""#, "/tool invalid_value", "'a/b' is no tool name: 1 to 128 of A-Z a-z 0-9 _ . - are due"),
    (#""id":"s","tool":"t","inputs":{}"#, "/inputs unknown_member", "unknown member 'inputs' (did you mean 'input'?)"),
    (#""id":"s","tool":"t","zzz":{}"#, "/zzz unknown_member", "unknown member 'zzz'"),
    (
      #""id":"s","tool":"t","input":[1]"#, "/input invalid_value",
      "'/steps/0/input' is array where an object or a reference is due"
    ),
    (
      #""id":"s","tool":"t","input":"text""#, "/input invalid_value",
      "'/steps/0/input' is string where an object or a reference is due"
    ),
    (
      #""id":"s","tool":"t","input":{"x":"step:prase"}"#, "/input/x dangling_reference",
      "'step:prase' names no step (did you mean 'parse'?)"
    ),
    (
      #""id":"s","tool":"t","input":{"x":"step:nowhere"}"#, "/input/x dangling_reference",
      "'step:nowhere' names no step"
    ),
    (
      #""id":"s","tool":"t","input":{"a/b":["z {{step:A}}"]}"#, "/input/a~1b/0 dangling_reference",
      "'step:A' names no step (did you mean 's'?)"
    ),
    (
      #""id":"s","tool":"t","input":{"x":"step:s"}"#, "/input/x self_reference",
      "'step:s' refers to the step that it stands in"
    ),
    (
      ##""id":"s","tool":"t","input":{"x":"step:a#items"}"##, "/input/x invalid_reference",
      "'step:a#items' is no reference: pointer 'items' does not start with '/'"
    ),
    (
      ##""id":"s","tool":"t","input":{"x":"step:a#/~2"}"##, "/input/x invalid_reference",
      "'step:a#/~2' is no reference: pointer '/~2' has '~' without '0' or '1' behind it"
    ),
    (
      #""id":"s","tool":"t","input":{"x":"see {{step:a b}}"}"#, "/input/x invalid_reference",
      "'step:a b' is no reference"
    ),
    (
      #""id":"s","tool":"t","input":{"x":"{{steps}}"}"#, "/input/x misplaced_reference",
      "'{{steps}}' stands for all outputs, which only the final synthesis has"
    ),
    (
      #""id":"s","tool":"t","input":{"x":"item:value"}"#, "/input/x misplaced_reference",
      "'item:value' refers to an item, but only a step with 'for_each' has items"
    ),
    (
      ##""id":"s","tool":"t","for_each":[],"input":{"x":"item:index#/a"}"##, "/input/x invalid_reference",
      "'item:index#/a' has a pointer, but 'item:index' is a number"
    ),
    (
      #""id":"s","tool":"t","input":{"needs":{"read":["/etc"]}}"#, "/input/needs privileges_in_input",
      "'needs' inside the input: privileges are members of the step, beside 'input'"
    ),
    (
      #""id":"s","tool":"t","input":{"limits":{}}"#, "/input/limits privileges_in_input",
      "'limits' inside the input: privileges are members of the step, beside 'input'"
    ),
    (
      #""id":"s","tool":"t","depends_on":"a""#, "/depends_on invalid_value",
      "'/steps/0/depends_on' is string where array is due"
    ),
    (
      #""id":"s","tool":"t","depends_on":["a","pasre"]"#, "/depends_on/1 dangling_reference",
      "'pasre' names no step (did you mean 'parse'?)"
    ),
    (
      #""id":"s","tool":"t","depends_on":["step:parse"]"#, "/depends_on/0 dangling_reference",
      "'step:parse' names no step (did you mean 'parse'?)"
    ),
    (#""id":"s","tool":"t","depends_on":["s"]"#, "/depends_on/0 self_reference", "step 's' depends on itself"),
    (
      #""id":"s","tool":"t","depends_on":[1]"#, "/depends_on/0 invalid_value",
      "'/steps/0/depends_on/0' is integer where string is due"
    ),
    (
      #""id":"s","tool":"t","timeout_ms":0"#, "/timeout_ms invalid_value",
      "'/steps/0/timeout_ms' is 0 where at least 1 is due"
    ),
    (
      #""id":"s","tool":"t","timeout_ms":604800001"#, "/timeout_ms invalid_value",
      "'/steps/0/timeout_ms' is 604800001 where at most 604800000 is due"
    ),
    (
      #""id":"s","tool":"t","timeout_ms":1.5"#, "/timeout_ms invalid_value",
      "'/steps/0/timeout_ms' is '1.5' where a 64-bit integer is due"
    ),
    (#""id":"s","tool":"t","retry":null"#, "/retry invalid_value", "'/steps/0/retry' is null where object is due"),
    (
      #""id":"s","tool":"t","retry":{"max_attempts":0}"#, "/retry/max_attempts invalid_value",
      "'/steps/0/retry/max_attempts' is 0 where at least 1 is due"
    ),
    (
      #""id":"s","tool":"t","retry":{"max_attempts":101}"#, "/retry/max_attempts invalid_value",
      "'/steps/0/retry/max_attempts' is 101 where at most 100 is due"
    ),
    (
      #""id":"s","tool":"t","retry":{"backoff":1}"#, "/retry/backoff unknown_member",
      "unknown member 'backoff' (did you mean 'backoff_ms'?)"
    ),
    (
      #""id":"s","tool":"t","retry":{"jitter":1.1}"#, "/retry/jitter invalid_value",
      "'/steps/0/retry/jitter' is '1.1' where 0 to 1 is due"
    ),
    (
      #""id":"s","tool":"t","retry":{"on":["Tool Failed"]}"#, "/retry/on/0 invalid_value",
      "'Tool Failed' is no name of an error: a-z 0-9 _ are due"
    ),
    (
      #""id":"s","tool":"t","retry":{"backoff_ms":20,"max_backoff_ms":10}"#, "/retry invalid_value",
      "'max_backoff_ms' of 10 is less than 'backoff_ms' of 20"
    ),
    (
      #""id":"s","tool":"t","idempotent":1"#, "/idempotent invalid_value",
      "'/steps/0/idempotent' is integer where boolean is due"
    ),
    (
      #""id":"s","tool":"t","on_failure":"stop""#, "/on_failure invalid_value",
      "'/steps/0/on_failure' is 'stop' where one of 'fail', 'skip', 'continue' is due"
    ),
    (
      #""id":"s","tool":"t","on_unknown":"skip""#, "/on_unknown invalid_value",
      "'/steps/0/on_unknown' is 'skip' where one of 'wait', 'fail', 'retry' is due"
    ),
    (
      #""id":"s","tool":"t","on_missing_tool":"retry""#, "/on_missing_tool invalid_value",
      "'/steps/0/on_missing_tool' is 'retry' where one of 'wait', 'fail' is due"
    ),
    (
      #""id":"s","tool":"t","for_each":{}"#, "/for_each/in missing_member", "missing member 'in' in '/steps/0/for_each'"
    ),
    (
      #""id":"s","tool":"t","for_each":5"#, "/for_each invalid_value",
      "'/steps/0/for_each' is integer where an array or a reference is due"
    ),
    (
      #""id":"s","tool":"t","for_each":{"in":[1,2,3],"max":2}"#, "/for_each limit_exceeded",
      "3 items exceed the limit of 2"
    ),
    (
      #""id":"s","tool":"t","for_each":["item:value"]"#, "/for_each/0 misplaced_reference",
      "'item:value' refers to an item, but items begin behind 'for_each'"
    ),
    (
      #""id":"s","tool":"t","needs":{"read":["etc"]}"#, "/needs/read/0 invalid_value", "'etc' is no plain absolute path"
    ),
    (
      #""id":"s","tool":"t","needs":{"reads":[]}"#, "/needs/reads unknown_member",
      "unknown member 'reads' (did you mean 'read'?)"
    ),
    (
      #""id":"s","tool":"t","needs":{"programs":["step:a"]}"#, "/needs/programs/0 misplaced_reference",
      "'step:a' refers to a value where only literal ones are due"
    ),
    (
      #""id":"s","tool":"t","needs":{"environment":{"X":"v {{step:a}}"}}"#, "/needs/environment/X misplaced_reference",
      "'v {{step:a}}' refers to a value where only literal ones are due"
    ),
    (
      #""id":"s","tool":"t","limits":{"cpu_ms":0}"#, "/limits/cpu_ms invalid_value",
      "'/steps/0/limits/cpu_ms' is 0 where at least 1 is due"
    ),
  ])
  func `a step`(_ members: String, _ mistake: String, _ message: String) throws {
    let found = try errors(#"{"steps":[{\#(members)},{"id":"a","tool":"t"},{"id":"parse","tool":"t"}]}"#)
    #expect(found.map { "\($0.path) \($0.name)" } == ["/steps/0" + mistake])
    #expect(found.map(\.message) == [message])
  }

  @Test func `an id that is taken`() throws {
    let found = try errors(#"{"steps":[{"id":"a","tool":"t"},{"id":"a","tool":"t"}]}"#)
    #expect(found.map { "\($0.path) \($0.name)" } == ["/steps/1/id duplicate_id"])
    #expect(found.map(\.message) == ["id 'a' is that of '/steps/0' already"])
  }
}
