internal import Glibc
internal import JSON
package import Plan
internal import Posix
package import Wire

/// The recipes of the workers and of the operator: every `*.json` in their folders.
package struct RecipeBook {
  package private(set) var recipes: [String: Recipe] = [:]
  /// One text for each file that cannot be used.
  package private(set) var errors: [String] = []

  private static let fileBytes = 1 << 20
  private static let limit = 1_024

  package init() {}

  /// Of two recipes with one name the earlier wins. A folder that does not exist has none.
  package init(folders: [String]) {
    for folder in folders {
      for name in Self.files(in: folder) where recipes.count < Self.limit { load("\(folder)/\(name)") }
    }
  }

  private static func files(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name.hasSuffix(".json"), !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted()
  }

  private mutating func load(_ path: String) {
    do {
      let file = try Descriptor.open(path, O_RDONLY)
      let recipe = try Recipe(try JSON(parsing: try file.readAll(limit: Self.fileBytes)))
      if recipes[recipe.name] == nil {
        recipes[recipe.name] = recipe
      } else {
        errors.append("\(path): there is another recipe '\(recipe.name)' before it")
      }
    } catch {
      errors.append("\(path): \(error)")
    }
  }

  package func find(_ name: String) throws(WireError) -> Recipe {
    if let recipe = recipes[name] { return recipe }
    let nearest = nearest(to: name, among: Array(recipes.keys))
    throw WireError(
      .notFound,
      "there is no recipe \(quoted(name))" + (nearest.map { " (did you mean '\($0)'?)" } ?? ""),
      data: nearest.map { ["nearest": .string($0)] } ?? JSONObject()
    )
  }
}
