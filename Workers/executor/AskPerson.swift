internal import WorkerKit

/// The tool by which a plan, a model or a server asks a person something.
///
/// Every call waits for a person, as the tool says of itself, so the asking is the coordinator's: whoever approves the call
/// puts the answer into its input. What is left to do here is to hold the answer to its form.
struct AskPerson {
  static func offer(by worker: Worker) {
    worker.tool(
      PersonQuestion.tool,
      "Asks the person who watches this job, waits for the answer and returns it. For what only a person knows or may decide.",
      input: [
        "type": "object",
        "properties": [
          "message": [
            "type": "string", "minLength": 1, "maxLength": 8192, "description": "The question, complete in itself.",
          ],
          "schema": [
            "type": "object",
            "description":
              "JSON Schema of the answer: best a flat object of strings, numbers, booleans and choices (enum). Absent: anything.",
          ],
          "answer": ["description": "The person's. One that the caller puts here is a proposal that the person sees."],
        ],
        "required": ["message"],
        "additionalProperties": false,
        "examples": [
          [
            "message": "Which account is to be charged?",
            "schema": [
              "type": "object", "properties": ["account": ["enum": ["travel", "office"]]], "required": ["account"],
            ],
          ]
        ],
      ],
      output: [
        "type": "object", "properties": ["answer": true], "required": ["answer"], "additionalProperties": false,
      ],
      idempotent: true,
      needsApproval: true
    ) { call in
      guard let question = PersonQuestion(call.input) else { throw WireError(.invalidInput, "there is no 'message'") }
      if let refusal = question.refusal { throw refusal }
      return ["answer": question.answer ?? .null]
    }
  }
}
