// The files worker: reads, writes, edits, lists and searches files, in folders that were granted and nowhere else.
//
// Theory of operation. The coordinator starts this process inside walls: no network, and of the file system only the
// paths of its manifest. A call names a path; the narrowest granted folder above it is its root (`Roots`). For each call
// this program is started once more, as `files-worker --act`, in a single-use jail in which nothing but that root is
// mounted, read-only unless the tool writes (`JailedCall`). The request goes in on standard input and one JSON answer
// comes out (`inside/`). There each path is opened beneath the root by openat2(2), so that neither `..` nor a link, nor
// a link that somebody swaps in while we look, leads anywhere else; pipes and devices are refused, sizes are bounded.
internal import WorkerKit

if CommandLine.arguments.dropFirst().first == JailedCall.subcommand { Inside.act() }

let worker = Worker(name: "files", version: "0.1.0", concurrency: 64)
worker.onInitialize = { FilesWorker.start($0.grants) }
worker.tool(
  "file_read",
  "Reads a file, or a part of it, as text or base64.",
  input: Schemas.read,
  output: Schemas.readResult,
  idempotent: true,
  pure: true
) { try await FilesWorker.call($0, writes: false) }
worker.tool(
  "file_write",
  "Writes a file: creates it, overwrites it atomically, or appends to it.",
  input: Schemas.write,
  output: Schemas.writeResult
) { try await FilesWorker.call($0, writes: true) }
worker.tool(
  "file_edit",
  "Replaces texts in a file, all of them or none; each must occur exactly once, or as often as its 'count' says.",
  input: Schemas.edit,
  output: Schemas.editResult
) { try await FilesWorker.call($0, writes: true) }
worker.tool(
  "file_list",
  "Lists a folder, with everything below it if 'recursive'.",
  input: Schemas.list,
  output: Schemas.listResult,
  idempotent: true,
  pure: true
) { try await FilesWorker.call($0, writes: false) }
worker.tool(
  "file_search",
  "Searches files for lines that match a regular expression (ECMAScript's dialect).",
  input: Schemas.search,
  output: Schemas.searchResult,
  idempotent: true,
  pure: true
) { try await FilesWorker.call($0, writes: false) }
worker.run()
