import Configuration
import Foundation
import Glibc
import Testing

/// A folder of its own, removed at the end.
final class Scratch {
  let path: String

  init() throws {
    var template = Array("/tmp/bulkhead-test-XXXXXX".utf8CString)
    path = try #require(mkdtemp(&template).map { String(cString: $0) })
  }

  deinit {
    // Safety of the dropped error: nothing depends on the removal of a test's leftovers.
    _ = try? FileManager.default.removeItem(atPath: path)
  }

  func write(_ name: String, _ bytes: [UInt8], mode: UInt32 = 0o600) throws -> String {
    let file = "\(path)/\(name)"
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    try #require(chmod(file, mode) == 0)
    return file
  }
}

func message(_ body: () throws -> Void) -> String? {
  do {
    try body()
    return nil
  } catch {
    return "\(error)"
  }
}

@Suite struct SecretTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func read(_ bytes: [UInt8], mode: UInt32 = 0o600) throws -> Result<String, ConfigurationError> {
    let file = try scratch.write("secret", bytes, mode: mode)
    return Result { () throws(ConfigurationError) in try SecretSource.file(file).read(environment: [:]).text }
  }

  private func failure(_ bytes: [UInt8], mode: UInt32 = 0o600) throws -> String? {
    guard case .failure(let error) = try read(bytes, mode: mode) else { return nil }
    #expect(error.mistakes.first?.code == .secret)
    return error.description.replacing(scratch.path, with: "DIR")
  }

  @Test func `one newline at the end of a file is not part of the secret`() throws {
    #expect(try read(Array("hunter2".utf8)).get() == "hunter2")
    #expect(try read(Array("hunter2\n".utf8)).get() == "hunter2")
    #expect(try read(Array("hunter2\n\n".utf8)).get() == "hunter2\n")
    #expect(try read(Array(" a\r\n".utf8)).get() == " a\r")
  }

  @Test func `a file that others can use is refused`() throws {
    for mode in [0o600, 0o400, 0o700] as [UInt32] { #expect(try failure([65], mode: mode) == nil) }
    for mode in [0o604, 0o602, 0o601, 0o640, 0o620, 0o610, 0o644, 0o660] as [UInt32] {
      #expect(
        try failure([65], mode: mode) == "secret from file 'DIR/secret' has mode \(String(mode, radix: 8)), "
          + "others can use it; hint: chmod 600"
      )
    }
  }

  @Test func `the length of a secret is bounded`() throws {
    let limit = SecretSource.limitBytes
    let full = [UInt8](repeating: 65, count: limit)
    #expect(try read(full).get().utf8.count == limit)
    #expect(try read(full + [10]).get().utf8.count == limit)
    #expect(try failure(full + [65]) == "secret from file 'DIR/secret' of 65537 bytes exceeds the limit of 65536")
    #expect(try failure(full + [65, 10]) == "secret from file 'DIR/secret' of 65538 bytes exceeds the limit of 65536")
    #expect(try failure([]) == "secret from file 'DIR/secret' is empty")
    #expect(try failure([10]) == "secret from file 'DIR/secret' is empty")
    #expect(try failure([0xFF, 65]) == "secret from file 'DIR/secret' is not UTF-8")
  }

  @Test func `only a regular file of our own is read`() throws {
    let target = try scratch.write("target", [65])
    try #require(symlink(target, "\(scratch.path)/link") == 0)
    try #require(mkfifo("\(scratch.path)/fifo", 0o600) == 0)
    func failure(_ path: String) -> String? {
      message { _ = try SecretSource.file(path).read(environment: [:]) }?.replacing(scratch.path, with: "DIR")
    }
    #expect(failure("\(scratch.path)/link") == "secret from file 'DIR/link' is a symbolic link")
    #expect(failure("\(scratch.path)/fifo") == "secret from file 'DIR/fifo' is no regular file")
    #expect(failure(scratch.path) == "secret from file 'DIR' is no regular file")
    #expect(
      failure("\(scratch.path)/none") == "secret from file 'DIR/none' cannot be read: no such file or directory"
    )
    #expect(failure("\(target)/x") == "secret from file 'DIR/target/x' cannot be read: not a directory")
  }

  @Test(.enabled(if: geteuid() == 0, "not testable here: root"))
  func `a file of another user is refused even to root`() throws {
    let file = try scratch.write("secret", [65])
    try #require(chown(file, 12_345, 12_345) == 0)
    let found = message { _ = try SecretSource.file(file).read(environment: [:]) }
    #expect(found == "secret from file '\(file)' belongs to user 12345; hint: it must belong to user 0")
  }

  @Test func `a variable is read from the environment that is given`() throws {
    let source = SecretSource.environment("TOKEN")
    #expect(try source.read(environment: ["TOKEN": "hunter2\n"]).text == "hunter2\n")
    #expect(message { _ = try source.read(environment: [:]) } == "secret from variable 'TOKEN' is not set")
    #expect(message { _ = try source.read(environment: ["TOKEN": ""]) } == "secret from variable 'TOKEN' is empty")
    let long = String(repeating: "x", count: SecretSource.limitBytes + 1)
    #expect(
      message { _ = try source.read(environment: ["TOKEN": long]) }
        == "secret from variable 'TOKEN' of 65537 bytes exceeds the limit of 65536"
    )
  }

  @Test func `a secret does not show itself`() throws {
    let secret = Secret("hunter2")
    var dumped = ""
    dump(secret, to: &dumped)
    for text in ["\(secret)", String(reflecting: secret), String(describing: [secret]), dumped] {
      #expect(!text.contains("hunter2"))
    }
  }
}
