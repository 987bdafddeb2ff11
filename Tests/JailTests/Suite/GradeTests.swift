import Glibc
import Jail
import JailCorpus
import Posix
import Testing

/// What must hold where a host cannot enforce everything. Such hosts are played by taking the same away.
@Suite(.serialized) struct GradeTests {
  private static let ordinary: UInt32? = geteuid() == 0 ? 61235 : nil

  @Test(arguments: [(JailGrade.oldLandlock, ordinary), (.noNamespaces, ordinary), (.noNamespaces, nil)])
  func `under a lesser grade every attack is held that it promises to hold`(grade: JailGrade, user: UInt32?) throws {
    let run = try runCorpus(["--grade", grade.rawValue], as: user)
    #expect(run.status == .code(0), "\(run.failures)")
    let count = Corpus.held(under: grade).count
    #expect(run.output.contains("\(count) attacks under '\(grade.rawValue)' as uid \(user ?? getuid()), 0 failed"))
    #expect(count >= (grade == .oldLandlock ? 130 : 105))
  }

  @Test(arguments: JailGrade.usable)
  func `a lesser grade promises less`(grade: JailGrade) {
    let names = Set(Corpus.held(under: grade).map { "\($0.group): \($0.name)" })
    for lesser in JailGrade.usable where lesser < grade {
      let fewer = Corpus.held(under: lesser).map { "\($0.group): \($0.name)" }
      #expect(fewer.count < names.count)
    }
    #expect(Corpus.held(under: .none).isEmpty)
  }

  private func bare(_ script: String, _ adjust: (inout JailPolicy) -> Void = { _ in }) -> JailPolicy {
    shell(script) {
      $0.grade = .noNamespaces
      $0.view.workspaceBytes = nil
      $0.directory = "/"
      adjust(&$0)
    }
  }

  @Test func `without namespaces processes are counted, and one too many ends the run`() throws {
    let result = try bare("for i in {1..40}; do sleep 20 & done; wait") { $0.limits.processes = 16 }.run()
    #expect(result.reason == .processLimit)
    #expect(result.limitsHit == [.processes])
    let threads = "import threading, time\nfor i in range(40): threading.Thread(target=time.sleep, args=(20,)).start()"
    let many = try bare("exec python3 -c '\(threads)'") { $0.limits.processes = 16 }.run()
    #expect(many.reason == .processLimit)
    #expect(try bare("for i in {1..10}; do sleep 0.1 & done; wait") { $0.limits.processes = 16 }.run().reason == .ok)
  }

  @Test func `without namespaces nothing can be left behind`() throws {
    for path in ["/tmp/left", "/var/tmp/left", "/dev/shm/left", "left"] {
      let result = try bare("echo x > \(path)").run()
      #expect(result.errorOutput.text.contains("Permission denied"), "\(path): \(result.errorOutput.text)")
    }
    #expect(throws: JailError.self) { try bare("true") { $0.view.workspaceBytes = 1 << 20 }.run() }
  }
}
