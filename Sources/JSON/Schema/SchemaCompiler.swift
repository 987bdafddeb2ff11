/// Turns a schema into a `SchemaProgram`.
///
/// First every subschema of a document gets a number (`register`), with its base URI, resource and anchors; then each is
/// built, which may reach further documents and so register more; at the end, cycles that never move into the value are
/// refused.
struct SchemaCompiler {
  /// A subschema and where it stands.
  struct Place {
    let schema: JSON
    let document: Int
    /// JSON Pointer from the document's root.
    let pointer: String
    let keyword: String
    let base: SchemaURI
    let resource: NodeID
  }

  let limits: JSONSchema.Limits
  private let documents: [String: JSON]
  /// URI and root of every document reached so far; the schema itself is the first.
  private var loaded: [(uri: String, root: JSON)] = []
  private(set) var places: [Place] = []
  private var ids: [PlaceKey: NodeID] = [:]
  private var resources: [String: NodeID] = [:]
  private var anchors: [AnchorKey: NodeID] = [:]
  /// The anchors among them that are dynamic: name → resource → schema.
  private var dynamicAnchors: [String: [NodeID: NodeID]] = [:]
  private var patterns: [String: Pattern] = [:]
  private var patternBytes = 0
  private var hasDynamicReference = false

  private struct PlaceKey: Hashable {
    let document: Int
    let pointer: String
  }

  private struct AnchorKey: Hashable {
    let resource: NodeID
    let name: String
  }

  init(documents: [String: JSON], limits: JSONSchema.Limits) {
    self.documents = documents
    self.limits = limits
  }

  mutating func compile(_ schema: JSON) throws(JSONSchemaError) -> SchemaProgram {
    try load("", schema)
    var nodes: [SchemaNode] = []
    // Building may reach further documents, which adds places.
    while nodes.count < places.count { nodes.append(try build(nodes.count)) }
    try refuseEndlessReferences(nodes)
    return SchemaProgram(
      nodes: nodes,
      dynamicAnchors: dynamicAnchors,
      tracksScopes: hasDynamicReference,
      limits: limits
    )
  }

  // MARK: Registering

  @discardableResult
  private mutating func load(_ uri: String, _ root: JSON) throws(JSONSchemaError) -> NodeID {
    loaded.append((uri, root))
    let id = places.count
    if resources[uri] == nil { resources[uri] = id }
    try register(root, loaded.count - 1, "", keyword: "", base: SchemaURI(uri), resource: id, depth: 0)
    return id
  }

  private mutating func register(
    _ schema: JSON,
    _ document: Int,
    _ pointer: String,
    keyword: String,
    base: SchemaURI,
    resource: NodeID,
    depth: Int
  ) throws(JSONSchemaError) {
    let path = path(document, pointer)
    guard depth <= limits.depth else {
      throw JSONSchemaError(.limitExceeded, at: path, "schemas nested deeper than the limit of \(limits.depth)")
    }
    guard places.count < limits.subschemas else {
      throw JSONSchemaError(.limitExceeded, at: path, "more subschemas than the limit of \(limits.subschemas)")
    }
    var base = base
    var resource = resource
    let id = places.count
    ids[PlaceKey(document: document, pointer: pointer)] = id
    guard case .object(let object) = schema else {
      guard case .bool = schema else {
        throw JSONSchemaError(.invalidKeyword, at: path, "\(withArticle(schema.typeName)) where a schema is due")
      }
      places.append(
        Place(
          schema: schema,
          document: document,
          pointer: pointer,
          keyword: keyword,
          base: base,
          resource: resource
        )
      )
      return
    }
    if let text = object["$id"] {
      guard case .string(let text) = text else { throw wrongType("$id", "a string", text, path) }
      // A lone fragment was an anchor in older drafts; it names no resource.
      if !text.hasPrefix("#") {
        base = base.resolving(SchemaURI(text))
        resource = id
        guard resources[base.resource] == nil || resources[base.resource] == id else {
          throw JSONSchemaError(.duplicateIdentifier, at: path + "/$id", "$id \(quoted(base.resource)) appears twice")
        }
        resources[base.resource] = id
      }
    }
    places.append(
      Place(schema: schema, document: document, pointer: pointer, keyword: keyword, base: base, resource: resource)
    )
    try registerAnchors(object, id, resource, path)
    for member in object.members {
      guard let shape = SubschemaShape(keyword: member.key) else { continue }
      for (step, child) in try shape.children(of: member.value, member.key, path) {
        try register(
          child,
          document,
          pointer + "/" + escaped(member.key) + step,
          keyword: member.key,
          base: base,
          resource: resource,
          depth: depth + 1
        )
      }
    }
  }

  private mutating func registerAnchors(
    _ object: JSONObject,
    _ id: NodeID,
    _ resource: NodeID,
    _ path: String
  ) throws(JSONSchemaError) {
    for keyword in ["$anchor", "$dynamicAnchor"] {
      guard let value = object[keyword] else { continue }
      guard case .string(let name) = value else { throw wrongType(keyword, "a string", value, path) }
      let previous = anchors.updateValue(id, forKey: AnchorKey(resource: resource, name: name))
      guard previous == nil || previous == id else {
        throw JSONSchemaError(.duplicateIdentifier, at: path + "/" + keyword, "anchor \(quoted(name)) appears twice")
      }
      if keyword == "$dynamicAnchor" { dynamicAnchors[name, default: [:]][resource] = id }
    }
  }

  /// See `JSONSchema.Violation.schemaPath`.
  func path(_ document: Int, _ pointer: String) -> String {
    document == 0 ? pointer : loaded[document].uri + "#" + pointer
  }

  /// The node of the subschema at `step` (one or two pointer tokens) below `place`; `register` has seen them all.
  func child(_ place: Place, _ step: String) throws(JSONSchemaError) -> NodeID {
    guard let id = ids[PlaceKey(document: place.document, pointer: place.pointer + step)] else {
      throw JSONSchemaError(.invalidKeyword, at: path(place.document, place.pointer + step), "no schema")
    }
    return id
  }

  mutating func pattern(_ source: String, _ path: String) throws(JSONSchemaError) -> Pattern {
    if let known = patterns[source] { return known }
    patternBytes += source.utf8.count
    guard patternBytes <= limits.patternBytes else {
      throw JSONSchemaError(.limitExceeded, at: path, "more bytes of patterns than the limit of \(limits.patternBytes)")
    }
    do throws(PatternError) {
      let pattern = try Pattern(source)
      patterns[source] = pattern
      return pattern
    } catch {
      throw JSONSchemaError(.invalidPattern, at: path, "pattern \(quoted(source)): \(error)")
    }
  }

  // MARK: References

  /// The schema that `text` leads to as seen from `place`, and the name of the anchor if it went by one.
  private mutating func resolve(
    _ text: String,
    from place: Place,
    _ path: String
  ) throws(JSONSchemaError) -> (id: NodeID, anchor: String?) {
    let uri = place.base.resolving(SchemaURI(text))
    guard let fragment = uri.decodedFragment else { throw unresolved(text, path) }
    let root: NodeID
    if let known = resources[uri.resource] {
      root = known
    } else if let document = documents[uri.resource] ?? Metaschema.document(uri.resource) {
      root = try load(uri.resource, document)
    } else {
      throw unresolved(text, path)
    }
    if fragment.isEmpty { return (root, nil) }
    if fragment.hasPrefix("/") {
      guard let id = try resolve(pointer: fragment, from: places[root]) else { throw unresolved(text, path) }
      return (id, nil)
    }
    guard let id = anchors[AnchorKey(resource: root, name: fragment)] else { throw unresolved(text, path) }
    return (id, fragment)
  }

  /// A pointer may also lead to a place that no keyword makes a schema; then it becomes one.
  private mutating func resolve(pointer: String, from root: Place) throws(JSONSchemaError) -> NodeID? {
    var value = root.schema
    var here = root.pointer
    var nearest = root
    for token in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
      let name = unescaped(token)
      switch value {
      case .object(let object):
        guard let next = object[name] else { return nil }
        value = next
      case .array(let elements):
        guard let i = Int(name), elements.indices.contains(i), String(i) == name else { return nil }
        value = elements[i]
      default: return nil
      }
      here += "/" + escaped(name)
      if let id = ids[PlaceKey(document: root.document, pointer: here)] { nearest = places[id] }
    }
    if let id = ids[PlaceKey(document: root.document, pointer: here)] { return id }
    let id = places.count
    try register(
      value,
      root.document,
      here,
      keyword: "$ref",
      base: nearest.base,
      resource: nearest.resource,
      depth: here.utf8.count { $0 == UInt8(ascii: "/") }
    )
    return id
  }

  private func unresolved(_ text: String, _ path: String) -> JSONSchemaError {
    JSONSchemaError(.unresolvedReference, at: path, "reference \(quoted(text)) leads nowhere")
  }

  /// `$ref`.
  mutating func reference(_ text: String, from place: Place, _ path: String) throws(JSONSchemaError) -> NodeID {
    try resolve(text, from: place, path).id
  }

  /// `$dynamicRef`: dynamic only if it leads, by its name, to a dynamic anchor.
  mutating func dynamicReference(
    _ text: String,
    from place: Place,
    _ path: String
  ) throws(JSONSchemaError) -> (fixed: NodeID?, dynamic: CombinationRules.Dynamic) {
    let (id, anchor) = try resolve(text, from: place, path)
    guard let anchor, let offers = dynamicAnchors[anchor], offers.values.contains(id) else { return (id, .none) }
    hasDynamicReference = true
    return (nil, .anchor(name: anchor, fallback: id))
  }
}
