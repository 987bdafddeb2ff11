import Glibc
import Jail

extension Corpus {
  /// Interfaces of the kernel that a program in a jail has no business with. Arguments are such that the kernel itself
  /// would answer something else than EPERM, or the missing denial tells the two apart.
  static var kernel: [Attack] {
    let refused: [(String, [String], Outcome)] = [
      ("ptrace", ["16", "1"], .errno(EPERM)), ("bpf", ["0", "0", "0"], .undenied),
      ("perf_event_open", ["0", "0", "0", "0", "0"], .errno(EFAULT)), ("userfaultfd", ["0"], .undenied),
      ("keyctl", ["0", "0xfffffffd", "0"], .ok), ("add_key", ["0", "0", "0", "0", "0"], .errno(EFAULT)),
      ("request_key", ["0", "0", "0", "0"], .errno(EFAULT)), ("kexec_load", ["0", "0", "0", "0"], .undenied),
      ("init_module", ["0", "0", "0"], .undenied), ("finit_module", ["-1", "0", "0"], .undenied),
      ("delete_module", ["0", "0"], .undenied), ("open_by_handle_at", ["-1", "0", "0"], .undenied),
      ("name_to_handle_at", ["-1", "0", "0", "0", "0"], .errno(EFAULT)),
      ("process_vm_readv", ["1", "0", "0", "0", "0", "0"], .ok),
      ("process_vm_writev", ["1", "0", "0", "0", "0", "0"], .ok), ("quotactl", ["0", "0", "0", "0"], .errno(ENODEV)),
      ("swapon", ["0", "0"], .errno(EPERM)), ("reboot", ["0", "0", "0", "0"], .errno(EPERM)),
      ("acct", ["0"], .errno(EPERM)), ("syslog", ["3", "0", "0"], .errno(EPERM)),
      ("fanotify_init", ["0", "0"], .errno(EPERM)), ("kcmp", ["1", "1", "0", "0", "0"], .errno(EPERM)),
      ("pidfd_getfd", ["-1", "0", "0"], .errno(EBADF)), ("move_pages", ["1", "0", "0", "0", "0", "0"], .errno(EPERM)),
      ("mq_open", ["0", "0", "0", "0"], .errno(EFAULT)), ("msgget", ["0", "0"], .ok), ("semget", ["0", "1", "0"], .ok),
      ("chroot", ["0"], .errno(EFAULT)), ("vhangup", [], .errno(EPERM)), ("seccomp", ["9", "0", "0"], .errno(EINVAL)),
      ("sched_setscheduler", ["0", "1", "0"], .errno(EINVAL)), ("sched_setattr", ["0", "0", "0"], .errno(EINVAL)),
      ("landlock_create_ruleset", ["0", "0", "1"], .ok),
    ]
    return refused.map { name, arguments, control in call("kernel", name, arguments, control: control) }
      + filtered + answeredAsAbsent + time
  }

  private static var time: [Attack] {
    [
      call("time", "clock_settime", ["0", "0"], control: .errno(EFAULT)),
      call("time", "settimeofday", ["1", "0"], control: .errno(EFAULT)),
      call("time", "adjtimex", ["0"], control: .errno(EFAULT)),
      call("time", "clock_adjtime", ["0", "0"], control: .errno(EFAULT)),
    ]
  }

  /// Allowed calls with refused arguments.
  private static var filtered: [Attack] {
    [
      call(
        "terminals",
        "ioctl",
        ["0", "0x5412", "0"],
        as: "typing into a terminal (TIOCSTI)",
        control: .errno(ENOTTY)
      ),
      call(
        "terminals",
        "ioctl",
        ["0", "0x100005412", "0"],
        as: "TIOCSTI with high bits set",
        control: .errno(ENOTTY)
      ),
      call("terminals", "ioctl", ["0", "0x541c", "0"], as: "console paste (TIOCLINUX)", control: .errno(ENOTTY)),
      call("kernel", "prctl", ["35", "99", "0"], as: "moving the memory map (PR_SET_MM)", control: .errno(EPERM)),
      call("kernel", "prctl", ["22", "9", "0"], as: "a filter of one's own (PR_SET_SECCOMP)", control: .errno(EINVAL)),
      call("kernel", "personality", ["0x40000"], as: "no address randomization", control: .ok),
      call("kernel", "personality", ["0x400000"], as: "readable means executable", control: .ok),
      call("processes", "setpriority", ["0", "1", "5"], as: "priority of the reaper", control: .ok),
      call("processes", "prlimit64", ["1", "7", "0", "0"], as: "limits of the reaper", control: .ok),
      call("processes", "sched_setaffinity", ["1", "8", "0"], as: "affinity of the reaper", control: .errno(EFAULT)),
      call("devices", "mknodat", ["-100", "0", "020666", "0x103"], as: "making a device", control: .errno(EFAULT)),
    ]
  }

  private static var answeredAsAbsent: [Attack] {
    ["clone3", "io_uring_setup", "io_uring_enter", "io_uring_register"].map { name in
      var attack = call("kernel", name, ["0", "0", "0", "0"], control: .errno(EINVAL))
      attack.expected = .errno(ENOSYS)
      attack.calls = []
      attack.adjustControl = { policy, _ in policy.addedCalls = [name] }
      if name == "io_uring_setup" { attack.control = .errno(EFAULT) }
      if name == "io_uring_enter" || name == "io_uring_register" { attack.control = .errno(EOPNOTSUPP) }
      return attack
    }
  }

  /// A system call with plain numbers, refused with EPERM and reported by name.
  static func call(
    _ group: String,
    _ call: String,
    _ arguments: [String],
    as name: String? = nil,
    control: Outcome,
    walls: Set<JailWall> = []
  ) -> Attack {
    let number = SeccompCompiler.number(of: call) ?? 9999
    return Attack(
      group: group,
      name: name ?? call,
      probe: ["call", "\(number)"] + arguments,
      expected: .errno(EPERM),
      walls: walls,
      calls: [call],
      control: control,
      lesser: [.noNamespaces: .same]
    )
  }
}
