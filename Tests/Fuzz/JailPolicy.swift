// fuzz: modules=Jail c=Sources/CJailPolicy/jail_policy.c max_len=4096

import CJailPolicy
import Jail

// The decoder that bulkhead-jail runs before it has any wall around itself. An input is either raw bytes or, since few
// of those get past the header, a list of changes to a policy as the encoder writes it.

/// With a part of every kind: files, folders, arguments, variables, limits, a filter.
private let base: [UInt8] = {
  var policy = JailPolicy(program: "/usr/bin/true", arguments: ["true", "argument"])
  policy.runAs = .init(uid: 61234, gid: 61234)
  policy.view.files = [.init(path: "a/b", contents: Array(repeating: 7, count: 100))]
  policy.view.readable = ["/usr/share"]
  policy.exchanges = true
  do {
    return try policy.prepare().bytes
  } catch {
    preconditionFailure("\(error)")
  }
}()

/// Seven bytes each: where (three bytes, the first picks the header and its tables half of the time), and four of value.
private func changed(_ input: UnsafeRawBufferPointer) -> [UInt8] {
  var bytes = base
  var at = 0
  while at + 7 <= input.count {
    let place = Int(input[at + 1]) << 8 | Int(input[at + 2])
    let limit = input[at] & 1 == 0 ? min(bytes.count, 512) : bytes.count
    let offset = (Int(input[at] >> 1) << 16 | place) % limit
    for i in 0..<(input[at] & 2 == 0 ? 4 : 1) where offset + i < bytes.count { bytes[offset + i] = input[at + 3 + i] }
    at += 7
  }
  // What is left shortens it.
  if at < input.count { bytes.removeLast(min(bytes.count, Int(input[at]))) }
  return bytes
}

/// Follows everything that an accepted policy points to, as bulkhead-jail does: all of it must lie inside.
private func follow(_ policy: bh_jail_policy, _ bytes: UnsafeRawBufferPointer) -> Int {
  var sum = 0
  func text(_ offset: UInt32) {
    precondition(offset < policy.strings_length, "a string outside of its section")
    var at = policy.strings + Int(offset)
    while at.pointee != 0 {
      sum &+= Int(at.pointee)
      at += 1
    }
  }
  guard let config = policy.config?.pointee else { preconditionFailure("accepted without a configuration") }
  precondition(config.kept_descriptors <= 64 && config.umask <= 0o777 && config.tick_ms <= 60_000)
  for offset in [config.hostname, config.cwd, config.program, config.staging] { text(offset) }
  precondition(policy.mount_count <= BH_JAIL_MAX_MOUNTS && policy.rule_count <= BH_JAIL_MAX_RULES)
  precondition(policy.argv_count <= BH_JAIL_MAX_ARGV && policy.env_count <= BH_JAIL_MAX_ENV)
  precondition(policy.bpf_count <= BH_JAIL_MAX_BPF && policy.rlimit_count <= BH_JAIL_MAX_RLIMITS)
  for i in 0..<Int(policy.mount_count) {
    let mount = policy.mounts[i]
    text(mount.source)
    text(mount.target)
    precondition(policy.strings[Int(mount.target)] != CChar(UInt8(ascii: "/")), "a target outside of the root")
    for byte in 0..<Int(mount.data_length) { sum &+= Int(policy.data[Int(mount.data_offset) + byte]) }
  }
  for i in 0..<Int(policy.rule_count) { text(policy.rules[i].path) }
  for i in 0..<Int(policy.argv_count) { text(policy.argv[i]) }
  for i in 0..<Int(policy.env_count) { text(policy.env[i]) }
  for i in 0..<Int(policy.bpf_count) { sum &+= Int(policy.bpf[i].k) }
  for i in 0..<Int(policy.rlimit_count) { sum &+= Int(policy.rlimits[i].resource) }
  return sum
}

private func decode(_ bytes: [UInt8]) {
  // A block of exactly this size, 8-aligned, so that one byte too far is seen.
  let block = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 8)
  defer { block.deallocate() }
  block.copyBytes(from: bytes)
  var policy = bh_jail_policy()
  let start = block.baseAddress?.assumingMemoryBound(to: UInt8.self)
  guard let start, bh_jail_decode(start, bytes.count, &policy) == 0 else { return }
  let sum = follow(policy, UnsafeRawBufferPointer(block))
  var again = bh_jail_policy()
  precondition(bh_jail_decode(start, bytes.count, &again) == 0 && follow(again, UnsafeRawBufferPointer(block)) == sum)
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = UnsafeRawBufferPointer(start: start, count: count)
  guard let first = input.first else { return 0 }
  let rest = UnsafeRawBufferPointer(rebasing: input[1...])
  decode(first & 1 == 0 ? changed(rest) : Array(rest))
  return 0
}
