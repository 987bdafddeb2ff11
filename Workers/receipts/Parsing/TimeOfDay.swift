/// A time of day.
struct TimeOfDay: Sendable {
  var hour: Int
  var minute: Int
  var second: Int?

  var iso: String { "\(padded(hour, 2)):\(padded(minute, 2))" + (second.map { ":\(padded($0, 2))" } ?? "") }

  /// `20:17`, `8:13:39 PM`, `12.05pm`; the first in the line from byte `start` on.
  static func find(in line: ReceiptLine, after start: Int) -> TimeOfDay? {
    let bytes = line.ascii
    func number(_ index: Int) -> (value: Int, digits: Int) {
      var value = 0
      var digits = 0
      while digits < 3, index + digits < bytes.count, bytes[index + digits].isDigit {
        value = value * 10 + Int(bytes[index + digits] - UInt8(ascii: "0"))
        digits += 1
      }
      return (value, digits)
    }
    for i in start..<max(start, bytes.count)
    where bytes[i].isDigit
      && (i == 0 || !"0123456789:/.-".utf8.contains(bytes[i - 1])
        || bytes[i - 1] == UInt8(ascii: ":") && (i < 2 || !bytes[i - 2].isDigit))
    {
      let hour = number(i)
      guard (1...2).contains(hour.digits) else { continue }
      var at = i + hour.digits
      guard at < bytes.count, bytes[at] == UInt8(ascii: ":") else { continue }
      let minute = number(at + 1)
      guard minute.digits == 2 else { continue }
      at += 3
      var second: Int?
      if at + 2 < bytes.count, ":'*".utf8.contains(bytes[at]) {
        let value = number(at + 1)
        if value.digits == 2, value.value < 60 {
          second = value.value
          at += 3
        }
      }
      while at < bytes.count, bytes[at].isBlank { at += 1 }
      var hours = hour.value
      if at < bytes.count, hours >= 1, hours <= 12 {
        let mark = bytes[at] & 0xdf
        let isMark =
          at + 1 >= bytes.count || bytes[at + 1] & 0xdf == UInt8(ascii: "M")
          || bytes[at + 1] & 0xdf == UInt8(ascii: "H")
        if mark == UInt8(ascii: "P"), isMark, hours < 12 { hours += 12 }
        if mark == UInt8(ascii: "A"), isMark, hours == 12 { hours = 0 }
      }
      guard hours < 24, minute.value < 60 else { continue }
      return TimeOfDay(hour: hours, minute: minute.value, second: second)
    }
    return nil
  }
}

func padded(_ value: Int, _ width: Int) -> String {
  let text = String(value)
  return String(repeating: "0", count: max(0, width - text.count)) + text
}
