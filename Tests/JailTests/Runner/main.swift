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
// jail-corpus --policy: writes a prepared policy to standard output.
if CommandLine.arguments.dropFirst().first == "--policy" { exit(try writePolicy()) }
// jail-corpus --claim: takes over the control group that it is in, and delegates a part of it.
if CommandLine.arguments.dropFirst().first == "--claim" { exit(try claimControlGroup()) }
if CommandLine.arguments.dropFirst().first == "--repeat" { exit(try runRepeatedly()) }

// jail-corpus --grade GRADE: the attacks that this grade holds, under it.
var filters = CommandLine.arguments.dropFirst().filter { $0 != "--own-roots" }
let sharesView = !CommandLine.arguments.contains("--own-roots")
var grade = JailGrade.full
if filters.first == "--grade", filters.count > 1 {
  guard let named = JailGrade(rawValue: filters[1]), named != .none else {
    print("there is no grade '\(filters[1])': \(JailGrade.usable.map(\.rawValue).joined(separator: ", "))")
    exit(64)
  }
  grade = named
  filters.removeFirst(2)
}
let fixture = try Fixture()
var failed = 0
var count = 0
for attack in Corpus.held(under: grade) {
  let name = "\(attack.group): \(attack.name)"
  guard filters.isEmpty || filters.contains(where: { name.contains($0) }) else { continue }
  count += 1
  let complaints = try attack.evaluate(fixture, under: grade, sharesView: sharesView).complaints
  if !complaints.isEmpty { failed += 1 }
  print(complaints.isEmpty ? "held   \(name)" : "FAILED \(name): \(complaints.joined(separator: "; "))")
  fflush(nil)
}
fixture.remove()
print("\(count) attacks under '\(grade.rawValue)' as uid \(getuid()), \(failed) failed")
exit(failed == 0 ? 0 : 1)
