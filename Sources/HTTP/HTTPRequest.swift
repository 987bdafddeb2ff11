/// What is asked of a server. Redirects are never followed.
package struct HTTPRequest: Sendable {
  /// Each bounds a phase of its own, in milliseconds; what a phase spent is not taken from the next.
  package struct Timeouts: Sendable, Equatable {
    /// Name resolution, TCP and TLS.
    package var connect: Int64 = 10_000
    /// From then until the first byte of the answer.
    package var firstByte: Int64 = 120_000
    /// Without anything useful, once the answer has begun. The receiver says what is useful: a byte a second is not.
    package var idle: Int64 = 60_000

    package init() {}
  }

  package var method: String
  package var url: String
  package var headers: [(name: String, value: String)]
  package var body: [UInt8]?
  package var timeouts = Timeouts()
  /// `http://…` or `socks5://…`; nil: no proxy, not even one of the environment.
  package var proxy: String?
  /// Trusted instead of the system's authorities.
  package var caFile: String?
  /// Says of each address (a `sockaddr` and its length in bytes), on the loop's thread, whether it may be connected to;
  /// nil: any may. A connection that is there is used again without being asked about.
  package var permits: (@Sendable (UnsafeRawPointer, Int) -> Bool)?

  package init(method: String = "POST", url: String, headers: [(name: String, value: String)], body: [UInt8]?) {
    self.method = method
    self.url = url
    self.headers = headers
    self.body = body
  }
}

/// The start of an answer.
package struct HTTPHead: Sendable {
  package var status: Int
  /// Names in lower case.
  package var headers: [(name: String, value: String)]

  package init(status: Int, headers: [(name: String, value: String)]) {
    self.status = status
    self.headers = headers
  }

  package func first(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// Why an exchange did not come to its end. Messages name no header, no query and no body.
package struct HTTPError: Error, Sendable, Equatable {
  package enum Kind: String, Sendable {
    case invalidRequest, hostNotFound, addressRefused, connectionRefused, connectTimeout, tlsUntrusted, tlsFailed, noAuthorities
    case firstByteTimeout, stalled, connectionLost, badResponse, headersTooLarge, cancelled, failed
  }

  package var kind: Kind
  package var detail: String

  package init(_ kind: Kind, _ detail: String) {
    self.kind = kind
    self.detail = detail
  }
}

/// Who gets an answer while it comes; on the loop's thread.
package protocol HTTPReceiver: AnyObject {
  func received(_ head: HTTPHead)
  /// Bytes of the body, which may be used only until this returns.
  func received(_ bytes: UnsafeRawBufferPointer) -> HTTPVerdict
  /// Once, and last. nil: the answer is whole, or the receiver had enough.
  func ended(_ error: HTTPError?)
}

package enum HTTPVerdict {
  /// Brought the answer forward: the idle time starts anew.
  case useful
  /// Keep it coming, but the idle time goes on.
  case useless
  /// Nothing more is wanted: the connection is closed.
  case enough
}
