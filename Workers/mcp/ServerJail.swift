internal import Glibc
internal import Jail
internal import Posix
internal import Tunnel
internal import WorkerKit

/// From what an entry grants to the jail that its server lives in.
///
/// | | when the entry says nothing |
/// | --- | --- |
/// | `wall_ms`, `cpu_ms` | no limit: the server lives as long as its worker |
/// | `memory_bytes` | 1 GiB, workspace and /tmp included |
/// | `processes` | 256, threads included |
/// | `file_bytes` | 256 MiB |
/// | `open_files` | 1,024 |
/// | `workspace_bytes` | 64 MiB, private and empty at each start |
/// | `programs` | all of /usr |
/// | `read`, `write`, `hosts` | none |
///
/// What may be read may also be mapped as code, so that a virtual environment with compiled modules works; a program
/// outside /usr runs only where the command or its interpreter is that program.
struct ServerJail {
  private let program: BridgeSettings.Program
  private let hasTunnel: Bool

  static let folders = ["/usr/local/bin", "/usr/bin", "/bin"]
  /// A link to a link, an interpreter that is a script: more is a mistake.
  private static let hops = 8

  init(_ program: BridgeSettings.Program, hasTunnel: Bool) {
    self.program = program
    self.hasTunnel = hasTunnel
  }

  func prepare() throws(WireError) -> PreparedJail {
    do throws(JailError) {
      return try policy().prepare()
    } catch {
      let hint = error.code == .path && error.errno != 0 ? "; hint: is it within 'needs.read'?" : ""
      throw WireError(.setupFailed, "the jail of the server cannot be set up: \(error.message)\(hint)")
    }
  }

  private func policy() throws(JailError) -> JailPolicy {
    let needs = program.needs
    let path = try Self.find(program.command[0], in: searchFolders)
    var policy = JailPolicy(program: path, arguments: program.command)
    policy.grade = JailOffer.grade
    policy.profile = needs.profile.flatMap { SeccompProfile(rawValue: $0) } == .compute ? .compute : .shell
    policy.network = .none
    policy.namesDenials = false
    // Its limits count from the start; a jail that waits hands out a descriptor of its program, which is how that is
    // asked to end before it is killed.
    policy.waits = true
    policy.hostname = "mcp"
    policy.view.libraries = needs.read
    policy.view.writable = needs.write
    if let programs = needs.programs {
      policy.view.base = .libraries
      for name in programs { policy.view.programs.append(try Self.find(name, in: Self.folders)) }
    }
    let granted = needs.read + needs.write
    policy.view.programs += Self.chain(of: path).filter { path in
      if policy.view.base == .system, path.hasPrefix("/usr/") || path.hasPrefix("/bin/") { return false }
      // A link within what is shown leads on by itself, and nothing can be mounted on it.
      return Self.target(of: path) == nil || !granted.contains { path.hasPrefix($0 + "/") }
    }
    policy.environment = environment
    if !needs.hosts.isEmpty { try grantHosts(&policy) }
    setLimits(&policy)
    if policy.grade == .noNamespaces { policy.view.workspaceBytes = nil }
    policy.directory = program.directory ?? (policy.view.workspaceBytes == nil ? "/" : "/workspace")
    return policy
  }

  private func grantHosts(_ policy: inout JailPolicy) throws(JailError) {
    guard hasTunnel else {
      throw JailError(.value, "no worker offers a tunnel, so '\(program.needs.hosts[0])' cannot be reached")
    }
    guard policy.grade != .noNamespaces, program.needs.hosts.count <= TunnelRequest.hostLimit else {
      throw JailError(.value, "hosts need a network namespace, and are \(TunnelRequest.hostLimit) at most")
    }
    policy.network = .proxied
  }

  private func setLimits(_ policy: inout JailPolicy) {
    let limits = program.limits
    policy.limits = .longLived
    policy.limits.wallMilliseconds = limits.wallMS.map { UInt64(clamping: $0) }
    policy.limits.cpuMilliseconds = limits.cpuMS.map { UInt64(clamping: $0) }
    policy.limits.memoryBytes = limits.memoryBytes.map { UInt64(clamping: $0) } ?? 1 << 30
    policy.limits.processes = limits.processes.map { UInt32(clamping: $0) } ?? 256
    policy.limits.fileSizeBytes = limits.fileBytes.map { UInt64(clamping: $0) } ?? 256 << 20
    policy.limits.openFiles = limits.openFiles.map { UInt32(clamping: $0) } ?? 1024
    policy.limits.artifacts = 0
    // Somebody who is watched for days is looked at less often than a run of seconds.
    policy.limits.tickMilliseconds = 100
    policy.view.workspaceBytes = limits.workspaceBytes.map { UInt64(max(4096, $0)) } ?? 64 << 20
  }

  /// `NAME=value`; the entry's own win.
  private var environment: [String] {
    let home = JailOffer.grade == .noNamespaces ? "/nonexistent" : "/workspace"
    var variables = [
      "PATH": Self.folders.joined(separator: ":"), "HOME": home, "TMPDIR": "/tmp", "LANG": "C.UTF-8",
    ]
    variables.merge(program.needs.environment) { $1 }
    variables.merge(program.environment) { $1 }
    if !program.needs.hosts.isEmpty {
      let proxy = "http://127.0.0.1:\(JailPolicy.proxyPort)"
      for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        variables[name] = proxy
        variables[name.lowercased()] = proxy
      }
      variables["NO_PROXY"] = ""
      variables["no_proxy"] = ""
    }
    return variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
  }

  // MARK: Programs

  private var searchFolders: [String] {
    let path = program.environment["PATH"] ?? program.needs.environment["PATH"]
    return path?.split(separator: ":").map(String.init).filter { $0.hasPrefix("/") } ?? Self.folders
  }

  private static func find(_ name: String, in folders: [String]) throws(JailError) -> String {
    if name.contains("/") {
      guard name.hasPrefix("/") else { throw JailError(.path, "program '\(name)' is neither a name nor absolute") }
      guard access(name, X_OK) == 0 else {
        throw JailError(.path, "cannot execute '\(name)'; hint: 'needs.read' names the folder that it is in")
      }
      return name
    }
    for folder in folders where access("\(folder)/\(name)", X_OK) == 0 { return "\(folder)/\(name)" }
    throw JailError(.path, "there is no program '\(name)' in \(folders.joined(separator: ", "))")
  }

  /// A program with what links to it and, of a script, its interpreter with the same: all that the kernel executes.
  static func chain(of program: String) -> [String] {
    var found: [String] = []
    var next: String? = program
    for _ in 0..<hops {
      guard let path = next else { break }
      if !found.contains(path) { found.append(path) }
      next = target(of: path) ?? interpreter(of: path)
    }
    return found
  }

  /// What a link names, absolute and plain; nil: no link.
  private static func target(of path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
    let length = readlink(path, &buffer, Int(PATH_MAX))
    guard length > 0 else { return nil }
    let text = String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let folder = path[..<(path.lastIndex(of: "/") ?? path.startIndex)]
    var parts: [Substring] = []
    for part in (text.hasPrefix("/") ? text : "\(folder)/\(text)").split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  /// Of a script's first line.
  private static func interpreter(of path: String) -> String? {
    // Safety: what cannot be read is told by the kernel, when it is executed.
    guard let file = try? Descriptor.open(path, O_RDONLY) else { return nil }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = read(file.raw, &bytes, bytes.count)
    guard count > 2, bytes[0] == UInt8(ascii: "#"), bytes[1] == UInt8(ascii: "!") else { return nil }
    let line = bytes[2..<count].prefix { $0 != UInt8(ascii: "\n") }
    let word = String(decoding: line, as: UTF8.self).split(separator: " ").first.map(String.init)
    return word?.hasPrefix("/") == true ? word : nil
  }
}
