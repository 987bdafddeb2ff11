package import Digest
internal import Glibc
internal import Posix
internal import Wire

/// The files of the key that signs heads: `audit.key` (PKCS #8) for its owner alone, `audit.pub` (SubjectPublicKeyInfo)
/// beside it for everybody, both PEM as `openssl pkey` reads them.
package enum AuditKey {
  package static let privateName = "audit.key"
  package static let publicName = "audit.pub"

  package struct Problem: Error, Sendable, Equatable, CustomStringConvertible {
    package let description: String
    /// What the system said; 0 where it is not the system that speaks.
    package let errno: Int32

    init(_ description: String, errno: Int32 = 0) {
      self.description = description
      self.errno = errno
    }
  }

  // RFC 8410: what stands before the 32 bytes.
  private static let privatePrefix: [UInt8] = [
    0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
  ]
  private static let publicPrefix: [UInt8] = [
    0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00,
  ]

  /// The key of `folder`; made when there is none yet. The public file is written again when it is not the key's.
  package static func open(in folder: String) throws(Problem) -> SigningKey {
    let path = "\(folder)/\(privateName)"
    let key: SigningKey
    if let known = try read(path) {
      key = known
    } else {
      key = SigningKey()
      try write(key.withSeed { pem("PRIVATE KEY", privatePrefix + $0) }, to: path, mode: 0o600, replacing: false)
    }
    let file = "\(folder)/\(publicName)"
    let text = text(of: key.verifying)
    var isThere = false
    do throws(Problem) { isThere = try publicKey(file) == key.verifying } catch {}
    if !isThere { try write(text, to: file, mode: 0o644, replacing: true) }
    return key
  }

  package static func text(of key: VerifyingKey) -> String { pem("PUBLIC KEY", publicPrefix + key.bytes) }

  /// Reads a public key's file.
  package static func publicKey(_ path: String) throws(Problem) -> VerifyingKey {
    let text: [UInt8]
    do throws(PosixError) {
      text = try Descriptor.open(path, O_RDONLY | O_NOCTTY).readAll(limit: 4_096)
    } catch {
      throw Problem("'\(path)' cannot be read: \(errnoMessage(error.errno))", errno: error.errno)
    }
    guard let key = VerifyingKey(pem: String(decoding: text, as: UTF8.self)) else {
      throw Problem("'\(path)' is no Ed25519 public key in PEM")
    }
    return key
  }

  /// nil when there is no such file. One that others could have read or written is refused.
  private static func read(_ path: String) throws(Problem) -> SigningKey? {
    let descriptor: Descriptor
    do throws(PosixError) {
      descriptor = try Descriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
    } catch {
      if error.errno == ENOENT { return nil }
      if error.errno == ELOOP { throw Problem("'\(path)' is a symbolic link, which a signing key may not be") }
      throw Problem("'\(path)' cannot be read: \(errnoMessage(error.errno))", errno: error.errno)
    }
    var status = stat()
    guard fstat(descriptor.raw, &status) == 0 else { throw Problem("fstat '\(path)'", errno: errno) }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_nlink == 1 else {
      throw Problem("'\(path)' is not a plain file of one name")
    }
    guard status.st_uid == geteuid() else {
      throw Problem("'\(path)' belongs to uid \(status.st_uid), not to uid \(geteuid())")
    }
    guard status.st_mode & 0o077 == 0 else {
      throw Problem(
        "'\(path)' has mode \(String(status.st_mode & 0o7777, radix: 8)) where 600 is due: others could have read it"
      )
    }
    do throws(PosixError) {
      let text = try descriptor.readAll(limit: 4_096)
      guard let bytes = bytes("PRIVATE KEY", String(decoding: text, as: UTF8.self), privatePrefix),
        let key = SigningKey(seed: bytes)
      else { throw PosixError("read", errno: 0) }
      return key
    } catch {
      if error.errno == 0 { throw Problem("'\(path)' is no Ed25519 private key in PEM") }
      throw Problem("'\(path)' cannot be read: \(errnoMessage(error.errno))", errno: error.errno)
    }
  }

  /// On disk, and under its name only when whole.
  private static func write(_ text: String, to path: String, mode: UInt32, replacing: Bool) throws(Problem) {
    let temporary = "\(path).\(getpid()).part"
    unlink(temporary)
    do throws(PosixError) {
      let file = try Descriptor.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: mode)
      try file.writeAll(text.utf8)
      try posix("fsync", temporary) { fsync(file.raw) }
      if replacing {
        try posix("rename", path) { rename(temporary, path) }
      } else {
        // Fails when somebody else has made one meanwhile.
        try posix("link", path) { link(temporary, path) }
        unlink(temporary)
      }
      let folder = try Descriptor.open(
        String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)]),
        O_RDONLY | O_DIRECTORY
      )
      try posix("fsync", path) { fsync(folder.raw) }
    } catch {
      unlink(temporary)
      throw Problem("'\(path)' cannot be written: \(errnoMessage(error.errno))", errno: error.errno)
    }
  }

  // MARK: PEM

  private static func pem(_ label: String, _ bytes: [UInt8]) -> String {
    "-----BEGIN \(label)-----\n\(Base64.encode(bytes))\n-----END \(label)-----\n"
  }

  /// The 32 bytes behind `prefix`; both keys fit one line.
  fileprivate static func bytes(_ label: String, _ text: String, _ prefix: [UInt8]) -> [UInt8]? {
    let lines = text.split(separator: "\n").map { $0.last == "\r" ? $0.dropLast() : $0 }
    guard lines.count == 3, lines[0] == "-----BEGIN \(label)-----", lines[2] == "-----END \(label)-----",
      let bytes = Base64.decode(String(lines[1])), bytes.count == prefix.count + 32, bytes.starts(with: prefix)
    else { return nil }
    return Array(bytes[prefix.count...])
  }

  fileprivate static func publicBytes(_ text: String) -> [UInt8]? { bytes("PUBLIC KEY", text, publicPrefix) }
}

extension VerifyingKey {
  /// From the text of `audit.pub`; nil when it is none.
  package init?(pem text: String) {
    guard let bytes = AuditKey.publicBytes(text) else { return nil }
    self.init(bytes)
  }
}
