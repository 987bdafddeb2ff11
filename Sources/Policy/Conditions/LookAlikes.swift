/// What a character looks like, as an ASCII character; looked up in a table of a byte for each code point below U+10000.
enum LookAlikes {
  /// The character is what it is.
  static let itself: UInt8 = 0
  /// Nobody sees it.
  static let unseen: UInt8 = 1

  private static let table: [UInt8] = {
    var table = [UInt8](repeating: itself, count: 0x10000)
    for range in LookAlikeTable.unseen { for point in range { table[point] = unseen } }
    for row in LookAlikeTable.rows {
      row.looks.withUTF8Buffer { looks in
        for (offset, look) in looks.enumerated() where look != UInt8(ascii: "`") { table[row.first + offset] = look }
      }
    }
    for point in 0xFF01...0xFF5E { table[point] = Fold.lowered(UInt8(point - 0xFF01 + 0x21)) }
    return table
  }()

  /// An ASCII character in lower case, `itself`, or `unseen`.
  static func look(of scalar: Unicode.Scalar) -> UInt8 {
    let point = Int(scalar.value)
    return point < 0x10000 ? table[point] : lookBeyond(point)
  }

  private static func lookBeyond(_ point: Int) -> UInt8 {
    switch point {
    // Mathematical letters: thirteen alphabets of capitals and small letters, dotless i and j, and five rows of digits.
    case 0x1D400...0x1D6A3: letter((point - 0x1D400) % 26)
    case 0x1D6A4: letter(8)
    case 0x1D6A5: letter(9)
    case 0x1D7CE...0x1D7FF: UInt8(ascii: "0") + UInt8((point - 0x1D7CE) % 10)
    case 0x1FBF0...0x1FBF9: UInt8(ascii: "0") + UInt8(point - 0x1FBF0)
    // Letters in brackets, in squares, in circles, and those that flags are made of.
    case 0x1F110...0x1F129: letter(point - 0x1F110)
    case 0x1F130...0x1F149: letter(point - 0x1F130)
    case 0x1F150...0x1F169: letter(point - 0x1F150)
    case 0x1F170...0x1F189: letter(point - 0x1F170)
    case 0x1F1E6...0x1F1FF: letter(point - 0x1F1E6)
    // Marks of musical notation that are not drawn, tags, and more variation selectors.
    case 0x1BCA0...0x1BCA3, 0x1D173...0x1D17A, 0xE0000...0xE0FFF: unseen
    default: itself
    }
  }

  private static func letter(_ index: Int) -> UInt8 { UInt8(ascii: "a") + UInt8(index) }
}
