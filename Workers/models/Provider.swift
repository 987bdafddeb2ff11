internal import HTTP
internal import JSON
internal import Models
internal import Posix
internal import WorkerKit

/// A provider as the settings say, with what it has been like lately.
///
/// Safety: lives on the worker's loop.
final class Provider: @unchecked Sendable {
  /// How Entra tokens are had.
  enum EntraSource: Sendable, Equatable {
    /// The secret `AZURE_OPENAI_AD_TOKEN`, as long as it holds.
    case token
    case servicePrincipal(tenant: String, client: String, secret: String)
    /// `az`, through the worker `credentials`.
    case az
  }

  enum Authentication: Sendable, Equatable {
    case none
    case bearer(String)
    case header(String, String)
    case entra(EntraSource, scope: String)
  }

  let name: String
  let kind: String
  var format: ModelFormat
  var baseURL: String
  /// Azure's classic addresses: `{model}` in the base URL is the deployment, and the version is a query.
  var apiVersion: String?
  var authentication = Authentication.none
  /// The secret that is named and not there.
  var missingSecret: String?
  var headers: [String: String] = [:]
  var quirks = Quirks()
  /// Whether what it streams is real; otherwise it is imitated, and said to be.
  var streams = true
  var timeouts = HTTPRequest.Timeouts()
  var retry = RetryPolicy()
  var proxy: String?
  var caFile: String?
  /// For a role that names no model.
  var model: String?
  var embedder: String?
  var breaker = CircuitBreaker()
  /// What it listed last, with when; for the nearest name.
  var listed: (names: [String], at: BootTime)?

  init(name: String, kind: String, format: ModelFormat, baseURL: String) {
    self.name = name
    self.kind = kind
    self.format = format
    self.baseURL = baseURL
  }

  /// The address for `path` (and its query) of `model`; nil: of the provider, beside its models.
  func url(_ path: String, model: String? = nil) -> String {
    var base = baseURL
    if let model {
      base = base.replacing("{model}", with: model.percentEncoded)
    } else {
      base = base.replacing("/deployments/{model}", with: "")
    }
    while base.hasSuffix("/") { base.removeLast() }
    guard let apiVersion else { return base + path }
    return base + path + (path.contains("?") ? "&" : "?") + "api-version=" + apiVersion.percentEncoded
  }

  /// The name of its secret, for people.
  var secretName: String? {
    switch authentication {
    case .none: missingSecret
    case .bearer(let name), .header(_, let name): name
    case .entra(.token, _): "AZURE_OPENAI_AD_TOKEN"
    case .entra(.servicePrincipal(_, _, let secret), _): secret
    case .entra(.az, _): nil
    }
  }
}

extension String {
  /// As one part of a path or query, RFC 3986 section 2.3.
  var percentEncoded: String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        bytes.append(byte)
      default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
