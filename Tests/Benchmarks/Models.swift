import CCurlCalls
import Glibc
import JSON
import Posix
import ProviderServer
import Wire

/// A model's answer through client, coordinator, journal and worker, beside libcurl alone at the same server.
func measureModels() throws -> Results {
  signal(SIGPIPE, SIG_IGN)
  let server = try ProviderServer()
  defer { server.stop() }
  let words = (0..<20).map { "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word\($0) \"}}]}\n\n" }
  let end = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n"
  let body =
    #"{"id":"c","model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":1}}"#
  server["whole"] = .whole(body: body)
  server["stream"] = .pieces((words + [end]).map { (0, $0) })
  // As a model speaks: a word every 50 ms, for two seconds.
  server["slow"] = .pieces((0..<40).map { (50, words[$0 % 20]) } + [(0, end)])
  let service = try ModelsService(server)
  defer { service.service.stop() }
  let client = try ServiceClient(service.service.socket)
  var results = Results()
  try measureLatency(client, server, &results)
  try measureStreams(service, client, &results)
  try measureLeaks(service, client, server, &results)
  return results
}

private struct ModelsService {
  let service: JailingService

  init(_ server: ProviderServer) throws {
    let folder = programFolder()
    func provider(_ name: String) -> String {
      #""\#(name)": {"kind": "openai-compatible", "base_url": "\#(server.url(name))", "model": "m"}"#
    }
    let manifest = """
      {"name": "models", "command": ["\(folder)/models-worker"], "concurrency": 1024, "heartbeat_ms": 0,
       "permissions": {"network": "outbound"}, "limits": {"open_files": 4096, "processes": 128},
       "settings": {"providers": {\(["whole", "stream", "slow"].map(provider).joined(separator: ", "))}}}
      """
    service = try JailingService(
      "models",
      manifest,
      files: ["catalog.json": Array(#"{"as_of": "2026-01-01", "models": {}}"#.utf8)]
    )
  }
}

private func question(_ provider: String, streams: Bool = false) -> ToolCall {
  let input: JSON = ["prompt": "Say hello.", "model": .string(provider), "stream": .bool(streams)]
  return ToolCall(tool: "model", input: input, timeoutMS: 120_000, wantsProgress: streams)
}

private func measureLatency(_ client: ServiceClient, _ server: ProviderServer, _ results: inout Results) throws {
  let curl = try PlainCurl()
  let asked = #"{"model":"m","messages":[{"role":"user","content":"Say hello."}]}"#
  var ours: [Double] = []
  var floor: [Double] = []
  var ourFirst: [Double] = []
  var firstFloor: [Double] = []
  for _ in 0..<15 {
    ours.append(try client.modelLatency(question("whole"), 100).whole)
    floor.append(try curl.latency(server.url("whole") + "/chat/completions", asked, 100).whole)
    ourFirst.append(try client.modelLatency(question("stream", streams: true), 100).first)
    firstFloor.append(try curl.latency(server.url("stream") + "/chat/completions", asked, 100).first)
  }
  let whole =
    results.add("whole answer p50", "ours", ours).median - results.add("whole answer p50", "curl", floor).median
  let first =
    results.add("first token p50", "ours", ourFirst).median - results.add("first token p50", "curl", firstFloor).median
  results.bounds.append(Bound("added to a whole answer", whole / 1e6, "ms", atMost: 1))
  results.bounds.append(Bound("added to the first token", first / 1e6, "ms", atMost: 1))
}

/// 500 answers at once, each a word every 50 ms.
private func measureStreams(_ service: ModelsService, _ client: ServiceClient, _ results: inout Results) throws {
  var peak = 0.0
  var pieces = 0
  client.onProgress = {
    pieces += 1
    if pieces % 4_000 == 0 { peak = max(peak, service.service.holdings(of: "models-worke").megabytes) }
  }
  let start = now()
  var slowest = 0.0
  try client.calls((0..<500).map { _ in question("slow", streams: true) }) { result in
    _ = try result.get()
    slowest = now() - start
  }
  client.onProgress = nil
  results.bounds.append(Bound("500 streams at once, memory of the worker", peak, "MB", atMost: 100))
  results.bounds.append(Bound("the slowest of 500, by one alone", slowest / 2e9, "×", atMost: 1.5))
  results.bounds.append(Bound("pieces that reached the client of 500 × 40", Double(pieces), "", atLeast: 500))
}

private func measureLeaks(
  _ service: ModelsService,
  _ client: ServiceClient,
  _ server: ProviderServer,
  _ results: inout Results
) throws {
  _ = try client.modelFlood(question("whole"), 1_000, inFlight: 32)
  let before = service.service.holdings(of: "models-worke")
  let open = server.open
  let each = try client.modelFlood(question("whole"), 10_000, inFlight: 32)
  let after = service.service.holdings(of: "models-worke")
  results.add("call, 32 in flight", "ours", [each])
  results.bounds.append(Bound("10,000 calls: memory left behind", after.megabytes - before.megabytes, "MB", atMost: 2))
  results.bounds.append(Bound("descriptors left behind", Double(after.descriptors - before.descriptors), "", atMost: 0))
  results.bounds.append(Bound("connections left behind", Double(server.open - open), "", atMost: 0))
}

/// libcurl alone, one kept connection.
private final class PlainCurl {
  private let easy: UnsafeMutableRawPointer
  private var headers: UnsafeMutablePointer<curl_slist>?
  fileprivate var first = 0.0

  init() throws {
    guard let easy = curl_easy_init() else { throw PosixError("curl_easy_init", errno: ENOMEM) }
    self.easy = easy
    headers = curl_slist_append(nil, "content-type: application/json")
  }

  deinit {
    curl_easy_cleanup(easy)
    curl_slist_free_all(headers)
  }

  func latency(_ url: String, _ body: String, _ count: Int) throws -> (whole: Double, first: Double) {
    let context = Unmanaged.passUnretained(self).toOpaque()
    bh_curl_set_text(easy, CURLOPT_URL, url)
    bh_curl_set_text(easy, CURLOPT_PROXY, "")
    bh_curl_set_pointer(easy, CURLOPT_HTTPHEADER, headers)
    bh_curl_set_long(easy, CURLOPT_POST, 1)
    body.withCString { _ = bh_curl_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, $0) }
    bh_curl_set_body_sink(
      easy,
      { _, size, count, context in
        let curl = Unmanaged<PlainCurl>.fromOpaque(context!).takeUnretainedValue()
        if curl.first == 0 { curl.first = now() }
        return size * count
      },
      context
    )
    var wholes: [Double] = []
    var firsts: [Double] = []
    for _ in 0..<count {
      first = 0
      let start = now()
      guard curl_easy_perform(easy) == CURLE_OK else { throw PosixError("curl", url, errno: EIO) }
      wholes.append(now() - start)
      firsts.append(first - start)
    }
    return (median(&wholes), median(&firsts))
  }
}

extension ServiceClient {
  /// Medians of one call after the other: until the answer, and until its first progress.
  fileprivate func modelLatency(_ call: ToolCall, _ count: Int) throws -> (whole: Double, first: Double) {
    var wholes: [Double] = []
    var firsts: [Double] = []
    var start = 0.0
    var isFirst = false
    onProgress = {
      if isFirst { firsts.append(now() - start) }
      isFirst = false
    }
    defer { onProgress = nil }
    for _ in 0..<count {
      isFirst = true
      start = now()
      try self.call(call) { result in
        _ = try result.get()
        wholes.append(now() - start)
      }
    }
    return (median(&wholes), firsts.isEmpty ? 0 : median(&firsts))
  }

  fileprivate func modelFlood(_ call: ToolCall, _ count: Int, inFlight: Int) throws -> Double {
    let start = now()
    for _ in 0..<(count / inFlight) { try calls([ToolCall](repeating: call, count: inFlight)) { _ = try $0.get() } }
    return (now() - start) / Double(count / inFlight * inFlight)
  }
}
