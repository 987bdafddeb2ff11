internal import Glibc
package import Posix
internal import Wire

/// Starts a worker as an ordinary process: own session, empty environment plus what its manifest lists, resource limits.
package struct DirectLauncher: WorkerLauncher {
  /// The environment from which listed variables are taken.
  private let environment: [String: String]
  /// To become this user first, when the coordinator runs as root.
  private let credentials: (uid: UInt32, gid: UInt32)?

  package init(environment: [String: String], credentials: (uid: UInt32, gid: UInt32)? = nil) {
    self.environment = environment
    self.credentials = credentials
  }

  package func plan(_ manifest: WorkerManifest) throws -> SpawnPlan {
    var plan = SpawnPlan(path: try manifest.programPath(), arguments: manifest.command)
    plan.environment = manifest.environmentList(from: environment)
    plan.directory = manifest.folder
    plan.credentials = credentials
    plan.limits = manifest.resourceLimits
    return plan
  }
}

extension WorkerManifest {
  /// Where a program named without a slash is looked for; not the coordinator's own PATH, which anyone may have set.
  private static let standardPath = ["/usr/local/bin", "/usr/bin", "/bin"]

  /// The absolute path of the program; an error says where it was looked for.
  package func programPath() throws(PosixError) -> String {
    let program = command[0]
    if program.hasPrefix("/") { return program }
    if program.contains("/") { return "\(folder)/\(program)" }
    for folder in Self.standardPath where access("\(folder)/\(program)", X_OK) == 0 { return "\(folder)/\(program)" }
    throw PosixError("find program in \(Self.standardPath.joined(separator: ":"))", program, errno: ENOENT)
  }

  /// `NAME=value` for what the manifest lists, and the little without which programs misbehave.
  package func environmentList(from environment: [String: String]) -> [String] {
    var variables = ["PATH": Self.standardPath.joined(separator: ":"), "LANG": "C.UTF-8", "HOME": "/nonexistent"]
    for name in self.environment { variables[name] = environment[name] }
    return variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
  }

  package var resourceLimits: [SpawnPlan.Limit] {
    func limit(_ resource: __rlimit_resource, _ value: Int64?) -> SpawnPlan.Limit? {
      value.map { SpawnPlan.Limit(Int32(resource.rawValue), soft: UInt64($0), hard: UInt64($0)) }
    }
    return [
      limit(RLIMIT_CORE, 0),
      limit(RLIMIT_NOFILE, limits.openFiles ?? 1024),
      limit(RLIMIT_FSIZE, limits.fileBytes),
      limit(RLIMIT_DATA, limits.memoryBytes),
      limit(__RLIMIT_NPROC, limits.processes),
    ].compactMap { $0 }
  }
}
