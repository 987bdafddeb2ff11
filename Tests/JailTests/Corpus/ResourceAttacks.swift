import Glibc
import Jail

extension Corpus {
  static var resources: [Attack] {
    [
      limit("fork bomb", ["fork-bomb", "40"], .errno(EAGAIN), { $0.processes = 16 }),
      limit(
        "memory bomb in one process",
        ["memory", "p", "160000000", "1"],
        .reason(.memoryLimit),
        { $0.memoryBytes = 64 << 20 },
        hits: [.memory]
      ),
      limit(
        "memory bomb in four processes",
        ["memory", "p", "40000000", "4"],
        .reason(.memoryLimit),
        { $0.memoryBytes = 64 << 20 },
        hits: [.memory]
      ),
      limit(
        "shared memory past the limit",
        ["memory", "s", "160000000", "1"],
        .reason(.memoryLimit),
        { $0.memoryBytes = 64 << 20 },
        hits: [.memory]
      ),
      limit(
        "memory in files of the workspace",
        ["memory", "f", "100000000", "1"],
        .reason(.memoryLimit),
        {
          $0.memoryBytes = 64 << 20
          $0.fileSizeBytes = nil
        },
        hits: [.memory],
        { $0.view.workspaceBytes = 200 << 20 },
        lift: {
          $0.limits = JailLimits(wallMilliseconds: 10_000, fileSizeBytes: nil)
        }
      ),
      limit(
        "one huge allocation",
        ["memory", "p", "4000000000", "0"],
        .errno(ENOMEM),
        { $0.memoryBytes = 64 << 20 },
        control: .errno(ENOMEM)
      ),
      limit(
        "filling the workspace",
        ["fill", "/workspace/fill", "8000000"],
        .errno(ENOSPC),
        { _ in },
        hits: [.workspace],
        { $0.view.workspaceBytes = 4 << 20 },
        lift: { $0.view.workspaceBytes = 32 << 20 }
      ),
      limit(
        "filling /tmp",
        ["fill", "/tmp/fill", "8000000"],
        .errno(ENOSPC),
        { _ in },
        { $0.view.temporaryBytes = 4 << 20 },
        lift: { $0.view.temporaryBytes = 32 << 20 }
      ),
      limit(
        "using up the workspace's inodes",
        ["many-files", "/workspace", "1500"],
        .errno(ENOSPC),
        { _ in },
        { $0.view.workspaceBytes = 4 << 20 },
        lift: { $0.view.workspaceBytes = 32 << 20 }
      ),
      limit(
        "a 10 GB sparse file",
        ["sparse", "/workspace/sparse", "10000000000"],
        .errno(EFBIG),
        { _ in },
        lift: {
          $0.limits.fileSizeBytes = nil
        }
      ),
      limit(
        "a file past the size limit",
        ["fill", "/workspace/fill", "2000000"],
        .errno(EFBIG),
        { $0.fileSizeBytes = 1 << 20 },
        hits: [.fileSize]
      ),
      limit(
        "using up descriptors",
        ["descriptors", "500"],
        .errno(EMFILE),
        { $0.openFiles = 64 },
        hits: [.openFiles],
        lift: { $0.limits.openFiles = 1024 }
      ),
      limit(
        "output flood",
        ["flood", "4000000"],
        .reason(.outputLimit),
        { $0.outputBytes = 100_000 },
        control: .reason(.ok),
        hits: [.output],
        lift: { $0.limits.outputBytes = 8 << 20 }
      ),
      limit(
        "running past the wall time",
        ["sleep", "2"],
        .reason(.timeout),
        { $0.wallMilliseconds = 200 },
        hits: [.wall],
        lift: { $0.limits.wallMilliseconds = 10_000 }
      ),
      limit(
        "burning processor time in one process",
        ["spin", "1", "0.6"],
        .reason(.cpuLimit),
        { $0.cpuMilliseconds = 300 },
        hits: [.cpu]
      ),
      limit(
        "burning processor time in four processes",
        ["spin", "4", "0.4"],
        .reason(.cpuLimit),
        { $0.cpuMilliseconds = 300 },
        hits: [.cpu]
      ),
      limit(
        "burning processor time in children that nobody reaps",
        ["spin-unreaped", "8", "0.15"],
        .reason(.cpuLimit),
        { $0.cpuMilliseconds = 300 },
        hits: [.cpu]
      ),
      limit("raising one's own limit", ["rlimit", "7"], .errno(EPERM), { $0.openFiles = 64 }, control: .errno(EPERM)),
    ].filter { $0.expected != $0.control }
  }

  /// The control lifts the one limit.
  private static func limit(
    _ name: String,
    _ probe: [String],
    _ expected: Outcome,
    _ set: @escaping @Sendable (inout JailLimits) -> Void,
    control: Outcome = .ok,
    hits: Set<JailLimitHit> = [],
    _ adjust: @escaping @Sendable (inout JailPolicy) -> Void = { _ in },
    lift: (@Sendable (inout JailPolicy) -> Void)? = nil
  ) -> Attack {
    let isOfNamespaces = probe[0] == "fork-bomb" || probe.contains { $0 == "f" || $0.hasPrefix("/") }
    return Attack(
      group: "resources",
      name: name,
      probe: probe,
      expected: expected,
      control: control,
      // There is neither a workspace nor a /tmp, and processes are counted instead of refused.
      lesser: [.noNamespaces: isOfNamespaces ? .nothing : .same],
      limits: hits,
      adjust: { policy, _ in
        set(&policy.limits)
        adjust(&policy)
      },
      adjustControl: { policy, _ in
        if let lift { return lift(&policy) }
        policy.limits = JailLimits(wallMilliseconds: 10_000)
      }
    )
  }
}
