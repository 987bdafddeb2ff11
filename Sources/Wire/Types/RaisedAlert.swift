package import JSON

/// An alert of the policy that is raised at the moment.
public struct RaisedAlert: Sendable, Equatable {
  public var name: String
  /// What is measured: `success_rate`, `average_ms`, `p95_ms`, `usd`, `tokens`, `failures` or `waiting_approvals`.
  public var measure: String
  /// Only what this tool does; nil: whatever does it.
  public var tool: String?
  /// `above` or `below`: the side of `bound` on which it is raised.
  public var side: String
  public var bound: Double
  /// As it was measured last.
  public var value: Double
  /// When it was raised: milliseconds since 1970.
  public var since: Int64

  public init(
    name: String,
    measure: String,
    tool: String? = nil,
    side: String,
    bound: Double,
    value: Double,
    since: Int64
  ) {
    self.name = name
    self.measure = measure
    self.tool = tool
    self.side = side
    self.bound = bound
    self.value = value
    self.since = since
  }
}

extension RaisedAlert: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    name = try fields.require("name")
    measure = try fields.require("of")
    tool = try fields.optional("tool")
    side = try fields.require("side")
    bound = try fields.require("bound")
    value = try fields.require("value")
    since = try fields.requireInteger("since")
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("name", name)
    writer.member("of", measure)
    writer.member("tool", tool)
    writer.member("side", side)
    writer.number("bound", bound)
    writer.number("value", value)
    writer.member("since", since)
  }
}

extension JSONWriter {
  /// A number that need not be whole, to six places; what is no number is not written.
  package mutating func number(_ name: StaticString, _ value: Double?) {
    guard let value, let number = JSONNumber(abs(value) < 1e9 ? (value * 1e6).rounded() / 1e6 : value) else { return }
    key(name)
    self.value(number)
  }
}
