import Foundation
import JSON

/// The files of `protocol/`, as a stranger gets them: the one source that code is compared with.
enum Contract {
  static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  static let folder = root.appending(path: "protocol")

  struct Broken: Error, CustomStringConvertible {
    let description: String
  }

  static func bytes(_ path: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: folder.appending(path: path))) }

  static func text(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }

  static func json(_ path: String) throws -> JSON {
    do { return try JSON(parsing: try bytes(path)) } catch { throw Broken(description: "\(path): \(error)") }
  }

  /// Names of the files in a folder that end in `suffix`, sorted.
  static func files(_ path: String, _ suffix: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: path).path)
      .filter { $0.hasSuffix(suffix) }.sorted()
  }

  /// The rows of the table in README.md under the first heading `title`, without its head; cells are trimmed.
  static func table(_ title: String) throws -> [[String]] {
    let lines = try text("README.md").split(separator: "\n", omittingEmptySubsequences: false)
    guard let heading = lines.firstIndex(where: { $0 == "## \(title)" }) else {
      throw Broken(description: "README.md has no section '\(title)'")
    }
    return lines[heading...].drop { !$0.hasPrefix("|") }.prefix { $0.hasPrefix("|") }.dropFirst(2).map { line in
      line.dropFirst().dropLast().split(separator: "|", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
    }
  }

  /// Name → value of the table of limits.
  static func limits() throws -> [String: Int64] {
    try named("Limits") { row in (row[0], row[1].replacing(",", with: "")) }
  }

  /// Name → code of the table of errors.
  static func errors() throws -> [String: Int64] {
    try named("Errors") { row in (row[1], row[0].replacing("−", with: "-")) }
  }

  private static func named(_ title: String, _ cells: ([String]) -> (String, String)) throws -> [String: Int64] {
    var result: [String: Int64] = [:]
    for row in try table(title) {
      guard row.count >= 3, let value = Int64(cells(row).1) else {
        throw Broken(description: "table '\(title)' has a row without a number: \(row)")
      }
      let name = cells(row).0.trimmingCharacters(in: ["`"])
      if result.updateValue(value, forKey: name) != nil {
        throw Broken(description: "table '\(title)' has '\(name)' twice")
      }
    }
    return result
  }
}
