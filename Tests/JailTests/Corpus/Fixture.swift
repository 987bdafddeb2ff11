import Glibc
package import Jail

/// What the attacks are after: files, sockets and a process outside of the jail, all open to everybody, so that only
/// the jail can be what refuses.
package final class Fixture: Sendable {
  package let folder: String
  package let probe: String
  package let runAs: JailPolicy.Identity?
  let port: UInt16
  let abstractName: String

  package init() throws {
    let pid = getpid()
    // Not in /tmp: what is shown below the private /tmp has that folder's rights.
    folder = "/var/tmp/bulkhead-corpus-\(pid)-\(UInt32.random(in: 0 ... .max))"
    mkdir(folder, 0o755)
    for name in ["open", "shown", "granted"] {
      mkdir("\(folder)/\(name)", 0o777)
      chmod("\(folder)/\(name)", 0o777)
    }
    for file in ["secret", "open/secret", "shown/file", "granted/file"] {
      try write("\(folder)/\(file)", "secret", mode: 0o666)
    }
    let path = try JailProgram.path()
    probe = path.prefix(path.count - "bulkhead-jail".count) + "jail-probe"
    runAs = geteuid() == 0 ? JailPolicy.Identity(uid: 61234, gid: 61234) : nil
    abstractName = "bulkhead-corpus-\(pid)-\(UInt32.random(in: 0 ... .max))"
    port = try listenTCP()
    try listenUnix("\(folder)/open/socket", isAbstract: false)
    try listenUnix(abstractName, isAbstract: true)
  }

  func fill(_ argument: String) -> String {
    var text = argument
    for (key, value) in [
      ("{folder}", folder), ("{port}", "\(port)"), ("{abstract}", "@" + abstractName), ("{pid}", "\(getpid())"),
      ("{probe}", probe),
    ] {
      while let range = text.firstRange(of: key) { text.replaceSubrange(range, with: value) }
    }
    return text
  }

  package func remove() {
    let files = [
      "open/secret", "open/socket", "shown/file", "shown/new", "granted/file", "granted/copied", "granted/mapped",
    ]
    for name in files {
      unlink("\(folder)/\(name)")
    }
    for name in ["open", "shown", "granted"] { rmdir("\(folder)/\(name)") }
    unlink("\(folder)/secret")
    rmdir(folder)
  }
}

struct FixtureError: Error { let what: String }

private func write(_ path: String, _ text: String, mode: mode_t) throws {
  let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, mode)
  guard file >= 0 else { throw FixtureError(what: "cannot write '\(path)'") }
  fchmod(file, mode)
  _ = text.withCString { Glibc.write(file, $0, strlen($0)) }
  close(file)
}

private func listenTCP() throws -> UInt16 {
  let file = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
  var length = socklen_t(MemoryLayout<sockaddr_in>.size)
  let port = withUnsafeMutablePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> UInt16? in
      guard bind(file, address, length) == 0, listen(file, 16) == 0 else { return nil }
      guard getsockname(file, address, &length) == 0 else { return nil }
      return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { UInt16(bigEndian: $0.pointee.sin_port) }
    }
  }
  guard let port else { throw FixtureError(what: "cannot listen on loopback") }
  return port
}

private func listenUnix(_ name: String, isAbstract: Bool) throws {
  let file = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  let offset = isAbstract ? 1 : 0
  withUnsafeMutableBytes(of: &address.sun_path) { $0[offset...].copyBytes(from: name.utf8) }
  let length = socklen_t(MemoryLayout<sa_family_t>.size + offset + name.utf8.count + (isAbstract ? 0 : 1))
  let result = withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(file, $0, length) }
  }
  guard result == 0, listen(file, 16) == 0 else { throw FixtureError(what: "cannot listen on '\(name)'") }
  if !isAbstract { chmod(name, 0o777) }
}
