// The models worker: speaks with language models, and is the only process that holds their keys.
//
// Theory of operation. One thread: the loop that reads the coordinator's frames also watches libcurl's sockets (`HTTP`),
// so an answer's bytes are read, cut into records, understood (`Models`) and reported in one turn of the loop, and
// hundreds of answers come at once without a thread each. A call of `model` names a role or a model; `Engine` asks the
// models of its chain one after the other, repeating what is worth repeating, until one answers. Secrets come with
// `initialize` and go into request headers; every text that leaves is searched for them first (`Redactor`), because a
// server may repeat what it was sent. The process has a network, no programs and no files but its own folder.
internal import Glibc
internal import WorkerKit

let worker = Worker(name: "models", version: "0.1.0", concurrency: 1024)
worker.onInitialize = { try ModelsWorker.start($0) }
worker.tool(
  "model",
  "Asks a language model: a prompt or a conversation, with tools, a schema for the answer, images. Names a role or a model.",
  input: Schemas.model,
  output: Schemas.answer,
  idempotent: true,
  execution: .inline
) { call in try await ModelsWorker.get().model(call) }
worker.tool(
  "embed",
  "Turns texts into vectors for search by meaning.",
  input: Schemas.embed,
  output: Schemas.embeddings,
  idempotent: true,
  execution: .inline
) { call in try await ModelsWorker.get().embed(call) }
worker.tool(
  "image_text",
  "Reads the text in a picture by Azure AI Vision: its lines with their places, as print or handwriting.",
  input: Schemas.imageText,
  output: Schemas.pageText,
  idempotent: true,
  execution: .inline
) { call in try await ModelsWorker.get().imageText(call) }
worker.tool(
  "model_list",
  "Lists the configured providers, roles and models.",
  input: Schemas.list,
  idempotent: true,
  execution: .inline
) { call in try await ModelsWorker.get().list(call) }
worker.run()
