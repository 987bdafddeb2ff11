/// Keywords for objects, with a table of every member name that the schema mentions.
final class ObjectRules: Sendable {
  struct Entry: Sendable {
    let name: String
    let isASCII: Bool
    /// From `properties`; nil for a name that is only required.
    let node: NodeID?
    let isRequired: Bool
  }

  struct PatternEntry: Sendable {
    let pattern: Pattern
    let node: NodeID
  }

  let minimum: Int
  let maximum: Int
  let entries: [Entry]
  /// Name → entry; built for more names than a scan should visit.
  private let index: [MemberName: Int]?
  let required: [String]
  /// The required ones among the first 64 entries; nil when there are more entries.
  let requiredMask: UInt64?
  let patterns: [PatternEntry]
  let additional: NodeID?
  /// `additionalProperties: false`, the common case, gets its own message.
  let refusesAdditional: Bool
  let names: NodeID?
  let dependentRequired: [(name: String, needs: [String])]
  let dependentSchemas: [(name: String, node: NodeID)]
  let visitsMembers: Bool

  init(
    minimum: Int,
    maximum: Int,
    properties: [(name: String, node: NodeID)],
    required: [String],
    patterns: [PatternEntry],
    additional: NodeID?,
    refusesAdditional: Bool,
    names: NodeID?,
    dependentRequired: [(name: String, needs: [String])],
    dependentSchemas: [(name: String, node: NodeID)]
  ) {
    self.minimum = minimum
    self.maximum = maximum
    self.required = required
    self.patterns = patterns
    self.additional = additional
    self.refusesAdditional = refusesAdditional
    self.names = names
    self.dependentRequired = dependentRequired
    self.dependentSchemas = dependentSchemas
    let needed = Set(required.map { MemberName($0) })
    let declared = Set(properties.map { MemberName($0.name) })
    var entries: [Entry] = []
    for (name, node) in properties {
      entries.append(
        Entry(name: name, isASCII: isASCII(name), node: node, isRequired: needed.contains(MemberName(name)))
      )
    }
    for name in required where !declared.contains(MemberName(name)) {
      entries.append(Entry(name: name, isASCII: isASCII(name), node: nil, isRequired: true))
    }
    self.entries = entries
    index =
      entries.count > 16
      ? Dictionary(
        entries.enumerated().map { (MemberName($0.element.name), $0.offset) },
        uniquingKeysWith: { a, _ in a }
      )
      : nil
    requiredMask =
      entries.count <= 64
      ? entries.enumerated().reduce(0) { $1.element.isRequired ? $0 | 1 << UInt64($1.offset) : $0 } : nil
    visitsMembers = !entries.isEmpty || !patterns.isEmpty || additional != nil || names != nil
  }

  /// The entry for `key`, or −1. Members mostly come in the schema's order, so the search begins at `hint`.
  @inline(__always)
  func position(of key: String, from hint: Int) -> Int {
    if let index { return index[MemberName(key)] ?? -1 }
    let count = entries.count
    var i = hint < count ? hint : 0
    for _ in 0..<count {
      if sameName(entries[i].name, key, isASCII: entries[i].isASCII) { return i }
      i += 1
      if i == count { i = 0 }
    }
    return -1
  }
}
