internal import JSON
internal import Jail
internal import Posix
internal import WorkerKit

/// The result of a jailed run as its callers get it: `protocol/schema/run-result.json`, and for code its output.
struct RunRecord {
  /// Escaped bytes of one stream's text in the record. Both, an interpreter's output and the rest stay below the
  /// protocol's limit for an output.
  static let textBytes = 2 << 20 - 1 << 18

  static func json(_ result: JailResult, artifacts: [Artifact], answer: Exchange.Answer? = nil, small: Bool = false)
    -> JSON
  {
    var record = JSONObject()
    record["reason"] = .string(result.reason.rawValue)
    record["grade"] = .string(Sandbox.grade.rawValue)
    if result.setupFailure == nil { record["exit"] = exit(result) }
    let budget = small ? 1 << 18 : textBytes
    record["stdout"] = stream(result.output, budget)
    record["stderr"] = stream(result.errorOutput, budget)
    record["limits_hit"] = .array(limits(result.limitsHit))
    let denials = result.denials.map(denial) + refusals(result.limitsHit) + result.hostDenials.map(denial)
    record["denials"] = .array(Array(denials.prefix(256)))
    record["artifacts"] = .array(artifacts.map(artifact))
    if !result.skippedArtifacts.isEmpty {
      record["skipped"] = .array(result.skippedArtifacts.map { .string(String($0.prefix(1024))) })
    }
    if let use = result.networkUse {
      record["network"] = [
        "connections": .integer(use.connections), "sent_bytes": .integer(use.sentBytes),
        "received_bytes": .integer(use.receivedBytes),
      ]
    }
    record["receipt"] = receipt(result.receipt)
    if result.reason == .setupFailed, let failure = result.setupFailure {
      var setup: JSONObject = [
        "stage": .string(failure.stage), "errno": .integer(Int64(max(1, min(failure.errno, 4095)))),
      ]
      if let path = failure.path { setup["path"] = .string(path) }
      record["setup"] = .object(setup)
    }
    if let answer {
      record["output"] = answer.output
      if let error = answer.error { record["error"] = error }
    }
    return .object(record)
  }

  /// Why the run did not succeed, in one sentence; nil when it did.
  static func failure(_ result: JailResult) -> String? {
    switch result.reason {
    case .ok: nil
    case .nonzeroExit: "it exited with code \(result.exitCode ?? -1)"
    case .signal: "it was ended by signal \(result.signal.map { signalName($0) } ?? "?")"
    case .syscallDenied: "it was ended for a refused system call"
    case .setupFailed: "its jail could not be set up"
    case .workerLost: "its jail was lost"
    default: "it was stopped at its limit: \(result.reason.rawValue)"
    }
  }

  private static func exit(_ result: JailResult) -> JSON? {
    if let code = result.exitCode { return ["code": .integer(Int64(code))] }
    guard let signal = result.signal else { return nil }
    let name = signalName(signal)
    return name.hasPrefix("SIG")
      ? ["signal": .integer(Int64(signal)), "name": .string(name)] : ["signal": .integer(Int64(signal))]
  }

  private static func limits(_ hit: Set<JailLimitHit>) -> [JSON] {
    let names: [(JailLimitHit, String)] = [
      (.wall, "wall_ms"), (.cpu, "cpu_ms"), (.memory, "memory_bytes"), (.processes, "processes"),
      (.fileSize, "file_bytes"), (.openFiles, "open_files"), (.output, "output_bytes"), (.workspace, "workspace_bytes"),
    ]
    return names.filter { hit.contains($0.0) }.map { .string($0.1) }
  }

  /// Limits that give the program an errno instead of ending it.
  private static func refusals(_ hit: Set<JailLimitHit>) -> [JSON] {
    limits(hit.intersection([.processes, .fileSize, .openFiles, .workspace])).map {
      ["kind": "limit", "limit": $0, "exact": true]
    }
  }

  private static func denial(_ denial: JailDenial) -> JSON {
    ["kind": "syscall", "syscall": .string(denial.name), "exact": true, "count": .integer(Int64(max(1, denial.count)))]
  }

  private static func denial(_ denial: JailHostDenial) -> JSON {
    [
      "kind": "host", "host": .string(denial.host), "why": .string(denial.why), "exact": .bool(denial.isExact),
      "count": .integer(Int64(max(1, denial.count))),
    ]
  }

  private static func artifact(_ artifact: Artifact) -> JSON {
    [
      "artifact": .string(artifact.sha256), "bytes": .integer(artifact.bytes),
      "media_type": .string(artifact.mediaType),
      "name": .string(artifact.name),
    ]
  }

  static func wireReceipt(_ receipt: JailReceipt) -> Receipt {
    func number(_ value: UInt64) -> Int64 { Int64(clamping: value) }
    var wire = Receipt()
    wire.cpuMS = (number(receipt.userMicroseconds &+ receipt.systemMicroseconds) + 500) / 1000
    wire.wallMS = (number(receipt.wallMicroseconds) + 500) / 1000
    wire.memoryBytes = number(receipt.peakMemoryBytes)
    wire.readBytes = number(receipt.readBytes)
    wire.writtenBytes = number(receipt.writtenBytes)
    return wire
  }

  private static func receipt(_ receipt: JailReceipt) -> JSON {
    let wire = wireReceipt(receipt)
    return [
      "cpu_ms": .integer(wire.cpuMS ?? 0), "wall_ms": .integer(wire.wallMS ?? 0),
      "memory_bytes": .integer(wire.memoryBytes ?? 0), "read_bytes": .integer(wire.readBytes ?? 0),
      "written_bytes": .integer(wire.writtenBytes ?? 0),
    ]
  }

  // MARK: Text

  private static func stream(_ output: JailOutput, _ budget: Int) -> JSON {
    let text = String(decoding: output.bytes, as: UTF8.self)
    // No byte takes more than six in JSON, and one that is no UTF-8 three.
    if output.bytes.count <= budget / 6 { return ["text": .string(text), "truncated": .bool(output.isTruncated)] }
    let kept = prefix(of: text, budget)
    return ["text": .string(String(kept)), "truncated": .bool(output.isTruncated || kept.endIndex < text.endIndex)]
  }

  /// The longest start that takes at most `budget` bytes in JSON.
  private static func prefix(of text: String, _ budget: Int) -> Substring {
    var left = budget
    var index = text.unicodeScalars.startIndex
    let scalars = text.unicodeScalars
    while index < scalars.endIndex {
      let scalar = scalars[index]
      let cost =
        switch scalar.value {
        case ..<0x20: 6
        case 0x22, 0x5C: 2
        default: scalar.utf8.count
        }
      if cost > left { break }
      left -= cost
      index = scalars.index(after: index)
    }
    return text[..<index]
  }
}
