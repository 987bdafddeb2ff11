/// Measures one family of operations against a peer or a floor in the same run: `Benchmarks FAMILY [--json]`;
/// `Benchmarks --list` names them.
///
/// Each family is one file that returns its `Results`, or a list of `Measurement` alone; add it to `families`.

import Glibc

let families: [String: () throws -> Results] = [
  "audit": { Results(try measureAudit()) },
  "jail": { try benchmarkJail() },
  "jobs": { Results(try measureJobs()) },
  "json": { Results(try measureJSON()) },
  "models": measureModels,
  "memory": { Results(try measureMemoryLimit()) },
  "plan": { Results(try measurePlan()) },
  "policy": { Results(try measurePolicy()) },
  "proxy": measureProxy,
  "receipts": { Results(try measureReceipts()) },
  "sandbox": measureSandbox,
  "service": { Results(try measureService()) },
  "steps": { Results(try measureSteps()) },
  "soak": { Results(try measureSoak()) },
  "supervision": { Results(try measureSupervision()) },
  "transport": { Results(try measureTransport()) },
]

// The other end of a measurement is this program again.
if CommandLine.arguments.count == 3, CommandLine.arguments[1] == "--peer" { try runPeer(CommandLine.arguments[2]) }

if CommandLine.arguments.dropFirst().elementsEqual(["--list"]) {
  for name in families.keys.sorted() { print(name) }
  exit(0)
}

let names = families.keys.sorted().joined(separator: ", ")
let arguments = CommandLine.arguments.dropFirst()
let wanted = arguments.filter { !$0.hasPrefix("--") }
guard wanted.count == 1, let name = wanted.first, let family = families[name],
  arguments.allSatisfy({ !$0.hasPrefix("--") || $0 == "--json" })
else {
  let usage = "usage: Benchmarks FAMILY [--json]; families: \(names)\n"
  write(STDERR_FILENO, usage, usage.utf8.count)
  exit(64)
}
let results = try family()
let report = Report(family: name, measurements: results.measurements, bounds: results.bounds)
print(arguments.contains("--json") ? report.json : report.table)
