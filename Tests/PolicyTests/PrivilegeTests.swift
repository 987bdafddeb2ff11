import JSON
import Testing
import Wire

@testable import Policy

@Suite struct PrivilegeTests {
  private func needs(
    read: [String] = [],
    write: [String] = [],
    programs: [String]? = nil,
    hosts: [String] = []
  ) -> Needs {
    var needs = Needs()
    needs.read = read
    needs.write = write
    needs.programs = programs
    needs.hosts = hosts
    return needs
  }

  private func privileges(_ json: JSON) throws -> PrivilegeRules {
    try Policy(reading: ["privileges": json], environment: nil).privileges
  }

  @Test(arguments: [
    ("/etc", "/etc", true), ("/etc", "/etc/passwd", true), ("/etc", "/etcetera", false), ("/etc", "/", false),
    ("/", "/etc", true), ("/", "/", true), ("/srv/a", "/srv", false), ("/srv/a", "/srv/ab", false),
    ("/srv/é", "/srv/e\u{301}", false), ("/srv/a", "/srv/A", false),
  ])
  func `a folder holds what lies below it, by whole parts`(_ folder: String, _ path: String, _ isInside: Bool) throws {
    #expect(PathRule.contains(folder, path) == isInside)
    let rules = try privileges(["allow": ["read": [.string(folder)]]])
    #expect(rules.unapproved(needs(read: [path])).read == (isInside ? [] : [path]))
  }

  @Test(arguments: [
    ("/etc/", "/etc"), ("/etc///", "/etc"), ("/", "/"), ("//", "/"), ("/a/b", "/a/b"), ("etc", nil), ("", nil),
    ("/a//b", nil),
    ("/a/./b", nil), ("/a/../b", nil), ("/..", nil), ("/a\u{0}", nil), ("/...", "/..."), ("/.a", "/.a"),
  ])
  func `a path in a policy is plain, but for slashes at its end`(_ text: String, _ path: String?) {
    #expect(PathRule.plain(text) == path)
  }

  @Test func `what is forbidden is so from within and from without`() throws {
    let rules = try privileges(["forbid": ["write": ["/etc/"], "read": ["/root"]]])
    let forbidden = rules.forbidden(
      needs(read: ["/etc", "/", "/root/.ssh", "/roots"], write: ["/etc/ssh", "/", "/etcetera", "/root", "/srv"])
    )
    #expect(forbidden.read == ["/", "/root/.ssh"])
    #expect(forbidden.write == ["/etc/ssh", "/", "/root"])
    #expect(rules.forbidden(needs(read: ["/srv"])).isEmpty)
  }

  @Test func `what may be written may be read`() throws {
    let rules = try privileges(["allow": ["write": ["/srv/out"]]])
    #expect(rules.unapproved(needs(read: ["/srv/out/a"], write: ["/srv/out"])).isEmpty)
    let reading = try privileges(["allow": ["read": ["/srv/out"]]])
    #expect(reading.unapproved(needs(write: ["/srv/out"])).write == ["/srv/out"])
  }

  @Test func `a program is allowed as it is written and forbidden wherever it lies`() throws {
    let rules = try privileges([
      "allow": ["programs": ["ls", "/usr/bin/git"]], "forbid": ["programs": ["bash", "/usr/bin/sudo"]],
    ])
    let asked = needs(programs: [
      "ls", "/tmp/ls", "/usr/bin/git", "git", "bash", "/bin/bash", "sudo", "/x/sudo", "bashful",
    ])
    #expect(rules.unapproved(asked).programs == ["/tmp/ls", "git", "bash", "/bin/bash", "sudo", "/x/sudo", "bashful"])
    #expect(rules.forbidden(asked).programs == ["bash", "/bin/bash", "sudo", "/x/sudo"])
    #expect(rules.unapproved(needs()).isEmpty, "programs that the tool has by itself")
  }

  @Test(arguments: [
    ("*.example.com:443", "api.example.com:443", true), ("*.example.com:443", "a.b.example.com:443", true),
    ("*.example.com:443", "example.com:443", false), ("*.example.com:443", "badexample.com:443", false),
    ("*.example.com:443", "api.example.com:80", false), ("*.example.com:443", "api.example.com.evil.org:443", false),
    ("*:22", "x.example.com:22", true), ("*:22", "x.example.com:222", false),
    ("example.com:*", "EXAMPLE.com:8080", true),
    ("example.com:443", "example.com.:443", true), ("*:*", "10.0.0.1:1", true),
    ("*.example.com:443", "*.example.com:443", true),
    ("*.example.com:443", "*.com:443", false), ("*.com:443", "*.example.com:443", true),
    ("*.example.com:443", "*.a.example.com:443", true), ("api.example.com:443", "*.example.com:443", false),
    ("[::1]:80", "[::1]:80", true),
  ])
  func `a pattern of hosts covers a host`(_ pattern: String, _ host: String, _ isCovered: Bool) throws {
    let rules = try privileges(["allow": ["hosts": [.string(pattern)]]])
    #expect(rules.unapproved(needs(hosts: [host])).hosts == (isCovered ? [] : [host]))
    if isCovered {
      let rules = try privileges(["forbid": ["hosts": [.string(pattern)]]])
      #expect(rules.forbidden(needs(hosts: [host])).hosts == [host])
    }
  }

  @Test func `a pattern that is asked for is forbidden where it reaches what is`() throws {
    let rules = try privileges(["forbid": ["hosts": ["evil.example.com:443", "*:22"]]])
    let hosts = ["*.example.com:443", "*.com:443", "*:443", "*.example.org:443", "good.example.com:443", "a.b:22"]
    #expect(rules.forbidden(needs(hosts: hosts)).hosts == ["*.example.com:443", "*.com:443", "*:443", "a.b:22"])
  }

  @Test func `who waits for a person is said by approve, or by there being an allow`() throws {
    let asked = needs(read: ["/srv"], programs: ["ls"], hosts: ["a.b:1"])
    #expect(try privileges(["forbid": ["write": ["/etc"]]]).unapproved(asked).isEmpty)
    #expect(try privileges(["approve": "always", "allow": ["read": ["/"]]]).unapproved(asked).read == ["/srv"])
    #expect(try privileges(["approve": "beyond"]).unapproved(asked).programs == ["ls"])
    #expect(try privileges(["allow": [:]]).approve == .beyond)
    #expect(try privileges(["approve": "never", "allow": [:]]).unapproved(asked).isEmpty)
  }

  @Test func `all programs are allowed by all alone, and forbidden as soon as one is`() throws {
    let all = needs(programs: [Needs.allPrograms])
    #expect(try privileges(["approve": "always"]).unapproved(all).programs == ["*"])
    #expect(try privileges(["allow": ["programs": ["ls", "cat"]]]).unapproved(all).programs == ["*"])
    #expect(try privileges(["allow": ["programs": ["*"]]]).unapproved(needs(programs: ["*", "ls"])).isEmpty)
    let rules = try privileges(["forbid": ["programs": ["touch"]]])
    #expect(rules.forbidden(all).programs == ["*"])
    #expect(rules.forbidden(needs(programs: ["ls"])).isEmpty)
    #expect(rules.notForbidden(["ls", "touch", "/bin/touch"]) == ["ls"])
    #expect(try privileges(["forbid": ["read": ["/etc"]]]).forbidden(all).isEmpty)
  }

  @Test(arguments: [
    "example.com", ":443", "a:0", "a:65536", "a:x", "*a.b:1", "a.*.b:1", "*.:1", "a b:1", "a/b:1", "a:+1",
  ])
  func `what is no pattern of hosts is refused`(_ text: String) {
    #expect(
      mistakes(["privileges": ["forbid": ["hosts": [.string(text)]]]]) == ["/privileges/forbid/hosts/0: invalid_value"]
    )
  }
}
