package import JSON

/// One thing that some steps of a plan may do, and who holds them to it.
public struct Privilege: Sendable, Equatable {
  /// `read`, `write`, `program`, `host`, `environment`, `profile` or `limit`.
  public var kind: String
  /// A path, a program, `name:port`, a variable's name, `wall_ms 1000` …
  public var value: String
  /// Ids of the steps.
  public var steps: [String]
  /// `kernel`: the jail of each step by itself; `proxy`: the only way out of a jail; `worker`: the tool's own code, within
  /// what the kernel permits the worker as a whole.
  public var enforcedBy: String
  /// `allowed`, `asks` (a person sees it first) or `forbidden`, by the policy.
  public var verdict: String

  public init(kind: String, value: String, steps: [String], enforcedBy: String, verdict: String) {
    self.kind = kind
    self.value = value
    self.steps = steps
    self.enforcedBy = enforcedBy
    self.verdict = verdict
  }
}

extension Privilege: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    self.init(
      kind: try fields.require("kind"),
      value: try fields.require("value"),
      steps: try fields.strings("steps", limit: Limit.steps) ?? [],
      enforcedBy: try fields.require("enforced_by"),
      verdict: try fields.require("verdict")
    )
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("kind", kind)
    writer.member("value", value)
    writer.member("steps", steps)
    writer.member("enforced_by", enforcedBy)
    writer.member("verdict", verdict)
  }
}
