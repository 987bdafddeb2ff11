internal import Glibc
internal import JSON
internal import Policy
internal import Wire

/// Names of users and groups, looked up once: that may ask a server.
final class AccountNames {
  private var users: [UInt32: String] = [:]
  private var groups: [UInt32: String?] = [:]

  func user(_ uid: UInt32) -> String {
    if let known = users[uid] { return known }
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    // The entry points into the buffer.
    let name = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 16_384) { buffer in
      let status = getpwuid_r(uid, &entry, buffer.baseAddress!, buffer.count, &found)
      return status == 0 && found != nil ? String(cString: entry.pw_name) : "\(uid)"
    }
    users[uid] = name
    return name
  }

  func group(_ gid: UInt32) -> String? {
    if let known = groups[gid] { return known }
    var entry = Glibc.group()
    var found: UnsafeMutablePointer<Glibc.group>?
    let name = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 65_536) { buffer in
      let status = getgrgid_r(gid, &entry, buffer.baseAddress!, buffer.count, &found)
      return status == 0 && found != nil ? String(cString: entry.gr_name) : nil
    }
    groups[gid] = name
    return name
  }
}

/// Who may do what: by the policy's roles, by who owns the service where it names none.
extension Judge {
  func caller(uid: UInt32, gid: UInt32, groups: [UInt32]) -> Caller {
    let user = names.user(uid)
    let groupNames = ([gid] + groups).compactMap { names.group($0) }
    return Caller(
      uid: uid,
      gid: gid,
      groups: groups,
      user: user,
      groupNames: groupNames,
      role: role(uid, gid, groups, user, groupNames) ?? .viewer
    )
  }

  /// Whoever a job was written down for, with the role that they have today.
  func caller(_ json: JSON) -> Caller {
    let groups = json["groups"]?.arrayValue?.compactMap { $0.integerValue.flatMap { UInt32(exactly: $0) } } ?? []
    return caller(uid: Self.id(json["uid"]) ?? .max, gid: Self.id(json["gid"]) ?? .max, groups: groups)
  }

  private static func id(_ json: JSON?) -> UInt32? { json?.integerValue.flatMap { UInt32(exactly: $0) } }

  /// nil: may do nothing. Who owns the service can change its policy, and so is always its admin.
  func role(_ peer: PeerIdentity) -> Role? {
    role(
      peer.uid,
      peer.gid,
      peer.groups,
      names.user(peer.uid),
      ([peer.gid] + peer.groups).compactMap { names.group($0) }
    )
  }

  private func role(
    _ uid: UInt32,
    _ gid: UInt32,
    _ groups: [UInt32],
    _ user: String,
    _ groupNames: [String]
  ) -> Role? {
    if uid == 0 || uid == geteuid() { return .admin }
    guard let roles = policy.roles else { return .approver }
    return roles.resolve(uid: uid, gid: gid, groups: groups, user: user, groupNames: groupNames)
  }

  /// Whether somebody may decide about an approval of the job with this seq; nil: they may.
  func refusal(of caller: Caller, deciding approval: Approval, job: Int64) -> WireError? {
    let isAsker = approval.caller["uid"]?.integerValue == Int64(caller.uid)
    if policy.fourEyes, isAsker || meters.hasHand(caller.uid, in: job) {
      let what = isAsker ? "what you asked for yourself" : "a job that you retried, resumed, resolved or edited"
      return WireError(.forbidden, "\(approval.id) is about \(what): somebody else has to decide ('four_eyes')")
    }
    return refusal(of: caller, among: approval.approvers, deciding: approval.id)
  }

  /// Whether somebody is each of those who are named; nil: they are, or an admin.
  func refusal(of caller: Caller, among approvers: [String], deciding id: String) -> WireError? {
    guard caller.role < .admin, let missing = approvers.first(where: { !caller.isMeant(by: $0) }) else { return nil }
    let who = approvers.count == 1 ? missing : "who is each of \(approvers.joined(separator: ", "))"
    return WireError(.forbidden, "\(id) is for \(who) to decide", data: ["approver": .string(missing)])
  }
}

extension Caller {
  /// Whether a rule that names `approver` means them.
  fileprivate func isMeant(by approver: String) -> Bool {
    switch approver.split(separator: ":", maxSplits: 1).map(String.init) {
    case let parts where parts.count == 2 && parts[0] == "user":
      user == parts[1] || "\(uid)" == parts[1]
    case let parts where parts.count == 2 && parts[0] == "group":
      groupNames.contains(parts[1]) || ([gid] + groups).contains { "\($0)" == parts[1] }
    case let parts where parts.count == 2 && parts[0] == "role":
      Role(rawValue: parts[1]).map { role >= $0 } ?? false
    // The URI of a channel says where to ask, not who may answer.
    default: true
    }
  }
}
