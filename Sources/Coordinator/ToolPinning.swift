internal import JSON
internal import Journal
internal import Logging
internal import Policy
internal import Posix
internal import Supervision
internal import Wire

/// Remembers the tools of kinds that pass on what somebody else says, and has a person look at what changes.
///
/// Theory of operation. The supervisor compares each offer with the pins; here they are read from the journal and written to
/// it, with their lines of the audit log. Until they are read, and until a first pin is on disk, nobody is given the tool:
/// a crash in between costs nothing, since the next start sees the offer for the first time again.
final class ToolPinning {
  private let journal: Journal
  private let supervisor: Supervisor
  private let judge: Judge
  private let log: Logger
  /// Raised while tools wait for a person to look at them.
  private(set) var alert: RaisedAlert?
  /// What was told of, by worker, tool and digest.
  private var told: Set<String> = []

  init(_ journal: Journal, _ supervisor: Supervisor, _ judge: Judge, log: Logger) {
    self.journal = journal
    self.supervisor = supervisor
    self.judge = judge
    self.log = log
    supervisor.onFirstOffer = { [weak self] in self?.pin($1, of: $0) }
    supervisor.onWithheld = { [weak self] in self?.withheldChanged() }
    read()
  }

  // MARK: Pins

  private func read() {
    journal.reader.read { database in
      try database.pins()
    } then: { [weak self] result in
      guard let self else { return }
      switch result {
      case .success(let records):
        var pins = ToolPins()
        for record in records {
          // One that cannot be read any more is no pin that anything equals.
          guard let pin = Self.pin(record) else {
            log.error("a pin cannot be read", ["worker": .string(record.worker), "tool": .string(record.tool)])
            pins.bar(record.worker, record.tool)
            continue
          }
          pins[record.worker, record.tool] = pin
        }
        supervisor.pins = pins
      case .failure(let error):
        log.error("pins cannot be read; tools of pinned workers stay withheld", ["reason": .string(error.message)])
      }
    }
  }

  private static func pin(_ record: PinRecord) -> ToolPin? {
    guard let object = Jobs.parse(record.definition)?.objectValue else { return nil }
    do throws(WireError) { return ToolPin(try Tool.decode(object), digest: record.digest) } catch { return nil }
  }

  private static func record(_ pin: ToolPin, _ worker: String) -> PinRecord {
    var writer = JSONWriter()
    writer.object(pin.tool)
    return PinRecord(
      worker: worker,
      tool: pin.tool.name,
      digest: pin.digest,
      definition: String(decoding: writer.finish(), as: UTF8.self),
      at: WallTime.now
    )
  }

  private func pin(_ offers: [ToolPin], of worker: String) {
    var changes: [Change] = []
    for offer in offers {
      changes.append(.putPin(Self.record(offer, worker)))
      changes.append(judge.auditor.change(.toolPinned(worker: worker, tool: offer.tool.name, digest: offer.digest)))
    }
    journal.commit(changes) { [weak self] error in
      if let error { self?.log.error("tools cannot be pinned", ["reason": .string(error.message)]) }
      self?.supervisor.pinned(worker, offers, isWritten: error == nil)
    }
  }

  // MARK: Accepting

  /// Takes what is offered now in place of what was pinned. Answers when that is on disk.
  func accept(_ message: ToolsAccept, by caller: Caller, answer: @escaping Jobs.Answer<ToolsAccept.Response>) {
    let offer: ToolPin
    do throws(WireError) { offer = try find(message) } catch { return answer(.failure(error)) }
    let previous = supervisor.pins?[message.worker, message.tool]?.digest
    if previous == offer.digest { return answer(.success(ToolsAccept.Response())) }
    let event = AuditEvent.toolAccepted(
      worker: message.worker,
      tool: message.tool,
      digest: offer.digest,
      previous: previous
    )
    let changes: [Change] = [.putPin(Self.record(offer, message.worker)), judge.auditor.change(event, by: caller)]
    journal.commit(changes, refusable: true) { [weak self] error in
      if let error { return answer(.failure(Jobs.storage(error))) }
      self?.supervisor.pinned(message.worker, [offer], isWritten: true)
      answer(.success(ToolsAccept.Response(previous: previous)))
    }
  }

  private func find(_ message: ToolsAccept) throws(WireError) -> ToolPin {
    guard let kind = supervisor.kinds[message.worker], kind.manifest.isPinned else {
      throw WireError(
        .notFound,
        "there is no worker \(quoted(message.worker)) whose tools are pinned",
        data: ["worker": .string(message.worker)]
      )
    }
    guard let offer = kind.offer(of: message.tool) else {
      throw WireError(
        .notFound,
        "worker '\(message.worker)' offers no tool \(quoted(message.tool))",
        data: ["tool": .string(message.tool)]
      )
    }
    guard offer.digest == message.digest else {
      throw WireError(
        .conflict,
        "tool '\(message.tool)' is offered as something else than what was looked at: look at it again",
        data: ["digest": .string(offer.digest)]
      )
    }
    return offer
  }

  // MARK: Telling

  private func withheldChanged() {
    let changed = supervisor.withheld.filter { $0.reason == .changed }
    for tool in supervisor.withheld where told.insert("\(tool.worker)/\(tool.name)/\(tool.digest)").inserted {
      log.warn(
        "tool.withheld",
        [
          "worker": .string(tool.worker), "tool": .string(tool.name), "because": .string(tool.reason.rawValue),
          "reason": .string(tool.message),
        ]
      )
      guard tool.reason == .changed else { continue }
      let event = AuditEvent.toolWithheld(
        worker: tool.worker,
        tool: tool.name,
        digest: tool.digest,
        pinned: tool.pinnedDigest
      )
      journal.commit([judge.auditor.change(event)])
    }
    told.formIntersection(supervisor.withheld.map { "\($0.worker)/\($0.name)/\($0.digest)" })
    update(count: changed.count)
  }

  private func update(count: Int) {
    let before = alert
    guard count > 0 else {
      alert = nil
      if var before {
        before.value = 0
        journal.commit([judge.auditor.change(.alert(before, isRaised: false))])
      }
      return
    }
    let value = Double(count)
    alert = RaisedAlert(
      name: "changed_tools",
      measure: "changed_tools",
      side: "above",
      bound: 0,
      value: value,
      since: before?.since ?? WallTime.now
    )
    if before == nil, let alert { journal.commit([judge.auditor.change(.alert(alert, isRaised: true))]) }
  }
}

extension Coordinator {
  /// Text of tools that one answer holds at most, a part of what fits a frame.
  private static let withheldBytes = 2 << 20

  /// - Parameter name: only this tool; nil: all, without their definitions where that would be too much.
  func withheld(_ name: String?) -> [WithheldTool] {
    var room = Self.withheldBytes
    return supervisor.withheld.filter { name == nil || $0.name == name }.map { tool in
      var tool = tool
      for definition in [tool.offered, tool.pinned] {
        room -= definition.map { $0.description.utf8.count + ($0.inputSchema.bytes(over: 0) ?? 0) } ?? 0
        room -= definition?.outputSchema?.bytes(over: 0) ?? 0
      }
      if room < 0, name == nil { (tool.offered, tool.pinned) = (nil, nil) }
      return tool
    }
  }
}
