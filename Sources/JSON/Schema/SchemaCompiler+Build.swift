/// Building the rules of one subschema from its keywords.
extension SchemaCompiler {
  mutating func build(_ id: NodeID) throws(JSONSchemaError) -> SchemaNode {
    let place = places[id]
    let path = path(place.document, place.pointer)
    var node = SchemaNode(path: path, keyword: place.keyword, resource: place.resource)
    guard case .object(let object) = place.schema else {
      node.verdict = place.schema.boolValue
      return node
    }
    let keywords = SchemaKeywords(object: object, path: path)
    (node.types, node.typeWords) = try keywords.types()
    node.values = try keywords.values()
    node.number = try keywords.numbers()
    node.string = try strings(keywords)
    node.array = try arrays(keywords, place)
    node.object = try objects(keywords, place)
    node.combination = try combination(keywords, place)
    node.unevaluatedItems = try child("unevaluatedItems", keywords, place)
    node.unevaluatedProperties = try child("unevaluatedProperties", keywords, place)
    if node.isUnrestricted { node.verdict = true }
    return node
  }

  private func child(_ keyword: String, _ keywords: SchemaKeywords, _ place: Place) throws(JSONSchemaError) -> NodeID? {
    keywords.object[keyword] == nil ? nil : try child(place, "/" + keyword)
  }

  private func children(
    _ keyword: String,
    _ keywords: SchemaKeywords,
    _ place: Place
  ) throws(JSONSchemaError) -> [NodeID] {
    var ids: [NodeID] = []
    for i in (keywords.object[keyword]?.arrayValue ?? []).indices { ids.append(try child(place, "/\(keyword)/\(i)")) }
    return ids
  }

  private func members(
    _ keyword: String,
    _ keywords: SchemaKeywords,
    _ place: Place
  ) throws(JSONSchemaError) -> [(name: String, node: NodeID)] {
    var result: [(name: String, node: NodeID)] = []
    for member in keywords.object[keyword]?.objectValue?.members ?? [] {
      result.append((member.key, try child(place, "/\(keyword)/" + escaped(member.key))))
    }
    return result
  }

  private mutating func strings(_ keywords: SchemaKeywords) throws(JSONSchemaError) -> StringRules? {
    let minimum = try keywords.length("minLength", default: 0)
    let maximum = try keywords.length("maxLength", default: Int.max)
    var pattern: Pattern?
    if let source = try keywords.string("pattern") { pattern = try self.pattern(source, keywords.path + "/pattern") }
    guard minimum > 0 || maximum < Int.max || pattern != nil else { return nil }
    return StringRules(minimum: minimum, maximum: maximum, pattern: pattern)
  }

  private func arrays(_ keywords: SchemaKeywords, _ place: Place) throws(JSONSchemaError) -> ArrayRules? {
    let rules = ArrayRules(
      minimum: try keywords.length("minItems", default: 0),
      maximum: try keywords.length("maxItems", default: Int.max),
      isUnique: try keywords.flag("uniqueItems"),
      prefix: try children("prefixItems", keywords, place),
      items: try child("items", keywords, place),
      contains: try child("contains", keywords, place),
      minimumContains: try keywords.length("minContains", default: 1),
      maximumContains: try keywords.length("maxContains", default: Int.max)
    )
    return rules.isEmpty ? nil : rules
  }

  private mutating func objects(_ keywords: SchemaKeywords, _ place: Place) throws(JSONSchemaError) -> ObjectRules? {
    var patterns: [ObjectRules.PatternEntry] = []
    for (source, node) in try members("patternProperties", keywords, place) {
      let path = keywords.path + "/patternProperties/" + escaped(source)
      patterns.append(ObjectRules.PatternEntry(pattern: try pattern(source, path), node: node))
    }
    let rules = ObjectRules(
      minimum: try keywords.length("minProperties", default: 0),
      maximum: try keywords.length("maxProperties", default: Int.max),
      properties: try members("properties", keywords, place),
      required: try keywords.names("required"),
      patterns: patterns,
      additional: try child("additionalProperties", keywords, place),
      refusesAdditional: keywords.object["additionalProperties"]?.boolValue == false,
      names: try child("propertyNames", keywords, place),
      dependentRequired: try keywords.dependentRequired(),
      dependentSchemas: try members("dependentSchemas", keywords, place)
    )
    return rules.isEmpty ? nil : rules
  }

  private mutating func combination(
    _ keywords: SchemaKeywords,
    _ place: Place
  ) throws(JSONSchemaError) -> CombinationRules? {
    var references: [NodeID] = []
    var dynamic = CombinationRules.Dynamic.none
    if let text = try keywords.string("$ref") {
      references.append(try reference(text, from: place, keywords.path + "/$ref"))
    }
    if let text = try keywords.string("$dynamicRef") {
      let (fixed, found) = try dynamicReference(text, from: place, keywords.path + "/$dynamicRef")
      if let fixed { references.append(fixed) }
      dynamic = found
    }
    let condition = try child("if", keywords, place)
    let rules = CombinationRules(
      references: references,
      dynamic: dynamic,
      all: try children("allOf", keywords, place),
      any: try children("anyOf", keywords, place),
      one: try children("oneOf", keywords, place),
      not: try child("not", keywords, place),
      condition: condition,
      then: condition == nil ? nil : try child("then", keywords, place),
      otherwise: condition == nil ? nil : try child("else", keywords, place)
    )
    return rules.isEmpty ? nil : rules
  }
}

extension SchemaNode {
  /// Whether every value fits.
  fileprivate var isUnrestricted: Bool {
    types == .any && values == nil && number == nil && string == nil && array == nil && object == nil
      && combination == nil && unevaluatedItems == nil && unevaluatedProperties == nil
  }
}

extension NumberRules {
  var isEmpty: Bool {
    minimum == nil && maximum == nil && exclusiveMinimum == nil && exclusiveMaximum == nil && multipleOf == nil
  }
}

extension ArrayRules {
  fileprivate var isEmpty: Bool {
    minimum == 0 && maximum == Int.max && !isUnique && prefix.isEmpty && items == nil && contains == nil
  }
}

extension ObjectRules {
  fileprivate var isEmpty: Bool {
    minimum == 0 && maximum == Int.max && !visitsMembers && dependentRequired.isEmpty && dependentSchemas.isEmpty
  }
}

extension CombinationRules {
  fileprivate var isEmpty: Bool { applied.isEmpty && dynamicFallback == nil }

  private var dynamicFallback: NodeID? {
    if case .anchor(_, let fallback) = dynamic { fallback } else { nil }
  }

  /// Every schema that sees the same value, other than by `$dynamicRef`.
  fileprivate var applied: [NodeID] {
    references + all + any + one + [not, condition, then, otherwise].compactMap { $0 }
  }
}

// MARK: Cycles

extension SchemaCompiler {
  /// A cycle of schemas that all see the same value would never end (RFC draft core, section 9.4.1).
  func refuseEndlessReferences(_ nodes: [SchemaNode]) throws(JSONSchemaError) {
    enum Mark { case unseen, open, done }
    var marks = [Mark](repeating: .unseen, count: nodes.count)
    for start in nodes.indices where marks[start] == .unseen {
      // An explicit stack: a chain of references may be longer than the machine's stack is deep.
      var stack: [(id: NodeID, next: [NodeID])] = [(start, nodes[start].inPlace)]
      marks[start] = .open
      while let top = stack.last {
        guard let child = top.next.last else {
          marks[top.id] = .done
          stack.removeLast()
          continue
        }
        stack[stack.count - 1].next.removeLast()
        switch marks[child] {
        case .done: continue
        case .open:
          throw JSONSchemaError(
            .endlessReference,
            at: nodes[top.id].path,
            "schema applies itself to the same value without end"
          )
        case .unseen:
          marks[child] = .open
          stack.append((child, nodes[child].inPlace))
        }
      }
    }
  }
}

extension SchemaNode {
  fileprivate var inPlace: [NodeID] { (combination?.applied ?? []) + (object?.dependentSchemas.map(\.node) ?? []) }
}
