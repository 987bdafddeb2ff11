package import JSON

/// The most that something may use up of what is paid for or runs out. nil: no bound.
public struct Budget: Sendable, Hashable {
  /// Billionths of a US dollar.
  public var costNanoUSD: Int64?
  /// What goes into models and comes out of them.
  public var tokens: Int64?
  public var cpuMS: Int64?
  /// Of all its attempts together.
  public var wallMS: Int64?

  public init() {}

  public var isEmpty: Bool { self == Budget() }
}

extension Budget: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    costNanoUSD = try fields.integer("cost_nano_usd", in: 0...(1 << 60))
    tokens = try fields.integer("tokens", in: 0...(1 << 60))
    cpuMS = try fields.integer("cpu_ms", in: 0...(1 << 50))
    wallMS = try fields.integer("wall_ms", in: 0...(1 << 50))
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("cost_nano_usd", costNanoUSD)
    writer.member("tokens", tokens)
    writer.member("cpu_ms", cpuMS)
    writer.member("wall_ms", wallMS)
  }
}
