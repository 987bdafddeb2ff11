internal import Glibc

/// Where `bulkhead-jail` is: named by BULKHEAD_JAIL, else beside the running program. Never looked up by PATH.
package enum JailProgram {
  package static func path() throws(JailError) -> String {
    let path: String
    if let named = getenv("BULKHEAD_JAIL") {
      path = String(cString: named)
      guard path.hasPrefix("/") else { throw JailError(.start, "BULKHEAD_JAIL '\(path)' is not an absolute path") }
    } else {
      path = try folderOfThisProgram() + "/bulkhead-jail"
    }
    guard access(path, X_OK) == 0 else { throw JailError(.start, "cannot execute '\(path)'", errno: errno) }
    return path
  }

  private static func folderOfThisProgram() throws(JailError) -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress!, $0.count) }
    guard count > 0, let slash = buffer[..<count].lastIndex(of: UInt8(ascii: "/")) else {
      throw JailError(.start, "cannot read '/proc/self/exe'", errno: errno)
    }
    return String(decoding: buffer[..<slash], as: UTF8.self)
  }
}
