internal import JSON
package import Posix
package import Wire

/// Why the store did not do what it was asked.
package struct BlobError: Error, Sendable, Equatable {
  /// An open set of names; a name once given keeps its meaning.
  package struct Code: RawRepresentable, Sendable, Hashable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    /// No artifact of this digest.
    package static let notFound = Code(rawValue: "not_found")
    /// No digest, name, offset or length that means anything.
    package static let invalid = Code(rawValue: "invalid")
    /// No open upload of this name and owner.
    package static let unknownUpload = Code(rawValue: "unknown_upload")
    /// Not where the last chunk ended; the upload stays open.
    package static let wrongOffset = Code(rawValue: "wrong_offset")
    package static let chunkTooLarge = Code(rawValue: "chunk_too_large")
    package static let artifactTooLarge = Code(rawValue: "artifact_too_large")
    package static let tooManyUploads = Code(rawValue: "too_many_uploads")
    /// The store's own quota.
    package static let quotaExceeded = Code(rawValue: "quota_exceeded")
    /// The file system's, or the user's on it.
    package static let diskFull = Code(rawValue: "disk_full")
    package static let readOnly = Code(rawValue: "read_only")
    package static let permissionDenied = Code(rawValue: "permission_denied")
    /// The bytes on disk are not those of the digest.
    package static let corrupted = Code(rawValue: "corrupted")
    package static let inputOutput = Code(rawValue: "input_output")
    /// Another process has the store open.
    package static let inUse = Code(rawValue: "in_use")
    /// More requests wait than are allowed.
    package static let overloaded = Code(rawValue: "overloaded")
    package static let closed = Code(rawValue: "closed")
  }

  package let code: Code
  /// Lower case, no full stop, with the offending values.
  package let message: String
  /// For a limit: the protocol's or the configuration's name of it, and the value that was too much.
  package let limit: Limit?
  package let underlying: PosixError?

  package struct Limit: Sendable, Equatable {
    package let name: String
    package let value: Int64
  }

  init(_ code: Code, _ message: String, limit: Limit? = nil, underlying: PosixError? = nil) {
    self.code = code
    self.message = message
    self.limit = limit
    self.underlying = underlying
  }

  /// `what` of `value` bytes exceeds a limit.
  static func exceeded(_ code: Code, _ name: String, _ what: String, value: Int64, bound: Int64) -> BlobError {
    BlobError(
      code,
      "\(what) of \(value) exceeds the limit of \(bound)",
      limit: Limit(name: name, value: value)
    )
  }

  /// Names what the system refused.
  static func system(_ error: PosixError, while doing: String) -> BlobError {
    let code: Code =
      switch error.errno {
      case Errno.noSpace, Errno.quota: .diskFull
      case Errno.readOnly: .readOnly
      case Errno.access, Errno.permission: .permissionDenied
      default: .inputOutput
      }
    return BlobError(code, "\(doing) failed: \(error)", underlying: error)
  }
}

extension BlobError: CustomStringConvertible {
  package var description: String { message }
}

extension BlobError {
  /// The error as a reply carries it.
  package var wire: WireError {
    switch code {
    case .notFound: return WireError(.notFound, message)
    case .invalid: return .invalidParams("", message)
    case .unknownUpload: return .invalidParams("/upload", message)
    case .wrongOffset: return .invalidParams("/offset", message)
    case .chunkTooLarge, .artifactTooLarge, .tooManyUploads, .quotaExceeded:
      var data: JSONObject = [:]
      if let limit { data = ["limit": .string(limit.name), "value": .integer(limit.value)] }
      return WireError(.limitExceeded, message, data: data)
    case .overloaded: return WireError(.overloaded, message)
    case .diskFull, .readOnly, .permissionDenied, .closed, .inUse: return WireError(.unavailable, message)
    default: return WireError(.internalError, message)
    }
  }
}
