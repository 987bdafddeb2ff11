internal import CJailPolicy
internal import Glibc

/// A policy in its flat form, ready to be handed to `bulkhead-jail`.
package struct PreparedJail: Sendable {
  package let bytes: [UInt8]
  package let limits: JailLimits
  package let namesDenials: Bool
  package let exchanges: Bool
  /// Of the program: 0, 1, 2 and what its policy adds.
  package internal(set) var descriptorCount: Int
  package let waits: Bool
  package internal(set) var controlGroup: JailPolicy.ControlGroupPlace?
  /// The profile permits threads, but no process besides the program.
  let isOneProcess: Bool
  /// Files of the workspace that are there before the start.
  let given: [String: [UInt8]]
  /// The same jail for a root from a template.
  let shared: Shared?

  struct Shared: Sendable {
    let view: SharedView
    let become: JailPolicy.Identity?
    let bytes: [UInt8]
  }

  init(
    bytes: [UInt8],
    limits: JailLimits,
    namesDenials: Bool,
    exchanges: Bool,
    waits: Bool,
    isOneProcess: Bool,
    given: [String: [UInt8]],
    shared: Shared?
  ) {
    self.bytes = bytes
    self.limits = limits
    self.namesDenials = namesDenials
    self.exchanges = exchanges
    descriptorCount = exchanges ? 5 : 3
    self.waits = waits
    self.isOneProcess = isOneProcess
    self.given = given
    self.shared = shared
  }

  /// Other bytes with the same limits, for tests of what reads them.
  package init(bytes: [UInt8], like jail: PreparedJail) {
    self.init(
      bytes: bytes,
      limits: jail.limits,
      namesDenials: jail.namesDenials,
      exchanges: jail.exchanges,
      waits: jail.waits,
      isOneProcess: jail.isOneProcess,
      given: jail.given,
      shared: nil
    )
  }

  init(template bytes: [UInt8]) {
    self.init(
      bytes: bytes,
      limits: JailLimits(),
      namesDenials: false,
      exchanges: false,
      waits: false,
      isOneProcess: false,
      given: [:],
      shared: nil
    )
  }
}

extension JailPolicy {
  /// Checks the policy and lays it out. Reads the host only to see which paths exist and whether they are folders.
  package func prepare() throws(JailError) -> PreparedJail {
    let identity = runAs ?? Identity(uid: geteuid(), gid: getegid())
    var encoder = PolicyEncoder()
    let hasFilter = !removedWalls.contains(.seccomp)
    let notifies = hasFilter && namesDenials && !profile.buildsJails
    var config = bh_jail_config()
    config.flags = flags(notifies: notifies)
    config.namespaces = namespaces
    (config.uid, config.gid) = (runAs?.uid ?? BH_JAIL_NO_ID, runAs?.gid ?? BH_JAIL_NO_ID)
    (config.inner_uid, config.inner_gid) = (BH_JAIL_NO_ID, BH_JAIL_NO_ID)
    config.kept_descriptors = UInt32(descriptorCount)
    config.umask = 0o022
    guard hostname.utf8.count <= 64 else { throw JailError(.value, "host name '\(hostname)' exceeds 64 bytes") }
    config.hostname = try encoder.string(hostname)
    config.cwd = try encoder.string(directory)
    guard program.hasPrefix("/") else { throw JailError(.path, "program '\(program)' is not an absolute path") }
    guard network != .proxied || grade != .noNamespaces else {
      throw JailError(.value, "the grade '\(grade.rawValue)' has no network namespace to put a proxy into")
    }
    guard !arguments.isEmpty else { throw JailError(.value, "program '\(program)' without argument 0") }
    config.program = try encoder.string(program)
    config.staging = try encoder.string("/tmp")
    setLandlock(&config)
    setPort(&config)
    setLimits(&config)
    encoder.config = config
    encoder.rlimits = rlimits
    encoder = try MountPlan.add(self, identity: identity, to: encoder)
    var argv: [UInt32] = []
    for argument in arguments { argv.append(try encoder.string(argument)) }
    var env: [UInt32] = []
    for variable in environment { env.append(try encoder.string(variable)) }
    let bpf =
      hasFilter
      ? try SeccompCompiler.program(profile, notifies: notifies, proxied: isProxied, adding: addedCalls) : []
    var shared: PreparedJail.Shared?
    if let view = SharedView(self) {
      var own = encoder
      own.config.flags |= BH_JAIL_FROM_TEMPLATE
      own.mounts.removeAll { !SharedView.isOwn($0, encoder.text(at: $0.target)) }
      shared = .init(
        view: view,
        become: runAs,
        bytes: try own.encode(bpf: bpf, arguments: argv, environment: env)
      )
    }
    var jail = PreparedJail(
      bytes: try encoder.encode(bpf: bpf, arguments: argv, environment: env),
      limits: limits,
      namesDenials: notifies,
      exchanges: exchanges,
      waits: waits,
      isOneProcess: hasFilter && profile == .compute && addedCalls.isEmpty,
      given: Dictionary(view.files.map { ($0.path, $0.contents) }, uniquingKeysWith: { $1 }),
      shared: shared
    )
    jail.controlGroup = controlGroup
    jail.descriptorCount = descriptorCount
    return jail
  }

  private var descriptorCount: Int { exchanges ? 5 : hasTunnel ? 4 : 3 }

  /// Whether the program, or a jail that it builds, is one that reaches hosts by a proxy.
  var isProxied: Bool { network == .proxied || hasTunnel && profile.buildsJails }

  private func flags(notifies: Bool) -> UInt32 {
    var flags: UInt32 = 0
    if !removedWalls.contains(.privateRoot), grade != .noNamespaces { flags |= BH_JAIL_PRIVATE_ROOT }
    if notifies { flags |= BH_JAIL_NOTIFY }
    if removedWalls.contains(.capabilities) { flags |= BH_JAIL_KEEP_CAPS | BH_JAIL_KEEP_BOUNDING }
    if !removedWalls.contains(.noNewPrivileges) { flags |= BH_JAIL_NO_NEW_PRIVS }
    if removedWalls.contains(.reaperSecrecy) { flags |= BH_JAIL_DUMPABLE_REAPER }
    if removedWalls.contains(.session) { flags |= BH_JAIL_SAME_SESSION }
    if waits { flags |= BH_JAIL_WAITS }
    if network == .proxied { flags |= BH_JAIL_LISTENS }
    if removedWalls.contains(.unprivilegedUid) { flags |= BH_JAIL_ROOT_ALLOWED }
    return flags
  }

  private var namespaces: UInt32 {
    if grade == .noNamespaces { return 0 }
    var set = BH_NS_USER | BH_NS_MOUNT
    let optional: [(JailWall, UInt32)] = [
      (.pidNamespace, BH_NS_PID), (.ipcNamespace, BH_NS_IPC), (.utsNamespace, BH_NS_UTS),
      (.cgroupNamespace, BH_NS_CGROUP),
    ]
    for (wall, bit) in optional where !removedWalls.contains(wall) { set |= bit }
    // A namespace of groups would begin where its program is, below what it is to make groups in.
    if case .enter = controlGroup { set &= ~BH_NS_CGROUP }
    if network != .inherited, !removedWalls.contains(.networkNamespace) { set |= BH_NS_NET }
    return set
  }

  private func setLandlock(_ config: inout bh_jail_config) {
    guard !removedWalls.contains(.landlock) else { return }
    config.landlock_minimum = grade == .oldLandlock ? 1 : 6
    // A domain that handles file rights may not mount, so who builds jails with mounts has none.
    let mounts = profile.buildsJails && grade != .noNamespaces
    config.landlock_files = mounts ? 0 : LandlockRights.all
    config.landlock_network = profile.reachesNetwork ? 0 : LandlockRights.tcp
    config.landlock_scoped = LandlockRights.scoped
    guard removedWalls.contains(.newLandlock) else { return }
    config.landlock_files &= LandlockRights.first
    (config.landlock_network, config.landlock_scoped) = (0, 0)
  }

  private func setPort(_ config: inout bh_jail_config) {
    guard isProxied else { return }
    config.port = UInt32(Self.proxyPort)
    // Who builds jails listens in them, before they are closed.
    config.port_access = profile.buildsJails ? LandlockRights.tcp : LandlockRights.connect
  }

  private func setLimits(_ config: inout bh_jail_config) {
    config.wall_ms = limits.wallMilliseconds ?? 0
    config.cpu_ms = limits.cpuMilliseconds ?? 0
    config.memory_bytes = limits.memoryBytes ?? 0
    config.processes = limits.processes ?? 0
    config.open_files = limits.openFiles ?? 0
    // A test that takes these walls away has no /proc of the jail's own to look at.
    let canWatch = removedWalls.isDisjoint(with: [.privateRoot, .pidNamespace])
    let counts = grade == .noNamespaces && limits.processes != nil
    let isWatched = canWatch && (limits.cpuMilliseconds != nil || limits.memoryBytes != nil || counts)
    config.tick_ms = isWatched ? max(1, limits.tickMilliseconds) : 0
  }

  private static let halfOfTheHost = UInt64(max(0, sysconf(Int32(_SC_PHYS_PAGES)))) &* 4096 / 2

  private var rlimits: [bh_jail_rlimit] {
    var list: [bh_jail_rlimit] = []
    func add(_ resource: Resource, _ soft: UInt64?, hard: UInt64? = nil) {
      guard let soft else { return }
      list.append(bh_jail_rlimit(resource: resource.rawValue, reserved: 0, soft: soft, hard: hard ?? soft))
    }
    add(.core, 0)
    // The watchdog looks at the tree; this stops one process that runs away between two looks. SIGXCPU, then SIGKILL.
    if let cpu = limits.cpuMilliseconds {
      // What the program used before it began is not known here: a second is more than any interpreter needs.
      let seconds = cpu / 1000 + (cpu % 1000 == 0 ? 0 : 1) + (waits ? 1 : 0)
      add(.cpu, max(1, seconds), hard: max(1, seconds) + 1)
    }
    // Likewise a backstop. Well above the limit: a program that reaches this one gets ENOMEM, which nobody could tell
    // from its own failure, while the watchdog's end is reported as what it is.
    if let memory = limits.memoryBytes { add(.data, max(memory &+ memory / 4, Self.halfOfTheHost)) }
    // The reaper counts in the jail's user namespace too. Without one the kernel would count all of the user's processes.
    if let processes = limits.processes, grade != .noNamespaces { add(.processes, UInt64(processes) + 1) }
    add(.fileSize, limits.fileSizeBytes)
    add(.openFiles, limits.openFiles.map { UInt64($0) })
    // Memory that neither RLIMIT_DATA nor the watchdog would see.
    add(.lockedMemory, 64 << 10)
    add(.messageQueues, 0)
    add(.realtimePriority, 0)
    add(.nice, 0)
    add(.pendingSignals, 1024)
    return list
  }
}

/// Resources of setrlimit(2) by number; Swift's Glibc names only the older ones.
private enum Resource: UInt32 {
  case cpu = 0
  case fileSize = 1
  case data = 2
  case core = 4
  case processes = 6
  case openFiles = 7
  case lockedMemory = 8
  case pendingSignals = 11
  case messageQueues = 12
  case nice = 13
  case realtimePriority = 14
}
