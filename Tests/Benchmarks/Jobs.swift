import CSQLite
import Glibc
import JSON
import Posix
import Wire

/// Durable jobs through real programs: each step is on disk before the next of its job starts. Floors of the same run:
/// one synced commit of one row, and one round trip over a raw pipe.
func measureJobs() throws -> [Measurement] {
  signal(SIGPIPE, SIG_IGN)
  let service = try RunningService(instances: 1)
  let raw = try RawPeer()
  let client = try ServiceClient(service.socket)
  let commit = try CommitFloor(folder: service.folder)
  var chain: [Double] = []
  var crowd: [Double] = []
  var commits: [Double] = []
  var pipe: [Double] = []
  var floor: [Double] = []
  _ = try client.run([plan(chain: 50)])
  for _ in 0..<9 {
    commits.append(try commit.latency(500))
    pipe.append(try raw.roundTrips(2_000))
    chain.append(try perStep(client, [plan(chain: 500)], steps: 500))
    crowd.append(try perStep(client, Array(repeating: plan(chain: 200), count: 50), steps: 10_000))
    floor.append(try commit.perRow(10_000, rows: 50))
  }
  commit.close()
  service.stop()
  return [
    Measurement(subject: "step of a lone chain", side: "ours", bytes: nil, samples: chain),
    Measurement(
      subject: "step of a lone chain",
      side: "commit + pipe",
      bytes: nil,
      samples: zip(commits, pipe).map { $0 + $1 }
    ),
    Measurement(subject: "step, 50 jobs at once", side: "ours", bytes: nil, samples: crowd),
    Measurement(subject: "step, 50 jobs at once", side: "SQLite rows, 50 a commit", bytes: nil, samples: floor),
  ] + (try measureQueue()) + (try measureSchedules())
}

/// Steps that each need the one before.
func plan(chain count: Int, tool: String = "note", input: JSONObject = ["n": 1]) -> JSON {
  let steps = (0..<count).map { i -> JSON in
    var input = input
    if i > 0 { input["before"] = .string("step:s\(i - 1)#/n") }
    // What a kill interrupts is to go on by itself.
    var step: JSONObject = ["id": .string("s\(i)"), "tool": .string(tool), "input": .object(input), "idempotent": true]
    if i > 0 { step["depends_on"] = [.string("s\(i - 1)")] }
    return .object(step)
  }
  return ["steps": .array(steps)]
}

func perStep(_ client: ServiceClient, _ plans: [JSON], steps: Int) throws -> Double {
  let start = now()
  let jobs = try client.run(plans)
  let elapsed = now() - start
  guard jobs.allSatisfy({ $0.state == "succeeded" }) else { fatalError("a job failed: \(jobs)") }
  return elapsed / Double(steps)
}

/// What 10,000 jobs of 10 steps cost: memory, recovery after a kill, and whether a step costs more in a crowd.
private func measureQueue() throws -> [Measurement] {
  let divisor = getenv("BULKHEAD_SOAK").flatMap { Int(String(cString: $0)) } ?? 1
  let count = 10_000 / divisor
  var service = try RunningService(instances: 1)
  var client = try ServiceClient(service.socket)
  let few = try (0..<5).map { _ in try perStep(client, Array(repeating: plan(chain: 10), count: 10), steps: 100) }
  client.submit(plan(chain: 10), count: count, inFlight: 64)
  let queued = try client.status().jobs?.queued ?? 0
  let memory = try service.coordinatorMegabytes()
  service.kill()
  let start = now()
  service = try RunningService(instances: 1, folder: service.folder)
  client = try ServiceClient(service.socket)
  var left: Int64 = 0
  // Until the jobs are known again; a journal without any would end this as well.
  while left == 0, now() - start < 10e9 { left = try client.status().jobs.map { $0.queued + $0.running } ?? 0 }
  let recovery = now() - start
  let began = now()
  var peak = memory
  while try client.status().jobs.map({ $0.queued + $0.running }) ?? 0 > 0 {
    usleep(50_000)
    peak = max(peak, try service.coordinatorMegabytes())
  }
  let many = (now() - began) / Double(max(1, left) * 10)
  print(
    "\(count) jobs of 10 steps: \(queued) were queued at the kill, \(left) after it; coordinator \(memory) MB, at most \(peak) MB"
  )
  service.stop()
  return [
    Measurement(subject: "step, 10 jobs", side: "ours", bytes: nil, samples: few),
    Measurement(subject: "step, \(count) jobs", side: "ours", bytes: nil, samples: [many]),
    Measurement(subject: "recovery of \(count) jobs", side: "ours", bytes: nil, samples: [recovery]),
  ]
}

/// Plans of 1,000 steps of 10 ms on 64 slots, against their critical path plus work over slots.
private func measureSchedules() throws -> [Measurement] {
  let service = try RunningService(instances: 1)
  defer { service.stop() }
  let client = try ServiceClient(service.socket)
  let (count, milliseconds, slots) = (1_000, 10.0, 64.0)
  var random = SplitMix(state: 7)
  let shapes: [(String, [[Int]])] = [
    ("wide", (0..<count).map { _ in [] }),
    ("deep", (0..<count).map { $0 == 0 ? [] : [$0 - 1] }),
    (
      "random",
      (0..<count).map { i in i == 0 ? [] : Array(Set((0..<3).map { _ in Int(random.next() % UInt64(i)) })).sorted() }
    ),
  ]
  var measurements: [Measurement] = []
  for (name, dependencies) in shapes {
    var level = [Int](repeating: 1, count: count)
    for (i, others) in dependencies.enumerated() { for other in others { level[i] = max(level[i], level[other] + 1) } }
    let bound = (Double(level.max() ?? 1) + Double(count) / slots) * milliseconds * 1e6
    let steps = dependencies.enumerated().map { i, others -> JSON in
      [
        "id": .string("s\(i)"), "tool": "sleep", "input": ["ms": .integer(Int64(milliseconds))],
        "depends_on": .array(others.map { .string("s\($0)") }),
      ]
    }
    let samples = try (0..<3).map { _ in try perStep(client, [["steps": .array(steps)]], steps: 1) }
    measurements.append(Measurement(subject: "1,000 steps, \(name)", side: "ours", bytes: nil, samples: samples))
    measurements.append(
      Measurement(subject: "1,000 steps, \(name)", side: "critical path + work/slots", bytes: nil, samples: [bound])
    )
  }
  return measurements
}

struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// SQLite by itself, with the journal's settings, on the same file system.
private final class CommitFloor {
  private var database: OpaquePointer?
  private var insert: OpaquePointer?
  private let file: String

  init(folder: String) throws {
    file = "\(folder)/floor.db"
    sqlite3_open(file, &database)
    run("PRAGMA journal_mode = WAL")
    run("PRAGMA synchronous = FULL")
    run("CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT)")
    sqlite3_prepare_v2(
      database,
      "INSERT INTO t (text) VALUES ('a row of about the size of a step with its output, some 100 bytes long, give or take')",
      -1,
      &insert,
      nil
    )
  }

  private func run(_ sql: String) { sqlite3_exec(database, sql, nil, nil, nil) }

  private func row() {
    sqlite3_step(insert)
    sqlite3_reset(insert)
  }

  func latency(_ count: Int) throws -> Double {
    var times: [Double] = []
    for _ in 0..<count {
      let start = now()
      run("BEGIN IMMEDIATE")
      row()
      run("COMMIT")
      times.append(now() - start)
    }
    return median(&times)
  }

  func perRow(_ count: Int, rows: Int) throws -> Double {
    let start = now()
    for _ in 0..<count / rows {
      run("BEGIN IMMEDIATE")
      for _ in 0..<rows { row() }
      run("COMMIT")
    }
    return (now() - start) / Double(count)
  }

  func close() {
    sqlite3_finalize(insert)
    sqlite3_close(database)
    for suffix in ["", "-wal", "-shm"] { unlink(file + suffix) }
  }
}
