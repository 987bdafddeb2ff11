import Glibc
import Jail

extension Corpus {
  private static let show: @Sendable (inout JailPolicy, Fixture) -> Void = { policy, fixture in
    policy.view.readable.append("\(fixture.folder)/shown")
    policy.view.writable.append("\(fixture.folder)/granted")
  }

  /// The path is granted in the control, or the walls around files are removed.
  static var files: [Attack] {
    let outside: Set<JailWall> = [.privateRoot, .landlock]
    let writing: Set<JailWall> = [.landlock, .readOnlyMounts]
    return [
      file("reading a file outside", ["read", "{folder}/secret"], ENOENT, outside),
      file("listing a folder outside", ["list", "{folder}/open"], ENOENT, outside),
      file("listing the host's /sys", ["list", "/sys/kernel"], ENOENT, outside),
      file("climbing with ..", ["read", "/usr/../../../..{folder}/secret"], ENOENT, outside),
      file("climbing through /proc/self/root", ["read", "/proc/self/root/{folder}/secret"], ENOENT, outside),
      file("climbing through /proc/self/cwd", ["read", "/proc/self/cwd/..{folder}/secret"], ENOENT, outside),
      file(
        "reading outside with Landlock alone",
        ["read", "{folder}/secret"],
        EACCES,
        [.landlock],
        grade: .noNamespaces
      ),
      file("writing a readable file", ["write", "{folder}/shown/file"], EROFS, writing),
      file(
        "writing a readable file past its mount",
        ["write", "{folder}/shown/file"],
        EACCES,
        writing,
        always: [.readOnlyMounts]
      ),
      file("reopening a read-only descriptor for writing", ["reopen", "{folder}/shown/file"], EROFS, writing),
      file(
        "reopening a read-only descriptor past its mount",
        ["reopen", "{folder}/shown/file"],
        EACCES,
        writing,
        always: [.readOnlyMounts]
      ),
      file("creating a file beside a readable one", ["open", "{folder}/shown/new", "0101"], EROFS, writing),
      file(
        "removing a readable file's name",
        ["rename", "{folder}/shown/file", "{folder}/shown/moved"],
        EROFS,
        writing
      ),
      file("writing to the root", ["open", "/planted", "0101"], EROFS, outside, control: EACCES),
      file(
        "writing the kernel's settings",
        ["open", "/proc/sys/kernel/core_pattern", "1"],
        EROFS,
        outside,
        control: EACCES
      ),
      file("writing one's own process's settings", ["open", "/proc/self/oom_score_adj", "1"], EROFS, outside),
    ]
  }

  private static func file(
    _ name: String,
    _ probe: [String],
    _ errno: Int32,
    _ walls: Set<JailWall>,
    control: Int32 = 0,
    always: Set<JailWall> = [],
    grade: JailGrade = .full
  ) -> Attack {
    var attack = Attack(
      group: "files",
      name: name,
      probe: probe,
      expected: .errno(errno),
      walls: walls.union(always),
      control: control == 0 ? .ok : .errno(control)
    )
    // Without a root of its own what is not granted is refused, not absent; a refusal that comes from the file's own mode
    // shows nothing.
    if control == 0, always.isEmpty, grade == .full { attack.lesser[.noNamespaces] = .other(.errno(EACCES)) }
    if grade == .noNamespaces { attack.lesser = [.oldLandlock: .nothing] }
    attack.adjust = { policy, fixture in
      show(&policy, fixture)
      policy.removedWalls = always
      policy.grade = grade
      if grade == .noNamespaces {
        policy.view.workspaceBytes = nil
        policy.directory = "/"
      }
    }
    return attack
  }

  static var programs: [Attack] {
    [
      Attack(
        group: "programs",
        name: "running a program that was not granted",
        probe: ["exec", "/usr/bin/true"],
        expected: .errno(ENOENT),
        control: .reason(.ok),
        lesser: [.noNamespaces: .other(.errno(EACCES))],
        adjust: { policy, _ in policy.view.base = .libraries },
        adjustControl: { policy, _ in policy.view.base = .system }
      ),
      Attack(
        group: "programs",
        name: "running a copy from the workspace",
        probe: ["copy-exec", "{probe}", "/workspace", "sleep", "0"],
        expected: .errno(EACCES),
        walls: [.noExecMounts],
        control: .ok
      ),
      Attack(
        group: "programs",
        name: "running a copy from /tmp",
        probe: ["copy-exec", "{probe}", "/tmp", "sleep", "0"],
        expected: .errno(EACCES),
        walls: [.noExecMounts],
        control: .ok
      ),
      Attack(
        group: "programs",
        name: "running a copy from a writable folder",
        probe: ["copy-exec", "{probe}", "{folder}/granted", "sleep", "0"],
        expected: .errno(EACCES),
        walls: [.noExecMounts],
        control: .ok,
        lesser: [.noNamespaces: .same],
        adjust: show
      ),
      Attack(
        group: "programs",
        name: "mapping a file of the workspace as code",
        probe: ["map-exec", "/workspace"],
        expected: .errno(EPERM),
        walls: [.noExecMounts],
        control: .ok
      ),
      Attack(
        group: "programs",
        name: "mapping a file of a writable folder as code",
        probe: ["map-exec", "{folder}/granted"],
        expected: .errno(EPERM),
        walls: [.noExecMounts],
        control: .ok,
        adjust: show
      ),
      Attack(
        group: "programs",
        name: "the loader as a program for a file that is only readable",
        probe: ["exec", "/lib64/ld-linux-x86-64.so.2", "{folder}/shown/file"],
        expected: .reason(.nonzeroExit),
        control: .reason(.nonzeroExit),
        adjust: show
      ),
      Attack(
        group: "programs",
        name: "running library code that is no granted program",
        probe: ["exec", "/usr/lib/sftp-server-or-any"],
        expected: .errno(ENOENT),
        control: .errno(ENOENT)
      ),
      call("programs", "memfd_create", ["0", "0"], as: "a program in memory (memfd)", control: .errno(EFAULT)),
      call("programs", "execveat", ["-1", "0", "0", "0", "0"], as: "running a descriptor", control: .errno(EFAULT)),
    ].filter { $0.expected != $0.control || !$0.calls.isEmpty }
  }
}
