import Glibc
import Jail

extension Corpus {
  static var processes: [Attack] {
    [
      Attack(
        group: "processes",
        name: "signalling the process outside",
        probe: ["kill", "{pid}", "0"],
        expected: .errno(ESRCH),
        walls: [.pidNamespace, .landlock],
        control: .ok,
        controlAsRoot: .errno(EPERM),
        lesser: [.noNamespaces: .other(.errno(EPERM))]
      ),
      Attack(
        group: "processes",
        name: "killing the reaper",
        probe: ["kill-reaper", "9"],
        expected: .errno(EPERM),
        walls: [.landlock],
        control: .ok,
        // The kernel ignores a signal to pid 1 from inside its namespace: it survives, and no errno says so.
        lesser: [.oldLandlock: .nothing]
      ),
      reaper("reading the reaper's memory", ["open", "/proc/1/mem"]),
      reaper("reading the reaper's environment", ["open", "/proc/1/environ"]),
      reaper("reading the reaper's memory map", ["open", "/proc/1/maps"]),
      reaper("listing the reaper's descriptors", ["list", "/proc/1/fd"]),
      reaper("entering the reaper's root", ["list", "/proc/1/root/"]),
      reaper("reading the reaper's mount namespace", ["open", "/proc/1/ns/mnt"]),
      Attack(
        group: "processes",
        name: "tracing the reaper",
        probe: ["ptrace", "1"],
        expected: .errno(EPERM),
        walls: [.seccomp, .reaperSecrecy, .landlock],
        control: .ok
      ),
      call("processes", "ptrace", ["0", "0", "0", "0"], as: "being traced (PTRACE_TRACEME)", control: .ok),
      Attack(
        group: "processes",
        name: "seeing processes outside in /proc",
        probe: ["list", "/proc/{pid}"],
        expected: .errno(ENOENT),
        walls: [.privateRoot, .landlock],
        control: .ok,
        lesser: [.noNamespaces: .other(.errno(EACCES))]
      ),
      Attack(
        group: "processes",
        name: "staying in the caller's session",
        probe: ["session"],
        expected: .errno(EPERM),
        walls: [.session],
        control: .ok,
        lesser: [.noNamespaces: .same]
      ),
      Attack(
        group: "descriptors",
        name: "using the status socket",
        probe: ["descriptor-open", "4"],
        expected: .errno(EBADF),
        control: .errno(EBADF)
      ),
      Attack(
        group: "environment",
        name: "reading the caller's environment",
        probe: ["environment", "PWD"],
        expected: .errno(ENOENT),
        control: .ok,
        lesser: [.noNamespaces: .same],
        adjustControl: { policy, _ in policy.environment.append("PWD=/") }
      ),
    ].filter { $0.expected != $0.control || !$0.calls.isEmpty }
  }

  /// The reaper shares the program's uid, so without its secrecy the program may look into it. Landlock's domain keeps
  /// a program from what looks like tracing as well.
  private static func reaper(_ name: String, _ probe: [String]) -> Attack {
    Attack(
      group: "processes",
      name: name,
      probe: probe,
      expected: .errno(EACCES),
      walls: [.reaperSecrecy, .landlock],
      control: .ok
    )
  }

  static var namespaces: [Attack] {
    [
      call("namespaces", "unshare", ["0x10000000"], as: "a user namespace by unshare", control: .ok),
      call("namespaces", "unshare", ["0x20000"], as: "a mount namespace by unshare", control: .errno(EPERM)),
      call("namespaces", "clone", ["0x10000011", "0", "0", "0", "0"], as: "a user namespace by clone", control: .ok),
      call("namespaces", "setns", ["-1", "0"], control: .errno(EBADF)),
      call("namespaces", "mount", ["0", "0", "0", "0", "0"], control: .errno(EFAULT)),
      call("namespaces", "umount2", ["0", "0"], control: .errno(EFAULT)),
      call("namespaces", "pivot_root", ["0", "0"], control: .errno(EPERM)),
      call("namespaces", "fsopen", ["0", "0"], control: .errno(EPERM)),
      call("namespaces", "open_tree", ["-1", "0", "0"], control: .errno(EFAULT)),
      call("namespaces", "move_mount", ["-1", "0", "-1", "0", "0"], control: .errno(EPERM)),
      call("namespaces", "mount_setattr", ["-1", "0", "0", "0", "0"], control: .errno(EINVAL)),
      call("namespaces", "sethostname", ["0", "0"], control: .errno(EPERM)),
      call("namespaces", "setdomainname", ["0", "0"], control: .errno(EPERM)),
    ]
  }

  static var identity: [Attack] {
    [
      Attack(
        group: "identity",
        name: "holding any capability",
        probe: ["capabilities"],
        expected: .errno(EPERM),
        walls: [.capabilities],
        control: .ok
      ),
      call("identity", "setresuid", ["0", "0", "0"], as: "becoming root", control: .errno(EINVAL)),
      call("identity", "setgroups", ["0", "0"], as: "dropping a group", control: .errno(EPERM)),
      call("identity", "capset", ["0", "0"], as: "raising capabilities", control: .errno(EFAULT)),
      Attack(
        group: "identity",
        name: "the x32 instruction set",
        probe: ["x32"],
        expected: .signal(SIGSYS),
        walls: [.seccomp],
        control: .errno(ENOSYS),
        lesser: [.noNamespaces: .same]
      ),
      Attack(
        group: "identity",
        name: "the 32-bit instruction set",
        probe: ["int80"],
        expected: .signal(SIGSYS),
        walls: [.seccomp],
        control: .ok,
        lesser: [.noNamespaces: .same]
      ),
    ]
  }
}
