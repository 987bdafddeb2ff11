internal import Glibc
package import Posix
internal import Tunnel
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

  package func launch(_ manifest: WorkerManifest) throws -> WorkerLaunch { .process(try plan(manifest)) }

  package func plan(_ manifest: WorkerManifest) throws(PosixError) -> SpawnPlan {
    var plan = SpawnPlan(path: try manifest.programPath(), arguments: manifest.command)
    plan.environment = manifest.environmentList(from: environment)
    if manifest.permissions.tunnel != nil { plan.environment.append(TunnelOffer.assignment) }
    plan.directory = manifest.folder
    plan.credentials = credentials
    plan.limits = manifest.resourceLimits
    return plan
  }
}

extension WorkerManifest {
  /// The variable PATH of every worker.
  private static let standardPath = ["/usr/local/bin", "/usr/bin", "/bin"]

  /// Where a program named without a slash is looked for: beside the running program, where our own workers are, then
  /// in the standard folders. Not the coordinator's own PATH, which anyone may have set.
  private static let searchPath = [folderOfThisProgram].compactMap { $0 } + standardPath

  private static var folderOfThisProgram: String? {
    guard let path = canonicalPath("/proc/self/exe"), let slash = path.lastIndex(of: "/") else { return nil }
    return String(path[..<slash])
  }

  private static func canonicalPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// The absolute path of the program; an error says where it was looked for.
  package func programPath() throws(PosixError) -> String {
    let program = command[0]
    let named = program.hasPrefix("/") ? program : program.contains("/") ? "\(folder)/\(program)" : nil
    let candidates = named.map { [$0] } ?? Self.searchPath.map { "\($0)/\(program)" }
    for candidate in candidates where access(candidate, X_OK) == 0 {
      if let path = Self.canonicalPath(candidate) { return path }
    }
    guard named == nil else { throw PosixError.current("execute", named ?? program) }
    throw PosixError("find program in \(Self.searchPath.joined(separator: ":"))", program, errno: ENOENT)
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
