import Testing

@testable import Supervision

/// A worker that breaks a rule, and how the coordinator names it.
struct Sin: CustomTestStringConvertible, Sendable {
  enum Act: Sendable {
    /// It sins before it is ready: a call is refused as `unavailable`.
    case start
    /// It sins in a call, which gets the named error.
    case call(String)
    /// It sins after it has answered a call well, or while it idles.
    case later
  }

  let script: String
  let act: Act
  /// What the error says, beside the worker's name.
  let reason: String
  var change: @Sendable (inout WorkerManifest) -> Void = { _ in }

  var testDescription: String { script }

  init(
    _ script: String,
    _ act: Act,
    _ reason: String,
    _ change: @escaping @Sendable (inout WorkerManifest) -> Void = { _ in }
  ) {
    (self.script, self.act, self.reason, self.change) = (script, act, reason, change)
  }

  static let all = atStart + inCall + later

  static let atStart: [Sin] = [
    Sin("dies-at-start", .start, "the process ended (process exited with code 3)"),
    Sin("exits-at-once", .start, "the process ended (process exited with code 0)"),
    Sin("never-answers-initialize", .start, "no answer to 'initialize' in time") { $0.startMS = 300 },
    Sin("half-frame-then-silence", .start, "no answer to 'initialize' in time") { $0.startMS = 600 },
    Sin("refuses-initialize", .start, "no key"),
    Sin("other-major-version", .start, "worker speaks protocol 2.0, this side 1.0"),
    Sin("higher-minor-version", .start, "worker speaks protocol 1.7, this side 1.0"),
    Sin("answers-initialize-twice", .start, "reply to id 1, which is no outstanding request"),
    Sin("bad-tool-name", .start, "'white space' is no tool name: 1 to 128 of A-Z a-z 0-9 _ . - are due"),
    Sin("bad-schema", .start, "output_schema of tool 'bad-schema' cannot be used"),
    Sin("input-no-object", .start, "input_schema of tool 'input-no-object' does not describe an object"),
    Sin("tool-not-in-manifest", .start, "tool 'extra' is not among the tools of its manifest"),
    Sin("tool-of-another", .start, "tool 'behaves' is offered by worker 'behaves' already") {
      $0.tools = ["tool-of-another", "behaves"]
    },
    Sin("too-many-tools", .start, "257 exceeds the limit of 256") {
      $0.tools = ["too-many-tools"]
    },
    Sin("floods-garbage", .start, "frame of 1281979252 bytes exceeds the limit of 16777216"),
    Sin("half-frame-then-exit", .start, "input ends after 20 of"),
    Sin("oversized-frame", .start, "frame of 16777217 bytes exceeds the limit of 16777216"),
    Sin("zero-frame", .start, "frame of 0 bytes"),
    Sin("invalid-json", .start, "payload is not strict JSON"),
    Sin("duplicate-keys", .start, "payload is not strict JSON"),
    Sin("batch", .start, "payload is array where object is due"),
  ]

  static let inCall: [Sin] = [
    Sin("half-frame-in-call", .call("worker_lost"), "input ends after 20 of"),
    Sin("unknown-notification", .call("worker_lost"), "unknown notification 'progres' (did you mean 'progress'?)"),
    Sin("reply-to-nothing", .call("worker_lost"), "reply to id 4711, which is no outstanding request"),
    Sin("prints-between-frames", .call("worker_lost"), "frame of 1684365941 bytes exceeds the limit of 16777216"),
    Sin("killed-in-call", .call("worker_lost"), "the process ended (process ended by signal 9 (SIGKILL))"),
    Sin("exits-in-call", .call("worker_lost"), "the process ended (process exited with code 3)"),
    Sin("closes-stdout", .call("worker_lost"), "it closed its output but did not end"),
    Sin("closes-stdin", .call("deadline_exceeded"), "peer closed the connection (write: broken pipe)"),
    Sin("hangs-in-call", .call("deadline_exceeded"), "did not stop within 200 ms of its deadline and is ended"),
    Sin("floods-progress", .call("deadline_exceeded"), "did not stop within 200 ms of its deadline and is ended"),
  ]

  static let later: [Sin] = [
    Sin("second-reply", .later, "which is no outstanding request"),
    Sin("progress-after-result", .later, "which is no running invocation"),
    Sin("crashes-after-calls", .later, "the process ended (process ended by signal 6 (SIGABRT))"),
    Sin("grandchild-keeps-pipes", .later, "the process ended (process exited with code 4)"),
  ]
}
