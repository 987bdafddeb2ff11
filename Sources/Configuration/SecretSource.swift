internal import Glibc
internal import JSON
internal import Posix

/// Where a secret is, never what it is.
package enum SecretSource: Sendable, Hashable {
  /// A variable of the coordinator's own environment.
  case environment(String)
  /// The absolute path of a file that only the coordinator's user can read.
  case file(String)
}

/// A secret's text, which shows itself to nobody by accident.
package struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package let text: String

  package init(_ text: String) { self.text = text }

  package var description: String { "(secret)" }
  package var debugDescription: String { "(secret)" }
  package var customMirror: Mirror { Mirror(self, children: []) }
}

extension SecretSource: CustomStringConvertible {
  package var description: String {
    switch self {
    case .environment(let name): "variable \(quoted(name))"
    case .file(let path): "file \(quoted(path))"
    }
  }
}

extension SecretSource {
  static func decode(_ section: ConfigurationFields) -> [String: SecretSource] {
    let reader = section.reader
    var sources: [String: SecretSource] = [:]
    for entry in section.others() {
      let path = section.path(entry.key)
      guard isVariableName(entry.key) else {
        let hint = "a letter or '_', then letters, digits and '_'"
        reader.report(.invalidValue, at: entry.position, "\(quoted(path)) names no secret", hint: hint)
        continue
      }
      if case .string = entry.value.content {
        // The value may be the secret itself: it is not repeated.
        let hint = "write {env: NAME} or {file: PATH}"
        reader.report(.wrongType, at: entry.value.position, "\(quoted(path)) is no source of a secret", hint: hint)
        continue
      }
      sources[entry.key] = one(ConfigurationFields(entry.value, at: path, reader))
    }
    return sources
  }

  /// One of `{env: NAME}` and `{file: PATH}`.
  static func one(_ fields: ConfigurationFields) -> SecretSource? {
    var fields = fields
    let reader = fields.reader
    let variable = fields.literal("env")
    let file = fields.literal("file")
    fields.finish()
    let given = ["env", "file"].filter { reader.origins[fields.path($0)] != nil }
    guard given.count == 1 else {
      let hint = "write {env: NAME} or {file: PATH}"
      reader.report(
        .missingKey,
        at: fields.position,
        "\(quoted(fields.path)) needs one of 'env' and 'file'",
        hint: hint
      )
      return nil
    }
    if let (name, node) = variable {
      if isVariableName(name) { return .environment(name) }
      reader.report(.invalidValue, at: node.position, "\(quoted(fields.path("env"))) is no name of a variable")
    }
    if let (path, node) = file {
      if path.hasPrefix("/") { return .file(path) }
      reader.report(.invalidValue, at: node.position, "\(quoted(fields.path("file"))) is no absolute path")
    }
    return nil
  }

  package static let limitBytes = 65_536

  /// The secret. For when a worker is spawned: nothing is kept. Errors name the source, never the value.
  ///
  /// A file must be a regular one, of this process's effective user, and closed to everyone else; its last component is
  /// no symbolic link; one newline at its end is not part of the secret.
  package func read(environment: [String: String]) throws(ConfigurationError) -> Secret {
    switch self {
    case .environment(let name):
      guard let value = environment[name] else { throw failure("is not set") }
      return try checked(Array(value.utf8))
    case .file(let path):
      var bytes = try readFile(path)
      if bytes.last == "\n" { bytes.removeLast() }
      return try checked(bytes)
    }
  }

  private func checked(_ bytes: [UInt8]) throws(ConfigurationError) -> Secret {
    if bytes.isEmpty { throw failure("is empty") }
    if bytes.count > Self.limitBytes {
      throw failure("of \(bytes.count) bytes exceeds the limit of \(Self.limitBytes)")
    }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw failure("is not UTF-8") }
    return Secret(text)
  }

  private func readFile(_ path: String) throws(ConfigurationError) -> [UInt8] {
    do {
      // Non-blocking, so that a FIFO in its place cannot hang the coordinator.
      let descriptor = try Descriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
      let status = try fileStatus(of: descriptor)
      guard status.st_mode & S_IFMT == S_IFREG else { throw failure("is no regular file") }
      guard status.st_uid == geteuid() else {
        throw failure("belongs to user \(status.st_uid)", hint: "it must belong to user \(geteuid())")
      }
      guard status.st_mode & 0o077 == 0 else {
        let mode = String(status.st_mode & 0o7777, radix: 8)
        throw failure("has mode \(mode), others can use it", hint: "chmod 600")
      }
      // One more for the newline at the end.
      guard status.st_size <= Self.limitBytes + 1 else {
        throw failure("of \(status.st_size) bytes exceeds the limit of \(Self.limitBytes)")
      }
      return try descriptor.readAll(limit: Self.limitBytes + 1)
    } catch let error as ConfigurationError {
      throw error
    } catch let error as PosixError {
      let isLink = error.errno == ELOOP
      throw failure(isLink ? "is a symbolic link" : "cannot be read: \(errnoMessage(error.errno))", errno: error.errno)
    } catch {
      throw failure("cannot be read")
    }
  }

  private func failure(_ what: String, hint: String? = nil, errno: Int32? = nil) -> ConfigurationError {
    ConfigurationError(ConfigurationError.Mistake(.secret, "secret from \(self) \(what)", hint: hint, errno: errno))
  }
}

func fileStatus(of descriptor: borrowing Descriptor) throws(PosixError) -> stat {
  let raw = descriptor.raw
  var status = stat()
  try posix("fstat") { fstat(raw, &status) }
  return status
}
