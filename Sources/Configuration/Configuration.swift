package import JSON
package import Wire

/// What an operator decides: every value has a default, and this type holds them all.
package struct Configuration: Sendable, Equatable {
  /// Whose service this is. A user's own, or the machine's, shared by a group.
  package enum Mode: String, Sendable, CaseIterable { case user, system }

  package struct Log: Sendable, Equatable {
    package enum Level: String, Sendable, CaseIterable { case error, warn, info, debug }
    /// `auto`: text on a terminal, JSON lines elsewhere.
    package enum Format: String, Sendable, CaseIterable { case auto, text, json }

    package var level = Level.info
    package var format = Format.auto
  }

  package struct Limits: Sendable, Equatable {
    /// Connected clients.
    package var clients: Int64 = 1_024
    /// Calls that wait for one kind of worker.
    package var queue: Int64 = 1_024
    /// One artifact, in bytes.
    package var artifact = Int64(Limit.artifactBytes)
    /// All artifacts and open uploads, in bytes.
    package var artifacts: Int64 = 16 << 30
    /// Open uploads of everyone.
    package var uploads: Int64 = 256
    /// Open uploads of one connection.
    package var uploadsPerConnection: Int64 = 16
  }

  package struct Jobs: Sendable, Equatable {
    /// Plans that run at a time; the others wait on disk.
    package var active: Int64 = 128
    /// How long a job that has ended is kept.
    package var keepMS: Int64 = 2_592_000_000
    /// The longest that a result is used again whose tool allows it (`cache_ttl_ms`); 0: never.
    package var cacheMS: Int64 = 3_600_000
    /// Attempts of one tool at a time, where that is less than its worker takes.
    package var concurrency: [String: Int64] = [:]
  }

  package struct Jail: Sendable, Equatable {
    /// The least wall that is acceptable.
    package var grade = "full"
    /// Parts of the wall that are given up, by name.
    package var loosen: [String] = []
  }

  /// What is said about one kind of worker beyond its manifest; nil: what the manifest says.
  package struct Worker: Sendable, Equatable {
    package struct Heartbeat: Sendable, Equatable {
      package var intervalMS: Int64?
      package var timeoutMS: Int64?
    }

    package struct Restart: Sendable, Equatable {
      /// Before the first restart; doubles from then on.
      package var firstDelayMS: Int64?
      package var longestDelayMS: Int64?
      /// For the whole kind, after a worker that ended before its first job.
      package var throttleDelayMS: Int64?
      /// A worker that lived this long starts again from the first delay.
      package var stableAfterMS: Int64?
    }

    package var isEnabled = true
    package var instances: Int64?
    package var concurrency: Int64?
    /// Delivered to the worker as they are.
    package var settings = JSONObject()
    /// The settings as written, references to variables unreplaced: what may be shown.
    package var settingsSource = JSONObject()
    package var secrets: [String: SecretSource] = [:]
    /// Paths that it may read and write beside those of its manifest.
    package var read: [String] = []
    package var write: [String] = []
    /// Programs, and folders that belong to them, that a worker which asks to be a credential helper may run.
    package var credentialHelper: [String] = []
    package var limits = ResourceLimits()
    package var heartbeat = Heartbeat()
    package var graceMS: Int64?
    package var restart = Restart()

    package init() {}
  }

  package var mode = Mode.user
  /// nil: where `Locations` says.
  package var socket: String?
  /// Journal, artifacts, logs.
  package var state: String
  /// May use the socket of a system service.
  package var group: String?
  /// Whom workers run as when the coordinator is root.
  package var runAs = "bulkhead"
  /// Nobody approves what they asked for themselves.
  package var fourEyes = false
  /// What may happen, and who decides; nil: `policy.yaml` beside the configuration if there is one.
  package var policy: PolicySource?
  /// Servers of the Model Context Protocol; nil: `mcp.json` beside the configuration if there is one.
  package var mcp: MCPSource?
  /// The overlay of the policy that applies; nil: the one that the policy names.
  package var environment: String?
  package var log = Log()
  /// How long running calls may go on after SIGTERM.
  package var drainTimeoutMS: Int64 = 30_000
  /// Of a call that names none.
  package var callTimeoutMS: Int64 = 300_000
  package var limits = Limits()
  package var jobs = Jobs()
  package var jail = Jail()
  /// Folders whose subfolders hold a worker with its `worker.json`; the first one that has a kind wins.
  package var workerPath: [String]
  /// By kind.
  package var workers: [String: Worker] = [:]

  package init(state: String, workerPath: [String]) {
    self.state = state
    self.workerPath = workerPath
  }
}

/// A configuration with where it came from.
package struct LoadedConfiguration: Sendable {
  package let configuration: Configuration
  /// nil: there was no file, everything is a default.
  package let file: String?
  /// Dotted key → where the file gives its value; defaults are absent.
  package let origins: [String: Position]
  /// The policy that stands in the configuration itself.
  let policyNode: YAMLNode?
  /// The MCP servers that do.
  var mcpNode: YAMLNode?
}
