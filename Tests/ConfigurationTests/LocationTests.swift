import Configuration
import Glibc
import Testing

@Suite struct LocationTests {
  private func user(_ environment: [String: String]) -> Locations {
    Locations(mode: .user, environment: environment, uid: 1_000)
  }

  @Test func `a user's places follow the XDG variables and the home folder`() {
    let plain = user(["HOME": "/h/"])
    #expect(plain.defaultState == "/h/.local/state/bulkhead")
    #expect(plain.runtimeDirectory == "/tmp/bulkhead-1000")
    #expect(plain.defaultWorkerPath.first == "/h/.local/share/bulkhead/workers")
    #expect(plain.configurationFiles == ["/h/.config/bulkhead/bulkhead.yaml", "/etc/bulkhead/bulkhead.yaml"])
    let set = user([
      "HOME": "/h", "XDG_STATE_HOME": "/s", "XDG_RUNTIME_DIR": "/run/user/1000/", "XDG_DATA_HOME": "/d",
      "XDG_CONFIG_HOME": "/c",
    ])
    #expect(set.defaultState == "/s/bulkhead")
    #expect(set.runtimeDirectory == "/run/user/1000/bulkhead")
    #expect(set.defaultWorkerPath.first == "/d/bulkhead/workers")
    #expect(set.configurationFiles.first == "/c/bulkhead/bulkhead.yaml")
    let relative = user(["HOME": "/h", "XDG_STATE_HOME": "s", "XDG_RUNTIME_DIR": ""])
    #expect(relative.defaultState == "/h/.local/state/bulkhead")
    #expect(relative.runtimeDirectory == "/tmp/bulkhead-1000")
  }

  @Test func `a system service has fixed places`() {
    let system = Locations(mode: .system, environment: ["HOME": "/h", "XDG_RUNTIME_DIR": "/r"], uid: 0)
    #expect(system.defaultState == "/var/lib/bulkhead")
    #expect(system.runtimeDirectory == "/run/bulkhead")
    #expect(system.defaultWorkerPath == ["/usr/local/lib/bulkhead/workers", "/usr/lib/bulkhead/workers"])
  }

  @Test func `without a home folder the state must be named`() throws {
    #expect(
      mistakes("", environment: [:]) == [
        "c.yaml: there is no folder for the state: HOME is not set; hint: set HOME, or 'state' in the configuration"
      ]
    )
    #expect(try load("state: /s", environment: [:]).configuration.state == "/s")
    #expect(try load("mode: system", environment: [:]).configuration.state == "/var/lib/bulkhead")
  }

  @Test func `the socket is the first that is given`() throws {
    let it = user(["HOME": "/h", "BULKHEAD_SOCKET": "/b.sock"])
    #expect(try it.socketPath(option: "/o.sock", configured: "/c.sock") == "/o.sock")
    #expect(try it.socketPath(option: nil, configured: "/c.sock") == "/b.sock")
    let plain = user(["HOME": "/h", "BULKHEAD_SOCKET": ""])
    #expect(try plain.socketPath(option: nil, configured: "/c.sock") == "/c.sock")
    #expect(try plain.socketPath(option: nil, configured: nil) == "/tmp/bulkhead-1000/bulkhead.sock")
  }

  @Test func `a socket path fits into an address or is refused`() throws {
    let it = user([:])
    let fits = "/" + String(repeating: "s", count: 106)
    #expect(try it.socketPath(option: fits, configured: nil) == fits)
    #expect(
      message { _ = try it.socketPath(option: fits + "é", configured: nil) } == """
        socket path of 109 bytes (from --socket) exceeds the limit of 107: '\(fits.prefix(64))…'; \
        hint: name a shorter one with --socket or BULKHEAD_SOCKET
        """
    )
    #expect(
      message { _ = try it.socketPath(option: "s.sock", configured: nil) }
        == "socket path 's.sock' (from --socket) is no absolute path"
    )
  }

  @Test func `the runtime directory is made closed and someone else's is refused`() throws {
    let scratch = try Scratch()
    let it = Locations(mode: .user, environment: ["XDG_RUNTIME_DIR": scratch.path])
    let path = it.runtimeDirectory
    func failure() -> String? {
      message { try it.prepareRuntimeDirectory() }?.replacing(scratch.path, with: "DIR")
    }
    // The umask must not matter.
    let before = umask(0o777)
    #expect(failure() == nil)
    umask(before)
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o7777 == 0o700)
    #expect(failure() == nil, "an existing one of our own is taken")
    chmod(path, 0o750)
    #expect(failure() == "folder 'DIR/bulkhead' has mode 750, others can use it; hint: chmod 700")
    rmdir(path)
    symlink("/tmp", path)
    #expect(failure() == "folder 'DIR/bulkhead' is a symbolic link or no folder")
    unlink(path)
    _ = try scratch.write("bulkhead", [])
    #expect(failure() == "folder 'DIR/bulkhead' is a symbolic link or no folder")
    unlink(path)
    let other = Locations(mode: .user, environment: ["XDG_RUNTIME_DIR": scratch.path], uid: geteuid() &+ 1)
    #expect(
      message { try other.prepareRuntimeDirectory() }?.contains("belongs to user \(geteuid()); hint") == true
    )
  }

  @Test func `the state directory is made with its parents`() throws {
    let scratch = try Scratch()
    let it = Locations(mode: .user, environment: [:])
    try it.prepareStateDirectory("\(scratch.path)/a/b/state")
    try it.prepareStateDirectory("\(scratch.path)/a/b/state")
    var status = stat()
    #expect(stat("\(scratch.path)/a/b/state", &status) == 0 && status.st_mode & 0o7777 == 0o700)
    _ = try scratch.write("file", [])
    #expect(
      message { try it.prepareStateDirectory("\(scratch.path)/file/state") }
        == "folder '\(scratch.path)/file/state' cannot be made: not a directory"
    )
  }
}

@Suite struct LoadingTests {
  private let scratch: Scratch
  private var environment: [String: String] { ["HOME": "/h", "XDG_CONFIG_HOME": scratch.path] }

  init() throws { scratch = try Scratch() }

  private func write(_ name: String, _ text: String, mode: UInt32 = 0o644) throws -> String {
    try scratch.write(name, Array(text.utf8), mode: mode)
  }

  @Test func `the first file of the search order is the only one read`() throws {
    mkdir("\(scratch.path)/bulkhead", 0o700)
    _ = try write("bulkhead/bulkhead.yaml", "run_as: xdg")
    let named = try write("named.yaml", "run_as: named")
    let explicit = try write("explicit.yaml", "run_as: explicit")
    var environment = environment
    #expect(try Configuration.load(explicit: nil, environment: environment).configuration.runAs == "xdg")
    environment["BULKHEAD_CONFIG"] = named
    #expect(try Configuration.load(explicit: nil, environment: environment).configuration.runAs == "named")
    let loaded = try Configuration.load(explicit: explicit, environment: environment)
    #expect(loaded.configuration.runAs == "explicit")
    #expect(loaded.file == explicit)
    #expect(loaded.origins == ["run_as": Position(line: 1, column: 9)])
  }

  @Test(.enabled(if: access("/etc/bulkhead/bulkhead.yaml", F_OK) != 0, "this machine has a configuration"))
  func `without any file everything is a default`() throws {
    let loaded = try Configuration.load(explicit: nil, environment: environment)
    #expect(loaded.file == nil)
    #expect(loaded.configuration == (try Configuration.defaults(environment: environment).configuration))
    #expect(loaded.effective().hasPrefix("# values in effect, all defaults\n"))
  }

  @Test func `a named file that cannot be read is an error`() throws {
    func failure(_ path: String) -> String? {
      message { _ = try Configuration.load(explicit: path, environment: environment) }?
        .replacing(scratch.path, with: "DIR")
    }
    let dir = scratch.path
    #expect(failure("\(dir)/none") == "configuration 'DIR/none' cannot be read: no such file or directory")
    #expect(failure(dir) == "configuration 'DIR' cannot be read: no regular file")
    mkfifo("\(dir)/fifo", 0o600)
    #expect(failure("\(dir)/fifo") == "configuration 'DIR/fifo' cannot be read: no regular file")
    let open = try write("open.yaml", "", mode: 0o646)
    #expect(failure(open) == "configuration 'DIR/open.yaml' cannot be read: everyone may write it; hint: chmod o-w")
    let large = try write("large.yaml", String(repeating: "#", count: (1 << 20) + 1))
    #expect(failure(large) == "DIR/large.yaml: text of 1048577 bytes exceeds the limit of 1048576")
  }
}
