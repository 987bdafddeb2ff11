package import JSON

/// Client → coordinator: the policy that holds.
package struct PolicyShow: WireRequest {
  package static let method = "policy/show"

  package init() {}
  package init(from fields: inout Fields) throws(WireError) {}
  package func encode(into writer: inout JSONWriter) {}

  package struct Response: WireBody {
    /// Short digest of its canonical text; empty: nothing is configured.
    package var version: String
    /// That it was read from; nil: none.
    package var file: String?
    package var environment: String?
    /// Every member, defaults spelt out.
    package var policy: JSON

    package init(version: String, file: String?, environment: String?, policy: JSON) {
      self.version = version
      self.file = file
      self.environment = environment
      self.policy = policy
    }

    package init(from fields: inout Fields) throws(WireError) {
      version = try fields.require("version")
      file = try fields.optional("file")
      environment = try fields.optional("environment")
      policy = try fields.require("policy")
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("version", version)
      writer.member("file", file)
      writer.member("environment", environment)
      writer.member("policy", policy)
    }
  }
}

/// Client → coordinator: read the policy's file again. One with mistakes changes nothing.
package struct PolicyReload: WireRequest {
  package static let method = "policy/reload"

  package init() {}
  package init(from fields: inout Fields) throws(WireError) {}
  package func encode(into writer: inout JSONWriter) {}

  package struct Response: WireBody {
    /// Of the policy that holds from here on.
    package var version: String
    package var file: String?
    package var isChanged: Bool
    /// Why the file was not taken, each with its place.
    package var mistakes: [String]

    package init(version: String, file: String?, isChanged: Bool, mistakes: [String] = []) {
      self.version = version
      self.file = file
      self.isChanged = isChanged
      self.mistakes = mistakes
    }

    package init(from fields: inout Fields) throws(WireError) {
      version = try fields.require("version")
      file = try fields.optional("file")
      isChanged = try fields.require("changed")
      mistakes = try fields.strings("mistakes") ?? []
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("version", version)
      writer.member("file", file)
      writer.member("changed", isChanged)
      writer.member("mistakes", mistakes)
    }
  }
}

/// Client → coordinator: what another policy would have said about what is recorded.
package struct PolicyTest: WireRequest {
  package static let method = "policy/test"

  package var policy: JSON
  package var environment: String?
  /// Jobs accepted since then; milliseconds since 1970.
  package var since: Int64?

  package init(policy: JSON, environment: String? = nil, since: Int64? = nil) {
    self.policy = policy
    self.environment = environment
    self.since = since
  }

  package init(from fields: inout Fields) throws(WireError) {
    policy = try fields.require("policy")
    environment = try fields.optional("environment")
    since = try fields.integer("since", in: 0...Int64.max)
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("policy", policy)
    writer.member("environment", environment)
    writer.member("since", since)
  }

  /// Something that was done, or asked for, about which the two policies differ.
  package struct Example: WireBody, Equatable {
    /// `newly_blocked`, `newly_asked` or `newly_allowed`.
    package var change: String
    package var job: String
    package var step: String?
    package var tool: String?
    /// `request` or `invocation`.
    package var point: String
    /// `allow`, `warn`, `require_approval` or `block`.
    package var before: String
    package var after: String
    /// Rules that make it so; of what would be allowed, those that no longer hold it back.
    package var rules: [String]

    package init(
      change: String,
      job: String,
      step: String? = nil,
      tool: String? = nil,
      point: String,
      before: String,
      after: String,
      rules: [String]
    ) {
      self.change = change
      self.job = job
      self.step = step
      self.tool = tool
      self.point = point
      self.before = before
      self.after = after
      self.rules = rules
    }

    package init(from fields: inout Fields) throws(WireError) {
      change = try fields.require("change")
      job = try fields.require("job")
      step = try fields.optional("step")
      tool = try fields.optional("tool")
      point = try fields.require("point")
      before = try fields.require("before")
      after = try fields.require("after")
      rules = try fields.strings("rules") ?? []
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("change", change)
      writer.member("job", job)
      writer.member("step", step)
      writer.member("tool", tool)
      writer.member("point", point)
      writer.member("before", before)
      writer.member("after", after)
      writer.member("rules", rules)
    }
  }

  package struct Response: WireBody {
    /// Of the policy that was tried.
    package var version: String
    /// What was looked at.
    package var jobs: Int64
    package var acts: Int64
    package var newlyBlocked: Int64
    package var newlyAsked: Int64
    package var newlyAllowed: Int64
    /// The newest of each kind.
    package var examples: [Example]

    package init(version: String) {
      self.version = version
      jobs = 0
      acts = 0
      newlyBlocked = 0
      newlyAsked = 0
      newlyAllowed = 0
      examples = []
    }

    package init(from fields: inout Fields) throws(WireError) {
      version = try fields.require("version")
      jobs = try fields.require("jobs")
      acts = try fields.require("acts")
      newlyBlocked = try fields.require("newly_blocked")
      newlyAsked = try fields.require("newly_asked")
      newlyAllowed = try fields.require("newly_allowed")
      examples = try fields.requireBodies("examples")
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("version", version)
      writer.member("jobs", jobs)
      writer.member("acts", acts)
      writer.member("newly_blocked", newlyBlocked)
      writer.member("newly_asked", newlyAsked)
      writer.member("newly_allowed", newlyAllowed)
      writer.member("examples", examples)
    }
  }
}
