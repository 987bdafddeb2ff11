import Glibc

/// A durable step, and what the coordinator's threads do for it: the time of the processors says the same on a busy
/// machine as on a quiet one. With BULKHEAD_BESIDE, a folder with the programs of another build, that one runs in turn
/// with this one, so that a change is seen for what it costs.
func measureSteps() throws -> [Measurement] {
  signal(SIGPIPE, SIG_IGN)
  var sides = [try StepsOfBuild("ours", programFolder())]
  if let other = getenv("BULKHEAD_BESIDE").map({ String(cString: $0) }) { sides.append(try StepsOfBuild(other, other)) }
  defer { for side in sides { side.stop() } }
  for _ in 0..<11 {
    for side in sides { try side.run() }
  }
  return sides.flatMap(\.measurements)
}

/// One build of the programs, and what was measured with it.
private final class StepsOfBuild {
  private let name: String
  private let service: RunningService
  private let client: ServiceClient
  private var lone: [Double] = []
  private var crowd: [Double] = []
  private var threads: [String: [Double]] = [:]

  init(_ name: String, _ programs: String) throws {
    self.name = name
    service = try RunningService(instances: 1, programs: programs)
    client = try ServiceClient(service.socket)
    _ = try client.run([plan(chain: 50)])
  }

  func run() throws {
    lone.append(try perStep(client, [plan(chain: 200)], steps: 200))
    let before = try service.processorTime()
    crowd.append(try perStep(client, Array(repeating: plan(chain: 100), count: 50), steps: 5_000))
    for (thread, time) in try service.processorTime() {
      threads[thread, default: []].append((time - before[thread, default: 0]) / 5_000)
    }
  }

  func stop() { service.stop() }

  var measurements: [Measurement] {
    var results = [
      Measurement(subject: "step of a lone chain", side: name, bytes: nil, samples: lone),
      Measurement(subject: "step, 50 jobs at once", side: name, bytes: nil, samples: crowd),
    ]
    for (thread, samples) in threads.sorted(by: { $0.key < $1.key }) where samples.max() ?? 0 > 1_000 {
      results.append(Measurement(subject: "processor time, thread \(thread)", side: name, bytes: nil, samples: samples))
    }
    return results
  }
}
