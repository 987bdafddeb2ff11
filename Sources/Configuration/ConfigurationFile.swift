internal import Glibc
internal import JSON
internal import Posix

/// Files that decide what this service does; `what` is the word for one in messages.
enum ConfigurationFile {
  /// nil when there is no such file.
  static func read(_ what: String, _ path: String) throws(ConfigurationError) -> [UInt8]? {
    let limit = YAMLLimits().bytes
    do {
      let descriptor = try Descriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
      let status = try fileStatus(of: descriptor)
      guard status.st_mode & S_IFMT == S_IFREG else { throw unreadable(what, path, "no regular file") }
      // Whoever may write it decides which programs run.
      guard status.st_mode & 0o002 == 0 else {
        throw unreadable(what, path, "everyone may write it", hint: "chmod o-w")
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
      throw unreadable(what, path, errnoMessage(error.errno), errno: error.errno)
    } catch {
      throw unreadable(what, path, "\(error)")
    }
  }

  static func unreadable(
    _ what: String,
    _ path: String,
    _ why: String,
    hint: String? = nil,
    errno: Int32? = nil
  ) -> ConfigurationError {
    let message = "\(what) \(quoted(path)) cannot be read: \(why)"
    return ConfigurationError(ConfigurationError.Mistake(.unreadable, message, hint: hint, errno: errno))
  }
}
