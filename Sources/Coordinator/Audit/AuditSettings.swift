package import Posix

/// What an operator decides about the audit log.
package struct AuditSettings: Sendable {
  /// How much of an input or a result is written down.
  package enum Extent: String, Sendable, CaseIterable {
    /// As it is, secrets taken out; what is larger than `wholeBytes` by its hash.
    case whole
    /// By its hash and its size.
    case hash
    /// Not at all.
    case none
  }

  package var inputs = Extent.whole
  package var results = Extent.hash
  package var wholeBytes = 4_096
  /// Names of members whose values are secrets, beside the usual ones.
  package var redact: [String] = []
  /// How long records are kept; nil: for ever.
  package var keep: Milliseconds?

  package init() {}
}
