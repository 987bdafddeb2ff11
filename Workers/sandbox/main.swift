// The sandbox worker: runs bash and code, each run in a jail of its own that ends with it.
//
// Theory of operation. The coordinator starts this process inside walls (no network, its own processes and mounts, a
// system-call filter that permits building jails and little else). Each call becomes a policy (`CallPolicy`), which
// `bulkhead-jail` applies to one program; the call's thread drives the run (`RunDriver`), sends its output on and
// answers with a record (`RunRecord`). Code that asks for nothing special goes to an interpreter that waits in its
// finished jail (`WarmPool`). Whatever comes out of a jail is bounded and foreign.
internal import WorkerKit

let worker = Worker(name: "sandbox", version: "0.1.0", concurrency: 128)
// What a run may execute unless a call lists programs.
var needs = Needs()
needs.programs = [Needs.allPrograms]
worker.onInitialize = { try Sandbox.start(try SandboxSettings($0.settings)) }
worker.tool(
  "bash",
  "Runs a bash command in a jail: no network but granted hosts, a private empty workspace, bounded time, memory, output.",
  input: Schemas.bash,
  output: Schemas.bashResult,
  needs: needs,
  BashTool.run
)
worker.tool(
  "code_exec",
  "Runs code (python unless said) in a jail; the variable 'input' holds input_data, 'output' becomes the result.",
  input: Schemas.code,
  output: Schemas.codeResult,
  needs: needs,
  CodeTool.run
)
worker.run()
