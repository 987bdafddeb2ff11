internal import Glibc
internal import JSON
internal import Posix
internal import Wire

/// The manifests found on a search path: `FOLDER/*/worker.json`, and `FOLDER/worker.json` itself.
package struct WorkerRegistry: Sendable {
  package private(set) var manifests: [String: WorkerManifest] = [:]
  /// One text per manifest or folder that could not be used.
  package private(set) var errors: [String] = []

  /// Folders whose manifest, or search folders whose listing, could not be read.
  private var unusable: [String] = []

  private static let manifestBytes = 1 << 20

  /// Of two manifests with one name the earlier on the path wins, and the later is an error.
  package init(searching path: [String]) {
    for folder in path {
      for candidate in candidates(in: folder) { load(candidate) }
    }
  }

  private mutating func candidates(in folder: String) -> [String] {
    guard let directory = opendir(folder) else {
      errors.append(PosixError.current("opendir", folder).description)
      unusable.append(Self.absolute(folder))
      return []
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    let folders = names.sorted().map { "\(folder)/\($0)" }
    return ([folder] + folders).filter { access("\($0)/worker.json", F_OK) == 0 }
  }

  /// The manifests, and of `previous` those that stand where something could not be read: a mistake in a file costs no
  /// worker that runs.
  package func manifests(keeping previous: [String: WorkerManifest]) -> [String: WorkerManifest] {
    let kept = previous.filter { _, manifest in
      unusable.contains { manifest.folder == $0 || manifest.folder.hasPrefix($0 + "/") }
    }
    return manifests.merging(kept) { new, _ in new }
  }

  private mutating func load(_ folder: String) {
    let path = "\(folder)/worker.json"
    do {
      let file = try Descriptor.open(path, O_RDONLY)
      let json = try JSON(parsing: try file.readAll(limit: Self.manifestBytes))
      let manifest = try WorkerManifest(json, folder: Self.absolute(folder))
      if let other = manifests[manifest.name] {
        errors.append("\(path): worker '\(manifest.name)' is already defined in '\(other.folder)'")
      } else {
        manifests[manifest.name] = manifest
      }
    } catch {
      errors.append("\(path): \(error)")
      unusable.append(Self.absolute(folder))
    }
  }

  private static func absolute(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
