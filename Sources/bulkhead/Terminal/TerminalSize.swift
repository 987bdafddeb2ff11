internal import CLinux
internal import Glibc

/// Of the terminal behind a descriptor; 80 by 24 where nothing is known.
func terminalSize(_ descriptor: Int32) -> (columns: Int, lines: Int) {
  var columns: UInt16 = 0
  var lines: UInt16 = 0
  guard bulkhead_terminal_size(descriptor, &columns, &lines) == 0, columns > 0, lines > 0 else { return (80, 24) }
  return (Int(columns), Int(lines))
}

/// Milliseconds since 1970.
func wallClock() -> Int64 {
  var time = timespec()
  clock_gettime(CLOCK_REALTIME, &time)
  return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
}

/// `2026-11-21 07:24:31` where this program runs.
func timeText(milliseconds: Int64) -> String {
  var seconds = time_t(milliseconds / 1000)
  var parts = tm()
  guard localtime_r(&seconds, &parts) != nil else { return "\(milliseconds) ms" }
  var text = [CChar](repeating: 0, count: 32)
  let count = strftime(&text, text.count, "%Y-%m-%d %H:%M:%S", &parts)
  return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
