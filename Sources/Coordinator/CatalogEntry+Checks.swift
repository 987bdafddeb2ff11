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

  /// A result leaves only when it keeps the tool's promise.
  func checked(_ result: Result<ToolResult, WireError>) -> Result<ToolResult, WireError> {
    guard case .success(let value) = result else { return result }
    if let size = value.output.bytes(over: Limit.outputBytes) {
      let what = "output of tool '\(tool.name)' of worker '\(kind.manifest.name)'"
      return .failure(.limitExceeded("output_bytes", what, value: size, limit: Limit.outputBytes))
    }
    if let refusal = refusal(ofOutput: value.output) { return .failure(refusal) }
    return result
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
