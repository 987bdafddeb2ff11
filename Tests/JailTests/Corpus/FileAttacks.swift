import Glibc
import Jail

extension Corpus {
  private static let show: @Sendable (inout JailPolicy, Fixture) -> Void = { policy, fixture in
    policy.view.readable.append("\(fixture.folder)/shown")
    policy.view.writable.append("\(fixture.folder)/granted")
  }

  /// The path is granted in the control, or the walls around files are removed.
  static var files: [Attack] {
    [
      file("reading a file outside", ["read", "{folder}/secret"], ENOENT, [.privateRoot, .landlock]),
      file("listing a folder outside", ["list", "{folder}/open"], ENOENT, [.privateRoot, .landlock]),
      file("reading the host's account file", ["read", "/etc/shadow-or-passwd"], ENOENT, [], control: ENOENT),
      file("reading kernel symbols of the host's /sys", ["list", "/sys/kernel"], ENOENT, [.privateRoot, .landlock]),
      file("listing the host's devices", ["open", "/dev/kmsg", "1"], ENOENT, [.privateRoot, .landlock], control: nil),
      file("climbing with ..", ["read", "/workspace/../../../../{folder}/secret"], ENOENT, [.privateRoot, .landlock]),
      file("climbing through /proc/self/root", ["read", "/proc/self/root/{folder}/secret"], ENOENT,
        [.privateRoot, .landlock]),
      file("writing a readable file", ["write", "{folder}/shown/file"], EACCES, [.landlock, .readOnlyMounts]),
      file("writing a readable file without Landlock", ["write", "{folder}/shown/file"], EROFS, [.readOnlyMounts],
        always: [.landlock]),
      file("reopening a read-only descriptor for writing", ["reopen", "{folder}/shown/file"], EACCES,
        [.landlock, .readOnlyMounts]),
      file("creating a file beside a readable one", ["open", "{folder}/shown/new", "0o101"], EACCES,
        [.landlock, .readOnlyMounts], control: nil),
      file("writing to the root", ["open", "/planted", "0101"], EACCES, [.landlock, .privateRoot], control: nil),
      file("writing a system file", ["open", "/usr/bin/true", "1"], EACCES, [.landlock], control: EROFS),
      file("hard link out of a readable folder", ["link", "{folder}/shown/file", "/workspace/link"], EXDEV, [],
        control: EXDEV),
      file("following one's own link out", ["read", "/workspace/link"], ENOENT, [], control: ENOENT),
    ].filter { $0.expected != $0.control }
  }

  private static func file(
    _ name: String,
    _ probe: [String],
    _ errno: Int32,
    _ walls: Set<JailWall>,
    control: Int32? = 0,
    always: Set<JailWall> = []
  ) -> Attack {
    var attack = Attack(
      group: "files",
      name: name,
      probe: probe,
      expected: .errno(errno),
      walls: walls.union(always),
      control: control == 0 || control == nil ? .ok : .errno(control ?? 0)
    )
    attack.adjust = { policy, fixture in
      show(&policy, fixture)
      policy.removedWalls = always
    }
    return attack
  }

  static var programs: [Attack] {
    [
      Attack(
        group: "programs", name: "running a program that was not granted", probe: ["exec", "/usr/bin/true"],
        expected: .errno(ENOENT), control: .reason(.ok), adjust: { policy, _ in policy.view.base = .libraries },
        adjustControl: { policy, _ in policy.view.base = .system }),
      Attack(
        group: "programs", name: "running a copy from the workspace",
        probe: ["copy-exec", "{probe}", "/workspace", "session"], expected: .errno(EACCES),
        walls: [.noExecMounts], control: .ok),
      Attack(
        group: "programs", name: "running a copy from /tmp", probe: ["copy-exec", "{probe}", "/tmp", "session"],
        expected: .errno(EACCES), walls: [.noExecMounts], control: .ok),
      Attack(
        group: "programs", name: "running a copy from a writable folder",
        probe: ["copy-exec", "{probe}", "{folder}/granted", "session"], expected: .errno(EACCES),
        walls: [.noExecMounts], control: .ok, adjust: show),
      Attack(
        group: "programs", name: "mapping a file of the workspace as code", probe: ["map-exec", "/workspace"],
        expected: .errno(EPERM), walls: [.noExecMounts], control: .ok),
      Attack(
        group: "programs", name: "mapping a file of a writable folder as code", probe: ["map-exec", "{folder}/granted"],
        expected: .errno(EPERM), walls: [.noExecMounts], control: .ok, adjust: show),
      Attack(
        group: "programs", name: "the loader as a program for a file that is only readable",
        probe: ["exec", "/lib64/ld-linux-x86-64.so.2", "{folder}/shown/file"], expected: .reason(.nonzeroExit),
        control: .reason(.nonzeroExit), adjust: show),
      Attack(
        group: "programs", name: "running library code that is no granted program",
        probe: ["exec", "/usr/lib/sftp-server-or-any"], expected: .errno(ENOENT), control: .errno(ENOENT)),
      call("programs", "memfd_create", ["0", "0"], as: "a program in memory (memfd)", control: .errno(EFAULT)),
      call("programs", "execveat", ["-1", "0", "0", "0", "0"], as: "running a descriptor", control: .errno(EFAULT)),
    ].filter { $0.expected != $0.control || !$0.calls.isEmpty }
  }
}
