internal import CCurlCalls
internal import WebProxy
internal import WorkerKit

/// What libcurl says, as an answer to the caller: each kind of failure with its own `reason`.
enum CurlFailure {
  static func error(_ code: CURLcode, _ address: WebAddress, refused: IPAddress?) -> WireError {
    let target = "\(address.host):\(address.port)"
    func failed(_ reason: String, _ text: String) -> WireError {
      WireError(.toolFailed, "'\(target)' \(text): \(detail(code))", data: ["reason": .string(reason)])
    }
    switch code {
    case CURLE_COULDNT_RESOLVE_HOST: return failed("host_not_found", "is not known")
    case CURLE_COULDNT_CONNECT:
      guard let refused else { return failed("connect_failed", "cannot be connected to") }
      return WireError(
        .refused,
        "'\(target)' is at \(refused.text), which is no public address; hint: the operator may name it in the "
          + "setting 'allow_private' of the web worker",
        data: [
          "reason": "private_address", "address": .string(refused.text),
          "denied": ["kind": "host", "host": .string(target), "exact": true],
        ]
      )
    case CURLE_OPERATION_TIMEDOUT:
      return WireError(.deadlineExceeded, "'\(target)' took too long", data: ["reason": "timeout"])
    case CURLE_PEER_FAILED_VERIFICATION: return failed("tls_untrusted", "has no certificate that is trusted")
    case CURLE_SSL_CONNECT_ERROR: return failed("tls_failed", "does not agree on TLS")
    case CURLE_SSL_CACERT_BADFILE: return failed("no_authorities", "cannot be verified, for there is nobody to trust")
    case CURLE_GOT_NOTHING, CURLE_RECV_ERROR, CURLE_PARTIAL_FILE, CURLE_BAD_CONTENT_ENCODING, CURLE_HTTP2,
      CURLE_HTTP2_STREAM, CURLE_UNSUPPORTED_PROTOCOL, CURLE_SEND_ERROR, CURLE_HTTP_POST_ERROR:
      return failed("bad_response", "did not answer in good order")
    // CURLE_WEIRD_SERVER_REPLY
    case CURLcode(rawValue: 8): return failed("bad_response", "did not answer in good order")
    default: return failed("failed", "cannot be fetched from")
    }
  }

  private static func detail(_ code: CURLcode) -> String { String(cString: curl_easy_strerror(code)) }
}
