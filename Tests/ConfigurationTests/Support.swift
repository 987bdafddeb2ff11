import Configuration

let home = ["HOME": "/home/ada"]

/// The messages for `text` as `c.yaml`; empty when it loads.
func mistakes(_ text: String, environment: [String: String] = home) -> [String] {
  mistakes(Array(text.utf8), environment: environment)
}

func mistakes(_ text: [UInt8], environment: [String: String] = home) -> [String] {
  do {
    _ = try Configuration.decode(text, file: "c.yaml", environment: environment)
    return []
  } catch {
    return error.description.split(separator: "\n").map(String.init)
  }
}

func load(_ text: String, environment: [String: String] = home) throws -> LoadedConfiguration {
  try Configuration.decode(Array(text.utf8), file: "c.yaml", environment: environment)
}
