// The bridge to one MCP server: speaks frames with the coordinator and the Model Context Protocol with the server.
//
// Theory of operation. The coordinator starts one such process for each entry of mcp.json, within walls: one for a
// program may build jails and little else, one for an address may open connections and execute nothing. The program
// lives in a jail of its own (`ServerJail`, `ServerProcess`), with what its entry grants and with the entry's secrets in
// its environment, which are nowhere else. Everything runs on the one loop that reads frames: a call is a request of the
// session (`ServerSession`, `RunningRequest`), many at a time, told apart by their ids. Whatever comes from the server is
// foreign and bounded; what it does wrong costs its own calls. When it dies, the next call starts it again; when nobody
// calls, it may be put to sleep (`Bridge`).
internal import Posix
internal import WorkerKit

let worker = Worker(name: "mcp", version: "0.1.0", concurrency: 256)
worker.onInitialize = { try Bridges.prepare($0) }
worker.onStart = { _ in try await Bridges.open() }
worker.onStop = { await Bridges.close() }
worker.run()
