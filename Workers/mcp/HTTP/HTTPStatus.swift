internal import HTTP
internal import MCP

/// What a status, or the lack of one, means for a message.
enum HTTPStatus {
  static func failure(_ head: HTTPHead, inSession: Bool) -> TransportFailure {
    let status = head.status
    func failure(_ kind: TransportFailure.Kind, _ text: String) -> TransportFailure {
      TransportFailure(kind, "\(text) (status \(status))", status: status)
    }
    return switch status {
    case 401: failure(.unauthorized, "the server wants to know who we are: the entry's headers do not say it")
    case 403: failure(.forbidden, "the server does not let us")
    case 404 where inSession: failure(.sessionLost, "the server does not know the session")
    case 429, 503: failure(.overloaded, "the server is too busy")
    case 300..<400: failure(.redirected, "the server is somewhere else; redirects are not followed")
    case 402, 407, 408, 421, 425, 431, 451: failure(.badStatus, "the server refuses")
    case 400..<500: failure(.refused, "the server refuses the request")
    default: failure(.badStatus, "the server failed")
    }
  }

  static func failure(_ error: HTTPError) -> TransportFailure {
    let kind: TransportFailure.Kind =
      switch error.kind {
      case .hostNotFound: .hostNotFound
      case .addressRefused: .addressRefused
      case .connectionRefused: .connectionRefused
      case .connectTimeout: .connectTimeout
      case .tlsUntrusted: .tlsUntrusted
      case .tlsFailed, .noAuthorities: .tlsFailed
      case .firstByteTimeout, .stalled: .timedOut
      case .connectionLost: .connectionLost
      case .badResponse: .badResponse
      case .headersTooLarge: .tooLarge
      case .invalidRequest, .cancelled, .failed: .failed
      }
    return TransportFailure(kind, error.detail)
  }
}
