internal import Glibc
// A worker's source needs one import: the values and messages it handles come with the kit.
@_exported public import JSON
package import Posix
internal import Transport
@_exported public import Wire

/// A worker: one function per tool. Everything else — frames, `initialize`, cancellation, progress, ping, drain,
/// shutdown, and keeping stray prints off the wire — is the kit's.
///
///     import WorkerKit
///
///     let worker = Worker(name: "greeter", version: "1.0")
///     worker.tool("greet", "Greets somebody.", input: ["type": "object", "required": ["name"]]) { call in
///       ["greeting": .string("Hello, \(call.input["name"]?.stringValue ?? "you")!")]
///     }
///     worker.run()
///
/// Functions run on threads of their own, `concurrency` at a time, so they may block. A thrown `WireError` is answered
/// as it is; any other error becomes `tool_failed` with its description.
public final class Worker {
  /// Where a tool's function runs.
  public enum Execution: Sendable {
    /// On a thread of the pool: may block and compute.
    case thread
    /// On the thread that reads frames: for functions that return at once, or wait for nothing but what that thread's own
    /// loop brings. Saves two thread switches; while it runs, nothing else is answered.
    case inline
  }

  struct Registration {
    let tool: Tool
    let execution: Execution
    let body: @Sendable (Call) async throws -> JSON
  }

  let peer: Peer
  let concurrency: Int
  private(set) var registrations: [String: Registration] = [:]
  private var order: [String] = []
  /// Called once with what `initialize` brought, before any tool runs.
  public var onInitialize: (@Sendable (Start) throws -> Void)?

  /// What the coordinator said at the start.
  public struct Start: Sendable {
    public let kind: String
    public let instance: Int64
    /// Exactly what the manifest names and the operator granted.
    public let secrets: [String: String]
    public let settings: JSONObject
    /// The paths of its manifest's permissions.
    public let grants: Grants
    /// The loop that reads frames, on which inline functions run: for descriptors of the worker's own.
    package let loop: EventLoop
  }

  /// - Parameter concurrency: 1 … 1024 invocations at a time.
  public init(name: String, version: String, concurrency: Int = 1) {
    peer = Peer(name: name, version: version)
    self.concurrency = max(1, min(concurrency, Limit.concurrency))
  }

  /// Offers a tool. A second tool of the same name replaces the first.
  ///
  /// - Parameters:
  ///   - idempotent: may be invoked again after an interrupted attempt.
  ///   - pure: has no effect outside its output.
  ///   - cacheTTLMS: for how long an output may be given again for the same input; only where `pure`. nil: not at all.
  ///   - secretOutput: its output goes to its caller and is kept, shown and logged nowhere. Only where `idempotent`, not
  ///     where `pure`; the worker's manifest names the `callers`. What the function itself prints or sends elsewhere is
  ///     its own affair.
  ///   - needsApproval: every call waits for a person, whatever the policy says; not where `pure`.
  public func tool(
    _ name: String,
    _ description: String,
    input: JSON = ["type": "object"],
    output: JSON? = nil,
    idempotent: Bool = false,
    pure: Bool = false,
    cacheTTLMS: Int64? = nil,
    secretOutput: Bool = false,
    needsApproval: Bool = false,
    needs: Needs? = nil,
    limits: ResourceLimits? = nil,
    execution: Execution = .thread,
    _ body: @escaping @Sendable (Call) async throws -> JSON
  ) {
    let tool = Tool(
      name: name,
      description: description,
      inputSchema: input,
      outputSchema: output,
      isIdempotent: idempotent,
      isPure: pure,
      cacheTTLMS: pure ? cacheTTLMS : nil,
      hasSecretOutput: secretOutput,
      needsApproval: needsApproval,
      needs: needs,
      limits: limits
    )
    if registrations.updateValue(Registration(tool: tool, execution: execution, body: body), forKey: name) == nil {
      order.append(name)
    }
  }

  var tools: [Tool] { order.compactMap { registrations[$0]?.tool } }

  /// Serves until `shutdown` or the end of input, then exits with code 0; with 70 when it cannot start.
  public func run() -> Never {
    ignoreBrokenPipes()
    do {
      let (input, output) = try Self.takeStandardStreams()
      let loop = try EventLoop()
      let session = Session(self, loop: loop)
      try session.open(input: input.take()!, output: output.take()!)
      loop.run()
      exit(session.exitCode)
    } catch {
      let message = "\(peer.name): \(error)\n"
      _ = write(STDERR_FILENO, message, message.utf8.count)
      exit(70)
    }
  }

  /// Moves the two descriptors of the wire away, so that whatever the worker's code or its libraries print goes to
  /// standard error and nothing reads frames by accident.
  private static func takeStandardStreams() throws -> (DescriptorBox, DescriptorBox) {
    let input = Descriptor(owning: try posix("fcntl") { fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) })
    let output = Descriptor(owning: try posix("fcntl") { fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) })
    let null = try Descriptor.open("/dev/null", O_RDONLY)
    let nullRaw = null.raw
    try posix("dup2") { dup2(nullRaw, STDIN_FILENO) }
    try posix("dup2") { dup2(STDERR_FILENO, STDOUT_FILENO) }
    return (DescriptorBox(input), DescriptorBox(output))
  }
}

/// Holds a move-only descriptor where a tuple is wanted.
final class DescriptorBox {
  private var descriptor: Descriptor?
  init(_ descriptor: consuming Descriptor) { self.descriptor = consume descriptor }
  func take() -> Descriptor? { descriptor.take() }
}
