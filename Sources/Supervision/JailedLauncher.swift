internal import Glibc
internal import JSON
package import Jail
internal import Tunnel
internal import Wire

/// Starts every worker in a jail that follows from its manifest: no network, no other programs, no writable files and
/// no sight of anything but its own program, libraries and what it listed, unless the manifest asks for more.
package struct JailedLauncher: WorkerLauncher {
  private let environment: [String: String]
  private let identity: JailPolicy.Identity?
  /// Folders of libraries that programs of our own build load from outside the system's; empty for release builds.
  private let runtimeFolders: [String]
  /// Of every jail that is built; a lesser one than `full` has been accepted by name.
  private let grade: JailGrade
  /// Parts of the wall that the operator gives up, by name.
  private let loosened: [String]
  /// What was delegated to the coordinator; nil: the watchdogs limit alone.
  private let controlGroups: ControlGroupTree?
  /// Never shown to a worker, whatever its manifest lists.
  private let hidden: [String]

  /// `hidden`: state, runtime and configuration folders.
  package init(
    environment: [String: String],
    credentials: (uid: UInt32, gid: UInt32)? = nil,
    grade: JailGrade = .full,
    loosened: [String] = [],
    controlGroups: ControlGroupTree? = nil,
    hidden: [String]
  ) {
    self.environment = environment
    identity = credentials.map { JailPolicy.Identity(uid: $0.uid, gid: $0.gid) }
    runtimeFolders = FileView.loadedLibraryFolders()
    self.grade = grade
    self.loosened = loosened
    self.controlGroups = controlGroups
    self.hidden = hidden
  }

  package func launch(_ manifest: WorkerManifest) throws -> WorkerLaunch {
    .jail(try policy(for: manifest).prepare())
  }

  package func walls(around manifest: WorkerManifest) -> WorkerWalls? {
    let permissions = manifest.permissions
    return WorkerWalls(
      grade: grade.rawValue,
      profile: Self.profile(permissions).rawValue,
      reachesNetwork: permissions.outboundNetwork || !permissions.helperPrograms.isEmpty,
      limitsBy: controlGroups?.controllers.contains("memory") == true ? "cgroup" : "watchdog",
      execWall: permissions.mayExec ? .none : .landlock,
      readable: permissions.read.count,
      writable: permissions.write.count
    )
  }

  private static func profile(_ permissions: WorkerManifest.Permissions) -> SeccompProfile {
    if !permissions.helperPrograms.isEmpty { return .helperWorker }
    if permissions.buildsJails { return .sandboxWorker }
    return permissions.exec ? .shell : permissions.outboundNetwork ? .networkWorker : .worker
  }

  package func policy(for manifest: WorkerManifest) throws -> JailPolicy {
    let permissions = manifest.permissions
    for path in permissions.read + permissions.write + permissions.helperPrograms {
      let below = path == "/" ? path : path + "/"
      let shown = hidden.first {
        ($0 == path || $0.hasPrefix(below) || path.hasPrefix($0 + "/")) && access($0, F_OK) == 0
      }
      if let secret = shown {
        throw WireError(.refused, "'\(path)' would show '\(secret)', which no worker may see")
      }
    }
    let program = try manifest.programPath()
    var policy = JailPolicy(program: program, arguments: manifest.command)
    policy.environment = manifest.environmentList(from: environment)
    policy.directory = manifest.folder
    policy.limits = .longLived
    policy.limits.memoryBytes = manifest.limits.memoryBytes.map { UInt64($0) }
    policy.limits.fileSizeBytes = manifest.limits.fileBytes.map { UInt64($0) }
    if let processes = manifest.limits.processes { policy.limits.processes = UInt32(clamping: processes) }
    if let files = manifest.limits.openFiles { policy.limits.openFiles = UInt32(clamping: files) }
    policy.hostname = manifest.name
    policy.runAs = identity
    policy.grade = grade
    policy.view.workspaceBytes = nil
    policy.view.libraries = [manifest.folder] + runtimeFolders
    policy.view.readable = permissions.read
    policy.view.writable = permissions.write
    policy.namesDenials = false
    if permissions.tunnel != nil {
      policy.hasTunnel = true
      policy.environment.append(TunnelOffer.assignment)
    }
    policy.profile = Self.profile(permissions)
    if permissions.buildsJails {
      policy.view.programs = [program, try JailProgram.path()]
      // One that is not there is its tool's to complain of.
      policy.view.programs += permissions.helperPrograms.filter { access($0, F_OK) == 0 }
      policy.view.processes = .writable
      // Whether what lies there may be mapped as code is for each of its jails to say: what is closed here could not be
      // opened there.
      policy.view.libraries += permissions.read
      policy.view.readable = []
      policy.network = permissions.helperPrograms.isEmpty ? .none : .inherited
      // For the jails that it builds itself; every worker of ours reads these in the Jail module.
      if grade != .full { policy.environment.append("\(JailOffer.gradeVariable)=\(grade.rawValue)") }
      if !loosened.isEmpty {
        policy.environment.append("\(JailOffer.loosenedVariable)=\(loosened.joined(separator: ","))")
      }
      if let controlGroups {
        let folder = try controlGroups.delegate(manifest.name, to: identity.map { ($0.uid, $0.gid) })
        policy.controlGroup = .enter(folder + "/worker")
        policy.environment.append("\(JailOffer.controlGroupVariable)=\(folder)")
      }
    } else {
      policy.controlGroup = controlGroups.map { .make(in: $0.workers) }
      policy.network = permissions.outboundNetwork ? .inherited : .none
      policy.view.base = permissions.exec ? .system : .libraries
      policy.view.programs = [program]
      policy.view.processes = .processesOnly
    }
    return policy
  }
}
