internal import Jail
internal import WorkerKit

/// Drives one run on the call's thread: sends its output on as it comes, and ends it when the call is cancelled.
struct RunDriver {
  /// `start` gives the run, started; the call's `progress` tells its output. Connections of one with hosts are served.
  static func drive<Result>(
    _ call: Call,
    _ start: () throws -> JailRun,
    then finish: (JailRun, JailResult) throws -> Result
  ) async throws -> Result {
    let reporter = OutputReporter(call)
    return try await JailRun.drive {
      let run = try start()
      if let hosts = call.needs?.hosts, !hosts.isEmpty {
        guard let tunnel = try Sandbox.shared().tunnel?.raw else { throw CallPolicy.noHosts(hosts[0]) }
        try RunTunnel.serve(run, hosts: hosts, tunnel: tunnel)
      }
      run.onOutput = { reporter.take($1, isError: $0 == .error) }
      return run
    } then: { run, result in
      reporter.finish()
      return try finish(run, result)
    }
  }
}

/// Sends output on as text, never splitting a character; what is no UTF-8 becomes U+FFFD.
private final class OutputReporter {
  private let call: Call
  private var rests: [Bool: [UInt8]] = [:]

  init(_ call: Call) { self.call = call }

  func take(_ bytes: ArraySlice<UInt8>, isError: Bool) {
    let all = (rests[isError] ?? []) + bytes
    let open = Self.openEnd(all)
    rests[isError] = Array(all.suffix(open))
    report(all.dropLast(open), isError)
  }

  func finish() {
    for (isError, rest) in rests { report(rest[...], isError) }
    rests = [:]
  }

  private func report(_ bytes: ArraySlice<UInt8>, _ isError: Bool) {
    if bytes.isEmpty { return }
    call.progress(isError ? .stderr : .stdout, String(decoding: bytes, as: UTF8.self))
  }

  /// Bytes at the end that begin a character whose rest has not come.
  private static func openEnd(_ bytes: [UInt8]) -> Int {
    for back in 1...3 where back <= bytes.count {
      let byte = bytes[bytes.count - back]
      if byte & 0xC0 == 0x80 { continue }
      let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
      return length > back ? back : 0
    }
    return 0
  }
}
