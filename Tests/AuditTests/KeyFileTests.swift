import Audit
import Digest
import Foundation
import Testing

@Suite struct `Key files` {
  /// A folder that is gone after the test.
  private final class Folder {
    let path = FileManager.default.temporaryDirectory.appending(path: "bulkhead-key-\(UUID())").path
    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    // Safety: a folder that is left in the temporary directory harms nobody.
    deinit { try? FileManager.default.removeItem(atPath: path) }
    var key: String { path + "/audit.key" }
    var problem: String? {
      do {
        _ = try AuditKey.open(in: path)
        return nil
      } catch {
        return error.description
      }
    }
  }

  @Test func `a key is made once, for its owner alone, with its public part beside it`() throws {
    let folder = try Folder()
    let key = try AuditKey.open(in: folder.path)
    #expect(try AuditKey.open(in: folder.path).verifying == key.verifying)
    #expect(try AuditKey.publicKey(folder.path + "/audit.pub") == key.verifying)
    let mode = try FileManager.default.attributesOfItem(atPath: folder.key)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["audit.key", "audit.pub"])
  }

  @Test func `a public file that is gone or another's is written again`() throws {
    let folder = try Folder()
    let key = try AuditKey.open(in: folder.path)
    try AuditKey.text(of: SigningKey().verifying).write(
      toFile: folder.path + "/audit.pub",
      atomically: true,
      encoding: .utf8
    )
    _ = try AuditKey.open(in: folder.path)
    #expect(try AuditKey.publicKey(folder.path + "/audit.pub") == key.verifying)
  }

  @Test func `a key that others could have read is refused`() throws {
    let folder = try Folder()
    _ = try AuditKey.open(in: folder.path)
    chmod(folder.key, 0o640)
    #expect(folder.problem?.contains("has mode 640 where 600 is due") == true)
    chmod(folder.key, 0o600)
    #expect(folder.problem == nil)
  }

  @Test func `a key that is a link, has a second name or is no file is refused`() throws {
    let folder = try Folder()
    _ = try AuditKey.open(in: folder.path)
    try FileManager.default.moveItem(atPath: folder.key, toPath: folder.path + "/other")
    symlink("other", folder.key)
    #expect(folder.problem?.contains("is a symbolic link") == true)
    unlink(folder.key)
    link(folder.path + "/other", folder.key)
    #expect(folder.problem?.contains("is not a plain file of one name") == true)
    unlink(folder.key)
    mkfifo(folder.key, 0o600)
    #expect(folder.problem?.contains("is not a plain file of one name") == true)
  }

  @Test(.enabled(if: geteuid() == 0, "only root can give a file away"))
  func `a key of another user is refused`() throws {
    let folder = try Folder()
    _ = try AuditKey.open(in: folder.path)
    chown(folder.key, 12_345, 0)
    #expect(folder.problem?.contains("belongs to uid 12345") == true)
  }

  @Test(arguments: ["", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "x\ny\nz\n", "\n\n\n"])
  func `what is no key is refused, and not replaced`(_ text: String) throws {
    let folder = try Folder()
    try text.write(toFile: folder.key, atomically: false, encoding: .utf8)
    chmod(folder.key, 0o600)
    #expect(folder.problem?.contains("is no Ed25519 private key in PEM") == true)
    #expect(try String(contentsOfFile: folder.key, encoding: .utf8) == text)
  }

  @Test func `openssl reads both files`() throws {
    let folder = try Folder()
    _ = try AuditKey.open(in: folder.path)
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/openssl")
    process.arguments = ["pkey", "-in", folder.key, "-pubout", "-out", folder.path + "/out.pub"]
    try process.run()
    process.waitUntilExit()
    let (ours, theirs) = (folder.path + "/audit.pub", folder.path + "/out.pub")
    #expect(try String(contentsOfFile: ours, encoding: .utf8) == String(contentsOfFile: theirs, encoding: .utf8))
  }
}
