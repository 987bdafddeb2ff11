import Foundation
import Glibc
import JSON
import Posix
import Testing

@Suite struct ServiceTests {
  @Test func `SIGTERM lets the running call end and refuses new ones`() throws {
    let daemon = try Daemon()
    try daemon.addSin("released", #""permissions":{"read":["\#(daemon.folder)/workers"]},"drain_ms":60000"#)
    let client = try daemon.startReady(workers: 1)
    let other = try daemon.connect()
    let release = daemon.folder + "/workers/release"
    let call = try client.begin("tool/call", ["tool": "released", "input": ["file": .string(release)]])
    try eventually("it runs") { try client.request("status")["calls_running"] == 1 }
    daemon.signal(SIGTERM)
    try eventually("it drains") { try other.request("status")["state"] == "draining" }
    #expect(try other.callFailure("released")["data"]?["name"] == "draining")
    _ = FileManager.default.createFile(atPath: release, contents: nil)
    let reply = try client.reply(to: call)
    #expect(reply["result"] != nil, "\(reply) \(daemon.log)")
    #expect(daemon.waitForExit() == .code(0))
    #expect(!FileManager.default.fileExists(atPath: daemon.socket), "the socket is removed")
  }

  @Test func `a second SIGTERM ends at once`() throws {
    let daemon = try Daemon()
    try daemon.addSin("hangs-in-call", #""drain_ms":600000,"grace_ms":60000"#)
    let client = try daemon.startReady(workers: 1)
    let call = try client.begin("tool/call", ["tool": "hangs-in-call", "input": [:]])
    try eventually("it runs") { try client.request("status")["calls_running"] == 1 }
    let workers = daemon.descendants
    #expect(!workers.isEmpty)
    daemon.signal(SIGTERM)
    try eventually("it drains") { try client.request("status")["state"] == "draining" }
    daemon.signal(SIGTERM)
    #expect(try client.reply(to: call)["error"]?["data"]?["name"] == "worker_lost")
    #expect(daemon.waitForExit() == .code(0))
    try eventually("no worker is left") { workers.allSatisfy { kill($0, 0) != 0 } }
  }

  @Test func `SIGHUP reads the manifests again`() throws {
    let daemon = try Daemon()
    try daemon.addSin("behaves")
    let client = try daemon.startReady(workers: 1)
    let pid = try client.worker("behaves")?["instances"]?.arrayValue?.first?["pid"]
    try daemon.addSin("slow")
    try daemon.addWorker("broken", #""command":["x"],"instances":0"#)
    daemon.signal(SIGHUP)
    try eventually("it is there") { try client.worker("slow")?["instances"]?.arrayValue?.first?["state"] == "ready" }
    #expect(try client.worker("behaves")?["instances"]?.arrayValue?.first?["pid"] == pid)
    #expect(daemon.log.contains("'/instances' is 0 where at least 1 is due"))
    let report = try client.request("workers/reload")
    #expect(report["added"] == [] && report["changed"] == [] && report["removed"] == [])
    #expect(report["errors"]?.arrayValue?.count == 1)
    // A mistake in the manifest of a worker that runs costs nothing but a message.
    try daemon.addWorker("behaves", #""comand":["x"]"#)
    #expect(try client.request("workers/reload")["removed"] == [])
    #expect(try client.call("behaves", ["n": 1]) == ["n": 1])
    try daemon.removeWorker("behaves")
    #expect(try client.request("workers/reload")["removed"] == ["behaves"])
    #expect(try client.callFailure("behaves")["data"]?["name"] == "unknown_tool")
  }

  @Test func `one coordinator for a socket, and a stale socket is replaced`() throws {
    let first = try Daemon()
    let client = try first.startReady(workers: 0)
    let second = try Daemon()
    try second.start(["--socket", first.socket])
    #expect(second.waitForExit() == .code(1))
    #expect(second.log.contains("another coordinator runs at '\(first.socket)'"), "\(second.log)")
    #expect(try client.request("status")["state"] == "running")
    first.signal(SIGKILL)
    #expect(first.waitForExit() == .signal(SIGKILL))
    #expect(FileManager.default.fileExists(atPath: first.socket), "the control: it is stale")
    try first.start()
    let again = try first.connect()
    #expect(try again.request("status")["pid"] == .integer(Int64(first.pid)))
  }

  @Test func `a file where the socket is to be is not removed`() throws {
    let daemon = try Daemon()
    try "precious".write(toFile: daemon.socket, atomically: true, encoding: .utf8)
    try daemon.start()
    #expect(daemon.waitForExit() == .code(1))
    #expect(try String(contentsOfFile: daemon.socket, encoding: .utf8) == "precious")
    #expect(daemon.log.contains("'\(daemon.socket)': file exists"), "\(daemon.log)")
  }

  @Test func `only its owner can open the socket`() throws {
    let daemon = try Daemon()
    _ = try daemon.startReady(workers: 0)
    var status = stat()
    #expect(lstat(daemon.socket, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o600 && status.st_mode & S_IFMT == S_IFSOCK)
  }

  private static let connector = """
    import socket, sys
    s = socket.socket(socket.AF_UNIX); s.settimeout(20); s.connect(sys.argv[1])
    p = b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocol":"1.0","client":{"name":"p","version":"1"}}}'
    try:
        s.sendall(len(p).to_bytes(4, "big") + p)
    except BrokenPipeError:
        pass
    try:
        answer = s.recv(65536)
        print("refused" if b'"refused"' in answer else "answered" if answer else "closed")
    except ConnectionResetError:
        print("closed")
    """

  private func connector(_ before: [String], _ socket: String) throws -> String {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = before + ["/usr/bin/python3", "-I", "-S", "-c", Self.connector, socket]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    return output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  @Test func `a peer in another user namespace is refused though its uid is right`() throws {
    let daemon = try Daemon()
    let client = try daemon.startReady(workers: 0)
    #expect(try connector([], daemon.socket) == "answered", "the control")
    for other in [["unshare", "-U"], ["unshare", "-U", "-r"]] {
      // Told why, unless its own request crossed with the end of the connection, which then arrives as a reset.
      let outcome = try connector(other, daemon.socket)
      #expect(outcome == "refused" || outcome == "closed", "\(outcome)")
    }
    #expect(daemon.log.contains("is in another user namespace"))
    #expect(try client.request("status")["state"] == "running")
  }

  @Test func `SIGKILL of the coordinator leaves no worker behind`() throws {
    let daemon = try Daemon()
    try daemon.addSin("behaves", #""instances":3"#)
    try daemon.addSin("ignores-end")
    _ = try daemon.startReady(workers: 4)
    let workers = daemon.descendants
    #expect(workers.count >= 4)
    daemon.signal(SIGKILL)
    #expect(daemon.waitForExit() == .signal(SIGKILL))
    try eventually("no worker is left") { workers.allSatisfy { kill($0, 0) != 0 } }
  }

  // MARK: systemd's side

  @Test func `it says when it is ready and when it stops`() throws {
    let daemon = try Daemon()
    try daemon.addSin("behaves")
    let path = daemon.folder + "/notify"
    let receiver = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(receiver) }
    #expect(bound(receiver, path))
    var timeout = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(receiver, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    func next() -> String {
      var buffer = [UInt8](repeating: 0, count: 4096)
      let count = recv(receiver, &buffer, buffer.count, 0)
      return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : ""
    }
    try daemon.start(environment: ["NOTIFY_SOCKET=\(path)"])
    let ready = next()
    #expect(ready.split(separator: "\n").contains("READY=1"))
    #expect(ready.split(separator: "\n").contains("MAINPID=\(daemon.pid)"))
    _ = try daemon.connect()
    daemon.signal(SIGHUP)
    #expect(next().hasPrefix("RELOADING=1"))
    #expect(next().hasPrefix("READY=1"))
    daemon.signal(SIGTERM)
    #expect(next().hasPrefix("STOPPING=1"))
    #expect(daemon.waitForExit() == .code(0))
  }

  @Test func `it takes the socket that systemd has opened, and leaves it there`() throws {
    let daemon = try Daemon()
    try daemon.addSin("behaves")
    let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { close(listener) }
    #expect(bound(listener, daemon.socket) && listen(listener, 16) == 0)
    // A client may come before the service: it waits in the socket's queue.
    let early = try Client(daemon.socket)
    try daemon.start(
      environment: ["LISTEN_FDS=1"],
      extra: [listener],
      throughShell: #"LISTEN_PID=$$ exec "$0" "$@""#
    )
    try early.initialize()
    try eventually("its worker is ready") { try early.request("status")["workers_ready"] == 1 }
    #expect(try early.call("behaves", ["n": 1]) == ["n": 1])
    daemon.signal(SIGTERM)
    #expect(daemon.waitForExit() == .code(0))
    #expect(FileManager.default.fileExists(atPath: daemon.socket))
  }

  @Test func `it refuses an activated descriptor that is no listening Unix socket`() throws {
    for kind in [AF_UNIX, AF_INET] {
      let daemon = try Daemon()
      let raw = socket(kind, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
      defer { close(raw) }
      if kind == AF_INET { #expect(listen(raw, 1) == 0) }
      try daemon.start(environment: ["LISTEN_FDS=1"], extra: [raw], throughShell: #"LISTEN_PID=$$ exec "$0" "$@""#)
      #expect(daemon.waitForExit() == .code(1))
      #expect(daemon.log.contains("descriptor 3 is no listening Unix stream socket"), "\(daemon.log)")
    }
  }

  private func bound(_ descriptor: Int32, _ path: String) -> Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    } == 0
  }
}
