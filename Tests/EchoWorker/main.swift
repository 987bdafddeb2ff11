// The worker that benchmarks call: as little of its own as possible.

import Glibc
import WorkerKit

let worker = Worker(name: "echo", version: "1.0", concurrency: 64)
let schema: JSON = ["type": "object", "properties": ["text": ["type": "string"]], "required": ["text"]]
worker.tool(
  "echo",
  "Returns its input, on the thread that reads.",
  input: schema,
  output: schema,
  pure: true,
  execution: .inline
) { $0.input }
worker.tool("echo_thread", "Returns its input, from a thread of its own.", input: schema, output: schema) { $0.input }
worker.tool("note", "Returns its input; says neither that it is pure nor idempotent.", execution: .inline) { $0.input }
worker.tool("sleep", "Sleeps so many milliseconds.") { call in
  usleep(UInt32(clamping: (call.input["ms"]?.integerValue ?? 1) * 1_000))
  return call.input
}
worker.tool("quit", "Ends the process in the middle of the call.", execution: .inline) { _ in exit(3) }
worker.run()
