internal import CJailCalls
internal import CJailPolicy
internal import CLinux
internal import Glibc
package import Posix

/// A started jail: the launcher, its status socket, and what has been learnt over it. The base of a `JailRun`, and by
/// itself what a long-lived worker is started with.
///
/// Wait for `exitDescriptor` (a pidfd) to be readable: the launcher ends after the last process of the jail. Wait for
/// `statusDescriptor` to be readable and call `readStatus` in between. Releasing the object closes its end of the
/// status socket, which ends the jail; so does the death of this process, however sudden.
package final class JailProcess {
  package private(set) var isReady = false
  package private(set) var setupFailure: JailSetupFailure?
  package private(set) var limitsHit: Set<JailLimitHit> = []
  /// The limit that ended the jail.
  package private(set) var endedBy: JailReason?
  package private(set) var receipt = JailReceipt()
  /// How the program ended, as wait(2) encodes it.
  private(set) var waitStatus: Int32?

  private var launcher: ChildProcess?
  /// As it was sent, to tell what a failure was about.
  private let policy: [UInt8]
  private var controlGroup: ControlGroup?
  /// The group that a worker which makes groups of its own is in.
  private var entered: String?
  /// Every process of the tree is dead, and the receipt complete; the launcher may still be ending.
  package private(set) var isGone = false
  private var status: Descriptor?
  private var reaper: Descriptor?
  private var isKilled = false
  /// Processor time that belongs to the waiting, not to the run.
  var waitedMicroseconds: UInt64 = 0
  /// Likewise what it read and wrote.
  var waitedReadBytes: UInt64 = 0
  var waitedWrittenBytes: UInt64 = 0
  var workspace: Descriptor?
  var listener: Descriptor?
  /// Listens for the connections of a jail that is proxied.
  var proxy: Descriptor?
  /// A pidfd of the program, of a jail that waits.
  var program: Descriptor?
  /// The namespaces of a finished root, of a jail that builds a template.
  var templateUser: Descriptor?
  var templateMounts: Descriptor?

  /// Starts the jail with `descriptors` as the program's 0, 1 and 2, and 3 or 3 and 4 if the policy says so; the caller closes its own copies.
  /// `program` names another `bulkhead-jail` than the one that belongs to this program.
  package init(_ jail: PreparedJail, descriptors: [Int32], program: String? = nil) throws(JailError) {
    let count = jail.descriptorCount
    guard descriptors.count == count else {
      throw JailError(.value, "\(descriptors.count) descriptors instead of \(count)")
    }
    let path = if let program { program } else { try JailProgram.path() }
    let template = jail.shared.flatMap { JailTemplate.of($0.view, become: $0.become, program: path) }
    policy = template == nil ? jail.bytes : jail.shared?.bytes ?? jail.bytes
    do throws(PosixError) {
      let policy = try Self.policyFile(self.policy)
      var ends: (Int32, Int32) = (-1, -1)
      let paired = withUnsafeMutableBytes(of: &ends) {
        bh_call_socketpair_packets($0.assumingMemoryBound(to: Int32.self).baseAddress!)
      }
      if paired != 0 { throw PosixError("socketpair", errno: -paired) }
      let inner = Descriptor(owning: ends.0)
      status = Descriptor(owning: ends.1)
      var place: Descriptor?
      var plan = SpawnPlan(path: path, arguments: ["bulkhead-jail", "\(count)", "\(count + 1)"])
      // The status socket tells the jail that we are gone; a parent-death signal would also fire when a thread ends.
      plan.diesWithParent = false
      plan.noNewPrivileges = false
      switch jail.controlGroup {
      case nil: break
      case .make(let parent)?:
        controlGroup = try ControlGroup(in: parent, limits: jail.limits)
        plan.controlGroup = controlGroup?.descriptor
      case .enter(let path)?:
        place = try Descriptor.open(path + "/cgroup.procs", O_WRONLY)
        plan.controlGroup = place?.raw
        entered = path
      }
      var given = descriptors + [policy.raw, inner.raw]
      if let template {
        given += [template.user.raw, template.mounts.raw]
        plan.arguments += ["\(count + 2)", "\(count + 3)"]
      }
      launcher = try withExtendedLifetime(template) { () throws(PosixError) in try plan.spawn(descriptors: given) }
      // Their last mention: an optimised build closes a descriptor after that, not at the end of the scope.
      _ = consume policy
      _ = consume inner
      _ = consume place
    } catch {
      throw JailError(.start, "cannot start a jail: \(error)", errno: error.errno)
    }
  }

  deinit {
    let group = controlGroup?.path
    if let launcher = launcher.take() {
      Undertaker.adopt(launcher.takePidfd(), controlGroup: group)
    } else if let group {
      ControlGroup.dissolve(group)
    }
  }

  package var pid: Int32 { launcher?.pid ?? 0 }

  package var exitDescriptor: Int32 { launcher?.pidfd.raw ?? -1 }

  /// Nil once both launcher and reaper have let go of it.
  package var statusDescriptor: Int32? { status?.raw }

  static func policyFile(_ bytes: [UInt8]) throws(PosixError) -> Descriptor {
    let raw = bh_call_memfd("bulkhead-policy")
    guard raw >= 0 else { throw PosixError("memfd_create", errno: -raw) }
    let file = Descriptor(owning: raw)
    try file.writeAll(bytes)
    return file
  }

  /// Asks the reaper to end every process of the jail, which keeps the receipt complete. The launcher's exit follows.
  package func end() {
    guard let raw = status?.raw else { return }
    shutdown(raw, Int32(SHUT_WR))
  }

  /// Lets the limits of a jail that waits count from now on, with another limit of wall time if one is given.
  package func begin(wallMilliseconds: UInt64? = nil, waitedMicroseconds: UInt64 = 0) {
    guard let raw = status?.raw else { return }
    var message = bh_jail_message()
    message.magic = BH_JAIL_MAGIC
    message.kind = UInt16(BH_MESSAGE_BEGIN.rawValue)
    message.values.0 = wallMilliseconds ?? 0
    message.values.1 = waitedMicroseconds
    // A jail that has ended meanwhile is seen by its exit.
    _ = send(raw, &message, MemoryLayout<bh_jail_message>.size, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
  }

  /// The listening socket of a jail that is `proxied`, once, after it `isReady`.
  package func takeProxy() -> Descriptor? { proxy.take() }

  /// Signals the program alone, of a jail that waits or waited. Nothing happens where it is not known.
  package func signalProgram(_ number: Int32) {
    if let raw = program?.raw { ChildProcess.signal(pidfd: raw, number) }
  }

  /// Ends every process of the jail at once, the reaper included; for one that does not answer `end`.
  package func kill() {
    isKilled = true
    if let controlGroup {
      // Launcher and reaper go too, whatever they are doing; what the tree has used is in the group.
      do throws(PosixError) { return try controlGroup.kill() } catch {
        // A kernel before 5.14 has no such file.
      }
    }
    if reaper == nil { readStatus() }
    if let raw = reaper?.raw {
      // The end of pid 1 is the end of its namespace.
      ChildProcess.signal(pidfd: raw, SIGKILL)
      // Somebody may have stopped the launcher, which is to reap it.
      launcher?.signal(SIGCONT)
    } else if !isReady {
      // The reaper has a parent-death signal on the launcher, and sees the socket close besides.
      launcher?.signal(SIGKILL)
    }
  }

  /// True once the launcher has ended and is reaped, which is after the whole tree.
  package func reaped() -> Bool {
    do {
      guard try launcher?.reap() != nil else { return false }
    } catch {
      // Somebody else reaped our child; what the status socket holds is still the truth.
    }
    launcher = nil
    removeGroups()
    readStatus()
    status = nil
    reaper = nil
    return true
  }

  /// Once nothing is left in them. A worker that built jails may have ended before it removed theirs.
  private func removeGroups() {
    if let controlGroup { ControlGroup.dissolve(controlGroup.path) }
    if let entered { ControlGroupTree.removeEmpty(besides: entered) }
  }

  /// What the control group says of the tree; nil without one.
  var controlGroupUsage: ControlGroup.Usage? { controlGroup?.usage }

  /// How the program ended, or nil when it never started or was killed with its reaper.
  package var exit: ProcessExit? {
    guard let waitStatus else { return nil }
    return waitStatus & 0x7f == 0 ? .code((waitStatus >> 8) & 0xff) : .signal(waitStatus & 0x7f)
  }

  // MARK: Status messages

  /// Takes in what the jail has said, without waiting.
  package func readStatus() {
    while let raw = status?.raw {
      var message = bh_jail_message()
      var descriptors: (Int32, Int32, Int32, Int32) = (-1, -1, -1, -1)
      var count: Int32 = 0
      let length = withUnsafeMutableBytes(of: &descriptors) {
        bh_call_receive(
          raw,
          &message,
          MemoryLayout<bh_jail_message>.size,
          $0.assumingMemoryBound(to: Int32.self).baseAddress!,
          4,
          &count
        )
      }
      if length == -Int(EAGAIN) { return }
      var received: [Int32] = []
      if count > 0 { received.append(descriptors.0) }
      if count > 1 { received.append(descriptors.1) }
      if count > 2 { received.append(descriptors.2) }
      if count > 3 { received.append(descriptors.3) }
      guard length == MemoryLayout<bh_jail_message>.size, message.magic == BH_JAIL_MAGIC else {
        for raw in received { close(raw) }
        status = nil
        return
      }
      take(message, received)
    }
  }

  private func take(_ message: bh_jail_message, _ received: [Int32]) {
    var descriptors = received[...]
    switch bh_jail_message_kind(rawValue: UInt32(message.kind)) {
    case BH_MESSAGE_REAPER:
      if let raw = descriptors.popFirst() { reaper = Descriptor(owning: raw) }
      if isKilled { kill() }
    case BH_MESSAGE_READY:
      isReady = true
      if message.code & BH_READY_LISTENER != 0, let raw = descriptors.popFirst() { listener = Descriptor(owning: raw) }
      if message.code & BH_READY_WORKSPACE != 0, let raw = descriptors.popFirst() {
        workspace = Descriptor(owning: raw)
      }
      if message.code & BH_READY_PROGRAM != 0, let raw = descriptors.popFirst() { program = Descriptor(owning: raw) }
      if message.code & BH_READY_PROXY != 0, let raw = descriptors.popFirst() { proxy = Descriptor(owning: raw) }
    case BH_MESSAGE_TEMPLATE:
      if let raw = descriptors.popFirst() { templateUser = Descriptor(owning: raw) }
      if let raw = descriptors.popFirst() { templateMounts = Descriptor(owning: raw) }
    case BH_MESSAGE_FAILED:
      setupFailure = JailSetupFailure(
        stage: Self.name(ofStage: message.stage),
        errno: message.error,
        index: message.code,
        path: PolicyPaths.path(in: policy, stage: message.stage, index: message.code)
      )
    case BH_MESSAGE_LIMIT:
      let limit = bh_jail_limit(rawValue: UInt32(bitPattern: message.code))
      takeLimit(limit, observed: message.values.0, ends: message.values.1 != 0)
    case BH_MESSAGE_EXIT:
      waitStatus = message.code
      receipt.peakMemoryBytes = max(receipt.peakMemoryBytes, message.values.0)
    case BH_MESSAGE_GONE:
      takeReceipt(message)
      receipt.peakMemoryBytes = max(receipt.peakMemoryBytes, message.values.6)
      if message.stage != 0 { waitStatus = message.code }
      isGone = true
    case BH_MESSAGE_RECEIPT:
      if !isGone { takeReceipt(message) }
    default: break
    }
    for raw in descriptors { close(raw) }
  }

  private func takeLimit(_ limit: bh_jail_limit, observed: UInt64, ends: Bool) {
    switch limit {
    case BH_LIMIT_WALL:
      limitsHit.insert(.wall)
      endedBy = endedBy ?? .timeout
    case BH_LIMIT_CPU:
      limitsHit.insert(.cpu)
      endedBy = endedBy ?? .cpuLimit
    case BH_LIMIT_MEMORY:
      limitsHit.insert(.memory)
      receipt.peakMemoryBytes = max(receipt.peakMemoryBytes, observed)
      endedBy = endedBy ?? .memoryLimit
    case BH_LIMIT_PROCESSES:
      limitsHit.insert(.processes)
      if ends { endedBy = endedBy ?? .processLimit }
    case BH_LIMIT_OPEN_FILES: limitsHit.insert(.openFiles)
    default: break
    }
  }

  private func takeReceipt(_ message: bh_jail_message) {
    // What was used while it waited belongs to nobody's run. Which part of it the kernel did is not known.
    let user = min(waitedMicroseconds, message.values.0)
    receipt.userMicroseconds = message.values.0 - user
    receipt.systemMicroseconds = message.values.1 - min(waitedMicroseconds - user, message.values.1)
    receipt.peakMemoryBytes = max(receipt.peakMemoryBytes, message.values.2 &* 1024)
    receipt.wallMicroseconds = message.values.3
    receipt.readBytes = message.values.4 - min(waitedReadBytes, message.values.4)
    receipt.writtenBytes = message.values.5 - min(waitedWrittenBytes, message.values.5)
  }

  static func name(ofStage stage: UInt16) -> String {
    let names = [
      "none", "policy", "credentials", "namespaces", "identities", "sources", "root", "mount", "pivot", "hostname",
      "watchdog", "reaper", "start", "session", "rlimits", "capabilities", "no_new_privs", "landlock", "seccomp",
      "working_folder", "exec", "template", "network",
    ]
    return names.indices.contains(Int(stage)) ? names[Int(stage)] : "stage \(stage)"
  }
}
