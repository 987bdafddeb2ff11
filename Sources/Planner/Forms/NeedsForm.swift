internal import JSON
internal import Wire

/// How a model says what a step may do beyond what its tool has by itself, where the request grants anything.
struct NeedsForm: Sendable {
  let ceiling: Needs

  /// Values that a schema lists; more are left to the check.
  private static let listed = 64

  /// Schema of a step's `needs`.
  /// - Parameters:
  ///   - isStrict: every member is required, an empty list or `none` says nothing.
  ///   - isSparse: nothing but the very values that were granted, for models that would make up others.
  func schema(isStrict: Bool, isSparse: Bool) -> JSON {
    var properties = JSONObject()
    func add(_ name: String, _ granted: [String], isOpen: Bool) {
      if granted.isEmpty { return }
      let isListed = (isSparse || !isOpen) && granted.count <= Self.listed
      let items: JSON = isListed ? ["enum": .array(granted.map { .string($0) })] : [:]
      properties[name] = ["type": "array", "items": items.typed("string")]
    }
    // What may be written may be read; below a path there are others.
    add("read", ceiling.read + ceiling.write.filter { !ceiling.read.contains($0) }, isOpen: true)
    add("write", ceiling.write, isOpen: true)
    add("programs", ceiling.programs ?? [], isOpen: false)
    add("hosts", ceiling.hosts, isOpen: ceiling.hosts.contains { $0.hasPrefix("*") })
    add("environment", ceiling.environment.keys.sorted(), isOpen: false)
    if let profile = ceiling.profile {
      properties["profile"] = ["type": "string", "enum": isStrict ? ["none", .string(profile)] : [.string(profile)]]
    }
    var object: JSONObject = ["type": "object", "properties": .object(properties), "additionalProperties": false]
    if isStrict { object["required"] = .array(properties.keys.map { .string($0) }) }
    return .object(object)
  }

  /// The `needs` that a model wrote, as a plan has them; nil: none. What was not granted stays, to be found by the check.
  func read(_ json: JSON?) -> JSON? {
    guard case .object(let written)? = json else { return json == .null ? nil : json }
    var needs = JSONObject()
    for member in written.members {
      switch member.value {
      case .array([]), .object(JSONObject()), .null, "", "none": continue
      case .array(let names) where member.key == "environment":
        needs[member.key] = .object(
          JSONObject(
            names.compactMap(\.stringValue).map { name in
              (name, .string(ceiling.environment[name] ?? ""))
            }
          )
        )
      default: needs[member.key] = member.value
      }
    }
    return needs.isEmpty ? nil : .object(needs)
  }

  /// What the request grants, in a line of a prompt.
  var line: String {
    func listed(_ name: String, _ values: [String]) -> String? {
      if values.isEmpty { return nil }
      let more = values.count > Self.listed ? " and \(values.count - Self.listed) more" : ""
      return "\(name) " + values.prefix(Self.listed).map { ShownText.line($0, limit: 256) }.joined(separator: ", ")
        + more
    }
    let granted = [
      listed("read", ceiling.read), listed("write", ceiling.write), listed("programs", ceiling.programs ?? []),
      listed("hosts", ceiling.hosts), listed("environment", ceiling.environment.keys.sorted()),
      listed("profile", ceiling.profile.map { [$0] } ?? []),
    ]
    return "Granted to a step that lists it in its \"needs\", which names what that step uses and nothing else: "
      + granted.compactMap(\.self).joined(separator: "; ")
  }

  /// nil: nothing is granted, so that a step has no `needs`.
  init?(_ needs: Needs?) {
    guard let needs, needs != Needs() else { return nil }
    ceiling = needs
  }
}

extension JSON {
  fileprivate func typed(_ type: String) -> JSON {
    guard case .object(var object) = self else { return self }
    object["type"] = .string(type)
    return .object(object)
  }
}
