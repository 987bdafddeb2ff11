internal import CLinux
internal import Glibc
internal import Posix

/// What one living process has used, as the kernel counts it; the process has no part in it.
struct ProgramUsage: ~Copyable {
  struct Reading {
    var cpuMicroseconds: UInt64 = 0
    var readBytes: UInt64 = 0
    var writtenBytes: UInt64 = 0
    /// The most that was resident at a time.
    var peakBytes: UInt64 = 0
  }

  private let clock: clockid_t
  /// Kept open: a reading is then three calls without a look-up.
  private let io: Descriptor
  private let status: Descriptor

  /// Nil when this process' /proc does not show the other, or it has ended.
  static func of(pidfd: Int32) -> ProgramUsage? {
    do {
      let info = try Descriptor.open("/proc/self/fdinfo/\(pidfd)", O_RDONLY).readAll(limit: 4096)
      guard let pid = number(after: "Pid:", in: info), pid > 0, pid < 1 << 22 else { return nil }
      // clock_getcpuclockid(3): the complement of the number, then "of all threads", "as scheduled".
      let clock = clockid_t(truncatingIfNeeded: (~Int32(truncatingIfNeeded: pid) << 3) | 2)
      let io = try Descriptor.open("/proc/\(pid)/io", O_RDONLY)
      return ProgramUsage(clock: clock, io: io, status: try Descriptor.open("/proc/\(pid)/status", O_RDONLY))
    } catch {
      return nil
    }
  }

  /// Nil once the process has ended.
  func read() -> Reading? {
    guard let cpu = cpuMicroseconds else { return nil }
    var reading = Reading(cpuMicroseconds: cpu)
    let io = Self.text(io.raw)
    guard let read = Self.number(after: "rchar:", in: io), let written = Self.number(after: "wchar:", in: io),
      let peak = Self.number(after: "VmHWM:", in: Self.text(status.raw))
    else { return nil }
    (reading.readBytes, reading.writtenBytes, reading.peakBytes) = (read, written, peak &* 1024)
    return reading
  }

  var cpuMicroseconds: UInt64? {
    var time = timespec()
    guard clock_gettime(clock, &time) == 0 else { return nil }
    return UInt64(time.tv_sec) &* 1_000_000 &+ UInt64(time.tv_nsec) / 1000
  }

  private static func text(_ raw: Int32) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: 2048) { buffer, count in
      count = max(0, pread(raw, buffer.baseAddress, buffer.count, 0))
    }
  }

  /// The number after `name`, which begins a line.
  private static func number(after name: StaticString, in text: [UInt8]) -> UInt64? {
    name.withUTF8Buffer { name in
      var line = text[...]
      while !line.isEmpty {
        if line.starts(with: name) {
          let digits = line.dropFirst(name.count).drop { $0 == 0x20 || $0 == 0x09 }.prefix { $0 >= 0x30 && $0 <= 0x39 }
          return digits.isEmpty ? nil : digits.prefix(19).reduce(0) { $0 * 10 + UInt64($1 - 0x30) }
        }
        line = line.drop { $0 != 0x0a }.dropFirst()
      }
      return nil
    }
  }
}
