import CLinux
import Glibc
import Jail
import Posix

/// The cost of a cold jail of the full grade, reaper included, against a plain spawn of the same program and against
/// bubblewrap with the same namespaces and a comparable root (bubblewrap without a filter, limits, or Landlock).
func benchmarkJail(runs: Int = 400) throws -> [Measurement] {
  var policy = JailPolicy(program: "/usr/bin/true", arguments: ["true"])
  policy.runAs = geteuid() == 0 ? .init(uid: 65533, gid: 65533) : nil
  // As inside the sandbox worker, whose network namespace is empty already.
  policy.network = .inherited
  let prepared = try policy.prepare()
  var sides: [(name: String, body: () throws -> Void)] = [
    ("ours", { try jailed(prepared) }),
    ("ours, prepared anew", { try jailed(policy.prepare()) }),
    ("posix_spawn", { try plain("/usr/bin/true", ["true"]) }),
  ]
  if access("/usr/bin/bwrap", X_OK) == 0 {
    sides.append(("bubblewrap", { try plain("/usr/bin/bwrap", bubblewrap) }))
  }
  var samples = [[Double]](repeating: [], count: sides.count)
  // In turn, so that a noisy moment hits all alike; the first round warms up.
  for run in 0...runs {
    for (i, side) in sides.enumerated() {
      let start = BootTime.now.nanoseconds
      try side.body()
      if run > 0 { samples[i].append(Double(BootTime.now.nanoseconds - start)) }
    }
  }
  return sides.indices.map {
    Measurement(subject: "cold /bin/true", side: sides[$0].name, bytes: nil, samples: samples[$0])
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
