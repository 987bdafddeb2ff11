// jail-corpus: runs the attacks whose group or name contains one of the arguments (all without) as the user who
// started it, one line each, and ends with 1 if any wall did not hold or any control did not show it. With --own-roots
// no root is taken from a template.
import Glibc
import Jail
import JailCorpus

// jail-corpus --once PROBE ARGUMENTS: one probe in one jail, as the worker that builds jails would run it.
// jail-corpus --nested PROBE ARGUMENTS: the same from inside that worker's jail.
if CommandLine.arguments.dropFirst().first == "--once" { exit(try runOnce()) }
// jail-corpus --repeat COUNT: so many runs, and what this process and the host hold before and after.
if CommandLine.arguments.dropFirst().first == "--nested" { exit(try runNested()) }
if CommandLine.arguments.dropFirst().first == "--repeat" { exit(try runRepeatedly()) }

let filters = CommandLine.arguments.dropFirst().filter { $0 != "--own-roots" }
let sharesView = !CommandLine.arguments.contains("--own-roots")
let fixture = try Fixture()
var failed = 0
var count = 0
for attack in Corpus.all {
  let name = "\(attack.group): \(attack.name)"
  guard filters.isEmpty || filters.contains(where: { name.contains($0) }) else { continue }
  count += 1
  let complaints = try attack.evaluate(fixture, sharesView: sharesView).complaints
  if !complaints.isEmpty { failed += 1 }
  print(complaints.isEmpty ? "held   \(name)" : "FAILED \(name): \(complaints.joined(separator: "; "))")
  fflush(nil)
}
fixture.remove()
print("\(count) attacks as uid \(getuid()), \(failed) failed")
exit(failed == 0 ? 0 : 1)
