import CLinux
import Foundation
import Glibc
import Jail
import Posix
import Testing

/// The walls around a run with a proxy, one at a time: what each refuses, and what still holds without it.
@Suite(.serialized)
struct WallTests {
  private static let programs: String = {
    let maps = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
    let line = maps.split(separator: "\n").first { $0.hasSuffix(".xctest") } ?? ""
    let path = line.drop { $0 != "/" }
    let folder = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
    return folder
  }()

  private let code = """
    import errno, socket as s
    def attempt(call):
        try: call(); return "done"
        except OSError as e: return errno.errorcode[e.errno]
    def tcp(): return s.socket(s.AF_INET, s.SOCK_STREAM)
    print(*[attempt(f) for f in (
      lambda: tcp().connect(("127.0.0.1", 3128)), lambda: tcp().connect(("127.0.0.1", 80)),
      lambda: tcp().bind(("127.0.0.1", 8080)), lambda: s.socket(s.AF_INET, s.SOCK_DGRAM).sendto(b"x", ("10.0.0.1", 53)),
      lambda: tcp().connect(("10.0.0.1", 3128)))])
    """

  private func run(_ change: (inout JailPolicy) -> Void) throws -> (text: String, connections: Int) {
    _ = Self.programs
    var policy = JailPolicy(program: "/usr/bin/python3", arguments: ["python3", "-I", "-S", "-c", code])
    policy.runAs = geteuid() == 0 ? .init(uid: 65534, gid: 65534) : nil
    policy.network = .proxied
    change(&policy)
    let run = try JailRun(try policy.prepare())
    var connections = 0
    var held: Int32 = -1
    defer { if held >= 0 { close(held) } }
    run.onProxy = { held = $0.release() }
    run.onGone = {
      var item = pollfd(fd: held, events: Int16(POLLIN), revents: 0)
      while poll(&item, 1, 0) == 1 {
        let connection = accept(held, nil, nil)
        if connection < 0 { break }
        connections += 1
        close(connection)
      }
    }
    let result = try run.run()
    #expect(result.reason == .ok, "\(String(decoding: result.errorOutput.bytes, as: UTF8.self)) \(result)")
    return (String(decoding: result.output.bytes, as: UTF8.self), connections)
  }

  @Test
  func `with every wall a run reaches its proxy and is told by which wall it reaches nothing else`() throws {
    let (text, connections) = try run { _ in }
    #expect(text == "done EACCES EPERM EPERM ENETUNREACH\n")
    #expect(connections == 1)
  }

  @Test
  func `without Landlock's rules for ports the namespace still holds nothing to connect to`() throws {
    let (text, connections) = try run {
      $0.grade = .oldLandlock
      $0.removedWalls = [.newLandlock]
    }
    #expect(text == "done ECONNREFUSED EPERM EPERM ENETUNREACH\n")
    #expect(connections == 1)
  }

  @Test
  func `without the filter Landlock and the namespace hold`() throws {
    let (text, _) = try run { $0.removedWalls = [.seccomp] }
    #expect(text == "done EACCES EACCES ENETUNREACH ENETUNREACH\n")
  }

  @Test
  func `the template of a root is not shared with runs that have no proxy`() throws {
    for network in [JailPolicy.Network.none, .proxied, .none, .proxied] {
      var policy = JailPolicy(program: "/usr/bin/ls", arguments: ["ls", "/etc"])
      policy.runAs = geteuid() == 0 ? .init(uid: 65534, gid: 65534) : nil
      policy.network = network
      _ = Self.programs
      let result = try JailRun(try policy.prepare()).run()
      let names = String(decoding: result.output.bytes, as: UTF8.self).split(separator: "\n")
      #expect(names.contains("hosts") == (network == .proxied))
      #expect(!names.contains("resolv.conf"))
    }
  }

  @Test
  func `a grade without namespaces has no proxy`() {
    var policy = JailPolicy(program: "/usr/bin/true", arguments: ["true"])
    policy.network = .proxied
    policy.grade = .noNamespaces
    policy.view.workspaceBytes = nil
    #expect(throws: JailError.self) { try policy.prepare() }
  }

  @Test(arguments: [SeccompArchitecture.amd64, .arm64])
  func `the filters with sockets compile, and are others than those without`(_ architecture: SeccompArchitecture) throws
  {
    for profile in [SeccompProfile.shell, .compute, .sandboxWorker] {
      let with = try SeccompCompiler.program(profile, for: architecture, notifies: true, proxied: true)
      #expect(try with != SeccompCompiler.program(profile, for: architecture, notifies: true))
    }
    // A profile that has a network is not changed.
    #expect(
      try SeccompCompiler.program(.networkWorker, for: architecture, proxied: true)
        == SeccompCompiler.program(.networkWorker, for: architecture)
    )
  }
}
