package import JSON

/// Client → coordinator: what people do to a job. Each is answered with the job as it is then, on disk.
package struct JobChange: WireBody {
  package var job: JobSummary

  package init(job: JobSummary) { self.job = job }
  package init(from fields: inout Fields) throws(WireError) { job = try fields.requireBody("job") }
  package func encode(into writer: inout JSONWriter) { writer.member("job", job) }
}

/// Stops what runs and starts nothing more.
package struct JobCancel: WireRequest {
  package static let method = "job/cancel"

  package var job: String

  package init(job: String) { self.job = job }
  package init(from fields: inout Fields) throws(WireError) { job = try fields.require("job") }
  package func encode(into writer: inout JSONWriter) { writer.member("job", job) }
  package typealias Response = JobChange
}

/// Lets what runs end and starts nothing until `job/resume`.
package struct JobPause: WireRequest {
  package static let method = "job/pause"

  package var job: String

  package init(job: String) { self.job = job }
  package init(from fields: inout Fields) throws(WireError) { job = try fields.require("job") }
  package func encode(into writer: inout JSONWriter) { writer.member("job", job) }
  package typealias Response = JobChange
}

/// Goes on after a pause, or accepts that a tool changed since the job was accepted.
package struct JobResume: WireRequest {
  package static let method = "job/resume"

  package var job: String

  package init(job: String) { self.job = job }
  package init(from fields: inout Fields) throws(WireError) { job = try fields.require("job") }
  package func encode(into writer: inout JSONWriter) { writer.member("job", job) }
  package typealias Response = JobChange
}

/// Runs an ended job again, in a new generation: what did not succeed, or `from` and all that depends on it.
package struct JobRetry: WireRequest {
  package static let method = "job/retry"

  package var job: String
  package var from: String?

  package init(job: String, from: String? = nil) {
    self.job = job
    self.from = from
  }

  package init(from fields: inout Fields) throws(WireError) {
    job = try fields.require("job")
    from = try fields.optional("from")
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("job", job)
    writer.member("from", from)
  }

  package typealias Response = JobChange
}

/// Makes a new job of an old one: `from` gets another input, and it and all that depends on it run; the rest is taken
/// over with its outputs.
package struct JobFork: WireRequest {
  package static let method = "job/fork"

  package var job: String
  package var from: String
  /// nil: as it was.
  package var input: JSON?
  package var id: String?

  package init(job: String, from: String, input: JSON? = nil, id: String? = nil) {
    self.job = job
    self.from = from
    self.input = input
    self.id = id
  }

  package init(from fields: inout Fields) throws(WireError) {
    job = try fields.require("job")
    from = try fields.require("from")
    input = try fields.optional("input")
    id = try JobSubmit.jobID("id", &fields)
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("job", job)
    writer.member("from", from)
    writer.member("input", input)
    writer.member("id", id)
  }

  package typealias Response = JobChange
}

/// Says what became of a step whose outcome nobody knows.
package struct JobResolve: WireRequest {
  package static let method = "job/resolve"

  package enum Outcome: String, Sendable, CaseIterable { case succeeded, failed, retry, skip }

  package var job: String
  package var step: String
  package var item: Int64?
  package var outcome: Outcome
  /// With `succeeded`: what it produced; null when absent.
  package var output: JSON?

  package init(job: String, step: String, item: Int64? = nil, outcome: Outcome, output: JSON? = nil) {
    self.job = job
    self.step = step
    self.item = item
    self.outcome = outcome
    self.output = output
  }

  package init(from fields: inout Fields) throws(WireError) {
    job = try fields.require("job")
    step = try fields.require("step")
    item = try fields.integer("item", in: 0...Int64(Limit.fanOut))
    let name = try fields.require("outcome", String.self)
    guard let outcome = Outcome(rawValue: name) else {
      throw .invalidParams(
        "/outcome",
        "'/outcome' is \(quoted(name)) where \"succeeded\", \"failed\", \"retry\" or \"skip\" is due"
      )
    }
    self.outcome = outcome
    output = try fields.optional("output")
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("job", job)
    writer.member("step", step)
    writer.member("item", item)
    writer.member("outcome", outcome.rawValue)
    writer.member("output", output)
  }

  package typealias Response = JobChange
}

/// Removes ended jobs and artifacts that no job names.
package struct JournalCollect: WireRequest {
  package static let method = "journal/gc"

  /// Jobs that ended longer ago; nil: as configured.
  package var olderThanMS: Int64?
  /// Only count.
  package var isDryRun: Bool

  package init(olderThanMS: Int64? = nil, isDryRun: Bool = false) {
    self.olderThanMS = olderThanMS
    self.isDryRun = isDryRun
  }

  package init(from fields: inout Fields) throws(WireError) {
    olderThanMS = try fields.integer("older_than_ms")
    isDryRun = try fields.optional("dry_run") ?? false
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("older_than_ms", olderThanMS)
    if isDryRun { writer.member("dry_run", true) }
  }

  package struct Response: WireBody {
    package var jobs: Int64
    package var artifacts: Int64
    /// Of artifacts.
    package var bytes: Int64

    package init(jobs: Int64, artifacts: Int64, bytes: Int64) {
      self.jobs = jobs
      self.artifacts = artifacts
      self.bytes = bytes
    }

    package init(from fields: inout Fields) throws(WireError) {
      self.init(
        jobs: try fields.require("jobs"),
        artifacts: try fields.require("artifacts"),
        bytes: try fields.require("bytes")
      )
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("jobs", jobs)
      writer.member("artifacts", artifacts)
      writer.member("bytes", bytes)
    }
  }
}

/// Copies the journal while it is in use, into the state folder's `backups`.
package struct JournalBackup: WireRequest {
  package static let method = "journal/backup"

  package init() {}
  package init(from fields: inout Fields) {}
  package func encode(into writer: inout JSONWriter) {}

  package struct Response: WireBody {
    package var path: String
    package var bytes: Int64

    package init(path: String, bytes: Int64) {
      self.path = path
      self.bytes = bytes
    }

    package init(from fields: inout Fields) throws(WireError) {
      self.init(path: try fields.require("path"), bytes: try fields.require("bytes"))
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("path", path)
      writer.member("bytes", bytes)
    }
  }
}
