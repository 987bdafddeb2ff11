internal import Glibc
internal import JSON

extension Command {
  static let selfTestCrash = Command(
    path: ["selftest", "crash"],
    summary: "prove on this machine that crashes lose nothing",
    flags: [
      Flag("kills", value: "N", "kill so many times at random; 50 unless given"),
      Flag("points", "kill at every named crash point of the coordinator, too"),
      Flag("seed", value: "N", "make the same plans and decisions as before"),
      Flag("load", value: "N", "jobs that are kept open at a time; 12 unless given"),
      Flag("keep", "keep the folder of the test"),
    ],
    description: [
      "Starts a coordinator of its own, in a folder of its own under /tmp, with workers whose every execution leaves a line in a file. It submits plans made by chance (chains and fans, lists of items, retries, calls within calls, programs that leave children behind, jailed runs) and calls tools, pauses, resumes, cancels, retries and forks jobs, and approves or denies what a policy has it asked, while it kills the coordinator, its workers and what runs in their jails with SIGKILL. After each death of the coordinator nothing may be left of it, and its journal must be sound. At the end every promise is checked against the file.",
      "The promises: every accepted job ends; none is lost; the same submission is the same job, before and after a crash; a step that has succeeded never runs again; what is not idempotent never runs twice; what is idempotent runs again with the same key; what waits for a person does not run before, once it is approved runs once, and is not asked again; events have no gaps, and whoever follows them misses none; a job that has ended has no step that has not; outputs are right; no process is left behind; an orderly shutdown ends with code 0.",
      "Nothing of the coordinator that you use is touched. The same seed makes the same plans; when a kill falls is also up to the machine. The folder is kept when something was found. With --json the document is {\"seed\", \"sound\": true|false, \"problems\": [TEXT...], \"kills\": {\"coordinator\", \"below\", \"points\"}, ...}.",
    ],
    exits: ["0    every promise was kept", "1    one was not, or the test could not be made"],
    examples: [
      Example("bulkhead selftest crash", "Fifty random kills."),
      Example("bulkhead selftest crash --kills 1000 --points --seed 7", "Many, and every crash point."),
    ],
    action: .local { arguments, console throws(Failure) in
      let seed = try arguments.count("seed", in: 0...Int(Int32.max))
      var options = CrashTest.Options(seed: UInt64(seed ?? Int.random(in: 0...999_999)))
      options.kills = try arguments.count("kills", in: 0...1_000_000) ?? options.kills
      options.load = try arguments.count("load", in: 1...500) ?? options.load
      options.wantsPoints = arguments.has("points")
      let stand = try Stand()
      var isSound = false
      defer { stand.remove(keepsFolder: !isSound || arguments.has("keep")) }
      let test = try CrashTest(options, stand) { text in console.note("selftest: \(text)") }
      let counts: CrashVerdict.Counts
      do throws(Failure) { counts = try test.run() } catch {
        var error = error
        error.details += test.ledger.problems + ["seed \(options.seed); everything is kept in \(stand.folder)"]
        throw error
      }
      isSound = test.ledger.problems.isEmpty
      let report = CrashReport(test, counts)
      if console.isJSON { console.print(report.json) } else { report.print(console) }
      return isSound ? ExitCode.success : ExitCode.failure
    }
  )
}
