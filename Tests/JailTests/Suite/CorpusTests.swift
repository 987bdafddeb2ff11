import Glibc
import Jail
import JailCorpus
import Posix
import Testing

/// Every attack as the user who runs the tests; `OtherUserTests` repeats them as an ordinary user when that is root.
@Suite(.serialized)
struct CorpusTests {
  @Test(arguments: Set(Corpus.all.map(\.group)).sorted(), [true, false])
  func `every attack of the group is held by its wall and succeeds without it`(group: String, sharesView: Bool) throws {
    _ = builtPrograms
    let fixture = try Fixture()
    defer { fixture.remove() }
    for attack in Corpus.all where attack.group == group {
      let complaints = try attack.evaluate(fixture, sharesView: sharesView).complaints
      #expect(complaints.isEmpty, "\(attack.group): \(attack.name): \(complaints.joined(separator: "; "))")
    }
  }

  @Test func `attacks have names of their own`() {
    var seen: Set<String> = []
    for attack in Corpus.all {
      #expect(seen.insert("\(attack.group): \(attack.name)").inserted, "twice: \(attack.group): \(attack.name)")
    }
    #expect(seen.count >= 100)
  }

  @Test(.enabled(if: geteuid() == 0, "not testable here: root"), arguments: [[], ["--own-roots"]])
  func `every attack is held for an ordinary user too`(options: [String]) throws {
    let run = try runCorpus(options, as: 61235)
    #expect(run.status == .code(0), "\(run.failures)")
    #expect(run.output.contains("under 'full' as uid 61235, 0 failed"))
  }

  @Test(arguments: [nil, geteuid() == 0 ? 61235 : nil] as [UInt32?])
  func `jails nest inside the jail of the worker that builds them`(uid: UInt32?) throws {
    let run = try runCorpus(["--nested", "call", "101", "0", "0", "0", "0"], as: uid)
    #expect(run.status == .code(0))
    // The name of the refused call passes the outer filter.
    #expect(run.output.contains("denied: ptrace"))
    #expect(run.output.contains("errno 1"))
  }
}
