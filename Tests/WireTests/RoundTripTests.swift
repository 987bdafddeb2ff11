import JSON
import Testing

@testable import Wire

func encoded(_ body: some WireBody) -> [UInt8] {
  var writer = JSONWriter()
  writer.object(body)
  return writer.finish()
}

/// Encodes, decodes and encodes again: nothing may get lost, and with every member set no member may be missing.
private func roundTrip<T: WireBody>(_ body: T, members: [String]) throws {
  let first = encoded(body)
  let object = try #require(try JSON(parsing: first).objectValue)
  #expect(object.keys == members, "\(T.self)")
  #expect(encoded(try T.decode(object)) == first, "\(T.self)")
}

private var needs: Needs {
  var needs = Needs()
  needs.read = ["/a", "/b c"]
  needs.write = ["/w"]
  needs.programs = ["sh", "/usr/bin/env"]
  needs.hosts = ["example.org:443"]
  needs.environment = ["B": "2", "A": "1 \"quoted\" \u{1F600}"]
  needs.profile = "default"
  needs.grade = "full"
  return needs
}

private var limits: ResourceLimits {
  var limits = ResourceLimits()
  limits.wallMS = 1
  limits.cpuMS = 2
  limits.memoryBytes = 3
  limits.processes = 4
  limits.fileBytes = 5
  limits.openFiles = 6
  limits.outputBytes = 7
  limits.workspaceBytes = 8
  return limits
}

private var receipt: Receipt {
  var receipt = Receipt()
  receipt.cpuMS = 1
  receipt.wallMS = 2
  receipt.memoryBytes = 3
  receipt.readBytes = 4
  receipt.writtenBytes = 5
  receipt.models = [
    ModelUsage(
      provider: "p",
      model: "m",
      inputTokens: 6,
      outputTokens: 7,
      cachedTokens: 8,
      reasoningTokens: 9,
      costNanoUSD: 10,
      isEstimated: true,
      calls: 11,
      role: "worker",
      isSmall: true,
      isEscalated: true,
      baselineNanoUSD: 12,
      baselineModel: "large"
    )
  ]
  return receipt
}

private let artifact = Artifact(
  sha256: String(repeating: "0123456789abcdef", count: 4),
  bytes: 9,
  mediaType: "text/plain",
  name: "report.txt"
)

private let tool = Tool(
  name: "a.b_c-D9",
  description: "does\nthings",
  inputSchema: ["type": "object", "minimum": .number(JSONNumber("10.00") ?? JSONNumber(0)!)],
  outputSchema: true,
  isIdempotent: true,
  isPure: true,
  cacheTTLMS: 6,
  needs: needs,
  limits: limits,
  meta: ["x": nil]
)

@Suite struct RoundTripTests {
  @Test func `types that several messages share`() throws {
    try roundTrip(needs, members: ["read", "write", "programs", "hosts", "environment", "profile", "grade"])
    try roundTrip(
      limits,
      members: [
        "wall_ms", "cpu_ms", "memory_bytes", "processes", "file_bytes", "open_files", "output_bytes", "workspace_bytes",
      ]
    )
    try roundTrip(receipt, members: ["cpu_ms", "wall_ms", "memory_bytes", "read_bytes", "written_bytes", "model"])
    var two = Receipt()
    two.models = [receipt.models[0], ModelUsage(provider: "p", model: "large", inputTokens: 1, outputTokens: 1)]
    try roundTrip(two, members: ["models"])
    try roundTrip(
      receipt.models[0],
      members: [
        "provider", "model", "input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "cost_nano_usd",
        "estimated", "calls", "role", "small", "escalated", "baseline_nano_usd", "baseline_model",
      ]
    )
    var sum = UsageSum()
    (sum.calls, sum.estimatedCalls, sum.smallCalls, sum.escalatedCalls) = (5, 1, 3, 1)
    (sum.baselineNanoUSD, sum.large) = (7, .one("large"))
    try roundTrip(
      sum,
      members: [
        "calls", "input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "cost_nano_usd",
        "unpriced_calls", "estimated_calls", "small_calls", "escalated_calls", "baseline_nano_usd", "baseline_model",
      ]
    )
    try roundTrip(artifact, members: ["artifact", "bytes", "media_type", "name"])
    try roundTrip(
      tool,
      members: [
        "name", "description", "input_schema", "output_schema", "idempotent", "pure", "cache_ttl_ms", "needs", "limits",
        "meta",
      ]
    )
    try roundTrip(Needs(), members: [])
    try roundTrip(ResourceLimits(), members: [])
    try roundTrip(
      ConnectionLimits(),
      members: ["frame_bytes", "depth", "values", "output_bytes", "progress_bytes"]
    )
  }

  @Test func `messages of an invocation`() throws {
    try roundTrip(
      ToolInvoke(
        tool: "t",
        input: try JSON(parsing: "{\"amount\":10.00}"),
        job: "j",
        step: "s",
        attempt: 2,
        idempotencyKey: "k",
        timeoutMS: 0,
        traceparent: "00-1-2-01",
        needs: needs,
        limits: limits
      ),
      members: [
        "tool", "input", "job", "step", "attempt", "idempotency_key", "timeout_ms", "traceparent", "needs", "limits",
      ]
    )
    try roundTrip(
      ToolCall(
        tool: "t",
        input: nil,
        invocation: .string("i"),
        timeoutMS: 5,
        needs: needs,
        limits: limits,
        wantsProgress: true
      ),
      members: ["tool", "input", "invocation", "timeout_ms", "needs", "limits", "progress"]
    )
    try roundTrip(
      ToolResult(output: [1, "two", nil], artifacts: [artifact, artifact], receipt: receipt, job: "j"),
      members: ["output", "artifacts", "receipt", "job"]
    )
    try roundTrip(ToolResult(output: nil), members: ["output"])
    for kind in ["stdout", "stderr", "token", "status"] {
      let kind = try #require(Progress.Kind(rawValue: kind))
      try roundTrip(
        Progress(id: .number(1), kind: kind, text: "x\u{0}y", fraction: 0.25),
        members: ["id", "kind", "text", "fraction"]
      )
    }
    for reason: Cancel.Reason in [.caller, .deadline, .shutdown] {
      try roundTrip(Cancel(id: .string("é"), reason: reason), members: ["id", "reason"])
    }
  }

  @Test func `messages of a connection`() throws {
    var worker = InitializeWorker(
      coordinator: Peer(name: "bulkheadd", version: "0.1"),
      kind: "echo",
      instance: 1,
      generation: 4
    )
    worker.secrets = ["B": "b", "A": "a"]
    worker.settings = ["deep": ["er": 1]]
    worker.limits.depth = 12
    worker.grants.read = ["/a"]
    worker.grants.write = ["/b"]
    try roundTrip(worker, members: ["protocol", "coordinator", "worker", "limits", "secrets", "settings", "grants"])
    try roundTrip(
      InitializeWorker.Response(
        worker: Peer(name: "w", version: "1"),
        tools: [tool],
        concurrency: 1024,
        alwaysAnswersPing: true
      ),
      members: ["protocol", "worker", "tools", "concurrency", "answers_ping"]
    )
    try roundTrip(InitializeClient(client: Peer(name: "c", version: "1")), members: ["protocol", "client"])
    try roundTrip(
      InitializeClient.Response(coordinator: Peer(name: "c", version: "1"), pid: 77),
      members: ["protocol", "coordinator", "limits"]
    )
    try roundTrip(Ping(), members: [])
    try roundTrip(Drain(), members: [])
    try roundTrip(Shutdown(), members: [])
    try roundTrip(Empty(), members: [])
  }

  @Test func `messages of clients and blobs`() throws {
    try roundTrip(
      BlobRead(sha256: artifact.sha256, offset: 5, length: 10),
      members: ["artifact", "offset", "length"]
    )
    try roundTrip(BlobRead.Response(data: [0, 255, 7], total: 3), members: ["data", "bytes"])
    try roundTrip(
      BlobWrite(upload: "u", offset: 1, data: [1], isLast: true, mediaType: "a/b", name: "n"),
      members: ["upload", "offset", "data", "last", "media_type", "name"]
    )
    try roundTrip(BlobWrite.Response.upload("u"), members: ["upload"])
    try roundTrip(BlobWrite.Response.artifact(artifact), members: ["artifact", "bytes", "media_type", "name"])
    let line = LogLine(time: "2026-01-02T03:04:05.678Z", worker: "w", instance: 1, pid: 2, text: "hello")
    try roundTrip(LogsRead(worker: "w", lines: 5, follow: true), members: ["worker", "lines", "follow"])
    try roundTrip(LogsRead.Response(lines: [line, line]), members: ["lines"])
    try roundTrip(Log(id: .number(3), line: line), members: ["id", "line"])
    try roundTrip(ToolsList(name: "t"), members: ["name"])
    try roundTrip(ToolsList.Response(tools: [.init(tool: tool, worker: "w")]), members: ["tools"])
    try roundTrip(WorkersList(), members: [])
    try roundTrip(WorkersList.Response(workers: [["kind": "w"], 1]), members: ["workers"])
    try roundTrip(WorkersReload(), members: [])
    var reloaded = WorkersReload.Response()
    reloaded.added = ["a"]
    reloaded.changed = ["b"]
    reloaded.removed = ["c"]
    reloaded.errors = ["d"]
    try roundTrip(reloaded, members: ["added", "changed", "removed", "errors"])
    try roundTrip(Status(), members: [])
    try roundTrip(
      Status.Response(
        state: "running",
        pid: 1,
        version: "v",
        uptimeMS: 2,
        socket: "/s",
        workers: 3,
        workersReady: 4,
        tools: 5,
        clients: 6,
        callsRunning: 7,
        callsQueued: 8,
        callsAnswered: 9
      ),
      members: [
        "state", "pid", "version", "uptime_ms", "socket", "workers", "workers_ready", "tools", "clients",
        "calls_running", "calls_queued", "calls_answered",
      ]
    )
  }
}
