import Glibc
import Jail

/// How far a tree gets past its limit of memory before the watchdog ends it, when it does nothing but touch new pages as
/// fast as it can; and what the same processes touch in one period of the watchdog, which is the most it could miss.
/// Counted in pages by the processes themselves, in a file that outlives them.
func measureMemoryLimit() throws -> [Measurement] {
  let limit = 64 << 20
  var measurements: [Measurement] = []
  for processes in [1, 4, 16] {
    var beyond: [Double] = []
    var perPeriod: [Double] = []
    for _ in 0..<25 {
      beyond.append(Double(try touched(by: processes, limit: limit) - limit))
      perPeriod.append(try rate(of: processes) * Double(JailLimits().tickMilliseconds))
    }
    let subject = "limit of 64 MiB, \(processes) process\(processes == 1 ? "" : "es")"
    for (side, samples) in [("ours", beyond), ("largest", [beyond.max() ?? 0]), ("touched in a period", perPeriod)] {
      measurements.append(Measurement(subject: subject, side: side, bytes: nil, samples: samples, unit: .bytes))
    }
  }
  return measurements
}

private struct MemoryLimitError: Error { let reason: String }

private func hog(_ bytes: Int, _ processes: Int, limit: Int?) throws -> JailResult {
  let path = try JailProgram.path()
  let probe = String(path.prefix(path.count - "bulkhead-jail".count)) + "jail-probe"
  var policy = JailPolicy(program: probe, arguments: ["jail-probe", "hog", "\(bytes)", "\(processes)"])
  policy.runAs = geteuid() == 0 ? .init(uid: 65533, gid: 65533) : nil
  policy.view.programs = [probe]
  policy.limits.memoryBytes = limit.map { UInt64($0) }
  policy.limits.processes = 32
  return try JailRun(policy.prepare()).run()
}

private func touched(by processes: Int, limit: Int) throws -> Int {
  let result = try hog(2 << 30, processes, limit: limit)
  guard result.reason == .memoryLimit, let bytes = result.artifacts.first?.contents, bytes.count >= 8 else {
    throw MemoryLimitError(reason: "ended with '\(result.reason.rawValue)'")
  }
  return bytes.withUnsafeBytes { Int($0.loadUnaligned(as: UInt64.self)) } * 4096
}

/// Bytes in a millisecond, of all processes together, without a limit.
private func rate(of processes: Int) throws -> Double {
  let bytes = 64 << 20
  let result = try hog(bytes, processes, limit: nil)
  guard result.reason == .ok else { throw MemoryLimitError(reason: "ended with '\(result.reason.rawValue)'") }
  // What it takes beside the half second of waiting.
  return Double(bytes * processes) / max(1, Double(result.receipt.wallMicroseconds) / 1000 - 500)
}
