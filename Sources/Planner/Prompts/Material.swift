internal import Digest

/// Text of others in a prompt, between marks that it cannot contain: their number is made from the text itself.
enum Material {
  static func marked(_ name: String, _ text: String, limit: Int) -> String {
    let text = ShownText.block(text, limit: limit)
    let number = SHA256.digest(Array((name + "\n" + text).utf8)).prefix(12)
    return "<\(name) \(number)>\n\(text)\n</\(name) \(number)>"
  }
}
