package import Wire

/// Who asks: a person, by what the kernel says of their process, or a worker inside an invocation that a person asked for.
package struct Caller: Sendable, Equatable {
  package var uid: UInt32
  package var gid: UInt32
  package var groups: [UInt32]
  /// The uid's name, or the uid in digits where it has none.
  package var user: String
  /// Names of `gid` and `groups`, as far as they have one.
  package var groupNames: [String]
  package var role: Role
  /// The worker that makes the call; nil: the person.
  package var worker: String?

  package init(
    uid: UInt32,
    gid: UInt32 = 0,
    groups: [UInt32] = [],
    user: String,
    groupNames: [String] = [],
    role: Role,
    worker: String? = nil
  ) {
    self.uid = uid
    self.gid = gid
    self.groups = groups
    self.user = user
    self.groupNames = groupNames
    self.role = role
    self.worker = worker
  }
}
