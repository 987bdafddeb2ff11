package import JSON

/// Client → coordinator: try out every part that work needs.
package struct HealthCheck: WireRequest {
  package static let method = "health/check"
  package static let timeoutRange: ClosedRange<Int64> = 10...60_000

  /// Whether programs are run in the jail, too: for those who may submit work.
  package var isDeep: Bool
  /// For each probe.
  package var timeoutMS: Int64

  package init(isDeep: Bool = false, timeoutMS: Int64 = 5_000) {
    self.isDeep = isDeep
    self.timeoutMS = timeoutMS
  }

  package init(from fields: inout Fields) throws(WireError) {
    isDeep = try fields.optional("deep") ?? false
    timeoutMS = try fields.integer("timeout_ms", in: Self.timeoutRange) ?? 5_000
  }

  package func encode(into writer: inout JSONWriter) {
    if isDeep { writer.member("deep", true) }
    writer.member("timeout_ms", timeoutMS)
  }

  package struct Response: WireBody {
    package var status: HealthStatus
    /// How long all of it took.
    package var tookMS: Double
    package var probes: [HealthProbe]

    package init(status: HealthStatus, tookMS: Double, probes: [HealthProbe]) {
      self.status = status
      self.tookMS = tookMS
      self.probes = probes
    }

    package init(from fields: inout Fields) throws(WireError) {
      let name = try fields.require("status", String.self)
      guard let status = HealthStatus(rawValue: name) else {
        throw .invalidParams("/status", "'/status' is \(quoted(name)), which is no state of health")
      }
      self.status = status
      tookMS = try fields.require("took_ms")
      probes = try fields.requireBodies("probes")
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("status", status.rawValue)
      writer.number("took_ms", tookMS)
      writer.member("probes", probes)
    }
  }
}

/// How all parts together are.
public enum HealthStatus: String, Sendable, CaseIterable {
  case healthy
  /// It works, and something is wrong with it.
  case degraded
  /// Some work will fail.
  case unhealthy
}

/// What trying out one part came to.
public struct HealthProbe: Sendable, Equatable {
  public enum Result: String, Sendable, CaseIterable {
    case ok, degraded, failed
  }

  /// `journal`, `disk`, `artifacts`, `worker executor-1`, `run bash` and the like.
  public var name: String
  public var result: Result
  /// How long it took to answer; nil: it was not asked.
  public var latencyMS: Double?
  /// What was found.
  public var message: String?
  /// What helps.
  public var hint: String?

  public init(
    _ name: String,
    _ result: Result,
    latencyMS: Double? = nil,
    message: String? = nil,
    hint: String? = nil
  ) {
    self.name = name
    self.result = result
    self.latencyMS = latencyMS
    self.message = message
    self.hint = hint
  }
}

extension HealthProbe: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    name = try fields.require("name")
    let word = try fields.require("result", String.self)
    guard let result = Result(rawValue: word) else {
      throw .invalidParams(fields.path("result"), "\(quoted(word)) is no result of a probe")
    }
    self.result = result
    latencyMS = try fields.optional("latency_ms")
    message = try fields.optional("message")
    hint = try fields.optional("hint")
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("name", name)
    writer.member("result", result.rawValue)
    writer.number("latency_ms", latencyMS)
    writer.member("message", message)
    writer.member("hint", hint)
  }
}
