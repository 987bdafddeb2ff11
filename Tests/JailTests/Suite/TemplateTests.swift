import Glibc
import Jail
import Testing

/// Roots that runs copy from a template, against roots that they build themselves.
struct TemplateTests {
  @Test(arguments: [false, true])
  func `a copied root shows what one of the run's own shows`(isRestricted: Bool) throws {
    let script = """
      cd /; ls -ldn --time-style=+ . * */ etc/* dev/* | grep -v ' proc\\| tmp/\\| workspace'; cat etc/passwd etc/group
      ls -An --time-style=+ tmp workspace; id; hostname; cat /proc/self/uid_map /proc/self/gid_map
      sort -u /proc/self/mounts
      """
    func answer(sharesView: Bool) throws -> JailResult {
      try shell(script) {
        $0.sharesView = sharesView
        $0.view.files = [.init(path: "given", contents: [1], mode: 0o600)]
        if isRestricted {
          $0.view.base = .libraries
          $0.view.programs = ["bash", "ls", "grep", "cat", "id", "hostname", "sort"].map { "/usr/bin/\($0)" }
        }
      }.run()
    }
    func lines(_ result: JailResult) -> [String] {
      result.output.text.split(separator: "\n").map { line in
        // Sizes and times of folders in memory, and the superblock's own flags.
        let words = line.split(separator: " ").map(String.init)
        if line.hasPrefix("tmpfs / ") {
          return words.prefix(3).joined(separator: " ") + " " + String(words[3].prefix(2))
        }
        // Columns are as wide as the link count of /proc needs, which changes with every process: words alone count.
        return line.hasPrefix("d") || line.hasPrefix("l")
          ? words.prefix(4).joined(separator: " ") + words.last! : words.joined(separator: " ")
      }
    }
    let own = try answer(sharesView: false)
    // Twice: the first may find no template and builds it.
    for _ in 0..<2 {
      let copied = try answer(sharesView: true)
      #expect(copied.reason == .ok && own.reason == .ok, "\(copied.errorOutput.text)")
      #expect(lines(copied) == lines(own))
    }
  }

  @Test func `a run with every capability in a namespace of its own neither changes nor uncovers the template`() throws
  {
    // A bind works there, which the last line shows: the rest are refused because the template's mounts are locked and
    // its superblock is another namespace's.
    let script = """
      import ctypes, errno, os
      libc = ctypes.CDLL(None, use_errno=True)
      CLONE_NEWNS, CLONE_NEWUSER, RDONLY, REMOUNT, BIND, DETACH = 0x20000, 0x10000000, 1, 32, 4096, 2
      def call(name, *arguments):
          print(name, 0 if getattr(libc, name)(*arguments) == 0 else errno.errorcode[ctypes.get_errno()], *arguments)
      call('unshare', CLONE_NEWUSER | CLONE_NEWNS)
      call('mount', None, b'/', None, REMOUNT, None)
      for path in (b'/', b'/usr', b'/etc/ld.so.cache', b'/dev/null', b'/proc'):
          call('mount', None, path, None, REMOUNT | BIND, None)
      for path in (b'/usr', b'/etc/ld.so.cache', b'/dev/null', b'/proc', b'/tmp'):
          call('umount2', path, DETACH)
      for act in (lambda: open('/etc/new', 'w'), lambda: open('/etc/passwd', 'a'), lambda: os.chmod('/etc', 0o777)):
          try: act()
          except OSError as error: print('file', errno.errorcode[error.errno])
      call('mount', b'/usr/share', b'/tmp', None, BIND, None)
      """
    let result = try shell("") {
      $0.program = "/usr/bin/python3"
      $0.arguments = ["python3", "-I", "-S", "-c", script]
      $0.profile = .sandboxWorker
    }.run()
    let answers = result.output.text.split(separator: "\n").map {
      $0.split(separator: " ").prefix(2).joined(separator: " ")
    }
    let refused =
      ["mount EPERM"] + Array(repeating: "mount EPERM", count: 5) + Array(repeating: "umount2 EINVAL", count: 5)
      + Array(repeating: "file EROFS", count: 3)
    #expect(answers == ["unshare 0"] + refused + ["mount 0"], "\(result.output.text) \(result.errorOutput.text)")
    #expect(
      try shell("touch /etc/new 2>/dev/null; cat /etc/passwd; stat -c %a /etc").run().output.text.hasSuffix("755\n")
    )
  }

  @Test func `a program that is replaced is seen by the next run`() throws {
    let folder = "/var/tmp/bulkhead-template-\(getpid())-\(UInt32.random(in: 0 ... .max))"
    mkdir(folder, 0o755)
    defer {
      unlink("\(folder)/program")
      rmdir(folder)
    }
    func put(_ program: String) throws {
      let copy = "\(folder)/new"
      let file = try #require(fopen("/usr/bin/\(program)", "r"))
      defer { fclose(file) }
      let new = try #require(fopen(copy, "w"))
      var bytes = [UInt8](repeating: 0, count: 1 << 20)
      let count = fread(&bytes, 1, bytes.count, file)
      #expect(fwrite(bytes, 1, count, new) == count)
      fclose(new)
      chmod(copy, 0o755)
      #expect(rename(copy, "\(folder)/program") == 0)
    }
    func code() throws -> Int32? {
      try shell("\(folder)/program") { $0.view.programs = ["\(folder)/program"] }.run().exitCode
    }
    for _ in 0..<2 {
      try put("true")
      #expect(try code() == 0)
      try put("false")
      #expect(try code() == 1)
    }
  }
}
