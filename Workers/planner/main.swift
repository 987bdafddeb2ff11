// The planner: turns a request into a plan, has answers written and results judged.
//
// Theory of operation. The process has no network, no programs, no files and no secrets: it asks the coordinator for the
// tools and recipes there are, and models through the tools `model` and `embed` of another worker. What is asked and what is
// made of an answer is the module `Planner`, which is pure but for a full-text index in memory; here it is tied to a call.
// Nothing is kept between calls but vectors of the tools' descriptions and what a provider lists.
internal import Planner
internal import WorkerKit

let worker = Worker(name: "planner", version: "0.1.0", concurrency: 64)
worker.onInitialize = { try PlannerWorker.start($0) }
worker.tool(
  "make_plan",
  "Makes a plan of a request in somebody's words, or says which recipe serves it; mends a plan that was refused or failed.",
  input: Schemas.request,
  output: Schemas.plan,
  idempotent: true
) { call in try await PlannerWorker.get().maker(call).make(PlanningInput(call.input)) }
worker.tool(
  "write_answer",
  "Has a model write the answer to a request from what a plan has brought.",
  input: Schemas.material,
  output: Schemas.answer,
  idempotent: true
) { call in try await AnswerWriter(PlannerWorker.get().services(call)).write(call.input) }
worker.tool(
  "verify_result",
  "Has a model judge whether a result answers its request.",
  input: Schemas.result,
  output: Schemas.verdict,
  idempotent: true
) { call in try await PlannerWorker.get().verifier(call).verify(call.input) }
worker.run()
