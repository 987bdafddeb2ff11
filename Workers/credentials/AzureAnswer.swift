internal import Glibc
internal import WorkerKit

/// What `az account get-access-token -o json` prints: `accessToken`, and when it expires as `expires_on` (seconds since
/// 1970, since az 2.54) or as `expiresOn` (`2026-01-31 12:00:00.000000` by the clock of its time zone, which is UTC here).
struct AzureAnswer {
  let token: String
  /// Milliseconds since 1970.
  let expiresAt: Int64

  private static let tokenBytes = 65_536

  /// Errors say nothing of what is in it.
  init(_ bytes: [UInt8], now: Int64) throws(WireError) {
    let json: JSON
    do { json = try JSON(parsing: bytes) } catch {
      throw AzureToken.tool("garbage", "az answered with \(bytes.count) bytes that are no JSON")
    }
    guard let token = json["accessToken"]?.stringValue, (1...Self.tokenBytes).contains(token.utf8.count),
      token.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { throw AzureToken.tool("garbage", "az answered with JSON that has no token") }
    // Up to the year 9999.
    guard let seconds = Self.seconds(json), (1...253_402_300_799).contains(seconds) else {
      throw AzureToken.tool("garbage", "az answered with a token and does not say when it expires")
    }
    let expiresAt = seconds * 1_000
    guard expiresAt > now else {
      throw AzureToken.tool("expired", "az answered with a token that expired \((now - expiresAt) / 1_000) s ago")
    }
    self.token = token
    self.expiresAt = expiresAt
  }

  private static func seconds(_ json: JSON) -> Int64? {
    if let seconds = json["expires_on"]?.integerValue ?? json["expires_on"]?.stringValue.flatMap({ Int64($0) }) {
      return seconds
    }
    return json["expiresOn"]?.stringValue.flatMap(seconds(inText:))
  }

  /// `2026-01-31 12:00:00`, with a `T` too, and whatever fraction behind.
  private static func seconds(inText text: String) -> Int64? {
    let bytes = Array(text.utf8)
    guard bytes.count >= 19 else { return nil }
    func number(_ from: Int, _ count: Int) -> Int32? {
      Int32(String(decoding: bytes[from..<from + count], as: UTF8.self))
    }
    guard bytes[4] == 0x2D, bytes[7] == 0x2D, [0x20, 0x54].contains(bytes[10]), bytes[13] == 0x3A, bytes[16] == 0x3A,
      let year = number(0, 4), let month = number(5, 2), let day = number(8, 2), let hour = number(11, 2),
      let minute = number(14, 2), let second = number(17, 2), (1970...9999).contains(year), (1...12).contains(month),
      (1...31).contains(day), (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second)
    else { return nil }
    var time = tm()
    (time.tm_year, time.tm_mon, time.tm_mday) = (year - 1900, month - 1, day)
    (time.tm_hour, time.tm_min, time.tm_sec) = (hour, minute, second)
    return Int64(timegm(&time))
  }
}
