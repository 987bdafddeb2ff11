internal import CLinux
internal import Glibc
internal import Posix

/// What keeps the coordinator's memory and environment to itself.
enum Secrecy {
  /// Other processes of this user may from now on neither trace this one nor read its memory and environment
  /// (PR_SET_DUMPABLE, prctl(2)), and it leaves no core.
  static func seal() throws(PosixError) {
    try posix("prctl") { bulkhead_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) }
    var none = rlimit(rlim_cur: 0, rlim_max: 0)
    try posix("setrlimit") { setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none) }
  }

  /// Overwrites the values of these variables in the process's own environment, which /proc shows to root.
  /// Call before any thread starts.
  static func scrub(_ names: Set<String>) {
    var entry = environ
    while let variable = entry.pointee {
      let text = String(cString: variable)
      if let equals = text.firstIndex(of: "="), names.contains(String(text[..<equals])) {
        let offset = text.utf8.distance(from: text.startIndex, to: equals) + 1
        memset(variable + offset, Int32(UInt8(ascii: "x")), strlen(variable + offset))
      }
      entry += 1
    }
  }
}
