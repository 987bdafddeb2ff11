/// The limits table of `protocol/README.md`. At the value a thing is accepted, one above it is refused.
public enum Limit {
  public static let frameBytes = 16_777_216
  public static let depth = 128
  public static let values = 1_000_000
  public static let idBytes = 128
  public static let methodBytes = 64
  public static let tools = 256
  public static let toolNameBytes = 128
  public static let descriptionBytes = 8_192
  public static let schemaBytes = 262_144
  public static let inputBytes = 4_194_304
  public static let outputBytes = 8_388_608
  public static let progressBytes = 65_536
  public static let artifacts = 256
  public static let artifactBytes = 1_073_741_824
  public static let blobChunkBytes = 1_048_576
  public static let concurrency = 1_024
  public static let outstanding = 1_024
  public static let queueBytes = 33_554_432
  public static let nesting = 8
  public static let timeoutMS: Int64 = 604_800_000
  /// 90 days.
  public static let jobDeadlineMS: Int64 = 7_776_000_000
  public static let steps = 10_000
  public static let fanOut = 1_000
}
