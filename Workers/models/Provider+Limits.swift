internal import HTTP
internal import JSON
internal import Models
internal import WorkerKit

/// Settings that all that is asked over HTTP has.
extension Provider {
  func readHeaders(_ fields: inout Fields) throws(WireError) {
    guard let more = try fields.optional("headers", JSONObject.self) else { return }
    for member in more.members {
      guard let value = member.value.stringValue, !value.utf8.contains(where: { $0 < 0x20 }),
        !member.key.isEmpty, member.key.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 58 })
      else { throw .invalidParams(fields.path("headers"), "\(quotedName(member.key)) is no header with a text") }
      headers[member.key.lowercased()] = value
    }
  }

  func readLimits(_ fields: inout Fields) throws(WireError) {
    timeouts.connect = try fields.integer("connect_ms", in: 1...600_000) ?? timeouts.connect
    // A machine of one's own may read a long prompt for minutes, behind others that wait for it.
    if isLocal { timeouts.firstByte = 600_000 }
    timeouts.firstByte = try fields.integer("first_byte_ms", in: 1...3_600_000) ?? timeouts.firstByte
    timeouts.idle = try fields.integer("idle_ms", in: 1...3_600_000) ?? timeouts.idle
    if let attempts = try fields.integer("attempts", in: 1...20) { retry.attempts = Int(attempts) }
    retry.firstMS = try fields.integer("retry_first_ms", in: 0...60_000) ?? retry.firstMS
    retry.patienceMS = try fields.integer("retry_patience_ms", in: 0...3_600_000) ?? retry.patienceMS
    if let failures = try fields.integer("breaker_failures", in: 1...1_000) { breaker.threshold = Int(failures) }
    breaker.restMS = try fields.integer("breaker_rest_ms", in: 1...3_600_000) ?? breaker.restMS
  }
}
