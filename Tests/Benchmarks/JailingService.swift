import Foundation
import Glibc
import JSON
import Posix
import Wire

/// `bulkheadd` with one worker of ours.
final class JailingService {
  let socket: String
  private let folder: String
  private let pidfd: Descriptor
  private let pid: Int32

  /// `files`: beside the manifest. `others`: manifests of further workers by name, without files.
  init(_ name: String, _ manifest: String, files: [String: [UInt8]] = [:], others: [String: String] = [:]) throws {
    var template = Array("/tmp/bulkhead-bench-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw PosixError.current("mkdtemp") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    chmod(folder, 0o755)
    socket = "\(folder)/s"
    mkdir("\(folder)/\(name)", 0o755)
    try Descriptor.open("\(folder)/\(name)/worker.json", O_WRONLY | O_CREAT, mode: 0o644).writeAll(manifest.utf8)
    for (file, bytes) in files {
      try Descriptor.open("\(folder)/\(name)/\(file)", O_WRONLY | O_CREAT, mode: 0o644).writeAll(bytes)
    }
    for (other, manifest) in others {
      mkdir("\(folder)/\(other)", 0o755)
      try Descriptor.open("\(folder)/\(other)/worker.json", O_WRONLY | O_CREAT, mode: 0o644).writeAll(manifest.utf8)
    }
    let user = getenv("BULKHEAD_BENCH_USER").map { String(cString: $0) } ?? "bulkhead"
    try Descriptor.open("\(folder)/c.yaml", O_WRONLY | O_CREAT, mode: 0o600).writeAll("run_as: \(user)\n".utf8)
    var plan = SpawnPlan(
      path: "\(programFolder())/bulkheadd",
      arguments: [
        "bulkheadd", "--socket", socket, "--state", "\(folder)/state", "--workers", folder, "--log-level", "error",
        "--config", "\(folder)/c.yaml",
      ]
    )
    plan.environment = ["XDG_RUNTIME_DIR=\(folder)/run", "PATH=/usr/bin:/bin"]
    mkdir("\(folder)/run", 0o700)
    let null = try Descriptor.open("/dev/null", O_RDWR)
    let child = try plan.spawn(descriptors: [null.raw, null.raw, STDERR_FILENO])
    _ = consume null
    pid = child.pid
    pidfd = child.takePidfd()
    let end = now() + 10e9
    while now() < end {
      if access(socket, F_OK) == 0, let client = try? ServiceClient(socket) {  // Safety: tried again until the end.
        while now() < end {
          if try client.workersReady() == 1 + others.count { return }
          usleep(1000)
        }
      }
      usleep(1000)
    }
    throw PosixError("start", "bulkheadd with a \(name) worker did not get ready", errno: ETIMEDOUT)
  }

  /// Processes of the service, with what they run.
  private func processes() -> [(pid: Int32, name: String)] {
    var parents: [Int32: (parent: Int32, name: String)] = [:]
    guard let folder = opendir("/proc") else { return [] }
    defer { closedir(folder) }
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      guard let number = Int32(name), let stat = Self.text("/proc/\(number)/stat"), let end = stat.lastIndex(of: ")"),
        let begin = stat.firstIndex(of: "("), let parent = stat[end...].split(separator: " ").dropFirst(2).first
      else { continue }
      parents[number] = (Int32(parent) ?? 0, String(stat[stat.index(after: begin)..<end]))
    }
    return parents.filter { entry in
      var at = entry.key
      for _ in 0..<64 {
        if at == pid { return true }
        guard let next = parents[at]?.parent, next > 0 else { return false }
        at = next
      }
      return false
    }.map { ($0.key, $0.value.name) }
  }

  private static func text(_ path: String) -> String? {
    // Safety: a process that has ended meanwhile is left out.
    (try? Descriptor.open(path, O_RDONLY).readAll(limit: 1 << 16)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Of everything that runs now or has run: user and system time with that of reaped children.
  func processorSeconds() throws -> Double {
    var ticks = 0.0
    for process in processes() {
      guard let stat = Self.text("/proc/\(process.pid)/stat"), let end = stat.lastIndex(of: ")") else { continue }
      let fields = stat[end...].split(separator: " ")
      for field in 12...15 where field < fields.count { ticks += Double(fields[field]) ?? 0 }
    }
    return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  func interpreterMegabytes() throws -> Double {
    var kilobytes = 0.0
    for process in processes() where process.name.hasPrefix("python3") || process.name == "bulkhead-jail" {
      let text = Self.text("/proc/\(process.pid)/smaps_rollup") ?? ""
      let line = text.split(separator: "\n").first { $0.hasPrefix("Pss:") } ?? ""
      kilobytes += line.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
    }
    return (kilobytes / 102.4).rounded() / 10
  }

  /// Of the process whose name begins so: proportional megabytes, and open descriptors.
  func holdings(of name: String) -> (megabytes: Double, descriptors: Int) {
    let pid = processes().first { $0.name.hasPrefix(name) }?.pid ?? 0
    let text = Self.text("/proc/\(pid)/smaps_rollup") ?? ""
    let line = text.split(separator: "\n").first { $0.hasPrefix("Pss:") } ?? ""
    let kilobytes = line.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
    return ((kilobytes / 102.4).rounded() / 10, entries("/proc/\(pid)/fd"))
  }

  struct Holdings: Equatable {
    var processes: Int
    /// Of the worker; −1 where this user may not look.
    var descriptors: Int
    var mounts: Int
    /// In the service's folder, and the worker's user's in the folders for temporary files.
    var files: Int
  }

  /// Who the worker runs as.
  private var owner: uid_t {
    let line = Self.text("/proc/\(worker ?? 0)/status")?.split(separator: "\n").first { $0.hasPrefix("Uid:") }
    return line?.split { " \t".contains($0) }.dropFirst().first.flatMap { uid_t($0) } ?? getuid()
  }

  private static func count(_ path: String, of owner: uid_t) -> Int {
    // Safety: a folder that cannot be read holds none of ours.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { name in
      var status = stat()
      return lstat("\(path)/\(name)", &status) == 0 && status.st_uid == owner
    }.count
  }

  private var worker: Int32? { processes().first { $0.name.hasPrefix("sandbox-worke") }?.pid }

  func holdings() -> Holdings {
    let worker = worker ?? 0
    let mounts = Self.text("/proc/\(worker)/mountinfo")?.split(separator: "\n").count ?? -1
    var files = FileManager.default.enumerator(atPath: folder)?.reduce(0) { count, _ in count + 1 } ?? 0
    for path in ["/tmp", "/var/tmp", "/dev/shm"] { files += Self.count(path, of: owner) }
    return Holdings(
      processes: processes().count,
      descriptors: entries("/proc/\(worker)/fd"),
      mounts: mounts,
      files: files
    )
  }

  /// Resident anonymous memory of the worker.
  func workerMegabytes() -> Double {
    let line = Self.text("/proc/\(worker ?? 0)/status")?.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
    return (line?.split { " \t".contains($0) }.dropFirst().first.flatMap { Double($0) } ?? 0) / 1024
  }

  func stop() {
    ChildProcess.signal(pidfd: pidfd.raw, SIGTERM)
    var descriptor = pollfd(fd: pidfd.raw, events: Int16(POLLIN), revents: 0)
    poll(&descriptor, 1, 10_000)
    try? FileManager.default.removeItem(atPath: folder)  // Safety: what is left in /tmp harms nobody.
  }
}
