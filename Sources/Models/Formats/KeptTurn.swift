internal import JSON

extension ModelMessage {
  /// The answer as the provider itself worded it, when that was kept and the message still says the same.
  ///
  /// Signatures hold for the place they came in, so an answer that has some goes back whole: see
  /// `ModelResponse.opaque`. It has the shape of a reply of `format`. Nil where texts or calls were changed since.
  func kept(_ format: ModelFormat) -> JSON? {
    guard let whole = opaque(format) else { return nil }
    var decoder = format.makeDecoder()
    do throws(ModelError) {
      try decoder.takeWhole(whole)
      let said = try decoder.finish()
      return said.text == text && said.toolUses == toolUses ? whole : nil
    } catch {
      return nil
    }
  }

  /// What was kept of the provider's wording, whether or not it still holds.
  func opaque(_ format: ModelFormat) -> JSON? {
    for part in parts.reversed() { if case .opaque(format, let json) = part { return json } }
    return nil
  }
}
