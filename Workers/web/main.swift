// The web worker: fetches from hosts that were granted, and nothing else.
//
// Theory of operation. The process has a network and nothing more: no programs, no files but its own libraries, the
// resolver's configuration and the certificates that TLS trusts. A call's URL is taken apart by libcurl's own parser, so
// that what is checked is what is connected to; its host and port must be granted to the worker (settings) and to the
// call (needs). libcurl asks for each socket with the address it is for, after names were resolved: what is not a public
// address, or one that the operator granted, gets none, whatever name led there and however often it is resolved.
// Redirects are not libcurl's to follow: each hop is a request of its own and checked like the first (`Fetch`). Headers,
// body, time and hops are bounded; a body that is long or no text becomes an artifact while it comes (`BodySink`).
//
// It is also the way out for jailed runs that were granted hosts: `WebProxy` takes their connections from the tunnel.
internal import WorkerKit

let worker = Worker(name: "web", version: "0.1.0", concurrency: 64)
worker.onInitialize = { try WebWorker.start(try WebSettings($0.settings)) }
worker.tool(
  "http_fetch",
  "Fetches a URL over http or https from a granted host. Long and binary bodies come as an artifact.",
  input: Schemas.fetch,
  output: Schemas.result,
  WebWorker.fetch
)
worker.run()
