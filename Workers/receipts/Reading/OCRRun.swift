internal import Jail
internal import WorkerKit

/// Runs of tesseract on one image, each in a jail of its own.
///
/// | | when the call says nothing |
/// | --- | --- |
/// | `wall_ms` | 60,000 for all runs together, or what is left until the call's deadline |
/// | `cpu_ms` | 60,000 for each |
/// | `memory_bytes` | 1 GiB |
/// | output | 8 MiB |
struct OCRRun {
  private static let outputBytes = 8 << 20
  /// Between the end of a run at its wall limit and the call's deadline, so that the answer still gets home.
  private static let margin: Int64 = 100

  let image: [UInt8]
  let tesseract: Tesseract
  let call: Call
  /// What the runs took so far.
  private var used = Receipt()
  /// Milliseconds that the last run took.
  private(set) var lastMS: Int64 = 0

  init(_ image: [UInt8], _ tesseract: Tesseract, _ call: Call) {
    self.image = image
    self.tesseract = tesseract
    self.call = call
  }

  /// Milliseconds that the next run may take.
  var leftMS: Int64 {
    min((call.limits?.wallMS ?? 60_000) - (used.wallMS ?? 0), call.remainingMS - Self.margin)
  }

  mutating func read(_ arguments: [String]) async throws -> TextPage {
    var policy = tesseract.policy(["stdin", "stdout", "--tessdata-dir", tesseract.data] + arguments)
    try limit(&policy)
    let prepared: PreparedJail
    do throws(JailError) {
      prepared = try policy.prepare()
    } catch {
      Tesseract.forget()
      throw WireError(.setupFailed, error.message)
    }
    let image = image
    let result = try await JailRun.drive {
      do throws(JailError) {
        return try JailRun(prepared, input: image)
      } catch {
        throw WireError(.setupFailed, error.message)
      }
    }
    add(result.receipt)
    call.setReceipt(used)
    guard result.reason == .ok else { throw Self.failure(result) }
    return try TextPage(tsv: result.output.bytes)
  }

  private func limit(_ policy: inout JailPolicy) throws(WireError) {
    policy.limits.wallMilliseconds = UInt64(max(1, leftMS))
    policy.limits.cpuMilliseconds = UInt64(clamping: call.limits?.cpuMS ?? 60_000)
    policy.limits.memoryBytes = UInt64(clamping: call.limits?.memoryBytes ?? 1 << 30)
    policy.limits.outputBytes = Self.outputBytes
    if let host = call.needs?.hosts.first {
      throw WireError(.refused, "a jailed run reaches no host, and '\(host)' is one", data: ["need": "hosts"])
    }
    switch call.needs?.grade {
    case nil, JailGrade.full.rawValue?: policy.grade = .full
    case JailGrade.oldLandlock.rawValue?: policy.grade = .oldLandlock
    case let other?:
      throw WireError(.refused, "receipt_ocr cannot run with the grade '\(other)'", data: ["need": "grade"])
    }
  }

  /// Times and bytes add up; of memory the most counts.
  private mutating func add(_ run: JailReceipt) {
    func sum(_ known: Int64?, _ more: some BinaryInteger) -> Int64 {
      let (sum, overflow) = (known ?? 0).addingReportingOverflow(Int64(clamping: more))
      return overflow ? .max : sum
    }
    used.cpuMS = sum(used.cpuMS, (run.userMicroseconds &+ run.systemMicroseconds) / 1000)
    lastMS = Int64(clamping: run.wallMicroseconds / 1000)
    used.wallMS = sum(used.wallMS, run.wallMicroseconds / 1000)
    used.memoryBytes = max(used.memoryBytes ?? 0, Int64(clamping: run.peakMemoryBytes))
    used.readBytes = sum(used.readBytes, run.readBytes)
    used.writtenBytes = sum(used.writtenBytes, run.writtenBytes)
  }

  /// A run that did not end well, as the caller's error.
  static func failure(_ result: JailResult) -> WireError {
    let data = JSONObject([("reason", .string(result.reason.rawValue))])
    switch result.reason {
    case .cancelled: return WireError(.cancelled, "stopped because it was asked to")
    case .timeout: return WireError(.deadlineExceeded, "reading the image took longer than its wall time", data: data)
    case .cpuLimit: return limit("processor time", data)
    case .memoryLimit: return limit("memory; it may have too many pixels", data)
    case .outputLimit: return limit("\(outputBytes) bytes of text", data)
    case .setupFailed:
      let stage = result.setupFailure.map { "\($0)" } ?? "unknown"
      return WireError(.setupFailed, "the jail of tesseract could not be built: \(stage)", data: data)
    case .nonzeroExit:
      // Its own words, without what it says about resolutions.
      let lines = String(decoding: result.errorOutput.bytes.prefix(4096), as: UTF8.self).split(separator: "\n")
      let words = lines.filter { $0.contains("rror") }.suffix(2).joined(separator: "; ")
      return WireError(
        .invalidInput,
        "tesseract cannot read the image: \(words.isEmpty ? "exit code \(result.exitCode ?? -1)" : words)",
        data: data
      )
    default: return WireError(.toolFailed, "tesseract ended with '\(result.reason.rawValue)'", data: data)
    }
  }

  private static func limit(_ what: String, _ data: JSONObject) -> WireError {
    WireError(.limitExceeded, "reading the image takes more than its limit of \(what)", data: data)
  }
}
