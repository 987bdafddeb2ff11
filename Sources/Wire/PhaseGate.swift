internal import JSON

/// Who stands at the two ends of a connection: the coordinator and one of these.
package enum Link: Sendable {
  case worker, client
}

package enum Side: Sendable {
  case coordinator, peer
}

package enum Phase: Sendable {
  case starting, ready, draining
}

/// One row of the method table in `protocol/README.md`.
package struct MethodRule: Sendable {
  package let method: String
  package let link: Link
  /// Who may send it.
  package let sender: Side
  package let isRequest: Bool
  package let phases: Set<Phase>
  package let once: Bool
  /// What a client must be for the coordinator to do it.
  package let role: Role

  init(
    _ method: String,
    _ link: Link,
    from sender: Side,
    notification: Bool = false,
    in phases: Set<Phase> = [.ready],
    once: Bool = false,
    role: Role = .viewer
  ) {
    self.method = method
    self.link = link
    self.sender = sender
    self.isRequest = !notification
    self.phases = phases
    self.once = once
    self.role = role
  }

  private static let clientRoles = Dictionary(
    uniqueKeysWithValues: all.filter { $0.link == .client && $0.sender == .peer }.map { ($0.method, $0.role) }
  )

  /// What a client must be to send it; nil: there is no such method.
  package static func role(ofClient method: String) -> Role? { clientRoles[method] }

  /// Every method of this version. The table is the whole permission: what is not in it is refused.
  package static let all: [MethodRule] = [
    MethodRule("initialize", .worker, from: .coordinator, in: [.starting], once: true),
    MethodRule("tool/invoke", .worker, from: .coordinator),
    MethodRule("drain", .worker, from: .coordinator, once: true),
    MethodRule("shutdown", .worker, from: .coordinator, notification: true, in: [.starting, .ready, .draining]),
    MethodRule("progress", .worker, from: .coordinator, notification: true, in: [.ready, .draining]),
    MethodRule("cancel", .worker, from: .coordinator, notification: true, in: [.ready, .draining]),
    MethodRule("ping", .worker, from: .coordinator, in: [.ready, .draining]),
    MethodRule("tool/call", .worker, from: .peer, in: [.ready, .draining]),
    MethodRule("blob/read", .worker, from: .peer, in: [.ready, .draining]),
    MethodRule("blob/write", .worker, from: .peer, in: [.ready, .draining]),
    MethodRule("tools/list", .worker, from: .peer, in: [.ready, .draining]),
    MethodRule("recipes/list", .worker, from: .peer, in: [.ready, .draining]),
    MethodRule("plan/check", .worker, from: .peer, in: [.ready, .draining]),
    MethodRule("progress", .worker, from: .peer, notification: true, in: [.ready, .draining]),
    MethodRule("tools/changed", .worker, from: .peer, notification: true, in: [.ready, .draining]),
    MethodRule("cancel", .worker, from: .peer, notification: true, in: [.ready, .draining]),
    MethodRule("ping", .worker, from: .peer, in: [.ready, .draining]),

    MethodRule("initialize", .client, from: .peer, in: [.starting], once: true),
    MethodRule("tool/call", .client, from: .peer, role: .submitter),
    MethodRule("cancel", .client, from: .peer, notification: true, in: [.ready, .draining]),
    MethodRule("ping", .client, from: .peer, in: [.ready, .draining]),
    MethodRule("blob/read", .client, from: .peer, in: [.ready, .draining]),
    MethodRule("blob/write", .client, from: .peer, in: [.ready, .draining], role: .submitter),
    MethodRule("status", .client, from: .peer),
    MethodRule("tools/list", .client, from: .peer),
    MethodRule("tools/accept", .client, from: .peer, in: [.ready, .draining], role: .approver),
    MethodRule("recipes/list", .client, from: .peer),
    MethodRule("workers/list", .client, from: .peer),
    MethodRule("workers/reload", .client, from: .peer, role: .admin),
    MethodRule("logs/read", .client, from: .peer),
    MethodRule("job/submit", .client, from: .peer, role: .submitter),
    MethodRule("plan/check", .client, from: .peer),
    MethodRule("job/list", .client, from: .peer, in: [.ready, .draining]),
    MethodRule("job/show", .client, from: .peer, in: [.ready, .draining]),
    MethodRule("job/events", .client, from: .peer, in: [.ready, .draining]),
    MethodRule("job/cancel", .client, from: .peer, in: [.ready, .draining], role: .submitter),
    MethodRule("job/pause", .client, from: .peer, in: [.ready, .draining], role: .submitter),
    MethodRule("job/resume", .client, from: .peer, role: .submitter),
    MethodRule("job/retry", .client, from: .peer, role: .submitter),
    MethodRule("job/fork", .client, from: .peer, role: .submitter),
    MethodRule("job/resolve", .client, from: .peer, role: .submitter),
    MethodRule("approvals/list", .client, from: .peer, in: [.ready, .draining]),
    MethodRule("approvals/decide", .client, from: .peer, in: [.ready, .draining], role: .approver),
    MethodRule("plan/privileges", .client, from: .peer),
    MethodRule("policy/show", .client, from: .peer),
    MethodRule("policy/reload", .client, from: .peer, role: .admin),
    MethodRule("policy/test", .client, from: .peer, role: .admin),
    MethodRule("journal/gc", .client, from: .peer, role: .admin),
    MethodRule("journal/backup", .client, from: .peer, role: .admin),
    MethodRule("usage/report", .client, from: .peer, in: [.ready, .draining]),
    MethodRule("metrics/report", .client, from: .peer, in: [.ready, .draining]),
    MethodRule("health/check", .client, from: .peer, in: [.ready, .draining]),
    MethodRule("audit/query", .client, from: .peer, in: [.ready, .draining], role: .approver),
    MethodRule("audit/heads", .client, from: .peer, in: [.ready, .draining], role: .approver),
    MethodRule("audit/verify", .client, from: .peer, in: [.ready, .draining], role: .admin),
    MethodRule("shutdown", .client, from: .peer, in: [.ready, .draining], role: .admin),
    MethodRule("progress", .client, from: .coordinator, notification: true, in: [.ready, .draining]),
    MethodRule("log", .client, from: .coordinator, notification: true, in: [.ready, .draining]),
    MethodRule("job/event", .client, from: .coordinator, notification: true, in: [.ready, .draining]),
    MethodRule("ping", .client, from: .coordinator, in: [.ready, .draining]),
  ]
}

/// Decides for one side of one connection which incoming messages are permitted now.
package struct PhaseGate: Sendable {
  private let rules: [String: MethodRule]
  /// Of the other direction: what this side may send.
  private let outgoing: [String: MethodRule]
  private var used: Set<String> = []
  package var phase = Phase.starting

  /// The gate of the side `receiver`; messages come from the other one.
  package init(_ link: Link, receiver: Side) {
    let isCoordinator = receiver == .coordinator
    rules = isCoordinator ? Self.fromPeer(link) : Self.fromCoordinator(link)
    outgoing = isCoordinator ? Self.fromCoordinator(link) : Self.fromPeer(link)
  }

  private static let tables: [[String: MethodRule]] = [
    table(.worker, from: .peer), table(.client, from: .peer), table(.worker, from: .coordinator),
    table(.client, from: .coordinator),
  ]

  private static func fromPeer(_ link: Link) -> [String: MethodRule] { tables[link == .worker ? 0 : 1] }
  private static func fromCoordinator(_ link: Link) -> [String: MethodRule] { tables[link == .worker ? 2 : 3] }

  private static func table(_ link: Link, from sender: Side) -> [String: MethodRule] {
    let rows = MethodRule.all.filter { $0.link == link && $0.sender == sender }
    return Dictionary(uniqueKeysWithValues: rows.map { ($0.method, $0) })
  }

  /// Whether this side may send `method` now.
  package func maySend(_ method: String) -> Bool { outgoing[method]?.phases.contains(phase) == true }

  private static let allMethods = Set(MethodRule.all.map(\.method))

  /// Throws `method_not_found` (answer it) for an unknown request; every other error ends the connection.
  package mutating func admit(_ method: String, isRequest: Bool) throws(WireError) {
    guard let rule = rules[method], rule.isRequest == isRequest else { throw unknown(method, isRequest: isRequest) }
    guard rule.phases.contains(phase) else {
      throw WireError(
        .outOfPhase,
        "'\(method)' while \(phase)",
        data: ["method": .string(method), "phase": .string("\(phase)")]
      )
    }
    if rule.once, !used.insert(method).inserted {
      throw WireError(.outOfPhase, "'\(method)' a second time", data: ["method": .string(method)])
    }
  }

  private func unknown(_ method: String, isRequest: Bool) -> WireError {
    if let rule = rules[method] {
      return WireError(
        .invalidRequest,
        "'\(method)' sent as a \(isRequest ? "request" : "notification"); it is a \(rule.isRequest ? "request" : "notification")"
      )
    }
    if Self.allMethods.contains(method) {
      return WireError(.outOfPhase, "'\(method)' in the wrong direction", data: ["method": .string(method)])
    }
    let nearest = nearest(to: method, among: rules.keys.sorted())
    return WireError(
      isRequest ? .methodNotFound : .unknownNotification,
      "unknown \(isRequest ? "method" : "notification") \(quoted(method))"
        + (nearest.map { " (did you mean '\($0)'?)" } ?? ""),
      data: ["method": .string(String(method.prefix(Limit.methodBytes)))]
    )
  }
}
