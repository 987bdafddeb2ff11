internal import JSON
package import Plan
package import Wire

extension PlanMistake {
  package init(_ error: PlanError) { self.init(path: error.path, name: error.name.rawValue, message: error.message) }

  var json: JSON { PlanError(path: path, name: PlanError.Name(rawValue: name), message: message).json }

  /// By its place in a plan that stands `first` steps further on; nil where it is about the steps before.
  func moved(by first: Int) -> PlanMistake? {
    let parts = path.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: true)
    guard parts.first == "steps", parts.count > 1, let index = Int(parts[1]) else { return self }
    guard index >= first else { return nil }
    let rest = parts.count > 2 ? "/\(parts[2])" : ""
    return PlanMistake(path: "/steps/\(index - first)\(rest)", name: name, message: message)
  }
}

extension JSON {
  /// This value with every string that is exactly `file:NAME` replaced by the file of that name.
  func naming(_ files: [String: Artifact]) -> JSON {
    guard !files.isEmpty else { return self }
    switch self {
    case .string(let text):
      guard text.utf8.starts(with: "file:".utf8), let file = files[String(text.dropFirst(5))] else { return self }
      var writer = JSONWriter()
      writer.object(file)
      return (try? JSON(parsing: writer.finish())) ?? self  // Safety: the writer's own output is JSON.
    case .array(let elements): return .array(elements.map { $0.naming(files) })
    case .object(let object): return .object(JSONObject(object.members.map { ($0.key, $0.value.naming(files)) }))
    default: return self
    }
  }
}
