internal import WorkerKit

/// The folders, or single files, in which one call may act: what the call needs, or all that the worker was granted when
/// the call names nothing; never more than was granted.
struct Roots {
  /// A path as a root above it and the rest; the rest is "." for the root itself.
  struct Place: Sendable {
    let root: String
    let relative: String
    /// The whole path, for messages and answers.
    var shown: String { relative == "." ? root : root == "/" ? "/" + relative : root + "/" + relative }
  }

  private let paths: [String]
  private let verb: String

  init(_ needs: Needs?, grants: Grants, writes: Bool) throws(WireError) {
    verb = writes ? "write" : "read"
    let granted = writes ? grants.write : grants.read + grants.write
    for path in needs?.read ?? [] where !(grants.read + grants.write).contains(where: { Self.holds($0, path) }) {
      throw Self.beyond("read", path)
    }
    for path in needs?.write ?? [] where !grants.write.contains(where: { Self.holds($0, path) }) {
      throw Self.beyond("write", path)
    }
    if let needs, !needs.read.isEmpty || !needs.write.isEmpty {
      paths = writes ? needs.write : needs.read + needs.write
    } else {
      paths = granted
    }
  }

  /// The place that `path` names: absolute, or relative to the only root.
  func place(of path: String) throws(WireError) -> Place {
    if paths.isEmpty {
      throw WireError(
        .refused,
        "no folder may be \(verb == "read" ? "read" : "written"); hint: name it under 'workers.files.\(verb)' in the "
          + "configuration or in 'permissions' of the worker's worker.json, and in the call's needs if it has any",
        data: ["reason": "no_grant"]
      )
    }
    let whole: String
    if path.hasPrefix("/") {
      whole = path
    } else if paths.count == 1 {
      whole = (paths[0] == "/" ? "" : paths[0]) + "/" + path
    } else {
      let roots = shown
      throw WireError(
        .invalidInput,
        "'/path' is '\(path)', which is relative, and there are several folders: \(roots)",
        data: ["reason": "relative_path"]
      )
    }
    let plain = whole.utf8.count > 1 && whole.hasSuffix("/") ? String(whole.dropLast()) : whole
    try Self.checkPlain(plain, path)
    // The narrowest: it decides what is mounted.
    guard let root = paths.filter({ Self.holds($0, plain) }).max(by: { $0.utf8.count < $1.utf8.count }) else {
      throw WireError(
        .refused,
        "'\(path)' lies in no folder that this call may \(verb): \(shown)",
        data: ["reason": "outside", "denied": Self.denial(plain, verb)]
      )
    }
    let rest = plain.utf8.dropFirst(root == "/" ? 1 : root.utf8.count + 1)
    return Place(root: root, relative: rest.isEmpty ? "." : String(decoding: rest, as: UTF8.self))
  }

  static func denial(_ path: String, _ access: String) -> JSON {
    ["kind": "path", "path": .string(path), "access": .string(access), "exact": true]
  }

  private var shown: String {
    paths.prefix(8).map { "'\($0)'" }.joined(separator: ", ") + (paths.count > 8 ? ", …" : "")
  }

  private static func checkPlain(_ path: String, _ given: String) throws(WireError) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    if parts.contains("..") || parts.contains(".") {
      throw WireError(
        .refused,
        "'\(given)' has a component '.' or '..': plain paths are due",
        data: ["reason": "outside"]
      )
    }
    guard path == "/" || parts.allSatisfy({ !$0.isEmpty && $0.utf8.count <= 255 }), !path.utf8.contains(0) else {
      throw WireError(.invalidInput, "'/path' is '\(given)' where a plain path is due", data: ["reason": "bad_path"])
    }
  }

  /// Whether `path` is `root` or lies below it.
  private static func holds(_ root: String, _ path: String) -> Bool {
    root == "/" || path == root || path.hasPrefix(root + "/")
  }

  private static func beyond(_ verb: String, _ path: String) -> WireError {
    WireError(
      .refused,
      "needs.\(verb) names '\(path)', which the files worker itself may not \(verb)",
      data: ["need": .string(verb), "reason": "no_grant", "denied": denial(path, verb)]
    )
  }
}
