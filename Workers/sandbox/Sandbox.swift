internal import Jail
internal import Posix
internal import Synchronization
internal import Tunnel
internal import WorkerKit

/// What the tools share, made when `initialize` comes.
struct Sandbox: Sendable {
  let interpreters: Interpreters
  let shell: String
  let warm: WarmPool?
  let grade: JailGrade
  /// To whoever lets connections of runs out; nil: no run reaches a host.
  let tunnel: SharedDescriptor?

  private static let current = Mutex<Sandbox?>(nil)

  static func start(_ settings: SandboxSettings) throws {
    let tunnel = SharedDescriptor(ofTunnel: ())
    try Walls.enter(settings)
    Walls.hide()
    let interpreters = try Interpreters(settings)
    guard let shell = Interpreters.find("bash") ?? Interpreters.find("sh") else {
      throw WireError(.unavailable, "there is neither bash nor sh in \(Interpreters.folders.joined(separator: ", "))")
    }
    var warm: WarmPool?
    if let python = interpreters.python, settings.warmPython > 0, settings.grade != .noNamespaces {
      var policy = try CallPolicy(profile: .compute, grade: settings.grade)
        .policy(python.program, python.arguments, nil, nil, remainingMS: .max)
      policy.exchanges = true
      policy.waits = true
      warm = try WarmPool(try PreparedJail(policy), size: settings.warmPython, idleMS: settings.idleMS)
    }
    let sandbox = Sandbox(
      interpreters: interpreters,
      shell: shell,
      warm: warm,
      grade: settings.grade,
      tunnel: tunnel
    )
    current.withLock { $0 = sandbox }
  }

  /// Of every jail that is built here.
  static var grade: JailGrade { current.withLock { $0?.grade } ?? .full }

  static func policy(_ profile: SeccompProfile) -> CallPolicy {
    CallPolicy(profile: profile, grade: grade, hasTunnel: current.withLock { $0?.tunnel != nil })
  }

  /// No tool is invoked before `initialize` has been answered.
  static func shared() throws(WireError) -> Sandbox {
    guard let sandbox = current.withLock({ $0 }) else { throw WireError(.internalError, "not initialized") }
    return sandbox
  }

  /// The answer to a call whose run has ended.
  static func finish(_ call: Call, _ result: JailResult, _ answer: Exchange.Answer? = nil) async throws -> JSON {
    call.setReceipt(RunRecord.wireReceipt(result.receipt))
    if let failure = RunRecord.failure(result) { call.setFailure(failure) }
    if result.reason == .cancelled {
      let record = RunRecord.json(
        result,
        artifacts: [],
        answer: answer.map { Exchange.Answer(error: $0.error) },
        small: true
      )
      throw WireError(.cancelled, "stopped because it was asked to", data: ["result": record])
    }
    let artifacts = try await Uploads.send(result.artifacts, of: call)
    return RunRecord.json(result, artifacts: artifacts, answer: answer)
  }

  static func failed(_ error: JailError) -> WireError { WireError(.setupFailed, error.message, data: error.wireData) }
}

/// A descriptor that every call uses and nobody closes before the process ends.
final class SharedDescriptor: Sendable {
  private let descriptor: Descriptor

  /// The end of the tunnel that this process was started with; nil without one.
  init?(ofTunnel: Void) {
    guard let descriptor = TunnelOffer.take() else { return nil }
    self.descriptor = descriptor
  }

  var raw: Int32 { descriptor.raw }
}
