import Foundation
import Glibc
import Testing

@testable import Supervision

/// A folder that the files worker is granted, and beside it what it must never reach.
final class FileFolder {
  private let top: String
  let root: String
  let outside: String
  let bench: ToolBench

  /// `single`: whether calls are granted writing too.
  init(writable: Bool = true, at location: SourceLocation = #_sourceLocation) throws {
    top = "/var/tmp/bulkhead-files-\(UUID().uuidString)"
    root = top + "/root"
    outside = top + "/outside"
    for folder in [top, root, outside] {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      chmod(folder, 0o777)
    }
    try Data("secret\n".utf8).write(to: URL(filePath: outside + "/secret"))
    chmod(outside + "/secret", 0o666)
    let root = root
    bench = try ToolBench("files", at: location) {
      if writable { $0.permissions.write = [root] } else { $0.permissions.read = [root] }
    }
  }

  deinit {
    // Safety: what is left harms nobody.
    try? FileManager.default.removeItem(atPath: top)
  }

  func put(_ name: String, _ text: String) throws { try put(name, Array(text.utf8)) }

  func put(_ name: String, _ bytes: [UInt8]) throws {
    let path = root + "/" + name
    try FileManager.default.createDirectory(
      atPath: URL(filePath: path).deletingLastPathComponent().path,
      withIntermediateDirectories: true
    )
    try Data(bytes).write(to: URL(filePath: path))
    chmod(path, 0o666)
    chmod(URL(filePath: path).deletingLastPathComponent().path, 0o777)
  }

  func text(_ name: String) -> String? {
    FileManager.default.contents(atPath: root + "/" + name).map { String(decoding: $0, as: UTF8.self) }
  }

  func mode(_ name: String) -> UInt32 {
    var status = stat()
    return lstat(root + "/" + name, &status) == 0 ? status.st_mode & 0o7777 : 0
  }

  var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: root))?.sorted() ?? [] }  // Safety: test
}
