import Glibc
import Testing

@testable import Posix

private func run(_ plan: SpawnPlan) throws -> (output: String, exit: ProcessExit) {
  let null = try Descriptor.open("/dev/null", O_RDWR)
  var pipe = try DescriptorPair.pipe()
  let readEnd = pipe.takeFirst()
  let writeEnd = pipe.takeSecond()
  let child = try plan.spawn(descriptors: [null.raw, writeEnd.raw, writeEnd.raw])
  _ = consume writeEnd
  let output = String(decoding: try readEnd.readAll(limit: 1 << 20), as: UTF8.self)
  var descriptor = pollfd(fd: child.pidfd.raw, events: Int16(POLLIN), revents: 0)
  #expect(poll(&descriptor, 1, 10_000) == 1)
  return (output, try #require(try child.reap()))
}

private func shell(_ script: String) -> SpawnPlan {
  SpawnPlan(path: "/bin/sh", arguments: ["sh", "-c", script])
}

@Suite struct SpawnTests {
  @Test func `a process gets only the environment and descriptors that it is given`() throws {
    // Ours has some; nothing is set here, since other threads read it.
    #expect(getenv("PATH") != nil)
    let leaked = dup(1)  // Without close-on-exec, as a careless library would leave it.
    defer { close(leaked) }
    var plan = shell("/usr/bin/env; ls /proc/self/fd | tr '\\n' ' '")
    plan.environment = ["NAME=value"]
    let (output, exit) = try run(plan)
    #expect(exit == .code(0))
    #expect(output.contains("NAME=value\n"))
    #expect(!output.contains("PATH="))
    #expect(output.hasSuffix("0 1 2 3 "), "3 is the listing's own descriptor, got \(output)")
  }

  @Test func `exit codes and signals are told apart`() throws {
    #expect(try run(shell("exit 7")).exit == .code(7))
    #expect(try run(shell("kill -TERM $$")).exit == .signal(SIGTERM))
  }

  @Test func `a process starts in its own session without blocked or handled signals`() throws {
    let (output, _) = try run(
      shell("cut -d' ' -f5,6 /proc/self/stat; grep -E 'SigBlk|SigIgn|NoNewPrivs' /proc/self/status; echo $$")
    )
    #expect(output.contains("SigBlk:\t0000000000000000"))
    #expect(output.contains("NoNewPrivs:\t1"))
    let lines = output.split(separator: "\n")
    let pid = try #require(lines.last)
    #expect(lines.first == "\(pid) \(pid)", "process group and session are the shell's own")
  }

  @Test func `a failed step throws its name and errno and leaves no process`() throws {
    let null = try Descriptor.open("/dev/null", O_RDWR)
    let before = try childCount()
    #expect(throws: PosixError("spawn (exec)", "/nonexistent/program", errno: ENOENT)) {
      _ = try SpawnPlan(path: "/nonexistent/program", arguments: ["x"]).spawn(descriptors: [
        null.raw, null.raw, null.raw,
      ])
    }
    var plan = shell("true")
    plan.directory = "/nonexistent"
    #expect(throws: PosixError("spawn (directory)", "/bin/sh", errno: ENOENT)) {
      _ = try plan.spawn(descriptors: [null.raw, null.raw, null.raw])
    }
    plan = shell("true")
    #expect(throws: PosixError("spawn (descriptors)", "/bin/sh", errno: EBADF)) {
      _ = try plan.spawn(descriptors: [null.raw, null.raw, .max])
    }
    #expect(try childCount() == before)
  }

  @Test func `limits hold in the child`() throws {
    var plan = shell("ulimit -n; ulimit -c")
    plan.limits = [
      .init(Int32(RLIMIT_NOFILE.rawValue), soft: 64, hard: 64), .init(Int32(RLIMIT_CORE.rawValue), soft: 0, hard: 0),
    ]
    #expect(try run(plan).output == "64\n0\n")
  }

  @Test(.enabled(if: getuid() == 0, "not testable here: root"))
  func `credentials change before the program runs`() throws {
    var plan = shell("id -u; id -g; id -G")
    plan.credentials = (uid: 65534, gid: 65534)
    #expect(try run(plan).output == "65534\n65534\n65534\n")
  }

  @Test func `descriptors may be given in any order, also onto each other`() throws {
    var pipe = try DescriptorPair.pipe()
    let readEnd = pipe.takeFirst()
    let writeEnd = pipe.takeSecond()
    let null = try Descriptor.open("/dev/null", O_RDWR)
    let child = try shell("echo out; echo three >&3").spawn(descriptors: [
      null.raw, writeEnd.raw, null.raw, writeEnd.raw,
    ])
    _ = consume writeEnd
    #expect(try readEnd.readAll(limit: 100) == Array("out\nthree\n".utf8))
    var status: Int32 = 0
    waitpid(child.pid, &status, 0)
  }

  private func childCount() throws -> Int {
    let children = try Descriptor.open("/proc/self/task/\(getpid())/children", O_RDONLY)
    return String(decoding: try children.readAll(limit: 65536), as: UTF8.self).split(separator: " ").count
  }
}
