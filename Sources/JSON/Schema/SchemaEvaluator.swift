/// Applies a compiled schema to one value.
///
/// One code path serves both questions: a quiet evaluation returns at the first failure, a collecting one notes it and goes
/// on. Branches whose failure is no violation by itself (`anyOf`, `not`, `if` …) are always evaluated quietly.
/// Depth, steps and pattern time are bounded; passing a bound stops everything, and the value does not fit.
///
/// Safety: `nodes` points into `program`'s storage and is used only inside the `withUnsafeBufferPointer` that made it;
/// node numbers come from the compiler and lie in range.
struct SchemaEvaluator {
  typealias CoveragePointer = UnsafeMutablePointer<Coverage>

  enum Step {
    case member(String)
    case index(Int)
    /// The name of a member, for `propertyNames`.
    case name(String)
  }

  let program: SchemaProgram
  let nodes: UnsafePointer<SchemaNode>
  private var stepsLeft: Int
  private var depth = 0
  /// The resources entered on the way, outermost first; kept only for schemas with `$dynamicRef`.
  private var scopes: [NodeID] = []
  private var patternDeadline = 0

  /// What the answers mean; other than exact only where the value has holes.
  var reading = SchemaReading.exact
  var isCollecting: Bool
  var limit: Int
  var found: [JSONSchema.Violation] = []
  /// From the value's root to the value at hand; kept only while collecting.
  var location: [Step] = []
  /// Set while the failure of a branch is looked up for a message: branches of branches are not.
  var isExplaining = false
  /// No evaluation goes on: a bound was passed or enough violations were found.
  private(set) var isStopped = false
  private var stopReason: JSONSchema.Violation?

  init(_ program: SchemaProgram, nodes: UnsafePointer<SchemaNode>, violations limit: Int) {
    self.program = program
    self.nodes = nodes
    self.limit = limit
    stepsLeft = program.limits.steps
    isCollecting = limit > 0
  }

  /// Whether `value` fits the schema numbered `id`; what its keywords looked at is added to `coverage`.
  mutating func evaluate(_ id: NodeID, _ value: JSON, _ coverage: CoveragePointer?) -> Bool {
    if let verdict = nodes[id].verdict {
      if !verdict, reading == .possible, value.hole != nil { return true }
      if !verdict, isCollecting { report(id, "", "\(subject) is not allowed") }
      return verdict
    }
    guard charge(1, id), depth < program.limits.depth, !isStopped else { return exhaust(id) }
    depth += 1
    let opensScope = program.tracksScopes && scopes.last != nodes[id].resource
    if opensScope { scopes.append(nodes[id].resource) }
    let fits =
      nodes[id].unevaluatedItems == nil && nodes[id].unevaluatedProperties == nil
      ? apply(id, value, coverage) : applyTracking(id, value, coverage)
    if opensScope { scopes.removeLast() }
    depth -= 1
    return fits
  }

  private mutating func apply(_ id: NodeID, _ value: JSON, _ coverage: CoveragePointer?) -> Bool {
    if reading != .exact, let hole = value.hole { return apply(id, hole, value, coverage) }
    var fits = true
    if !nodes[id].types.admits(value) {
      guard isCollecting else { return false }
      reportType(id, value)
      fits = false
    }
    if let rules = nodes[id].values, !check(value, rules, id) {
      guard isCollecting else { return false }
      fits = false
    }
    switch value {
    case .string(let text):
      if let rules = nodes[id].string { fits = check(text, rules, id) && fits }
    case .integer, .number:
      if let rules = nodes[id].number { fits = check(number: value, rules, id) && fits }
    case .array(let elements):
      if let rules = nodes[id].array { fits = check(elements, rules, id, coverage) && fits }
    case .object(let object):
      if let rules = nodes[id].object { fits = check(object, rules, id, value, coverage) && fits }
    case .null, .bool: break
    }
    guard fits || isCollecting else { return false }
    if let rules = nodes[id].combination { fits = check(value, rules, id, coverage) && fits }
    return fits
  }

  /// For a schema with `unevaluatedItems` or `unevaluatedProperties`, which come after all other keywords.
  private mutating func applyTracking(_ id: NodeID, _ value: JSON, _ coverage: CoveragePointer?) -> Bool {
    var own = Coverage()
    var fits = withUnsafeMutablePointer(to: &own) { apply(id, value, $0) }
    guard fits || isCollecting else { return false }
    switch value {
    case .array(let elements):
      if let rest = nodes[id].unevaluatedItems { fits = checkUnevaluated(elements, rest, &own) && fits }
    case .object(let object):
      if let rest = nodes[id].unevaluatedProperties { fits = checkUnevaluated(object, rest, &own, id) && fits }
    default: break
    }
    if let coverage {
      guard charge(own.positions.weight, id) else { return false }
      coverage.pointee.merge(own)
    }
    return fits
  }

  /// Evaluates a branch whose failure is no violation and leaves no coverage behind.
  mutating func branch(_ id: NodeID, _ value: JSON, _ coverage: CoveragePointer?) -> Bool {
    let wasCollecting = isCollecting
    isCollecting = false
    defer { isCollecting = wasCollecting }
    guard let coverage else { return evaluate(id, value, nil) }
    var own = Coverage()
    let fits = withUnsafeMutablePointer(to: &own) { evaluate(id, value, $0) }
    guard fits, charge(own.positions.weight, id) else { return false }
    coverage.pointee.merge(own)
    return true
  }

  /// The schema that a `$dynamicRef` leads to: the one of the outermost resource that has the anchor.
  mutating func dynamicTarget(_ name: String, fallback: NodeID, _ id: NodeID) -> NodeID {
    guard let offers = program.dynamicAnchors[name] else { return fallback }
    guard charge(scopes.count / 8, id) else { return fallback }
    for resource in scopes {
      if let target = offers[resource] { return target }
    }
    return fallback
  }

  // MARK: Patterns

  /// Whether `pattern` is found in `text`; stops the evaluation when that cannot be told within bounds.
  mutating func matches(_ pattern: Pattern, _ text: String, _ id: NodeID, _ keyword: String) -> Bool {
    guard !isStopped, charge(1 + text.utf8.count / 256, id) else { return false }
    let now = Pattern.coarseMilliseconds
    if patternDeadline == 0 { patternDeadline = now &+ program.limits.patternMilliseconds }
    guard now <= patternDeadline else {
      stop(id, keyword, "patterns took longer than \(program.limits.patternMilliseconds) ms in all")
      return false
    }
    switch pattern.firstMatch(in: text) {
    case .match: return true
    case .noMatch: return false
    case .gaveUp:
      stop(id, keyword, "pattern gave up: \(quoted(pattern.source)) takes too many steps on \(subject)")
      return false
    }
  }

  // MARK: Bounds and results

  /// Takes `steps` from the budget; false, and everything stops, when it is used up.
  @inline(__always)
  mutating func charge(_ steps: Int, _ id: NodeID) -> Bool {
    stepsLeft &-= steps
    return stepsLeft > 0 || exhaust(id)
  }

  /// Always false.
  @inline(never)
  private mutating func exhaust(_ id: NodeID) -> Bool {
    guard !isStopped else { return false }
    let bound =
      stepsLeft <= 0
      ? "more than \(program.limits.steps) evaluations" : "evaluations nested deeper than \(program.limits.depth)"
    stop(id, "", "schema is too expensive for this value: " + bound)
    return false
  }

  @inline(never)
  private mutating func stop(_ id: NodeID, _ keyword: String, _ message: String) {
    isStopped = true
    if limit > 0, stopReason == nil { stopReason = violation(id, keyword, message) }
  }

  /// Notes a violation of `keyword` of the schema `id` by the value at hand.
  @inline(never)
  mutating func report(_ id: NodeID, _ keyword: String, _ message: String) {
    guard !isStopped else { return }
    found.append(violation(id, keyword, message))
    if found.count >= limit { isStopped = true }
  }

  private func violation(_ id: NodeID, _ keyword: String, _ message: String) -> JSONSchema.Violation {
    let node = nodes[id]
    return JSONSchema.Violation(
      path: locationText,
      keyword: keyword.isEmpty ? node.keyword : keyword,
      schemaPath: keyword.isEmpty ? node.path : node.path + "/" + keyword,
      message: message
    )
  }

  /// The message of the first violation of branch `id`.
  mutating func explanation(_ id: NodeID, _ value: JSON) -> String? {
    let kept = (found, limit, isCollecting, isExplaining)
    (found, limit, isCollecting, isExplaining) = ([], 1, true, true)
    _ = evaluate(id, value, nil)
    let message = found.first?.message
    (found, limit, isCollecting, isExplaining) = kept
    if stopReason == nil { isStopped = false }
    return message
  }

  consuming func finish() -> [JSONSchema.Violation] {
    // Holes are looked at in more than one reading, so that the bounds say little of the value itself.
    guard let stopReason, reading == .exact else { return found }
    return Array(found.prefix(limit - 1)) + [stopReason]
  }
}
