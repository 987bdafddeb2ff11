internal import Glibc
internal import JSON
package import Jail
internal import Wire

/// Starts every worker in a jail that follows from its manifest: no network, no other programs, no writable files and
/// no sight of anything but its own program, libraries and what it listed, unless the manifest asks for more.
package struct JailedLauncher: WorkerLauncher {
  private let environment: [String: String]
  private let identity: JailPolicy.Identity?
  /// Folders of libraries that programs of our own build load from outside the system's; empty for release builds.
  private let runtimeFolders: [String]
  /// Never shown to a worker, whatever its manifest lists.
  private let hidden: [String]

  /// `hidden`: state, runtime and configuration folders.
  package init(environment: [String: String], credentials: (uid: UInt32, gid: UInt32)? = nil, hidden: [String]) {
    self.environment = environment
    identity = credentials.map { JailPolicy.Identity(uid: $0.uid, gid: $0.gid) }
    runtimeFolders = FileView.loadedLibraryFolders()
    self.hidden = hidden
  }

  package func launch(_ manifest: WorkerManifest) throws -> WorkerLaunch {
    .jail(try policy(for: manifest).prepare())
  }

  package func policy(for manifest: WorkerManifest) throws -> JailPolicy {
    let permissions = manifest.permissions
    for path in permissions.read + permissions.write {
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
    policy.view.workspaceBytes = nil
    policy.view.libraries = [manifest.folder] + runtimeFolders
    policy.view.readable = permissions.read
    policy.view.writable = permissions.write
    policy.namesDenials = false
    if permissions.jails {
      policy.profile = .sandboxWorker
      policy.view.programs = [program, try JailProgram.path()]
      policy.view.processes = .writable
      policy.network = .none
    } else {
      policy.profile = permissions.exec ? .shell : permissions.outboundNetwork ? .networkWorker : .worker
      policy.network = permissions.outboundNetwork ? .inherited : .none
      policy.view.base = permissions.exec ? .system : .libraries
      policy.view.programs = [program]
      policy.view.processes = .processesOnly
    }
    return policy
  }
}
