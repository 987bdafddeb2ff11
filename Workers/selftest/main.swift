// The worker of `bulkhead selftest`: tools whose every execution leaves a line in a file, so that what really ran can be
// compared with what the journal says.
//
// Its first argument says which tools it offers: `steps` (no privileges but to append to the file), or `children` (may
// start programs, and leaves one behind on purpose).

import Glibc
import WorkerKit

let role = CommandLine.arguments.dropFirst().first ?? "steps"
let worker = Worker(name: "selftest-\(role)", version: "1.0", concurrency: 4)
worker.onInitialize = { try Executions.open($0.settings["file"]?.stringValue ?? "") }
if role == "children" {
  ChildTools.add(to: worker)
} else {
  StepTools.add(to: worker)
}
worker.run()
