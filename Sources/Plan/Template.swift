package import JSON
package import Wire

/// A JSON value with references in it.
package struct Template: Sendable {
  /// Each reference once, in the order in which they first appear.
  package let references: [Reference]
  let uses: [Use]
  let root: Node

  enum Node: Sendable {
    /// No reference below: the value as it was written (escapes aside), shared and not copied.
    case literal(JSON)
    /// A whole string; the number is that of the use.
    case reference(Int)
    case text([Piece])
    indirect case array([Node])
    indirect case object([(key: String, node: Node)])
  }

  enum Piece: Sendable {
    case literal(String)
    case reference(Int)
    /// Every output, by step id.
    case allSteps
  }

  init(root: Node, uses: [Use]) {
    self.root = root
    self.uses = uses
    references = Reference.distinct(uses)
  }

  package init(_ literal: JSON) { self.init(root: .literal(literal), uses: []) }

  /// Whether every string is plain text.
  package var isLiteral: Bool { if case .literal = root { true } else { false } }

  /// The value with every reference replaced.
  ///
  /// Throws `invalid_input` for a pointer that leads nowhere (`data`: `path` of the reference in the plan, `step`,
  /// `pointer`), `limit_exceeded` for a value that no message could carry.
  package func resolve(_ scope: Scope) throws(WireError) -> JSON {
    switch root {
    case .literal(let value): return value
    case .reference(let use): return try scope.value(of: uses[use])
    default:
      var resolver = Resolver(uses: uses, scope: scope)
      return try resolver.value(of: root, depth: 0)
    }
  }
}

/// Where references find their values.
package struct Scope {
  /// The output of the step with this index; nil when the step was skipped, or failed and the plan goes on.
  package var output: (Int) -> JSON?
  package var item: JSON?
  package var index: Int?
  /// Takes null for what a pointer does not find.
  var isLenient = false

  package init(output: @escaping (Int) -> JSON?, item: JSON? = nil, index: Int? = nil) {
    self.output = output
    self.item = item
    self.index = index
  }

  func value(of use: Use) throws(WireError) -> JSON {
    let whole: JSON
    switch use.reference.source {
    case .step(let step):
      // What never came to be has no inside to miss.
      guard let output = output(step) else { return .null }
      whole = output
    case .itemValue:
      guard let item else { throw WireError(.internalError, "no item at hand for '\(use.text)'") }
      whole = item
    case .itemIndex:
      guard let index else { throw WireError(.internalError, "no item at hand for '\(use.text)'") }
      whole = .integer(Int64(index))
    }
    if use.reference.pointer.isRoot { return whole }
    do throws(JSONError) { return try whole.value(at: use.reference.pointer) } catch {
      if isLenient { return .null }
      throw use.missing(error)
    }
  }
}

extension Use {
  fileprivate func missing(_ error: JSONError) -> WireError {
    var data: JSONObject = [
      "path": .string(path), "reference": .string(text), "pointer": .string(reference.pointer.description),
    ]
    if case .step = reference.source {
      let id = text.utf8.dropFirst(5).prefix { $0 != UInt8(ascii: "#") }
      data["step"] = .string(String(Substring(id)))
    }
    return WireError(.invalidInput, "'\(text)' finds nothing: \(error.description)", data: data)
  }
}

/// Builds one value and keeps count of its size.
struct Resolver {
  let uses: [Use]
  let scope: Scope
  var measure = Measure()
  /// Steps that are not among all of them.
  var hidden: Set<Int> = []

  init(uses: [Use], scope: Scope) {
    self.uses = uses
    self.scope = scope
  }

  mutating func value(of node: Template.Node, depth: Int) throws(WireError) -> JSON {
    switch node {
    case .literal(let value): return value
    case .reference(let use):
      let value = try scope.value(of: uses[use])
      try measure.add(value, depth: depth)
      return value
    case .text(let pieces): return .string(try text(of: pieces, ids: []))
    case .array(let nodes):
      var elements: [JSON] = []
      elements.reserveCapacity(nodes.count)
      for node in nodes { elements.append(try value(of: node, depth: depth + 1)) }
      return .array(elements)
    case .object(let members):
      var pairs: [(String, JSON)] = []
      pairs.reserveCapacity(members.count)
      for member in members { pairs.append((member.key, try value(of: member.node, depth: depth + 1))) }
      return .object(JSONObject(pairs))
    }
  }

  mutating func text(of pieces: [Template.Piece], ids: [String]) throws(WireError) -> String {
    var text = ""
    for piece in pieces {
      switch piece {
      case .literal(let part): text += part
      case .reference(let use): try append(scope.value(of: uses[use]), to: &text)
      case .allSteps:
        // All sizes are known to be bearable before anything is written.
        var counted = measure
        for (step, id) in ids.enumerated() where !hidden.contains(step) {
          try counted.add(bytes: id.utf8.count + 4)
          try counted.add(scope.output(step) ?? .null, depth: 1)
        }
        var writer = JSONWriter()
        writer.beginObject()
        for (step, id) in ids.enumerated() where !hidden.contains(step) {
          writer.key(id)
          writer.value(scope.output(step) ?? .null)
        }
        writer.endObject()
        let written = String(decoding: writer.finish(), as: UTF8.self)
        try measure.add(bytes: written.utf8.count)
        text += written
      }
    }
    return text
  }

  /// Strings as they are, everything else as compact JSON with numbers as they were written.
  private mutating func append(_ value: JSON, to text: inout String) throws(WireError) {
    if case .string(let part) = value {
      try measure.add(bytes: part.utf8.count)
      text += part
    } else {
      var counted = measure
      try counted.add(value, depth: 0)
      let written = value.description
      try measure.add(bytes: written.utf8.count)
      text += written
    }
  }
}

/// Counts what references add to a value, so that a short plan cannot unfold into a huge one. A little less than the compact
/// text has: escapes are not counted.
struct Measure {
  private var bytesLeft = Limit.inputBytes

  mutating func add(bytes: Int) throws(WireError) {
    bytesLeft -= bytes
    if bytesLeft < 0 {
      throw WireError(
        .limitExceeded,
        "resolved references of more than \(Limit.inputBytes) bytes",
        data: ["limit": "input_bytes", "value": .integer(Int64(Limit.inputBytes - bytesLeft))]
      )
    }
  }

  /// `depth` containers stand around `value`.
  mutating func add(_ value: JSON, depth: Int) throws(WireError) {
    switch value {
    case .null, .bool: try add(bytes: 4)
    case .integer: try add(bytes: 1)
    case .number(let number): try add(bytes: number.text.utf8.count)
    case .string(let text): try add(bytes: text.utf8.count + 2)
    case .array(let elements):
      try check(depth + 1)
      try add(bytes: 1 + max(1, elements.count))
      for element in elements { try add(element, depth: depth + 1) }
    case .object(let object):
      try check(depth + 1)
      try add(bytes: 1 + max(1, object.count))
      for member in object.members {
        try add(bytes: member.key.utf8.count + 3)
        try add(member.value, depth: depth + 1)
      }
    }
  }

  private func check(_ depth: Int) throws(WireError) {
    if depth > PlanLimit.inputDepth {
      throw .limitExceeded("depth", "depth of a resolved input", value: depth, limit: PlanLimit.inputDepth)
    }
  }
}
