internal import CLinux
internal import Glibc
internal import Jail
internal import Posix
internal import WorkerKit

/// One run of tesseract on one image, in a jail of its own.
///
/// | | when the call says nothing |
/// | --- | --- |
/// | `wall_ms` | 60,000, or what is left until the call's deadline |
/// | `cpu_ms` | 60,000 |
/// | `memory_bytes` | 1 GiB |
/// | output | 8 MiB |
enum OCRRun {
  private static let outputBytes = 8 << 20
  /// Between the end of a run at its wall limit and the call's deadline, so that the answer still gets home.
  private static let margin: Int64 = 100

  static func read(_ image: [UInt8], _ tesseract: Tesseract, _ arguments: [String], _ call: Call) async throws
    -> [UInt8]
  {
    var policy = tesseract.policy(["stdin", "stdout", "--tessdata-dir", tesseract.data] + arguments)
    try apply(call, to: &policy)
    let jail: PreparedJail
    do throws(JailError) {
      jail = try policy.prepare()
    } catch {
      Tesseract.forget()
      throw WireError(.setupFailed, error.message)
    }
    let result = try await run(jail, image)
    call.setReceipt(receipt(result.receipt))
    guard result.reason == .ok else { throw failure(result) }
    return result.output.bytes
  }

  private static func apply(_ call: Call, to policy: inout JailPolicy) throws(WireError) {
    let limits = call.limits
    let wall = max(1, min(limits?.wallMS ?? 60_000, max(1, call.remainingMS - margin)))
    policy.limits.wallMilliseconds = UInt64(wall)
    policy.limits.cpuMilliseconds = UInt64(clamping: limits?.cpuMS ?? 60_000)
    policy.limits.memoryBytes = UInt64(clamping: limits?.memoryBytes ?? 1 << 30)
    policy.limits.outputBytes = outputBytes
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

  /// Blocks the call's thread; ends the jail when the call is cancelled.
  private static func run(_ jail: PreparedJail, _ image: [UInt8]) async throws -> JailResult {
    let cancellation = try Cancellation()
    return try await withTaskCancellationHandler {
      try drive(jail, image, cancelled: cancellation.event.raw)
    } onCancel: {
      cancellation.signal()
    }
  }

  /// Wakes the thread of a run from wherever the cancellation comes.
  private final class Cancellation: Sendable {
    let event: Descriptor

    init() throws(PosixError) {
      event = Descriptor(owning: try posix("eventfd") { eventfd(0, Int32(EFD_CLOEXEC)) })
    }

    func signal() {
      var one: UInt64 = 1
      _ = write(event.raw, &one, 8)
    }
  }

  private static func drive(_ jail: PreparedJail, _ image: [UInt8], cancelled: Int32) throws(WireError) -> JailResult {
    let run: JailRun
    do throws(JailError) {
      run = try JailRun(jail, input: image)
    } catch {
      throw WireError(.setupFailed, error.message)
    }
    var waiting = [
      pollfd(fd: run.pollDescriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: cancelled, events: Int16(POLLIN), revents: 0),
    ]
    while true {
      if let result = run.advance() { return result }
      guard poll(&waiting, nfds_t(waiting.count), -1) > 0 else { continue }
      if waiting.count > 1, waiting[1].revents != 0 {
        waiting.removeLast()
        run.cancel()
      }
    }
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

  private static func receipt(_ used: JailReceipt) -> Receipt {
    var receipt = Receipt()
    receipt.cpuMS = Int64(clamping: (used.userMicroseconds &+ used.systemMicroseconds) / 1000)
    receipt.wallMS = Int64(clamping: used.wallMicroseconds / 1000)
    receipt.memoryBytes = Int64(clamping: used.peakMemoryBytes)
    receipt.readBytes = Int64(clamping: used.readBytes)
    receipt.writtenBytes = Int64(clamping: used.writtenBytes)
    return receipt
  }
}
