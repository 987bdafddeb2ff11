/// Why a jail could not be prepared or started.
package struct JailError: Error, Sendable, Equatable, CustomStringConvertible {
  package struct Code: RawRepresentable, Sendable, Hashable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    /// A path that is not absolute, not plain, or not to be shown in a jail.
    package static let path = Code(rawValue: "path")
    /// A limit, an argument or a name out of range.
    package static let value = Code(rawValue: "value")
    /// The filter could not be compiled.
    package static let seccomp = Code(rawValue: "seccomp")
    /// `bulkhead-jail` was not found or could not be started.
    package static let start = Code(rawValue: "start")
    /// The host enforces less than the policy demands.
    package static let grade = Code(rawValue: "grade")
  }

  package let code: Code
  /// What is wrong, with the offending value in it.
  package let message: String
  package let errno: Int32

  package init(_ code: Code, _ message: String, errno: Int32 = 0) {
    self.code = code
    self.message = message
    self.errno = errno
  }

  package var description: String { message }
}
