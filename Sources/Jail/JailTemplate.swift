internal import CJailPolicy
internal import Glibc
internal import Posix
internal import Synchronization

/// The part of a file view that many runs have in common, and from which a template is built.
struct SharedView: Hashable, Sendable {
  private let base: FileView.Base
  private let programs: [String]
  private let identity: JailPolicy.Identity
  private let profile: SeccompProfile
  private let hasWorkspace: Bool
  private let isProxied: Bool

  /// Nil for views that are built anew each time: with folders of the host's, since a template would hold on to their
  /// file systems; without a /proc that a run's own may cover; or with a wall taken away.
  init?(_ policy: JailPolicy) {
    let view = policy.view
    guard policy.sharesView, policy.removedWalls.isEmpty, policy.grade != .noNamespaces, view.processes == .full,
      view.readable.isEmpty, view.libraries.isEmpty, view.writable.isEmpty
    else { return nil }
    base = view.base
    programs = view.programs
    identity = policy.runAs ?? .init(uid: geteuid(), gid: getegid())
    profile = policy.profile
    hasWorkspace = view.workspaceBytes != nil
    isProxied = policy.network == .proxied
  }

  /// A policy that builds the template instead of starting a program, and the host's paths in it.
  func policy(become: JailPolicy.Identity?) throws(JailError) -> (bytes: [UInt8], sources: [String]) {
    var policy = JailPolicy(program: "/usr/bin/true", arguments: ["true"])
    policy.profile = profile
    policy.runAs = become
    policy.network = isProxied ? .proxied : .none
    policy.view.base = base
    policy.view.programs = programs
    if !hasWorkspace { policy.view.workspaceBytes = nil }
    var encoder = PolicyEncoder()
    encoder.config = bh_jail_config()
    encoder.config.flags = BH_JAIL_PRIVATE_ROOT | BH_JAIL_TEMPLATE
    encoder.config.namespaces = BH_NS_USER | BH_NS_MOUNT | BH_NS_PID
    (encoder.config.uid, encoder.config.gid) = (become?.uid ?? BH_JAIL_NO_ID, become?.gid ?? BH_JAIL_NO_ID)
    (encoder.config.inner_uid, encoder.config.inner_gid) = (BH_JAIL_NO_ID, BH_JAIL_NO_ID)
    encoder.config.program = try encoder.string(policy.program)
    encoder.config.staging = try encoder.string("/tmp")
    encoder = try MountPlan.add(policy, identity: identity, to: encoder)
    encoder.rules = []
    encoder.mounts.removeAll { $0.op == UInt16(BH_MOUNT_TMPFS.rawValue) }
    let sources = encoder.mounts.filter { $0.op == UInt16(BH_MOUNT_BIND.rawValue) }.map { encoder.text(at: $0.source) }
    let program = encoder.config.program
    return (try encoder.encode(bpf: [], arguments: [program], environment: []), sources)
  }

  /// Steps that are a run's own where the rest is a template's.
  static func isOwn(_ step: bh_jail_mount, _ target: String) -> Bool {
    switch bh_jail_mount_op(rawValue: UInt32(step.op)) {
    case BH_MOUNT_TMPFS, BH_MOUNT_PROC: true
    default: target.hasPrefix("workspace/")
    }
  }
}

/// A finished root that runs copy: two namespaces that these descriptors keep, and no process. What it is for and what
/// runs share by it: `Sources/bulkhead-jail/template.c`.
final class JailTemplate: Sendable {
  let user: Descriptor
  let mounts: Descriptor
  private let sources: [Source]

  private struct Source: Hashable {
    let path: String
    let device, inode: UInt64

    init(_ path: String) {
      var status = stat()
      self.path = path
      let isThere = stat(path, &status) == 0
      (device, inode) = isThere ? (UInt64(status.st_dev), UInt64(status.st_ino)) : (0, 0)
    }
  }

  private init(user: consuming Descriptor, mounts: consuming Descriptor, sources: [Source]) {
    self.user = user
    self.mounts = mounts
    self.sources = sources
  }

  /// Whether every path still leads to what is shown: a file that was replaced, as by an upgrade, does not.
  private var isCurrent: Bool { sources.allSatisfy { Source($0.path) == $0 } }

  // MARK: The ones there are

  private struct Entry {
    /// Nil: it cannot be built here, and runs build their roots themselves.
    var template: JailTemplate?
    var lastUse: Int64
  }

  private static let entries = Mutex<[SharedView: Entry]>([:])
  private static let limit = 8

  /// The template of a view, built when it is first asked for.
  static func of(_ view: SharedView, become: JailPolicy.Identity?, program: String) -> JailTemplate? {
    let now = BootTime.now.nanoseconds
    let known = entries.withLock { entries -> Entry? in
      entries[view]?.lastUse = now
      return entries[view]
    }
    if let known {
      guard let template = known.template else { return nil }
      if template.isCurrent { return template }
    }
    // Outside of the lock: two threads may build the same, and the later one is kept.
    let built = build(view, become, program)
    entries.withLock { entries in
      entries[view] = Entry(template: built, lastUse: now)
      guard entries.count > limit, let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return }
      entries[oldest.key] = nil
    }
    return built
  }

  private static func build(_ view: SharedView, _ become: JailPolicy.Identity?, _ program: String) -> JailTemplate? {
    do {
      let (bytes, paths) = try view.policy(become: become)
      // Before it is built: what changes meanwhile makes it outdated, not wrong.
      let sources = paths.map(Source.init)
      let null = try Descriptor.open("/dev/null", O_RDWR)
      let raw = null.raw
      let jail = PreparedJail(template: bytes)
      let process = try JailProcess(jail, descriptors: [raw, raw, raw], program: program)
      _ = consume null
      let end = BootTime.now + 5_000
      while true {
        process.readStatus()
        if let user = process.templateUser.take(), let mounts = process.templateMounts.take() {
          return JailTemplate(user: user, mounts: mounts, sources: sources)
        }
        let left = end.milliseconds(since: .now)
        guard left > 0, let raw = process.statusDescriptor, process.setupFailure == nil else { return nil }
        var waiting = pollfd(fd: raw, events: Int16(POLLIN), revents: 0)
        poll(&waiting, 1, Int32(clamping: left))
      }
    } catch {
      // The run builds its root itself, and fails with the reason if that cannot be.
      return nil
    }
  }
}
