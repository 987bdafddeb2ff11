/// Bounds of what a policy may hold. At the value it is accepted, one above it is refused.
package enum PolicyLimit {
  /// Mistakes that are listed.
  package static let errors = 100
  /// Guardrails, limits or alerts in one list; presets have a tenth of it.
  package static let rules = 1_000
  package static let presets = 100
  package static let environments = 100
  /// `all`, `any` and `not` inside each other, the tests at the bottom included.
  package static let conditionDepth = 32
  /// Comparisons of values in one condition.
  package static let conditionTests = 256
  /// Inline tests of one guardrail, both lists together.
  package static let inlineTests = 100
  /// UTF-8 bytes of all distinct patterns; a kilobyte takes up to a millisecond to compile.
  package static let patternBytes = 262_144
  /// Elements of a list of names, paths, commands, subjects or choices.
  package static let elements = 1_000
  /// UTF-8 bytes of a name, of a sentence for people, and of any other text.
  package static let nameBytes = 128
  package static let messageBytes = 4_096
  package static let textBytes = 65_536
  /// Parts of the name of a value.
  package static let nameParts = 64
}
