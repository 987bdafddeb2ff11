/// The policy that holds, and what another one would say.
extension BulkheadClient {
  /// What the coordinator keeps to.
  public func policy() async throws(ClientError) -> HeldPolicy {
    let shown = try await request(PolicyShow())
    return HeldPolicy(
      version: shown.version,
      file: shown.file,
      environment: shown.environment,
      policy: shown.policy
    )
  }

  /// Has the policy's file read again; one with mistakes leaves the one that holds.
  public func reloadPolicy() async throws(ClientError) -> ReloadedPolicy {
    let reloaded = try await request(PolicyReload())
    return ReloadedPolicy(
      version: reloaded.version,
      file: reloaded.file,
      isChanged: reloaded.isChanged,
      mistakes: reloaded.mistakes
    )
  }

  /// Has another policy decide about what is recorded. Long work where much is.
  ///
  /// - Parameters:
  ///   - policy: as `protocol/policy.md` describes it.
  ///   - since: only jobs accepted since then, in milliseconds since 1970.
  public func test(
    policy: JSON,
    environment: String? = nil,
    since: Int64? = nil
  ) async throws(ClientError) -> PolicyRehearsal {
    let found = try await request(
      PolicyTest(policy: policy, environment: environment, since: since),
      timeout: .seconds(600)
    )
    return PolicyRehearsal(found)
  }
}

/// The policy that a coordinator keeps to.
public struct HeldPolicy: Sendable, Equatable {
  /// Short digest of its text; empty: there is none.
  public let version: String
  public let file: String?
  public let environment: String?
  /// Everything with its defaults.
  public let policy: JSON
}

/// What came of reading a policy again.
public struct ReloadedPolicy: Sendable, Equatable {
  /// Of the policy that holds.
  public let version: String
  public let file: String?
  public let isChanged: Bool
  /// Why the file was not taken, each with its place.
  public let mistakes: [String]
}

/// What a policy would have said about what is recorded.
public struct PolicyRehearsal: Sendable, Equatable {
  public struct Example: Sendable, Equatable {
    /// `newly_blocked`, `newly_asked` or `newly_allowed`.
    public let change: String
    public let job: String
    public let step: String?
    public let tool: String?
    /// `request` or `invocation`.
    public let point: String
    /// `allow`, `warn`, `require_approval` or `block`.
    public let before: String
    public let after: String
    public let rules: [String]
  }

  public let version: String
  /// What was looked at.
  public let jobs: Int64
  public let acts: Int64
  public let newlyBlocked: Int64
  public let newlyAsked: Int64
  public let newlyAllowed: Int64
  /// The newest, at most 100 of each kind.
  public let examples: [Example]

  init(_ found: PolicyTest.Response) {
    version = found.version
    jobs = found.jobs
    acts = found.acts
    newlyBlocked = found.newlyBlocked
    newlyAsked = found.newlyAsked
    newlyAllowed = found.newlyAllowed
    examples = found.examples.map { example in
      Example(
        change: example.change,
        job: example.job,
        step: example.step,
        tool: example.tool,
        point: example.point,
        before: example.before,
        after: example.after,
        rules: example.rules
      )
    }
  }

  /// As the wire has it.
  public var json: JSON {
    let listed = examples.map { example -> JSON in
      var object: JSONObject = ["change": .string(example.change), "job": .string(example.job)]
      object["step"] = example.step.map { .string($0) }
      object["tool"] = example.tool.map { .string($0) }
      object["point"] = .string(example.point)
      object["before"] = .string(example.before)
      object["after"] = .string(example.after)
      object["rules"] = .array(example.rules.map { .string($0) })
      return .object(object)
    }
    return [
      "version": .string(version), "jobs": .integer(jobs), "acts": .integer(acts),
      "newly_blocked": .integer(newlyBlocked), "newly_asked": .integer(newlyAsked),
      "newly_allowed": .integer(newlyAllowed), "examples": .array(listed),
    ]
  }
}
