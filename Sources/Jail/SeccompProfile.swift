/// A named allow-list of system calls.
package enum SeccompProfile: String, Sendable, Hashable, CaseIterable {
  /// One program, threads but no other process.
  case compute
  /// Programs that start programs.
  case shell
  /// A long-lived worker: no network, no other process.
  case worker
  /// A long-lived worker that reaches the network.
  case networkWorker = "network-worker"
  /// The worker that builds jails.
  case sandboxWorker = "sandbox-worker"
  /// The same for jails whose programs reach the network.
  case helperWorker = "helper-worker"
  /// Programs that start programs, and reach the network.
  case helper

  var buildsJails: Bool { self == .sandboxWorker || self == .helperWorker }
  var reachesNetwork: Bool { self == .networkWorker || self == .helperWorker || self == .helper }
}

/// A comparison of one argument. `mask` nil compares all 64 bits.
struct ArgumentTest: Hashable {
  let index: UInt32
  let mask: UInt64?
  let value: UInt64
}

/// One allowed call, perhaps only with certain arguments (all tests must hold).
struct SyscallRule: Hashable {
  let name: String
  var tests: [ArgumentTest] = []
}

extension SeccompProfile {
  /// clone(2) flags that make namespaces.
  static let namespaceFlags: UInt64 = 0x7e02_0080

  /// `proxied`: with TCP sockets that connect, for a run with a proxy, or also accept, for who builds it.
  func rules(proxied: Bool) -> [SyscallRule] {
    guard proxied, !reachesNetwork else { return rules }
    let names = buildsJails ? SyscallSet.network : ["connect"]
    return rules + names.map { SyscallRule(name: $0) } + streamSockets
  }

  var rules: [SyscallRule] {
    var names = SyscallSet.files + SyscallSet.events + SyscallSet.memory + SyscallSet.process + SyscallSet.connected
    var rules: [SyscallRule] = []
    switch self {
    case .compute:
      rules += threadsOnly
    case .shell:
      names += SyscallSet.children
      rules += anyClone
    case .worker:
      names += SyscallSet.confinement
      rules += threadsOnly + confiningPrctl
    case .networkWorker:
      names += SyscallSet.confinement + SyscallSet.network
      rules += threadsOnly + confiningPrctl + sockets
    case .sandboxWorker, .helperWorker:
      names += SyscallSet.children + SyscallSet.confinement + SyscallSet.jails
      rules += [SyscallRule(name: "prlimit64"), SyscallRule(name: "ioctl")]
    case .helper:
      names += SyscallSet.children
      rules += anyClone
    }
    if reachesNetwork, self != .networkWorker {
      names += SyscallSet.network
      rules += sockets
    }
    // Also for the worker that builds jails: filters add up, so whatever a run may do its worker must be permitted.
    rules += filteredByArgument
    return names.map { SyscallRule(name: $0) } + rules
  }

  /// Threads: CLONE_THREAD set and no namespace flag.
  private var threadsOnly: [SyscallRule] {
    let thread: UInt64 = 0x10000
    return [rule("clone", 0, mask: Self.namespaceFlags | thread, thread)]
  }

  private var anyClone: [SyscallRule] { [rule("clone", 0, mask: Self.namespaceFlags, 0)] }

  /// What a worker's skeleton takes from itself: PR_SET_SECCOMP for its filter, and PR_SET_DUMPABLE to 0.
  private var confiningPrctl: [SyscallRule] {
    [rule("prctl", 0, 22), SyscallRule(name: "prctl", tests: [test(0, 4), test(1, 0)])]
  }

  /// Unix, IPv4, IPv6, and netlink for the resolver.
  private var sockets: [SyscallRule] { [1, 2, 10, 16].map { rule("socket", 0, $0) } }

  /// IPv4 and IPv6, SOCK_STREAM with any flags, and of the protocols TCP only.
  private var streamSockets: [SyscallRule] {
    [2, 10].flatMap { family in
      [0, 6].map { SyscallRule(name: "socket", tests: [test(0, family), test(1, mask: 0xf, 1), test(2, $0)]) }
    }
  }

  private var filteredByArgument: [SyscallRule] {
    var rules: [SyscallRule] = []
    // Unix pairs only: everything else reaches somewhere.
    rules.append(rule("socketpair", 0, 1))
    // What a terminal or pipe is asked; never TIOCSTI (types into it) or TIOCLINUX. TCGETS, TCSETS, TCSETSW, TCSETSF,
    // TIOCGPGRP, TIOCSPGRP, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX, TIOCGSID, FS_IOC_GETFLAGS.
    for request: UInt64 in [
      0x5401, 0x5402, 0x5403, 0x5404, 0x540f, 0x5410, 0x5413, 0x541b, 0x5421, 0x5450, 0x5451, 0x5429, 0x8008_6601,
    ] {
      rules.append(rule("ioctl", 1, request))
    }
    // PR_SET_PDEATHSIG, GET_PDEATHSIG, GET_DUMPABLE, SET_NAME, GET_NAME, GET_SECCOMP, CAPBSET_READ, SET_TIMERSLACK,
    // GET_TIMERSLACK, SET_CHILD_SUBREAPER, GET_CHILD_SUBREAPER, SET_NO_NEW_PRIVS, GET_NO_NEW_PRIVS, SET_VMA.
    for option: UInt64 in [1, 2, 3, 15, 16, 21, 23, 29, 30, 36, 37, 38, 39, 0x5356_4d41] {
      rules.append(rule("prctl", 0, option))
    }
    // Plain Linux, and the question which it is. Not READ_IMPLIES_EXEC or ADDR_NO_RANDOMIZE.
    for value: UInt64 in [0, 0xffff_ffff] { rules.append(rule("personality", 0, value)) }
    // Limits and priority of oneself; pid 1 of the jail has the same uid.
    rules.append(rule("prlimit64", 0, 0))
    rules.append(SyscallRule(name: "setpriority", tests: [test(0, 0), test(1, 0)]))
    rules.append(rule("sched_setaffinity", 0, 0))
    // Pipes and plain files by name, no devices or sockets.
    for kind: UInt64 in [0, 0o100000, 0o010000] {
      rules.append(rule("mknod", 1, mask: 0o170000, kind))
      rules.append(rule("mknodat", 2, mask: 0o170000, kind))
    }
    return rules
  }

  private func test(_ index: UInt32, mask: UInt64? = nil, _ value: UInt64) -> ArgumentTest {
    ArgumentTest(index: index, mask: mask, value: value)
  }

  private func rule(_ name: String, _ index: UInt32, mask: UInt64? = nil, _ value: UInt64) -> SyscallRule {
    SyscallRule(name: name, tests: [ArgumentTest(index: index, mask: mask, value: value)])
  }

  /// Calls that must exist for the program although they are usually answered as absent.
  var absent: [String] {
    buildsJails ? SyscallSet.absent.filter { $0 != "clone3" } : SyscallSet.absent
  }
}
