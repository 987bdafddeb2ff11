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
      guard let text = try read(named) else {
        throw unreadable(named, errnoMessage(ENOENT), errno: ENOENT)
      }
      return try decode(text, file: named, environment: environment)
    }
    for file in Locations(mode: .user, environment: environment).configurationFiles {
      if let text = try read(file) { return try decode(text, file: file, environment: environment) }
    }
    return try defaults(environment: environment)
  }

  package static func defaults(environment: [String: String]) throws(ConfigurationError) -> LoadedConfiguration {
    let loaded = try decode([], file: "", environment: environment)
    return LoadedConfiguration(configuration: loaded.configuration, file: nil, origins: [:])
  }

  /// nil when there is no such file.
  private static func read(_ path: String) throws(ConfigurationError) -> [UInt8]? {
    let limit = YAMLLimits().bytes
    do {
      let descriptor = try Descriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
      let status = try fileStatus(of: descriptor)
      guard status.st_mode & S_IFMT == S_IFREG else { throw unreadable(path, "no regular file") }
      // Whoever may write it decides which programs run.
      guard status.st_mode & 0o002 == 0 else {
        throw unreadable(path, "everyone may write it", hint: "chmod o-w")
      }
      guard status.st_size <= limit else {
        let message = "text of \(status.st_size) bytes exceeds the limit of \(limit)"
        throw ConfigurationError(ConfigurationError.Mistake(.limitExceeded, file: path, message))
      }
      return try descriptor.readAll(limit: limit)
    } catch let error as ConfigurationError {
      throw error
    } catch let error as PosixError {
      if error.errno == ENOENT || error.errno == ENOTDIR { return nil }
      throw unreadable(path, errnoMessage(error.errno), errno: error.errno)
    } catch {
      throw unreadable(path, "\(error)")
    }
  }

  private static func unreadable(
    _ path: String,
    _ why: String,
    hint: String? = nil,
    errno: Int32? = nil
  ) -> ConfigurationError {
    let message = "configuration \(quoted(path)) cannot be read: \(why)"
    return ConfigurationError(ConfigurationError.Mistake(.unreadable, message, hint: hint, errno: errno))
  }
}
