internal import CJailPolicy
internal import Glibc
package import Posix

/// A jailed process for someone who starts and watches processes itself: the coordinator and its workers.
///
/// Start `plan` with the program's standard streams as 0, 1, 2, then what `handOver` gives as 3 and 4. The jail lives until its program ends or `status` is released.
package struct JailLaunch: ~Copyable {
  package let plan: SpawnPlan
  package let status: JailStatus
  private let policy: Descriptor
  private let innerStatus: Descriptor

  init(plan: SpawnPlan, status: JailStatus, policy: consuming Descriptor, innerStatus: consuming Descriptor) {
    self.plan = plan
    self.status = status
    self.policy = policy
    self.innerStatus = innerStatus
  }

  /// What becomes 3 and 4 in the process; the caller owns and closes both.
  package consuming func handOver() -> (policy: Int32, innerStatus: Int32) { (policy.release(), innerStatus.release()) }
}

extension PreparedJail {
  package func launch() throws(JailError) -> JailLaunch {
    let path = try JailProgram.path()
    do throws(PosixError) {
      var ends: (Int32, Int32) = (-1, -1)
      let error = withUnsafeMutableBytes(of: &ends) {
        bh_call_socketpair_packets($0.assumingMemoryBound(to: Int32.self).baseAddress!)
      }
      if error != 0 { throw PosixError("socketpair", errno: -error) }
      let inner = Descriptor(owning: ends.0)
      let status = JailStatus(Descriptor(owning: ends.1))
      var plan = SpawnPlan(path: path, arguments: ["bulkhead-jail", "3", "4"])
      // The status socket does what the signal would, and also when only the spawning thread ends.
      plan.diesWithParent = false
      // The launcher makes namespaces first; the program inside gets it.
      plan.noNewPrivileges = false
      return JailLaunch(plan: plan, status: status, policy: try JailProcess.policyFile(bytes), innerStatus: inner)
    } catch {
      throw JailError(.start, "cannot start a jail: \(error)", errno: error.errno)
    }
  }
}

/// Our end of a jail's status socket, read when something has happened.
///
/// Safety: made on the thread that spawns and handed over once to the one that watches; never used by both.
package final class JailStatus: @unchecked Sendable {
  private let socket: Descriptor
  private var reaper: Descriptor?
  /// The stage that failed, when the jail could not be built.
  package private(set) var setupFailure: JailSetupFailure?
  /// How the program inside ended.
  package private(set) var exit: ProcessExit?
  package private(set) var limit: String?

  init(_ socket: consuming Descriptor) { self.socket = socket }

  /// Takes the messages that have come.
  package func update() {
    while true {
      var message = bh_jail_message()
      var descriptors: (Int32, Int32) = (-1, -1)
      var count: Int32 = 0
      let length = withUnsafeMutableBytes(of: &descriptors) {
        bh_call_receive(
          socket.raw, &message, MemoryLayout<bh_jail_message>.size,
          $0.assumingMemoryBound(to: Int32.self).baseAddress!, 2, &count)
      }
      guard length == MemoryLayout<bh_jail_message>.size, message.magic == BH_JAIL_MAGIC else { return }
      take(message, [descriptors.0, descriptors.1].prefix(Int(count)))
    }
  }

  private func take(_ message: bh_jail_message, _ received: ArraySlice<Int32>) {
    var received = received
    switch bh_jail_message_kind(rawValue: UInt32(message.kind)) {
    case BH_MESSAGE_REAPER: if let raw = received.popFirst() { reaper = Descriptor(owning: raw) }
    case BH_MESSAGE_FAILED:
      setupFailure = JailSetupFailure(
        stage: JailProcess.name(ofStage: message.stage), errno: message.error, index: message.code)
    case BH_MESSAGE_LIMIT:
      let names = [BH_LIMIT_MEMORY.rawValue: "memory", BH_LIMIT_CPU.rawValue: "cpu", BH_LIMIT_WALL.rawValue: "wall"]
      limit = names[UInt32(bitPattern: message.code)] ?? limit
    case BH_MESSAGE_EXIT:
      let status = message.code
      exit = status & 0x7f == 0 ? .code(status >> 8 & 0xff) : .signal(status & 0x7f)
    default: break
    }
    for raw in received { close(raw) }
  }

  /// Ends every process of the jail. false when the reaper is not known (yet), so that its launcher must be killed.
  package func kill() -> Bool {
    update()
    guard let raw = reaper?.raw else { return false }
    ChildProcess.signal(pidfd: raw, SIGKILL)
    return true
  }
}
