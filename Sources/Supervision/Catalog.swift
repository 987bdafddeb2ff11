internal import JSON
internal import Logging
internal import Wire

/// What comes of the offers of all kinds: what everybody may call, and what nobody is given and why.
struct Catalog {
  private(set) var entries: [String: CatalogEntry] = [:]
  private(set) var withheld: [WithheldTool] = []
  /// Offered for the first time by a kind whose tools are pinned: they are in the catalog when that is written down.
  private(set) var unpinned: [(kind: WorkerKind, offers: [ToolPin])] = []
  private let previous: [String: CatalogEntry]
  /// nil: nobody knows yet what is pinned.
  private let pins: ToolPins?
  private let log: Logger

  /// - Parameter previous: entries that are taken over, compiled schemas and all, where nothing has changed.
  init(of kinds: [WorkerKind], previous: [String: CatalogEntry], pins: ToolPins?, log: Logger) {
    self.previous = previous
    self.pins = pins
    self.log = log
    // Whoever passes on what somebody else says gets no name that a worker of our own wants.
    let sorted = kinds.sorted { $0.manifest.name < $1.manifest.name }
    for kind in sorted where !kind.manifest.isPinned { for tool in kind.tools ?? [] { add(tool, kind) } }
    for kind in sorted where kind.manifest.isPinned {
      let new = kind.offers.filter { !add($0, kind) }
      if !new.isEmpty { unpinned.append((kind, new)) }
    }
    withheld.sort { ($0.worker, $0.name) < ($1.worker, $1.name) }
  }

  private mutating func add(_ tool: Tool, _ kind: WorkerKind) {
    if let other = entries[tool.name] {
      log.error(
        "tool is offered twice",
        ["tool": .string(tool.name), "worker": .string(kind.manifest.name), "taken": .string(other.kind.manifest.name)]
      )
    } else {
      do { entries[tool.name] = try entry(tool, kind) } catch {
        log.error("tool has a schema that cannot be used", ["tool": .string(tool.name), "reason": .string("\(error)")])
      }
    }
  }

  private func entry(_ tool: Tool, _ kind: WorkerKind) throws -> CatalogEntry {
    if let old = previous[tool.name], old.kind === kind, old.tool == tool { return old }
    return try CatalogEntry(tool, kind)
  }

  /// false: it has no pin yet, and may have one.
  private mutating func add(_ offer: ToolPin, _ kind: WorkerKind) -> Bool {
    guard let pins else { return true }
    let (tool, name) = (offer.tool, kind.manifest.name)
    if let refusal = withholding(offer, kind, pins) {
      withheld.append(refusal)
      return true
    }
    guard pins[name, tool.name] != nil else { return false }
    do { entries[tool.name] = try entry(tool, kind) } catch {
      withheld.append(Self.withheld(offer, kind, .invalid, "\(error)"))
    }
    return true
  }

  private func withholding(_ offer: ToolPin, _ kind: WorkerKind, _ pins: ToolPins) -> WithheldTool? {
    let (tool, name) = (offer.tool, kind.manifest.name)
    if previous[tool.name]?.kind !== kind || previous[tool.name]?.tool != tool {
      do throws(WireError) { try kind.check(tool) } catch {
        return Self.withheld(offer, kind, .invalid, error.message)
      }
    }
    if let other = entries[tool.name] {
      return Self.withheld(offer, kind, .taken, "worker '\(other.kind.manifest.name)' offers a tool of that name")
    }
    guard let pin = pins[name, tool.name] else {
      guard !pins.hasRoom(name) else { return nil }
      return Self.withheld(offer, kind, .invalid, "its worker has offered \(ToolPins.namesLimit) other names already")
    }
    guard pin.digest != offer.digest else { return nil }
    let what = tool.differences(from: pin.tool).joined(separator: ", ")
    return Self.withheld(offer, kind, .changed, "it is not what it was when it was pinned: \(what)", pin)
  }

  private static func withheld(
    _ offer: ToolPin,
    _ kind: WorkerKind,
    _ reason: WithheldTool.Reason,
    _ message: String,
    _ pin: ToolPin? = nil
  ) -> WithheldTool {
    WithheldTool(
      name: offer.tool.name,
      worker: kind.manifest.name,
      reason: reason,
      message: message,
      digest: offer.digest,
      pinnedDigest: pin?.digest,
      offered: offer.tool,
      pinned: pin?.tool
    )
  }
}
