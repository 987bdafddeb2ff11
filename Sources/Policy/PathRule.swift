/// Absolute paths that stand for themselves and all that lies below them.
enum PathRule {
  /// `/a/b` without slashes at its end; nil where a part is empty, `.` or `..`, or a NUL stands in it.
  static func plain(_ text: String) -> String? {
    guard text.utf8.first == UInt8(ascii: "/"), !text.utf8.contains(0) else { return nil }
    var path = text[...]
    while path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
    if path == "/" { return "/" }
    let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst()
    let isPlain = parts.allSatisfy { !$0.isEmpty && !$0.elementsEqual(".".utf8) && !$0.elementsEqual("..".utf8) }
    return isPlain ? String(path) : nil
  }

  /// Whether `path` is `folder` or lies below it, by whole parts: `/etcetera` does not lie below `/etc`.
  static func contains(_ folder: String, _ path: String) -> Bool {
    if folder == "/" { return true }
    let (folder, path) = (folder.utf8, path.utf8)
    guard path.starts(with: folder) else { return false }
    let rest = path.dropFirst(folder.count)
    return rest.isEmpty || rest.first == UInt8(ascii: "/")
  }

  /// Whether one lies within the other: who gets `/` gets `/etc` with it.
  static func overlap(_ a: String, _ b: String) -> Bool { contains(a, b) || contains(b, a) }
}
