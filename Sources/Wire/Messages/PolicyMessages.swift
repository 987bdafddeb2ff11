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
  /// Changes that one answer lists.
  package static let listed = 1_000

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
  package struct Change: WireBody {
    package var job: String
    package var step: String?
    package var item: Int64?
    package var tool: String?
    /// `request` or `invocation`.
    package var point: String
    /// `allow`, `warn`, `require_approval` or `block`.
    package var before: String
    package var after: String
    /// Rules of the new policy that decide, or of the old one where it alone said something.
    package var rules: [String]
    package var message: String

    package init(
      job: String,
      step: String? = nil,
      item: Int64? = nil,
      tool: String? = nil,
      point: String,
      before: String,
      after: String,
      rules: [String],
      message: String
    ) {
      self.job = job
      self.step = step
      self.item = item
      self.tool = tool
      self.point = point
      self.before = before
      self.after = after
      self.rules = rules
      self.message = message
    }

    package init(from fields: inout Fields) throws(WireError) {
      job = try fields.require("job")
      step = try fields.optional("step")
      item = try fields.optional("item")
      tool = try fields.optional("tool")
      point = try fields.require("point")
      before = try fields.require("before")
      after = try fields.require("after")
      rules = try fields.strings("rules") ?? []
      message = try fields.require("message")
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("job", job)
      writer.member("step", step)
      writer.member("item", item)
      writer.member("tool", tool)
      writer.member("point", point)
      writer.member("before", before)
      writer.member("after", after)
      writer.member("rules", rules)
      writer.member("message", message)
    }
  }

  package struct Response: WireBody {
    package var version: String
    /// What was looked at.
    package var jobs: Int64
    package var acts: Int64
    /// The newest first, at most `PolicyTest.listed`.
    package var changes: [Change]
    /// All of them.
    package var changeCount: Int64

    package init(version: String, jobs: Int64 = 0, acts: Int64 = 0, changes: [Change] = [], changeCount: Int64 = 0) {
      self.version = version
      self.jobs = jobs
      self.acts = acts
      self.changes = changes
      self.changeCount = changeCount
    }

    package init(from fields: inout Fields) throws(WireError) {
      version = try fields.require("version")
      jobs = try fields.require("jobs")
      acts = try fields.require("acts")
      changes = try fields.requireBodies("changes")
      changeCount = try fields.require("change_count")
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("version", version)
      writer.member("jobs", jobs)
      writer.member("acts", acts)
      writer.member("changes", changes)
      writer.member("change_count", changeCount)
    }
  }
}
