import Foundation
import Testing

@testable import Wire

/// One cell of the methods table: may `sender` send `method` over `link` in `phase`?
private struct Cell: Hashable {
  var method: String
  var link: Link
  var sender: Side
  var phase: Phase
}

/// The methods table of the specification, read from its page.
private func writtenRules() throws -> (
  permitted: Set<Cell>, requests: Set<String>, notifications: Set<String>, once: Set<String>
) {
  let page = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../protocol/README.md")
  let text = try String(contentsOf: page.standardized, encoding: .utf8)
  let section = try #require(
    text.components(separatedBy: "\n## Methods\n").last?.components(separatedBy: "\n### ").first
  )
  var permitted: Set<Cell> = []
  var requests: Set<String> = []
  var notifications: Set<String> = []
  var once: Set<String> = []
  let directions: [String: (Link, Side)] = [
    "C→W": (.worker, .coordinator), "W→C": (.worker, .peer), "K→C": (.client, .peer), "C→K": (.client, .coordinator),
  ]
  for line in section.split(separator: "\n") where line.hasPrefix("| `") {
    let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    let methods = cells[0].split(separator: ",").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: "` ")) }
    for method in methods {
      for (name, (link, sender)) in directions where cells[1].contains(name) || cells[1] == "either" {
        let key = "\(method) \(link) \(sender)"
        // `C→W ntf; K→C req` gives each direction its own kind.
        let kind =
          cells[1].contains(";")
          ? cells[1].split(separator: ";").first { $0.contains(name) }.map(String.init) : cells[2]
        if kind?.contains("ntf") == true { notifications.insert(key) } else { requests.insert(key) }
        if cells[2].contains("once") { once.insert(key) }
        for phase in cells[3].split(separator: ",") {
          // `draining (W→C only)` narrows a phase to one direction.
          if phase.contains("("), !phase.contains(name) { continue }
          let word = phase.split(separator: " ").first.map(String.init)
          let known: [String: Phase] = ["starting": .starting, "ready": .ready, "draining": .draining]
          permitted.insert(Cell(method: method, link: link, sender: sender, phase: try #require(known[word ?? ""])))
        }
      }
    }
  }
  return (permitted, requests, notifications, once)
}

private func outcome(_ gate: PhaseGate, _ method: String, isRequest: Bool) -> WireError.Name? {
  var gate = gate
  do throws(WireError) {
    try gate.admit(method, isRequest: isRequest)
    return nil
  } catch {
    return error.name
  }
}

@Suite struct PhaseGateTests {
  @Test func `the rules are the methods table of the specification, phase by phase`() throws {
    let written = try writtenRules()
    var coded: Set<Cell> = []
    for rule in MethodRule.all {
      for phase in rule.phases {
        coded.insert(Cell(method: rule.method, link: rule.link, sender: rule.sender, phase: phase))
      }
      let key = "\(rule.method) \(rule.link) \(rule.sender)"
      #expect((rule.isRequest ? written.requests : written.notifications).contains(key), "kind of \(key)")
      #expect(written.once.contains(key) == rule.once, "once of \(key)")
    }
    #expect(written.permitted.count == 98)
    #expect(written.permitted.subtracting(coded) == [])
    #expect(coded.subtracting(written.permitted) == [])
  }

  @Test func `every method in every phase, direction and kind has the outcome that the table gives`() {
    let methods = Set(MethodRule.all.map(\.method))
    for link: Link in [.worker, .client] {
      for receiver: Side in [.coordinator, .peer] {
        for phase: Phase in [.starting, .ready, .draining] {
          var gate = PhaseGate(link, receiver: receiver)
          gate.phase = phase
          for method in methods {
            let rule = MethodRule.all.first { $0.method == method && $0.link == link && $0.sender != receiver }
            for isRequest in [true, false] {
              let due: WireError.Name? =
                rule == nil
                ? .outOfPhase
                : rule?.isRequest != isRequest
                  ? .invalidRequest : rule?.phases.contains(phase) == true ? nil : .outOfPhase
              let found = outcome(gate, method, isRequest: isRequest)
              #expect(found == due, "\(method) to \(receiver) of a \(link) while \(phase), request: \(isRequest)")
            }
          }
          #expect(outcome(gate, "no/such", isRequest: true) == .methodNotFound)
          #expect(outcome(gate, "no/such", isRequest: false) == .unknownNotification)
        }
      }
    }
  }

  @Test func `what may come once does not come twice`() throws {
    for rule in MethodRule.all where rule.once {
      var gate = PhaseGate(rule.link, receiver: rule.sender == .coordinator ? .peer : .coordinator)
      gate.phase = try #require(rule.phases.first)
      try gate.admit(rule.method, isRequest: true)
      let error = #expect(throws: WireError.self) { try gate.admit(rule.method, isRequest: true) }
      #expect(error?.name == .outOfPhase)
      #expect(error?.message == "'\(rule.method)' a second time")
    }
  }

  @Test func `what one side may send is what the other one admits`() {
    for link: Link in [.worker, .client] {
      for phase: Phase in [.starting, .ready, .draining] {
        var coordinator = PhaseGate(link, receiver: .coordinator)
        coordinator.phase = phase
        var peer = PhaseGate(link, receiver: .peer)
        peer.phase = phase
        for rule in MethodRule.all {
          for (from, to) in [(coordinator, peer), (peer, coordinator)] {
            let isAdmitted = [true, false].contains { outcome(to, rule.method, isRequest: $0) == nil }
            #expect(from.maySend(rule.method) == isAdmitted, "\(rule.method) over \(link) while \(phase)")
          }
        }
      }
    }
  }

  @Test func `refusals name the method, the phase and what may have been meant`() {
    var gate = PhaseGate(.worker, receiver: .coordinator)
    func message(_ method: String, isRequest: Bool) -> String? {
      do throws(WireError) {
        try gate.admit(method, isRequest: isRequest)
        return nil
      } catch {
        return error.message
      }
    }
    #expect(message("ping", isRequest: true) == "'ping' while starting")
    gate.phase = .ready
    #expect(message("tool/cal", isRequest: true) == "unknown method 'tool/cal' (did you mean 'tool/call'?)")
    #expect(message("progres", isRequest: false) == "unknown notification 'progres' (did you mean 'progress'?)")
    #expect(message("status", isRequest: true) == "'status' in the wrong direction")
    #expect(message("ping", isRequest: false) == "'ping' sent as a notification; it is a request")
  }
}
