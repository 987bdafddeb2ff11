internal import Jail
internal import Tunnel
internal import WorkerKit

/// From what a call may do to the jail in which it does it.
///
/// | | when the call says nothing | the most |
/// | --- | --- | --- |
/// | `wall_ms` | 30,000, or what is left until the call's deadline | the deadline |
/// | `cpu_ms` | 30,000 | |
/// | `memory_bytes` | 512 MiB, workspace and /tmp included | |
/// | `processes` | 64 | |
/// | `file_bytes` | 64 MiB | |
/// | `open_files` | 256 | |
/// | `output_bytes` | 1 MiB of each stream | 8 MiB, of which the record shows what fits |
/// | `workspace_bytes` | 64 MiB | |
/// | /tmp | 16 MiB | |
/// | artifacts | 64 files of together 16 MiB | |
/// | `profile` | `shell` for bash, `compute` for code (no other process) | |
/// | `programs` | all of /usr | |
/// | `read`, `write`, `hosts` | none | `hosts`: 256, where a worker offers a tunnel |
/// | `grade` | what the operator accepted, `full` unless said | what the jails of this host are |
///
/// Under the grade `no-namespaces` there is neither a workspace nor a /tmp.
struct CallPolicy {
  static let outputLimit = 8 << 20
  /// Between the end of a run at its wall limit and the call's deadline, so that the record still gets home.
  static let margin: Int64 = 100

  let profile: SeccompProfile
  /// Of every jail that this worker builds.
  var grade = JailGrade.full
  /// Whether connections of its runs can be let out.
  var hasTunnel = false
  /// Whether the call wants nothing but the defaults, so that a process that was started before may serve it. The wall
  /// limit alone can be told to such a process.
  func isDefault(_ needs: Needs?, _ limits: ResourceLimits?) -> Bool {
    var limits = limits ?? ResourceLimits()
    limits.wallMS = nil
    guard limits == ResourceLimits() else { return false }
    guard var needs else { return true }
    if needs.profile == profile.rawValue { needs.profile = nil }
    if needs.grade == grade.rawValue { needs.grade = nil }
    if needs.listedPrograms == nil { needs.programs = nil }
    return needs == Needs()
  }

  func wallMilliseconds(_ limits: ResourceLimits?, remainingMS: Int64) -> UInt64 {
    let wanted = limits?.wallMS ?? 30_000
    return UInt64(max(1, min(wanted, max(remainingMS - Self.margin, 1))))
  }

  /// A jail for `program`, which is permitted whatever list of programs the call has.
  func policy(
    _ program: String,
    _ arguments: [String],
    _ needs: Needs?,
    _ limits: ResourceLimits?,
    remainingMS: Int64
  ) throws(WireError) -> JailPolicy {
    var policy = JailPolicy(program: program, arguments: arguments)
    policy.environment = ["PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/workspace", "TMPDIR=/tmp", "LANG=C.UTF-8"]
    // The worker's own, which is empty.
    policy.network = .inherited
    policy.profile = profile
    policy.limits.wallMilliseconds = wallMilliseconds(limits, remainingMS: remainingMS)
    if let limits { apply(limits, to: &policy) }
    policy.view.programs = [program]
    policy.grade = grade
    if let needs { try apply(needs, to: &policy) }
    if grade == .noNamespaces { leaveOutWorkspace(of: &policy) }
    return policy
  }

  private func leaveOutWorkspace(of policy: inout JailPolicy) {
    policy.view.workspaceBytes = nil
    policy.directory = "/"
    policy.environment.removeAll { $0.hasPrefix("HOME=") || $0.hasPrefix("TMPDIR=") }
    policy.environment.append("HOME=/nonexistent")
  }

  /// Files need a workspace to be in.
  func check(_ files: [InputFile]) throws(WireError) {
    guard grade == .noNamespaces, let file = files.first else { return }
    throw WireError(
      .refused,
      "file '\(file.path)' needs a workspace, which the grade '\(grade.rawValue)' of this host does not have",
      data: ["need": "grade"]
    )
  }

  private func apply(_ limits: ResourceLimits, to policy: inout JailPolicy) {
    if let value = limits.cpuMS { policy.limits.cpuMilliseconds = UInt64(clamping: value) }
    if let value = limits.memoryBytes { policy.limits.memoryBytes = UInt64(clamping: value) }
    if let value = limits.processes { policy.limits.processes = UInt32(clamping: value) }
    if let value = limits.fileBytes { policy.limits.fileSizeBytes = UInt64(clamping: value) }
    if let value = limits.openFiles { policy.limits.openFiles = UInt32(clamping: value) }
    if let value = limits.outputBytes { policy.limits.outputBytes = Int(clamping: min(value, Int64(Self.outputLimit))) }
    if let value = limits.workspaceBytes { policy.view.workspaceBytes = UInt64(max(4096, value)) }
  }

  private func apply(_ needs: Needs, to policy: inout JailPolicy) throws(WireError) {
    if !needs.hosts.isEmpty { try grant(needs.hosts, to: &policy) }
    switch needs.profile {
    case nil: break
    case SeccompProfile.compute.rawValue?: policy.profile = .compute
    case SeccompProfile.shell.rawValue?: policy.profile = .shell
    case let other?:
      throw WireError(.refused, "there is no profile '\(other)': \"compute\" or \"shell\"", data: ["need": "profile"])
    }
    if let name = needs.grade {
      guard let least = JailGrade(rawValue: name), least != .none else {
        let names = JailGrade.usable.map(\.rawValue).joined(separator: ", ")
        throw WireError(.refused, "there is no grade '\(name)': \(names)", data: ["need": "grade"])
      }
      guard grade >= least else {
        throw WireError(
          .refused,
          "the call demands the grade '\(name)', and jails of this host are '\(grade.rawValue)'",
          data: ["need": "grade", "grade": .string(grade.rawValue)]
        )
      }
    }
    policy.view.readable = needs.read
    policy.view.writable = needs.write
    policy.environment += needs.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    guard let programs = needs.listedPrograms else { return }
    policy.view.base = .libraries
    for name in programs { policy.view.programs.append(try Self.path(of: name)) }
  }

  static func noHosts(_ host: String) -> WireError {
    WireError(
      .refused,
      "no worker offers a tunnel, so a jailed run reaches no host, and '\(host)' is one",
      data: ["need": "hosts"]
    )
  }

  /// A network of the run's own, and in it the way to a proxy that reaches these hosts.
  private func grant(_ hosts: [String], to policy: inout JailPolicy) throws(WireError) {
    guard hasTunnel else { throw Self.noHosts(hosts[0]) }
    guard grade != .noNamespaces else {
      throw WireError(
        .refused,
        "hosts need a network namespace, which the grade '\(grade.rawValue)' of this host does not have",
        data: ["need": "hosts"]
      )
    }
    guard hosts.count <= TunnelRequest.hostLimit else {
      throw WireError(
        .refused,
        "\(hosts.count) hosts exceed the limit of \(TunnelRequest.hostLimit) for a run",
        data: ["need": "hosts"]
      )
    }
    policy.network = .proxied
    let proxy = "http://127.0.0.1:\(JailPolicy.proxyPort)"
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
      policy.environment += ["\(name)=\(proxy)", "\(name.lowercased())=\(proxy)"]
    }
    policy.environment += ["NO_PROXY=", "no_proxy="]
  }

  private static func path(of program: String) throws(WireError) -> String {
    if program.hasPrefix("/") { return program }
    if let path = Interpreters.find(program) { return path }
    for folder in Interpreters.folders where isExecutable("\(folder)/\(program)") { return "\(folder)/\(program)" }
    let folders = Interpreters.folders.joined(separator: ", ")
    throw WireError(.refused, "there is no program '\(program)' in \(folders)", data: ["need": "programs"])
  }
}

extension PreparedJail {
  /// `policy.prepare`, with its mistakes as answers to the caller.
  init(_ policy: JailPolicy) throws(WireError) {
    do throws(JailError) {
      self = try policy.prepare()
    } catch {
      throw error.code == .path || error.code == .value
        ? WireError(.refused, error.message) : WireError(.setupFailed, error.message, data: error.wireData)
    }
  }
}

extension JailError {
  var wireData: JSONObject { JSONObject([("stage", .string(code.rawValue)), ("errno", .integer(Int64(errno)))]) }
}
