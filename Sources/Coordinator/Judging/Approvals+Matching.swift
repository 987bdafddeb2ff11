internal import Digest
internal import JSON
internal import Journal
internal import Policy
internal import Wire

extension Approvals {
  /// Of everything that an approval is about, in canonical form: what differs in a single byte has another hash.
  static func hash(
    job: String,
    step: String?,
    item: Int64?,
    generation: Int64,
    tool: String,
    input: JSON,
    needs: Needs?,
    limits: ResourceLimits?
  ) -> String {
    let what: JSON = [
      "job": .string(job), "step": step.map { .string($0) } ?? .null, "item": item.map { .integer($0) } ?? .null,
      "generation": .integer(generation), "tool": .string(tool), "input": input, "needs": json(needs),
      "limits": json(limits),
    ]
    return SHA256.digest(what.canonical())
  }

  private static func json<Body: WireBody>(_ body: Body?) -> JSON {
    guard let body else { return .null }
    var writer = JSONWriter()
    writer.object(body)
    return (try? JSON(parsing: writer.finish())) ?? .null  // Safety: the writer's own output is JSON.
  }

  /// Whether what was approved for good is what is asked now: the same tool, rules and privileges, and an input that
  /// differs at most where the approver said so.
  static func covers(_ record: ApprovalRecord, _ asked: Approval) -> Bool {
    if asked.rules.contains(where: { $0.name == Judge.ownRule }) { return false }
    guard let given = Approval(record), let any = given.always, given.kind == asked.kind || given.kind != "plan",
      given.tool == asked.tool, given.needs == asked.needs, given.limits == asked.limits,
      given.satisfies(asked.rules)
    else { return false }
    // An input that was changed is the one that was agreed to.
    guard let approved = given.editedInput ?? given.input, let input = asked.input else { return false }
    return approved.matches(input, except: any, at: "")
  }
}

extension JSON {
  /// Equality, apart from what stands at the pointers in `free`.
  fileprivate func matches(_ other: JSON, except free: [String], at path: String) -> Bool {
    if free.contains(path) { return true }
    switch (self, other) {
    case (.object(let mine), .object(let theirs)):
      let keys = Set(mine.members.map(\.key)).union(theirs.members.map(\.key))
      return keys.allSatisfy { key in
        let place = "\(path)/\(Self.escaped(key))"
        guard let a = mine[key], let b = theirs[key] else { return free.contains(place) }
        return a.matches(b, except: free, at: place)
      }
    case (.array(let mine), .array(let theirs)):
      return mine.count == theirs.count
        && mine.indices.allSatisfy { mine[$0].matches(theirs[$0], except: free, at: "\(path)/\($0)") }
    default: return canonical() == other.canonical()
    }
  }

  private static func escaped(_ key: String) -> String {
    var text = ""
    for scalar in key.unicodeScalars {
      switch scalar {
      case "~": text += "~0"
      case "/": text += "~1"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
