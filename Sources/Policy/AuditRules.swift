/// What the audit trail holds, and for how long.
package struct AuditRules: Sendable, Equatable {
  package enum Recording: String, Sendable, CaseIterable {
    /// As it is, but for what `redact` names.
    case whole
    /// Its digest alone.
    case hash
    case none
  }

  package var inputs: Recording
  package var results: Recording
  package var keepMS: Int64
  /// Members of inputs and results, by the words of their names, whose values are not recorded.
  package var redact: [String]
  /// Records between two signatures.
  package var signEvery: Int64

  package static let redactedByDefault = ["password", "passwd", "passphrase", "secret", "token", "api_key"]

  package init(
    inputs: Recording = .whole,
    results: Recording = .hash,
    keepMS: Int64 = 31_536_000_000,
    redact: [String] = redactedByDefault,
    signEvery: Int64 = 1_000
  ) {
    self.inputs = inputs
    self.results = results
    self.keepMS = keepMS
    self.redact = redact
    self.signEvery = signEvery
  }
}
