import Glibc
import Jail
import Testing

/// The filters as tables of answers, on both instruction sets; what the kernel makes of them is the corpus's part.
struct SeccompTests {
  private typealias Answer = FilterSimulator.Answer

  private static let all = SeccompArchitecture.allCases.flatMap { a in SeccompProfile.allCases.map { (a, $0) } }

  /// Numbers of asm-generic (aarch64) and of x86-64, from the kernel's tables.
  private static let numbers: [String: (amd64: UInt32, arm64: UInt32)] = [
    "read": (0, 63), "write": (1, 64), "openat": (257, 56), "execve": (59, 221), "mmap": (9, 222), "futex": (202, 98),
    "ioctl": (16, 29), "socket": (41, 198), "socketpair": (53, 199), "clone": (56, 220), "clone3": (435, 435),
    "ptrace": (101, 117), "mount": (165, 40), "unshare": (272, 97), "bpf": (321, 280), "keyctl": (250, 219),
    "io_uring_setup": (425, 425), "userfaultfd": (323, 282), "perf_event_open": (298, 241), "prctl": (157, 167),
    "personality": (135, 92), "memfd_create": (319, 279), "kexec_load": (246, 104), "init_module": (175, 105),
    "clock_settime": (227, 112), "setns": (308, 268), "open_by_handle_at": (304, 265), "seccomp": (317, 277),
    "connect": (42, 203), "pivot_root": (155, 41),
  ]

  private func number(_ name: String, _ architecture: SeccompArchitecture) throws -> UInt32 {
    let pair = try #require(Self.numbers[name])
    return architecture == .amd64 ? pair.amd64 : pair.arm64
  }

  private func answer(
    _ name: String,
    _ profile: SeccompProfile,
    _ architecture: SeccompArchitecture,
    _ arguments: [UInt64] = [],
    notifies: Bool = false
  ) throws -> FilterSimulator.Answer {
    let filter = FilterSimulator(try SeccompCompiler.program(profile, for: architecture, notifies: notifies))
    return try filter.answer(number: number(name, architecture), token: architecture.token, arguments)
  }

  @Test(arguments: SeccompArchitecture.allCases, SeccompProfile.allCases)
  func `ordinary calls are allowed`(architecture: SeccompArchitecture, profile: SeccompProfile) throws {
    for name in ["read", "write", "openat", "execve", "mmap", "futex"] {
      #expect(try answer(name, profile, architecture) == .allow, "\(name)")
    }
  }

  @Test(arguments: SeccompArchitecture.allCases, [SeccompProfile.compute, .shell, .worker, .networkWorker])
  func `known calls outside of the profile are refused`(
    architecture: SeccompArchitecture,
    profile: SeccompProfile
  ) throws {
    for name in [
      "ptrace", "mount", "unshare", "bpf", "keyctl", "userfaultfd", "perf_event_open", "memfd_create", "kexec_load",
      "init_module", "clock_settime", "setns", "open_by_handle_at", "pivot_root",
    ] {
      #expect(try answer(name, profile, architecture) == .errno(UInt32(EPERM)), "\(name)")
      #expect(try answer(name, profile, architecture, notifies: true) == .notify, "\(name)")
    }
    for name in ["clone3", "io_uring_setup"] {
      #expect(try answer(name, profile, architecture) == .errno(UInt32(ENOSYS)), "\(name)")
    }
  }

  @Test(arguments: SeccompArchitecture.allCases, SeccompProfile.allCases)
  func `other instruction sets are killed and unknown numbers are absent`(
    architecture: SeccompArchitecture,
    profile: SeccompProfile
  ) throws {
    let filter = FilterSimulator(try SeccompCompiler.program(profile, for: architecture))
    for token: UInt32 in [0x4000_0003, 0x4000_0028, 0, 0xffff_ffff]
    where token != architecture.token {
      #expect(try filter.answer(number: 0, token: token) == .kill)
    }
    #expect(try filter.answer(number: 0x4000_0000, token: architecture.token) == .kill)
    #expect(try filter.answer(number: 0xffff_ffff, token: architecture.token) == .kill)
    for number: UInt32 in [337, 400, 423, 451, 470, 1000, 0x3fff_ffff] {
      #expect(try filter.answer(number: number, token: architecture.token) == .errno(UInt32(ENOSYS)), "\(number)")
    }
  }

  @Test(arguments: SeccompArchitecture.allCases)
  func `each namespace flag of clone is refused alone and among others`(architecture: SeccompArchitecture) throws {
    let namespaces: [UInt64] = [
      0x80, 0x20000, 0x0200_0000, 0x0400_0000, 0x0800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000,
    ]
    #expect(try answer("clone", .shell, architecture, [17]) == .allow)
    #expect(try answer("clone", .compute, architecture, [17]) == .errno(UInt32(EPERM)))
    #expect(try answer("clone", .compute, architecture, [0x3d0f00]) == .allow)
    for flag in namespaces {
      for base: UInt64 in [0, 17, 0x3d0f00] {
        for profile in [SeccompProfile.shell, .compute, .worker] {
          #expect(try answer("clone", profile, architecture, [flag | base]) == .errno(UInt32(EPERM)))
        }
      }
    }
  }

  @Test(arguments: SeccompArchitecture.allCases)
  func `arguments are compared in all their bits`(architecture: SeccompArchitecture) throws {
    let refused = Answer.errno(UInt32(EPERM))
    #expect(try answer("ioctl", .shell, architecture, [0, 0x5401]) == .allow)
    for request: UInt64 in [0x5412, 0x541c, 0x1_0000_5412, 0x1_0000_5401, 0xffff_ffff_0000_5412] {
      #expect(try answer("ioctl", .shell, architecture, [0, request]) == refused)
    }
    #expect(try answer("socketpair", .shell, architecture, [1, 1, 0]) == .allow)
    for family: UInt64 in [0, 2, 10, 16, 17, 38, 40] {
      #expect(try answer("socketpair", .shell, architecture, [family, 1, 0]) == refused)
      #expect(try answer("socket", .shell, architecture, [family, 1, 0]) == refused)
    }
    #expect(try answer("personality", .shell, architecture, [0xffff_ffff]) == .allow)
    #expect(try answer("personality", .shell, architecture, [0x40000]) == refused)
    #expect(try answer("prctl", .shell, architecture, [15]) == .allow)
    for option: UInt64 in [4, 22, 24, 28, 35, 47] {
      #expect(try answer("prctl", .shell, architecture, [option]) == refused)
    }
  }

  @Test(arguments: SeccompArchitecture.allCases)
  func `only the worker with the network has sockets, and only some`(architecture: SeccompArchitecture) throws {
    #expect(try answer("connect", .worker, architecture) == .errno(UInt32(EPERM)))
    #expect(try answer("connect", .networkWorker, architecture) == .allow)
    for family: UInt64 in [1, 2, 10, 16] {
      #expect(try answer("socket", .networkWorker, architecture, [family]) == .allow)
    }
    for family: UInt64 in [17, 38, 40, 44] {
      #expect(try answer("socket", .networkWorker, architecture, [family]) == .errno(UInt32(EPERM)))
    }
  }

  @Test(arguments: SeccompArchitecture.allCases)
  func `the worker that builds jails may, and refuses so that an inner filter still can`(
    architecture: SeccompArchitecture
  ) throws {
    for name in ["clone", "clone3", "unshare", "setns", "mount", "pivot_root", "seccomp", "memfd_create"] {
      #expect(try answer(name, .sandboxWorker, architecture, [0x7e02_0000]) == .allow, "\(name)")
    }
    for name in ["ptrace", "bpf", "keyctl", "kexec_load", "init_module", "socket"] {
      #expect(try answer(name, .sandboxWorker, architecture) == .trace, "\(name)")
    }
  }

  @Test(arguments: SeccompProfile.allCases)
  func `a program fits the kernel's limit and its search is shallow`(profile: SeccompProfile) throws {
    for architecture in SeccompArchitecture.allCases {
      #expect(FilterSimulator(try SeccompCompiler.program(profile, for: architecture)).count < 2048)
    }
  }

  @Test func `an unknown call name is an error, not a silent refusal`() {
    #expect(throws: JailError.self) { try SeccompCompiler.program(.shell, adding: ["no_such_call"]) }
  }
}
