import CJailPolicy
import Glibc
import Jail
import Testing

/// The decoder that bulkhead-jail runs, on what the encoder wrote and on damaged copies of it.
struct PolicyFormatTests {
  private func decode(_ bytes: [UInt8]) -> (Int32, bh_jail_policy) {
    var policy = bh_jail_policy()
    // 8-aligned, as a mapping is.
    let words = UnsafeMutableRawBufferPointer.allocate(byteCount: max(8, bytes.count), alignment: 8)
    defer { words.deallocate() }
    words.copyBytes(from: bytes)
    let base = words.baseAddress?.assumingMemoryBound(to: UInt8.self)
    let result = bh_jail_decode(base, bytes.count, &policy)
    return (result, policy)
  }

  private func prepared() throws -> [UInt8] {
    var policy = shell("true")
    policy.view.files = [.init(path: "a/b", contents: [1, 2, 3])]
    return try policy.prepare().bytes
  }

  @Test func `what is encoded decodes`() throws {
    let (result, policy) = decode(try prepared())
    #expect(result == 0)
    #expect(policy.argv_count == 3)
    #expect(policy.mount_count > 20)
    #expect(policy.rule_count > 3)
    #expect(policy.bpf_count > 100)
  }

  @Test func `every truncation is refused`() throws {
    let bytes = try prepared()
    for count in stride(from: 0, to: bytes.count, by: 7) {
      #expect(decode(Array(bytes[..<count])).0 < 0)
    }
  }

  @Test func `another version or magic is refused by name`() throws {
    var bytes = try prepared()
    bytes[4] = 9
    #expect(decode(bytes).0 == -EPROTO)
    bytes[0] ^= 1
    #expect(decode(bytes).0 == -EBADMSG)
  }

  @Test func `damaged policies are refused or decode to what lies within them`() throws {
    let bytes = try prepared()
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<20_000 {
      var damaged = bytes
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        // Mostly where offsets and counts are.
        let limit = Bool.random() ? 400 : damaged.count
        damaged[Int.random(in: 0..<min(limit, damaged.count), using: &generator)] = .random(in: 0 ... .max)
      }
      let (result, policy) = decode(damaged)
      guard result == 0 else { continue }
      #expect(policy.strings_length <= UInt32(damaged.count))
      #expect(Int(policy.mount_count) * MemoryLayout<bh_jail_mount>.size <= damaged.count)
      #expect(policy.data_length <= UInt32(damaged.count))
    }
  }

  @Test func `bulkhead-jail refuses a policy that is none`() throws {
    let jail = try shell("true").prepare()
    var damaged = jail.bytes
    damaged[0] ^= 0xff
    let result = try JailRun(PreparedJail(bytes: damaged, like: jail)).run()
    #expect(result.reason == .setupFailed)
    #expect(result.setupFailure?.stage == "policy")
    #expect(result.setupFailure?.errno == EBADMSG)
  }
}
