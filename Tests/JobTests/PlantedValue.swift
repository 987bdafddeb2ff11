import Foundation

/// A value that must come to stand in no file.
struct PlantedValue {
  private let bytes: Data

  init(_ text: String) { bytes = Data(text.utf8) }

  /// Files below `folder` that hold it.
  func found(below folder: String) throws -> [String] {
    guard let files = FileManager.default.enumerator(atPath: folder) else { throw CocoaError(.fileNoSuchFile) }
    var found: [String] = []
    var examined = 0
    for case let file as String in files {
      guard let content = FileManager.default.contents(atPath: "\(folder)/\(file)") else { continue }
      examined += 1
      if content.range(of: bytes) != nil { found.append(file) }
    }
    // A folder without files proves nothing.
    return examined > 0 ? found : ["(no file)"]
  }
}
