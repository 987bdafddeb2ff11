extension String {
  /// Whether the bytes of `part` stand somewhere in it. Linear in both, whatever they are: no byte of the text is looked
  /// at again (Knuth, Morris and Pratt 1977).
  func holds(_ part: String) -> Bool {
    guard let first = part.utf8.first else { return true }
    guard utf8.count >= part.utf8.count else { return false }
    let part = ContiguousArray(part.utf8)
    /// For each prefix of `part` the length of the longest shorter prefix that it ends with.
    var borders = ContiguousArray<Int32>(repeating: 0, count: part.count)
    var length = 0
    for i in part.indices.dropFirst() {
      while length > 0, part[i] != part[length] { length = Int(borders[length - 1]) }
      if part[i] == part[length] { length += 1 }
      borders[i] = Int32(length)
    }
    var matched = 0
    for byte in utf8 {
      if matched == 0 {
        if byte == first { matched = 1 }
      } else {
        while matched > 0, byte != part[matched] { matched = Int(borders[matched - 1]) }
        if byte == part[matched] { matched += 1 }
      }
      if matched == part.count { return true }
    }
    return false
  }
}
