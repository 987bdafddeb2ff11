internal import Glibc

/// A system call that failed: which one, on what, and the errno.
package struct PosixError: Error, Sendable, Equatable {
  /// The C function (or, for a spawn, the step) that failed.
  package let function: String
  /// What it was applied to: a path, an address; may be empty.
  package let subject: String
  package let errno: Int32

  package init(_ function: String, _ subject: String = "", errno: Int32) {
    self.function = function
    self.subject = subject
    self.errno = errno
  }

  /// The error of the call that has just failed on this thread.
  package static func current(_ function: String, _ subject: String = "") -> PosixError {
    PosixError(function, subject, errno: Glibc.errno)
  }
}

extension PosixError: CustomStringConvertible {
  package var description: String {
    "\(function)\(subject.isEmpty ? "" : " '\(subject)'"): \(errnoMessage(errno))"
  }
}

/// The C library's words for an errno, in lower case.
package func errnoMessage(_ errno: Int32) -> String {
  guard let text = strerror(errno) else { return "error \(errno)" }
  let message = String(cString: text)
  return message.prefix(1).lowercased() + message.dropFirst()
}

/// Repeats a call while it is interrupted by a signal; throws when it returns −1.
@discardableResult
package func posix<T: FixedWidthInteger & SignedInteger>(
  _ function: StaticString,
  _ subject: @autoclosure () -> String = "",
  _ call: () -> T
) throws(PosixError) -> T {
  while true {
    let result = call()
    if result != -1 { return result }
    if errno == EINTR { continue }
    throw PosixError.current("\(function)", subject())
  }
}
