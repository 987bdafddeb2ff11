internal import Digest
internal import Engine
internal import JSON
internal import Supervision
internal import Wire

extension CatalogEntry {
  /// What jobs and calls agree on with the tool as it is offered today.
  var terms: ToolTerms {
    ToolTerms(
      worker: kind.manifest.name,
      version: kind.peer?.version ?? "",
      schema: schemaDigest,
      isIdempotent: tool.isIdempotent || tool.isPure,
      isPure: tool.isPure,
      needs: tool.needs,
      limits: tool.limits
    )
  }

  /// Whether a call of it may be written down when it has ended: a pure tool of a worker that reaches nothing.
  var isBrief: Bool { tool.isPure && kind.manifest.permissions.reachesNothing }

  /// A result leaves only when it keeps the tool's promise.
  func checked(_ result: Result<ToolResult, WireError>) -> Result<ToolResult, WireError> {
    guard case .success(let value) = result else { return result }
    if let size = value.output.bytes(over: Limit.outputBytes) {
      let what = "output of tool '\(tool.name)' of worker '\(kind.manifest.name)'"
      return .failure(.limitExceeded("output_bytes", what, value: size, limit: Limit.outputBytes))
    }
    if let refusal = refusal(ofOutput: value.output) {
      // What is wrong with a secret tells of it.
      guard tool.hasSecretOutput else { return .failure(refusal) }
      let what = "output of tool '\(tool.name)' of worker '\(kind.manifest.name)' breaks its schema"
      return .failure(WireError(refusal.name, what, data: ["redacted": true]))
    }
    if tool.hasSecretOutput, !value.artifacts.isEmpty {
      let what =
        "tool '\(tool.name)' of worker '\(kind.manifest.name)' has a secret output, and answered with artifacts"
      return .failure(WireError(.invalidOutput, "\(what), which are kept"))
    }
    return result
  }

  /// Why a worker of this kind may not call the tool; nil stands for a client and for a step of a plan.
  func refusal(ofCaller worker: String?) -> WireError? {
    guard let callers = kind.manifest.callers else { return nil }
    if let worker, callers.contains(worker) { return nil }
    let who = worker.map { "worker '\($0)'" } ?? "a client or a plan"
    let allowed = callers.map { "'\($0)'" }.joined(separator: ", ")
    return WireError(
      .refused,
      "tool '\(tool.name)' is not for \(who): the manifest of its worker names as 'callers' \(allowed.isEmpty ? "nobody" : allowed)"
    )
  }
}

extension JSON {
  /// The size as compact text if it is over `limit`, else nil. Only what may be so large is written out to know.
  func bytes(over limit: Int) -> Int? {
    var budget = limit
    guard !spend(&budget) else { return nil }
    let size = serialized().count
    return size > limit ? size : nil
  }

  /// Takes an upper bound of the size off `budget`; false when that is used up.
  private func spend(_ budget: inout Int) -> Bool {
    switch self {
    case .null, .bool: budget -= 8
    case .string(let text): budget -= 6 * text.utf8.count + 4
    case .array(let items):
      budget -= 4
      for item in items where budget >= 0 { _ = item.spend(&budget) }
    case .object(let object):
      budget -= 4
      for member in object.members where budget >= 0 {
        budget -= 6 * member.key.utf8.count + 4
        _ = member.value.spend(&budget)
      }
    case .integer: budget -= 24
    case .number(let number): budget -= number.text.utf8.count + 2
    }
    return budget >= 0
  }
}

extension JSON {
  /// Digests of the artifacts that are named anywhere in this value.
  var artifactDigests: [String] {
    var found: Set<String> = []
    collect(into: &found)
    return found.sorted()
  }

  private func collect(into found: inout Set<String>) {
    switch self {
    case .array(let elements): for element in elements { element.collect(into: &found) }
    case .object(let object):
      if let digest = object["artifact"]?.stringValue, SHA256.isDigest(digest) { found.insert(digest) }
      for member in object.members { member.value.collect(into: &found) }
    default: break
    }
  }
}
