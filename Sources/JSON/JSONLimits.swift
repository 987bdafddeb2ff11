/// What a parse accepts beyond the grammar. Every bound is checked before memory is taken.
///
/// Memory: parsing takes at most 48 bytes per byte of text, text excluded, plus 4 KiB; at most 96 bytes per value plus
/// twice the text. The worst texts are nested one-element arrays and long arrays of one-digit numbers.
public struct JSONLimits: Sendable {
  /// The deepest nesting that any setting of `depth` allows. Comparing, hashing, writing and freeing a value recurse once
  /// per level, and at this depth all of them fit into a stack of 1 MiB even in a debug build (256 KiB in release).
  public static let deepestNesting = 256

  /// Nested arrays and objects; more than `deepestNesting` counts as that.
  public var depth: Int
  /// Values in the whole text, containers included; bounds the memory that a small text can unfold into.
  public var values: Int
  /// Whether an object may hold the same key twice: the last value wins, in the place of the first.
  public var allowsDuplicateKeys: Bool

  public init(depth: Int = 128, values: Int = 1_000_000, allowsDuplicateKeys: Bool = false) {
    self.depth = depth
    self.values = values
    self.allowsDuplicateKeys = allowsDuplicateKeys
  }
}
