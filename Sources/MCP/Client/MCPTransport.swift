/// What carries messages between a client session and its server: lines over pipes, or HTTP.
///
/// One owner drives it, on one thread. It knows nothing of the protocol's methods but what each of its functions says.
package protocol MCPTransport: AnyObject {
  /// Sends a message. What becomes of it is told to the receiver, never before this returns.
  func send(_ message: OutgoingMessage)
  /// Nothing more is wanted of that request: over HTTP, its answer's stream is closed.
  func abandon(_ request: MessageID)
  /// Opens the stream for messages that belong to no request (legacy HTTP); over pipes there is nothing to do. That a
  /// server has none is no failure.
  func openStream()
  /// Ends it in good order; afterwards the receiver hears only `closed`.
  func close()
}

/// Who hears of a transport, on its thread.
package protocol MCPTransportReceiver: AnyObject {
  /// The bytes of a message, or of a batch of them.
  ///
  /// - Parameter request: the request of ours on whose answer it came; nil: the transport cannot tell.
  func received(_ bytes: [UInt8], on request: MessageID?)
  /// A request of ours gets no answer any more; the transport goes on.
  func failed(_ request: MessageID, _ failure: TransportFailure)
  /// Something that the server did wrong and that cost no request: a line that was too long.
  func ignored(_ what: String)
  /// Once, and last. nil: as we asked.
  func closed(_ failure: TransportFailure?)
}

/// A message on its way to a server.
package struct OutgoingMessage: Sendable, Equatable {
  package struct Header: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  package var message: MCPMessage
  /// What HTTP says beside it: version, method, name and marked arguments; values are fit to be sent.
  package var headers: [Header]
  /// Opens a session: one that there was is forgotten first.
  package var opensSession: Bool

  package init(_ message: MCPMessage, headers: [Header] = [], opensSession: Bool = false) {
    self.message = message
    self.headers = headers
    self.opensSession = opensSession
  }
}

/// How a message got no answer. Texts name no header, no query and no body.
package struct TransportFailure: Error, Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    /// 401.
    case unauthorized
    /// 403.
    case forbidden
    /// A redirect, which is never followed.
    case redirected
    /// The address is private and the entry's own does not name it.
    case addressRefused = "address_refused"
    case hostNotFound = "host_not_found"
    case connectionRefused = "connection_refused"
    case connectTimeout = "connect_timeout"
    case tlsUntrusted = "tls_untrusted"
    case tlsFailed = "tls_failed"
    /// The connection or the process ended, or went silent.
    case connectionLost = "connection_lost"
    case timedOut = "timed_out"
    /// A status of 400 to 499 that means neither who we are nor how busy it is, and whose body is no message: an old
    /// server says so to a new request.
    case refused
    /// The server does not know the session any more: 404.
    case sessionLost = "session_lost"
    /// 429 or 503.
    case overloaded
    /// Any other status that is no success.
    case badStatus = "bad_status"
    /// An answer that is none: another type than the protocol has, no message in it.
    case badResponse = "bad_response"
    /// An answer that exceeds what is taken.
    case tooLarge = "too_large"
    /// The program ended, or could not be started.
    case ended
    case failed
  }

  package var kind: Kind
  package var detail: String
  /// HTTP's.
  package var status: Int?

  package init(_ kind: Kind, _ detail: String, status: Int? = nil) {
    self.kind = kind
    self.detail = detail
    self.status = status
  }
}
