internal import CJailPolicy

/// Builds the flat form of a policy, section by section. Strings are pooled; offset 0 is the empty string.
struct PolicyEncoder {
  private var strings: [UInt8] = [0]
  private var known: [String: UInt32] = ["": 0]
  private(set) var data: [UInt8] = []
  var mounts: [bh_jail_mount] = []
  var rules: [bh_jail_rule] = []
  var rlimits: [bh_jail_rlimit] = []
  var config = bh_jail_config()

  /// Throws on a NUL inside, which would cut the string short.
  mutating func string(_ value: String) throws(JailError) -> UInt32 {
    if let offset = known[value] { return offset }
    guard !value.utf8.contains(0) else { throw JailError(.value, "NUL byte in '\(value)'") }
    guard let offset = UInt32(exactly: strings.count) else {
      throw JailError(.value, "policy exceeds 4 GiB of strings")
    }
    strings.append(contentsOf: value.utf8)
    strings.append(0)
    known[value] = offset
    return offset
  }

  func text(at offset: UInt32) -> String {
    String(decoding: strings[Int(offset)...].prefix { $0 != 0 }, as: UTF8.self)
  }

  mutating func addData(_ bytes: [UInt8]) -> (offset: UInt32, length: UInt32) {
    let offset = UInt32(truncatingIfNeeded: data.count)
    data.append(contentsOf: bytes)
    return (offset, UInt32(truncatingIfNeeded: bytes.count))
  }

  consuming func encode(bpf: [UInt8], arguments: [UInt32], environment: [UInt32]) throws(JailError) -> [UInt8] {
    let sections: [(bh_jail_section_kind, [UInt8])] = [
      (BH_SECTION_CONFIG, Self.bytes([config])), (BH_SECTION_STRINGS, strings), (BH_SECTION_MOUNTS, Self.bytes(mounts)),
      (BH_SECTION_RULES, Self.bytes(rules)), (BH_SECTION_BPF, bpf), (BH_SECTION_ARGV, Self.bytes(arguments)),
      (BH_SECTION_ENV, Self.bytes(environment)), (BH_SECTION_RLIMITS, Self.bytes(rlimits)), (BH_SECTION_DATA, data),
    ]
    let counts = [
      ("mounts", mounts.count, Int(BH_JAIL_MAX_MOUNTS)), ("rules", rules.count, Int(BH_JAIL_MAX_RULES)),
      ("arguments", arguments.count, Int(BH_JAIL_MAX_ARGV)), ("environment", environment.count, Int(BH_JAIL_MAX_ENV)),
      ("filter instructions", bpf.count / 8, Int(BH_JAIL_MAX_BPF)),
    ]
    for (name, count, limit) in counts where count > limit {
      throw JailError(.value, "policy with \(count) \(name) exceeds the limit of \(limit)")
    }
    var table: [bh_jail_section] = []
    var body: [UInt8] = []
    let start = MemoryLayout<bh_jail_header>.size + sections.count * MemoryLayout<bh_jail_section>.size
    for (kind, bytes) in sections {
      table.append(
        bh_jail_section(
          kind: UInt32(kind.rawValue),
          offset: UInt32(truncatingIfNeeded: start + body.count),
          length: UInt32(truncatingIfNeeded: bytes.count),
          reserved: 0
        )
      )
      body.append(contentsOf: bytes)
      body.append(contentsOf: repeatElement(0, count: (8 - body.count % 8) % 8))
    }
    let size = start + body.count
    guard size <= 64 << 20 else { throw JailError(.value, "policy of \(size) bytes exceeds the limit of \(64 << 20)") }
    let header = bh_jail_header(
      magic: BH_JAIL_MAGIC,
      version: BH_JAIL_VERSION,
      size: UInt32(truncatingIfNeeded: size),
      sections: UInt32(truncatingIfNeeded: sections.count)
    )
    return Self.bytes([header]) + Self.bytes(table) + body
  }

  private static func bytes<T>(_ values: [T]) -> [UInt8] {
    values.withUnsafeBytes { Array($0) }
  }
}
