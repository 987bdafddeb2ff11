internal import Glibc
internal import JSON
internal import Posix

extension Configuration {
  /// The configuration from the first of: `explicit` (the option `--config`), `$BULKHEAD_CONFIG`, and the files of
  /// `Locations.configurationFiles`. A named file must exist; without any file everything is a default.
  package static func load(
    explicit: String?,
    environment: [String: String]
  ) throws(ConfigurationError) -> LoadedConfiguration {
    let named = [explicit, environment["BULKHEAD_CONFIG"]].compactMap(\.self).first { !$0.isEmpty }
    if let named {
      guard let text = try ConfigurationFile.read("configuration", named) else {
        throw ConfigurationFile.unreadable("configuration", named, errnoMessage(ENOENT), errno: ENOENT)
      }
      return try decode(text, file: named, environment: environment)
    }
    for file in Locations(mode: .user, environment: environment).configurationFiles {
      if let text = try ConfigurationFile.read("configuration", file) {
        return try decode(text, file: file, environment: environment)
      }
    }
    return try defaults(environment: environment)
  }

  package static func defaults(environment: [String: String]) throws(ConfigurationError) -> LoadedConfiguration {
    let loaded = try decode([], file: "", environment: environment)
    return LoadedConfiguration(configuration: loaded.configuration, file: nil, origins: [:], policyNode: nil)
  }
}
