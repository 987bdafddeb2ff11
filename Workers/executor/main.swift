// The executor: registered functions, each one file in `functions/`.
//
// Theory of operation. A function is a type that says its name, the schemas of its arguments and output, and what it
// computes; `Functions.all` lists them. The registry offers every one as a tool of its own and all of them behind
// `function_call {name, args}`, whose schema holds the arguments of each function, so that a plan is checked before it
// runs. `ask_person` stands beside them: what a person answers comes with its call. The process holds nothing and may do nothing: no network, no files, no programs.
internal import WorkerKit

let worker = Worker(name: "executor", version: "0.1.0", concurrency: 16)
try Registry(Functions.all).offer(by: worker)
AskPerson.offer(by: worker)
worker.run()
