internal import CJailPolicy
internal import Glibc

/// Landlock's file rights, linux/landlock.h.
enum LandlockRights {
  static let execute: UInt64 = 1 << 0
  static let writeFile: UInt64 = 1 << 1
  static let readFile: UInt64 = 1 << 2
  static let readFolder: UInt64 = 1 << 3
  static let truncate: UInt64 = 1 << 14
  static let all: UInt64 = 0xffff
  /// Those of the first version.
  static let first: UInt64 = 0x1fff
  static let makeCharacterDevice: UInt64 = 1 << 6
  static let makeBlockDevice: UInt64 = 1 << 11
  static let makeSocket: UInt64 = 1 << 9
  static let deviceIoctl: UInt64 = 1 << 15

  static let read = readFile | readFolder
  static let write = all & ~(execute | makeCharacterDevice | makeBlockDevice | makeSocket | deviceIoctl)
  static let tcp: UInt64 = 3
  static let connect: UInt64 = 2
  static let scoped: UInt64 = 3
}

/// Turns a file view into the steps that build the private root, and into Landlock rules.
struct MountPlan {
  private var encoder: PolicyEncoder
  private let view: FileView
  private let walls: Set<JailWall>
  private let identity: JailPolicy.Identity
  private let reachesNetwork: Bool
  private let isProxied: Bool
  /// Where the program makes control groups: the one part of /sys that is ever shown, to who builds jails.
  private let controlGroups: String?
  private var made: Set<String> = [""]
  private var bound: [String] = []

  /// Where libraries live; programs that are named one by one see these and nothing else of the system.
  private static let libraryFolders = ["/usr/lib", "/usr/lib64", "/usr/libexec", "/usr/share"]
  private static let loaders = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"]
  private static let systemFiles = ["/etc/ld.so.cache", "/etc/alternatives", "/etc/localtime"]
  /// Whom TLS trusts; Debian's and Red Hat's places, never keys.
  private static let trustFiles = [
    "/etc/ssl/certs", "/etc/ssl/openssl.cnf", "/etc/pki/tls/certs", "/etc/pki/ca-trust/extracted",
  ]
  /// What reaching others takes: also where names are asked for.
  private static let networkFiles = ["/etc/resolv.conf", "/etc/gai.conf"] + trustFiles
  private static let devices = ["null", "zero", "full", "random", "urandom"]
  private static let links = [
    ("bin", "usr/bin"), ("sbin", "usr/sbin"), ("lib", "usr/lib"), ("lib64", "usr/lib64"),
  ]

  private init(_ encoder: PolicyEncoder, _ policy: JailPolicy, _ identity: JailPolicy.Identity) {
    self.encoder = encoder
    self.view = policy.view
    self.walls = policy.removedWalls
    self.identity = identity
    self.reachesNetwork = policy.profile.reachesNetwork
    isProxied = policy.isProxied
    var folder: String?
    if case .enter(let path) = policy.controlGroup, let slash = path.lastIndex(of: "/") {
      folder = String(path[..<slash])
    }
    controlGroups = folder
  }

  static func add(
    _ policy: JailPolicy,
    identity: JailPolicy.Identity,
    to encoder: consuming PolicyEncoder
  ) throws(JailError) -> PolicyEncoder {
    var plan = MountPlan(encoder, policy, identity)
    if policy.grade == .noNamespaces {
      try plan.addRulesOnHost()
    } else {
      if !policy.removedWalls.contains(.privateRoot) { try plan.addMounts() }
      try plan.addRules()
    }
    return plan.encoder
  }

  // MARK: Mounts

  private mutating func addMounts() throws(JailError) {
    try addSystem()
    try addDevices()
    try addEtc()
    if view.processes == .hidden {
      try folder("proc")
    } else {
      try addProc()
    }
    try folder("tmp")
    try tmpfs("tmp", bytes: view.temporaryBytes, mode: 0o1777, BH_MOUNT_COUNTED)
    try addBinds()
    if let bytes = view.workspaceBytes { try addWorkspace(bytes) }
  }

  private mutating func addSystem() throws(JailError) {
    try folder("usr")
    switch view.base {
    case .system: try bind("/usr", BH_MOUNT_READ_ONLY)
    case .libraries:
      for folder in Self.libraryFolders { try bind(folder, BH_MOUNT_READ_ONLY | BH_MOUNT_OPTIONAL) }
    case .bare: break
    }
    for (link, target) in Self.links { try symlink(link, to: target) }
  }

  private mutating func addDevices() throws(JailError) {
    try folder("dev")
    for name in Self.devices { try bind("/dev/\(name)", BH_MOUNT_DEVICES | BH_MOUNT_NO_EXEC) }
    try symlink("dev/fd", to: "/proc/self/fd")
    try symlink("dev/stdin", to: "/proc/self/fd/0")
    try symlink("dev/stdout", to: "/proc/self/fd/1")
    try symlink("dev/stderr", to: "/proc/self/fd/2")
    // Semaphores and shared memory by name, within the limits of /tmp.
    try symlink("dev/shm", to: "/tmp")
  }

  private mutating func addEtc() throws(JailError) {
    try folder("etc")
    for file in Self.systemFiles { try bind(file, BH_MOUNT_READ_ONLY | BH_MOUNT_OPTIONAL | BH_MOUNT_NO_EXEC) }
    let (uid, gid) = (identity.uid, identity.gid)
    try write("etc/passwd", "jailed:x:\(uid):\(gid)::/workspace:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n")
    try write("etc/group", "jailed:x:\(gid):\nnogroup:x:65534:\n")
    if isProxied, !reachesNetwork {
      // Names are the proxy's to ask for.
      for file in Self.trustFiles { try bind(file, BH_MOUNT_READ_ONLY | BH_MOUNT_OPTIONAL | BH_MOUNT_NO_EXEC) }
      try write("etc/hosts", "127.0.0.1 localhost\n::1 localhost\n")
      try write("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n")
    }
    guard reachesNetwork else { return }
    for file in Self.networkFiles { try bind(file, BH_MOUNT_READ_ONLY | BH_MOUNT_OPTIONAL | BH_MOUNT_NO_EXEC) }
    try write("etc/hosts", "127.0.0.1 localhost\n::1 localhost\n")
    try write("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n")
  }

  private mutating func addProc() throws(JailError) {
    try folder("proc")
    // Only a test takes this wall away; a /proc can be mounted by the owner of its processes only.
    if walls.contains(.pidNamespace) { return try bind("/proc", BH_MOUNT_READ_ONLY) }
    var flags: UInt32 = view.processes == .writable ? 0 : BH_MOUNT_READ_ONLY
    if view.processes == .processesOnly { flags |= BH_MOUNT_PID_ONLY }
    var step = try step(BH_MOUNT_PROC, "proc", flags)
    step.mode = 0o555
    encoder.mounts.append(step)
  }

  private mutating func addBinds() throws(JailError) {
    var binds: [(path: String, flags: UInt32)] = []
    for path in view.readable { binds.append((try Self.checked(path), readOnly | BH_MOUNT_NO_EXEC)) }
    for path in view.libraries { binds.append((try Self.checked(path), readOnly)) }
    for path in view.programs {
      let path = try Self.checked(path)
      if !isBound(String(path.dropFirst())) { binds.append((path, BH_MOUNT_READ_ONLY)) }
    }
    for path in view.writable { binds.append((try Self.checked(path), noExec)) }
    if let folder = controlGroups { binds.append((folder, BH_MOUNT_NO_EXEC)) }
    // A folder before what lies in it; a path that is both is writable.
    binds.sort { ($0.path, $0.flags & BH_MOUNT_READ_ONLY) < ($1.path, $1.flags & BH_MOUNT_READ_ONLY) }
    var last: String?
    for (path, flags) in binds where path != last {
      try bind(path, flags)
      last = path
    }
  }

  private var readOnly: UInt32 { walls.contains(.readOnlyMounts) ? 0 : BH_MOUNT_READ_ONLY }
  private var noExec: UInt32 { walls.contains(.noExecMounts) ? 0 : BH_MOUNT_NO_EXEC }

  private mutating func addWorkspace(_ bytes: UInt64) throws(JailError) {
    try folder("workspace")
    try tmpfs("workspace", bytes: bytes, mode: 0o700, BH_MOUNT_COUNTED | BH_MOUNT_WORKSPACE)
    for file in view.files {
      let path = try Self.checkedRelative(file.path)
      try makeParents("workspace/" + path)
      var step = try step(BH_MOUNT_FILE, "workspace/" + path, 0)
      step.mode = file.mode & 0o777
      (step.data_offset, step.data_length) = encoder.addData(file.contents)
      encoder.mounts.append(step)
    }
  }

  private mutating func tmpfs(_ target: String, bytes: UInt64, mode: UInt32, _ flags: UInt32) throws(JailError) {
    guard bytes > 0 else { throw JailError(.value, "'/\(target)' of 0 bytes") }
    var step = try step(BH_MOUNT_TMPFS, target, flags | noExec)
    step.mode = mode
    step.size = bytes
    step.inodes = min(65536, max(1024, bytes / 4096))
    encoder.mounts.append(step)
  }

  /// Shows `path` at its own place.
  private mutating func bind(_ path: String, _ flags: UInt32) throws(JailError) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      if flags & BH_MOUNT_OPTIONAL != 0 { return }
      throw JailError(.path, "cannot show '\(path)' in the jail", errno: errno)
    }
    let target = String(path.dropFirst())
    if !isBound(target) {
      if status.st_mode & S_IFMT == S_IFDIR {
        try folder(target)
      } else if !made.contains(target) {
        try write(target, "")
      }
    }
    var step = try step(BH_MOUNT_BIND, target, flags | (walls.contains(.noSuidMounts) ? BH_MOUNT_SUID : 0))
    step.source = try encoder.string(path)
    encoder.mounts.append(step)
    bound.append(target)
  }

  private func isBound(_ target: String) -> Bool {
    bound.contains { target == $0 || target.hasPrefix($0 + "/") }
  }

  private mutating func folder(_ target: String) throws(JailError) {
    try makeParents(target)
    guard !isBound(target), made.insert(target).inserted else { return }
    var step = try step(BH_MOUNT_FOLDER, target, 0)
    step.mode = 0o755
    encoder.mounts.append(step)
  }

  private mutating func makeParents(_ target: String) throws(JailError) {
    let parts = target.split(separator: "/")
    guard parts.count > 1 else { return }
    for count in 1..<parts.count {
      let parent = parts.prefix(count).joined(separator: "/")
      guard !isBound(parent), made.insert(parent).inserted else { continue }
      var step = try step(BH_MOUNT_FOLDER, parent, 0)
      step.mode = 0o755
      encoder.mounts.append(step)
    }
  }

  private mutating func symlink(_ target: String, to destination: String) throws(JailError) {
    var step = try step(BH_MOUNT_SYMLINK, target, 0)
    step.source = try encoder.string(destination)
    encoder.mounts.append(step)
  }

  private mutating func write(_ target: String, _ text: String) throws(JailError) {
    try makeParents(target)
    made.insert(target)
    var step = try step(BH_MOUNT_FILE, target, 0)
    step.mode = 0o644
    (step.data_offset, step.data_length) = encoder.addData(Array(text.utf8))
    encoder.mounts.append(step)
  }

  private mutating func step(
    _ operation: bh_jail_mount_op,
    _ target: String,
    _ flags: UInt32
  ) throws(JailError) -> bh_jail_mount {
    var step = bh_jail_mount()
    step.op = UInt16(operation.rawValue)
    step.flags = UInt16(flags)
    step.target = try encoder.string(target)
    return step
  }

  // MARK: Landlock

  private mutating func addRules() throws(JailError) {
    try rule("/", LandlockRights.read)
    switch view.base {
    case .system: try rule("/usr", LandlockRights.execute)
    case .libraries, .bare:
      for loader in Self.loaders { try rule(loader, LandlockRights.execute, optional: true) }
    }
    for program in view.programs { try rule(try Self.checked(program), LandlockRights.execute) }
    for device in ["/dev/null", "/dev/zero", "/dev/full"] { try rule(device, LandlockRights.writeFile) }
    if view.processes == .writable { try rule("/proc", LandlockRights.writeFile) }
    try rule("/tmp", LandlockRights.write)
    if view.workspaceBytes != nil { try rule("/workspace", LandlockRights.write, optional: true) }
    for path in view.writable { try rule(path, LandlockRights.write) }
    if walls.contains(.noExecMounts) { try rule("/", LandlockRights.execute) }
  }

  /// Without a private root Landlock is the only wall around files, so nothing is readable that is not named.
  private mutating func addRulesOnHost() throws(JailError) {
    guard view.workspaceBytes == nil else {
      throw JailError(.value, "a workspace of its own needs namespaces, which the grade 'no-namespaces' lacks")
    }
    let system = view.base == .system ? LandlockRights.execute : 0
    try rule("/usr", LandlockRights.read | system)
    for file in Self.systemFiles { try rule(file, LandlockRights.read, optional: true) }
    if reachesNetwork {
      for file in Self.networkFiles { try rule(file, LandlockRights.read, optional: true) }
    }
    for device in Self.devices { try rule("/dev/\(device)", LandlockRights.readFile | LandlockRights.writeFile) }
    for loader in Self.loaders {
      try rule(loader, LandlockRights.read | LandlockRights.execute, optional: true)
    }
    for program in view.programs { try rule(program, LandlockRights.read | LandlockRights.execute) }
    if view.processes == .writable { try rule("/proc", LandlockRights.read | LandlockRights.writeFile) }
    if let controlGroups { try rule(controlGroups, LandlockRights.read | LandlockRights.write) }
    if reachesNetwork {
      for file in ["/etc/hosts", "/etc/nsswitch.conf"] { try rule(file, LandlockRights.readFile, optional: true) }
    }
    for path in view.readable + view.libraries { try rule(path, LandlockRights.read) }
    for path in view.writable { try rule(path, LandlockRights.read | LandlockRights.write) }
  }

  private mutating func rule(_ path: String, _ access: UInt64, optional: Bool = false) throws(JailError) {
    var rule = bh_jail_rule()
    rule.access = access
    rule.path = try encoder.string(path)
    rule.flags = optional ? BH_MOUNT_OPTIONAL : 0
    encoder.rules.append(rule)
  }

  // MARK: Paths

  /// An absolute path without empty, `.` or `..` components, and not one that the jail makes itself.
  static func checked(_ path: String) throws(JailError) -> String {
    guard path.hasPrefix("/") else { throw JailError(.path, "path '\(path)' is not absolute") }
    _ = try checkedRelative(String(path.dropFirst()))
    let first = path.dropFirst().prefix { $0 != "/" }
    if ["proc", "sys", "dev"].contains(first) || path == "/tmp" || path == "/workspace" {
      throw JailError(.path, "path '\(path)' is never shown in a jail")
    }
    // In the jail /bin and its like are links into /usr, and targets are resolved without following any.
    for (link, target) in links where path.hasPrefix("/\(link)/") {
      return "/\(target)\(path.dropFirst(link.count + 1))"
    }
    return path
  }

  static func checkedRelative(_ path: String) throws(JailError) -> String {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard !path.utf8.contains(0), !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
      throw JailError(.path, "path '\(path)' is not plain")
    }
    return path
  }
}
