/// Everything about one jail, decided before anything is started. A value: `prepare` turns it into the flat form that
/// `bulkhead-jail` applies.
package struct JailPolicy: Sendable {
  /// Absolute path inside the jail.
  package var program: String
  /// Including argument 0.
  package var arguments: [String]
  /// `NAME=value`; nothing is inherited.
  package var environment: [String] = ["PATH=/usr/bin:/bin", "HOME=/workspace", "TMPDIR=/tmp", "LANG=C.UTF-8"]
  package var directory = "/workspace"
  package var view: FileView = .init()
  package var limits = JailLimits()
  package var profile: SeccompProfile = .shell
  package var network: Network = .none
  package var hostname = "jail"
  /// Who to become when started as root. Started as root without it, the jail refuses.
  package var runAs: Identity?
  /// How much the host must enforce; less is a refusal.
  package var grade: JailGrade = .full
  /// Whether refused calls are reported by name. A jail whose program builds jails of its own must not: the kernel
  /// allows one listener per process.
  package var namesDenials = true
  /// Whether the program gets two more descriptors: 3, from which it reads a request, and 4, to which it writes a reply.
  package var exchanges = false
  /// Whether the program gets descriptor 3, an end of the tunnel: a worker that offers one, or one that builds jails,
  /// which may then be `proxied`.
  package var hasTunnel = false
  /// Whether wall time, processor time and memory count from `JailRun.begin` on, for a program that is started before
  /// its work is known.
  package var waits = false
  /// The control group that the jail is in; nil: that of its builder.
  package var controlGroup: ControlGroupPlace? = JailOffer.controlGroup.map { .make(in: $0) }
  /// Whether the part of the root that other runs have too may be taken from a template.
  package var sharesView = true
  /// Walls that a test takes away to show that they were what held. Empty in product code.
  package var removedWalls: Set<JailWall> = []
  /// System calls that a test allows on top of the profile, for the same purpose.
  package var addedCalls: Set<String> = []

  package init(program: String, arguments: [String]) {
    self.program = program
    self.arguments = arguments
  }

  package struct Identity: Sendable, Hashable {
    package var uid: UInt32
    package var gid: UInt32

    package init(uid: UInt32, gid: UInt32) {
      self.uid = uid
      self.gid = gid
    }
  }

  package enum ControlGroupPlace: Sendable, Hashable {
    /// In a new one below this folder, with the limits of the jail; it goes when the jail has.
    case make(in: String)
    /// In this one, for a jail whose program makes groups of its own in the folder above it.
    case enter(String)
  }

  package enum Network: Sendable {
    /// An empty network namespace of its own.
    case none
    /// The caller's network namespace. For a single run inside the sandbox worker that is an empty one already, and
    /// entering another would cost more than everything else together.
    case inherited
    /// A network namespace of its own with nothing but a loopback, on which a socket listens at `proxyPort` that
    /// `JailRun.onProxy` hands out; the program may make TCP sockets and connect to that.
    case proxied
  }

  /// The same in every jail, since each has a network of its own.
  package static let proxyPort: UInt16 = 3128
}

/// One mechanism that holds attacks back.
package enum JailWall: String, Sendable, Hashable, CaseIterable {
  case seccomp, landlock, privateRoot, pidNamespace, ipcNamespace, utsNamespace, networkNamespace, cgroupNamespace
  case capabilities, noNewPrivileges, reaperSecrecy, session, unprivilegedUid, noExecMounts, noSuidMounts
  case readOnlyMounts
  /// What Landlock gained after its first version.
  case newLandlock
}

/// What the program sees of the file system.
package struct FileView: Sendable {
  package enum Base: Sendable {
    /// All of /usr, readable and executable.
    case system
    /// Libraries and data of /usr, and nothing of it executable but the dynamic loader.
    case libraries
    /// Nothing: what the program needs is named file by file, its loader among `libraries`.
    case bare
  }

  package struct File: Sendable {
    /// Relative to the workspace.
    package var path: String
    package var contents: [UInt8]
    package var mode: UInt32

    package init(path: String, contents: [UInt8], mode: UInt32 = 0o644) {
      self.path = path
      self.contents = contents
      self.mode = mode
    }
  }

  package enum Processes: Sendable {
    case hidden
    /// The jail's processes only, read-only.
    case processesOnly
    /// Everything that an unprivileged /proc shows, read-only.
    case full
    /// The same, writable: what building further jails inside needs.
    case writable
  }

  package var base: Base = .system
  /// Programs besides the base, shown read-only at their own paths; with `libraries` and `bare` these are all that may run.
  package var programs: [String] = []
  /// Files and folders, shown at their own paths.
  package var readable: [String] = []
  /// Folders and files that may be read and mapped as code by a program that runs, but not executed as programs.
  package var libraries: [String] = []
  package var writable: [String] = []
  /// Put into the workspace before the program starts.
  package var files: [File] = []
  /// Bytes of /workspace; nil: no workspace.
  package var workspaceBytes: UInt64? = 64 << 20
  /// Bytes of the private /tmp.
  package var temporaryBytes: UInt64 = 16 << 20
  package var processes: Processes = .full

  package init() {}
}
