package import JSON

/// State of the coordinator at a glance.
package struct Status: WireRequest {
  package static let method = "status"

  package init() {}
  package init(from fields: inout Fields) {}
  package func encode(into writer: inout JSONWriter) {}

  /// The journal and its jobs since the start.
  package struct Jobs: WireBody, Equatable {
    /// In memory: running, waiting or paused.
    package var running: Int64
    package var queued: Int64
    package var ended: Int64
    /// Transactions, and what they wrote: the quotient is how many shared one.
    package var commits: Int64
    package var entries: Int64
    /// Why nothing can be written at the moment.
    package var trouble: String?

    package init(running: Int64, queued: Int64, ended: Int64, commits: Int64, entries: Int64, trouble: String? = nil) {
      self.running = running
      self.queued = queued
      self.ended = ended
      self.commits = commits
      self.entries = entries
      self.trouble = trouble
    }

    package init(from fields: inout Fields) throws(WireError) {
      self.init(
        running: try fields.require("running"),
        queued: try fields.require("queued"),
        ended: try fields.require("ended"),
        commits: try fields.require("commits"),
        entries: try fields.require("entries"),
        trouble: try fields.optional("trouble")
      )
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("running", running)
      writer.member("queued", queued)
      writer.member("ended", ended)
      writer.member("commits", commits)
      writer.member("entries", entries)
      writer.member("trouble", trouble)
    }
  }

  package struct Response: WireBody, Equatable {
    /// `running` or `draining`.
    package var state: String
    package var pid: Int64
    package var version: String
    package var uptimeMS: Int64
    package var socket: String
    package var workers: Int64
    package var workersReady: Int64
    package var tools: Int64
    package var clients: Int64
    package var callsRunning: Int64
    package var callsQueued: Int64
    package var callsAnswered: Int64
    package var jobs: Jobs?
    /// Of the policy, raised now.
    package var alerts: [RaisedAlert] = []

    package init(
      state: String,
      pid: Int64,
      version: String,
      uptimeMS: Int64,
      socket: String,
      workers: Int64,
      workersReady: Int64,
      tools: Int64,
      clients: Int64,
      callsRunning: Int64,
      callsQueued: Int64,
      callsAnswered: Int64,
      jobs: Jobs? = nil
    ) {
      self.state = state
      self.pid = pid
      self.version = version
      self.uptimeMS = uptimeMS
      self.socket = socket
      self.workers = workers
      self.workersReady = workersReady
      self.tools = tools
      self.clients = clients
      self.callsRunning = callsRunning
      self.callsQueued = callsQueued
      self.callsAnswered = callsAnswered
      self.jobs = jobs
    }

    package init(from fields: inout Fields) throws(WireError) {
      self.init(
        state: try fields.require("state"),
        pid: try fields.require("pid"),
        version: try fields.require("version"),
        uptimeMS: try fields.require("uptime_ms"),
        socket: try fields.require("socket"),
        workers: try fields.require("workers"),
        workersReady: try fields.require("workers_ready"),
        tools: try fields.require("tools"),
        clients: try fields.require("clients"),
        callsRunning: try fields.require("calls_running"),
        callsQueued: try fields.require("calls_queued"),
        callsAnswered: try fields.require("calls_answered"),
        jobs: try fields.body("jobs")
      )
      alerts = try fields.bodies("alerts") ?? []
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("state", state)
      writer.member("pid", pid)
      writer.member("version", version)
      writer.member("uptime_ms", uptimeMS)
      writer.member("socket", socket)
      writer.member("workers", workers)
      writer.member("workers_ready", workersReady)
      writer.member("tools", tools)
      writer.member("clients", clients)
      writer.member("calls_running", callsRunning)
      writer.member("calls_queued", callsQueued)
      writer.member("calls_answered", callsAnswered)
      writer.member("jobs", jobs)
      if !alerts.isEmpty { writer.member("alerts", alerts) }
    }
  }
}
