internal import CJailCalls
internal import CJailPolicy
internal import CSeccomp
internal import Glibc
internal import Posix
internal import Synchronization

/// Instruction sets that profiles are compiled for.
package enum SeccompArchitecture: Sendable, Hashable, CaseIterable {
  case amd64, arm64

  #if arch(arm64)
    package static let native = SeccompArchitecture.arm64
  #else
    package static let native = SeccompArchitecture.amd64
  #endif

  /// AUDIT_ARCH_…, linux/audit.h; also libseccomp's token.
  package var token: UInt32 {
    switch self {
    case .amd64: 0xc000_003e
    case .arm64: 0xc000_00b7
    }
  }
}

/// Compiles profiles with libseccomp into the kernel's instructions.
///
/// Answers: allowed → allowed; known to this table and not allowed → the refusal (EPERM, or a notification that is
/// answered with EPERM, or in the profile of who builds jails ENOSYS); absent, or a number newer than the table or in its gap → ENOSYS; another instruction set or
/// x32 → the process is killed. The first and the last two are a prologue in front of libseccomp's program, which
/// cannot compare call numbers by range.
package enum SeccompCompiler {
  private struct Key: Hashable {
    let profile: SeccompProfile
    let architecture: SeccompArchitecture
    let notifies: Bool
    let proxied: Bool
    let added: Set<String>
  }

  private static let cache = Mutex<[Key: [UInt8]]>([:])

  /// The newest number that the table knows; set_mempolicy_home_node, 5.17.
  private static let newest: UInt32 = 450
  /// Numbers that no call of either instruction set has.
  private static let gap: ClosedRange<UInt32> = 337...423

  package static func program(
    _ profile: SeccompProfile,
    for architecture: SeccompArchitecture = .native,
    notifies: Bool = false,
    proxied: Bool = false,
    adding added: Set<String> = []
  ) throws(JailError) -> [UInt8] {
    let key = Key(profile: profile, architecture: architecture, notifies: notifies, proxied: proxied, added: added)
    if let known = cache.withLock({ $0[key] }) { return known }
    let bytes = prologue(architecture) + (try compile(key))
    cache.withLock { $0[key] = bytes }
    return bytes
  }

  /// Name of a call number as the kernel reports it, or nil.
  package static func name(of number: Int32, token: UInt32) -> String? {
    guard let text = seccomp_syscall_resolve_num_arch(token, number) else { return nil }
    defer { free(text) }
    return String(cString: text)
  }

  // MARK: Prologue

  private static let returnKill: UInt32 = 0x8000_0000
  private static let returnErrno: UInt32 = 0x0005_0000

  private static func prologue(_ architecture: SeccompArchitecture) -> [UInt8] {
    let load: UInt16 = 0x20
    let (jumpEqual, jumpOver, jumpAtLeast): (UInt16, UInt16, UInt16) = (0x15, 0x25, 0x35)
    let answer: UInt16 = 0x06
    let program = [
      bh_jail_bpf(code: load, jt: 0, jf: 0, k: 4),
      bh_jail_bpf(code: jumpEqual, jt: 1, jf: 0, k: architecture.token),
      bh_jail_bpf(code: answer, jt: 0, jf: 0, k: returnKill),
      bh_jail_bpf(code: load, jt: 0, jf: 0, k: 0),
      // x32 sets bit 30; the kernel would take the rest for a native number.
      bh_jail_bpf(code: jumpAtLeast, jt: 0, jf: 1, k: 0x4000_0000),
      bh_jail_bpf(code: answer, jt: 0, jf: 0, k: returnKill),
      bh_jail_bpf(code: jumpOver, jt: 2, jf: 0, k: newest),
      bh_jail_bpf(code: jumpAtLeast, jt: 0, jf: 2, k: gap.lowerBound),
      bh_jail_bpf(code: jumpOver, jt: 1, jf: 0, k: gap.upperBound),
      bh_jail_bpf(code: answer, jt: 0, jf: 0, k: returnErrno | UInt32(ENOSYS)),
    ]
    return program.withUnsafeBytes { Array($0) }
  }

  // MARK: libseccomp

  /// SCMP_ACT_…, which are macros.
  private static let allow: UInt32 = 0x7fff_0000
  private static let notify: UInt32 = 0x7fc0_0000
  private static let trace: UInt32 = 0x7ff0_0000

  private static func compile(_ key: Key) throws(JailError) -> [UInt8] {
    let refusal: UInt32
    if key.profile.buildsJails {
      // Without a tracer this is ENOSYS; there is none, since ptrace is refused too. Unlike an errno it gives way to
      // the notification of a filter inside, so that what a nested jail is refused keeps its name.
      refusal = trace
    } else {
      refusal = key.notifies ? notify : returnErrno | UInt32(EPERM)
    }
    guard let filter = seccomp_init(refusal) else { throw JailError(.seccomp, "seccomp_init failed") }
    defer { seccomp_release(filter) }
    if key.architecture != .native {
      try check(seccomp_arch_add(filter, key.architecture.token), "seccomp_arch_add")
      try check(seccomp_arch_remove(filter, seccomp_arch_native()), "seccomp_arch_remove")
    }
    try check(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, returnKill), "seccomp_attr_set")
    // A binary tree instead of a chain: about 8 comparisons for a call instead of hundreds.
    try check(seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2), "seccomp_attr_set")
    for rule in key.profile.rules(proxied: key.proxied) where !key.added.contains(rule.name) {
      try add(rule, allow, to: filter)
    }
    for name in key.added { try add(SyscallRule(name: name), allow, to: filter) }
    for name in key.profile.absent where !key.added.contains(name) {
      try add(SyscallRule(name: name), returnErrno | UInt32(ENOSYS), to: filter)
    }
    return try export(filter)
  }

  private static func add(_ rule: SyscallRule, _ action: UInt32, to filter: scmp_filter_ctx) throws(JailError) {
    let number = seccomp_syscall_resolve_name(rule.name)
    // A name that this libseccomp does not know would silently be refused: a typing mistake of ours.
    guard number != -1 else { throw JailError(.seccomp, "unknown system call '\(rule.name)'") }
    let tests = rule.tests.map { test in
      scmp_arg_cmp(
        arg: test.index,
        op: test.mask == nil ? SCMP_CMP_EQ : SCMP_CMP_MASKED_EQ,
        datum_a: test.mask ?? test.value,
        datum_b: test.mask == nil ? 0 : test.value
      )
    }
    let result = tests.withUnsafeBufferPointer {
      seccomp_rule_add_array(filter, action, number, UInt32($0.count), $0.baseAddress)
    }
    // -EDOM: the call does not exist on the instruction set compiled for. -EEXIST: two sets name it.
    if result != -EDOM, result != -EEXIST { try check(result, "seccomp rule for '\(rule.name)'") }
  }

  private static func export(_ filter: scmp_filter_ctx) throws(JailError) -> [UInt8] {
    let file = bh_call_memfd("bulkhead-seccomp")
    try check(file, "memfd_create")
    let owner = Descriptor(owning: file)
    try check(seccomp_export_bpf(filter, owner.raw), "seccomp_export_bpf")
    lseek(owner.raw, 0, SEEK_SET)
    do {
      return try owner.readAll(limit: 8 * Int(BH_JAIL_MAX_BPF))
    } catch {
      throw JailError(.seccomp, "cannot read the compiled filter: \(error)", errno: error.errno)
    }
  }

  private static func check(_ result: Int32, _ what: String) throws(JailError) {
    if result < 0 { throw JailError(.seccomp, "\(what): \(errnoMessage(-result))", errno: -result) }
  }
}

extension SeccompCompiler {
  /// The number of a call on this machine, or nil when it has none.
  package static func number(of name: String) -> Int32? {
    let number = seccomp_syscall_resolve_name(name)
    return number >= 0 ? number : nil
  }
}
