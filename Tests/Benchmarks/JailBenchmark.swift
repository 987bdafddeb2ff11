import CLinux
import Glibc
import Jail
import Posix

/// The cost of a cold jail of the full grade, reaper included, against a plain spawn of the same program and against
/// bubblewrap with the same namespaces and a comparable root (bubblewrap without a filter, limits, or Landlock); from a
/// small parent, and from one whose memory a fork would have to copy.
func benchmarkJail(runs: Int = 400) throws -> Results {
  var policy = JailPolicy(program: "/usr/bin/true", arguments: ["true"])
  policy.runAs = geteuid() == 0 ? .init(uid: 65533, gid: 65533) : nil
  // As inside the sandbox worker, whose network namespace is empty already.
  policy.network = .inherited
  let prepared = try policy.prepare()
  var own = policy
  own.sharesView = false
  let preparedOwn = try own.prepare()
  let run: Subject = ("ours", { try jailed(prepared) })
  let spawn: Subject = ("posix_spawn", { try plain("/usr/bin/true", ["true"]) })
  let peer: Subject? =
    access("/usr/bin/bwrap", X_OK) == 0 ? ("bubblewrap", { try plain("/usr/bin/bwrap", bubblewrap) }) : nil
  var results = Results()
  try add(
    "cold /bin/true",
    [
      run, ("ours, prepared anew", { try jailed(policy.prepare()) }),
      ("ours, a root of its own", { try jailed(preparedOwn) }), spawn,
    ] + (peer.map { [$0] } ?? []),
    runs,
    &results
  )
  let heap = UnsafeMutableRawPointer.allocate(byteCount: 100 << 20, alignment: 4096)
  for page in stride(from: 0, to: 100 << 20, by: 4096) {
    heap.storeBytes(of: UInt8(page >> 12 & 0xff), toByteOffset: page, as: UInt8.self)
  }
  defer { heap.deallocate() }
  try add("cold /bin/true, 100 MB dirty", [run, spawn] + (peer.map { [$0] } ?? []), runs / 2, &results)
  return results
}

private typealias Subject = (name: String, body: () throws -> Void)

private func add(_ subject: String, _ sides: [Subject], _ runs: Int, _ results: inout Results) throws {
  var samples = [[Double]](repeating: [], count: sides.count)
  // In turn, so that a noisy moment hits all alike; the first round warms up.
  for run in 0...runs {
    for (i, side) in sides.enumerated() {
      let start = BootTime.now.nanoseconds
      try side.body()
      if run > 0 { samples[i].append(Double(BootTime.now.nanoseconds - start)) }
    }
  }
  var medians: [String: Double] = [:]
  for (side, samples) in zip(sides, samples) { medians[side.name] = results.add(subject, side.name, samples).median }
  guard let ours = medians["ours"] else { return }
  if let spawn = medians["posix_spawn"] {
    results.bounds.append(Bound("\(subject): p50", ours / spawn, "x posix_spawn", atMost: 3.5))
  }
  if let peer = medians["bubblewrap"] {
    results.bounds.append(Bound("\(subject): bubblewrap's p50", peer / ours, "x as long", atLeast: 2))
  }
}

private struct JailBenchmarkError: Error { let reason: String }

private func jailed(_ jail: PreparedJail) throws {
  let result = try JailRun(jail).run()
  guard result.reason == .ok else {
    throw JailBenchmarkError(reason: "\(result.reason) \(result.setupFailure.map(String.init(describing:)) ?? "")")
  }
}

private func plain(_ path: String, _ arguments: [String]) throws {
  var pid: pid_t = 0
  var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
  argv.append(nil)
  defer { for pointer in argv { free(pointer) } }
  let failure = posix_spawn(&pid, path, nil, nil, argv, environ)
  guard failure == 0 else { throw PosixError("posix_spawn", path, errno: failure) }
  var status: Int32 = 0
  try posix("waitpid") { waitpid(pid, &status, 0) }
  guard status == 0 else { throw JailBenchmarkError(reason: "'\(path)' ended with status \(status)") }
}

private let bubblewrap = [
  "bwrap", "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", "--ro-bind",
  "/usr", "/usr", "--symlink", "usr/bin", "/bin", "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64",
  "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/workspace", "--chdir", "/workspace",
  "--die-with-parent", "--new-session", "--cap-drop", "ALL", "/usr/bin/true",
]
