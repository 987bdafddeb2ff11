// A worker in Swift: one function per tool. Everything else is WorkerKit's.

import WorkerKit

let worker = Worker(name: "example-swift", version: "1.0", concurrency: 4)

worker.tool(
  "echo",
  "Returns its input unchanged.",
  output: ["type": "object"],
  idempotent: true,
  pure: true,
  execution: .inline
) { call in
  call.input
}

worker.tool(
  "count_words",
  "Counts the words of a text, reporting progress.",
  input: [
    "type": "object", "properties": ["text": ["type": "string"]], "required": ["text"], "additionalProperties": false,
  ],
  output: ["type": "object", "properties": ["words": ["type": "integer"]], "required": ["words"]],
  idempotent: true,
  pure: true
) { call in
  let text = call.input["text"]?.stringValue ?? ""
  let words = text.split(whereSeparator: \.isWhitespace)
  call.progress(.status, "found \(words.count) words", fraction: 1)
  return ["words": .integer(Int64(words.count))]
}

worker.run()
