internal import HTTP
internal import JSON
internal import Models
internal import Posix
internal import WorkerKit

/// The keys, and the tokens that keys are exchanged for.
///
/// Safety: lives on the worker's loop.
final class Credentials: @unchecked Sendable {
  /// A token is asked for anew this long before it ends.
  private static let marginMS: Int64 = 120_000

  private struct Token {
    let text: String
    let until: BootTime
  }

  private let secrets: [String: String]
  private(set) var redact: Redactor
  private var tokens: [String: Token] = [:]
  private let authority: String

  init(_ secrets: [String: String], authority: String) {
    self.secrets = secrets
    self.authority = authority
    redact = Redactor(secrets)
  }

  /// The header that proves who asks; nil: none.
  func header(for provider: Provider, _ call: Call, _ client: HTTPClient) async throws(ModelError) -> (
    name: String, value: String
  )? {
    if let missing = provider.missingSecret {
      throw ModelError(
        .missingKey,
        "its secret '\(missing)' is not there",
        hint: "set the variable for the coordinator, or name a source in 'workers.models.secrets'"
      )
    }
    switch provider.authentication {
    case .none: return nil
    case .bearer(let name): return ("authorization", "Bearer " + (secrets[name] ?? ""))
    case .header(let header, let name): return (header, secrets[name] ?? "")
    case .entra(let source, let scope):
      return ("authorization", "Bearer " + (try await token(source, scope: scope, provider, call, client)))
    }
  }

  /// Forgets a token that was refused, so that the next attempt gets a new one.
  func forget(_ provider: Provider) {
    if case .entra(let source, let scope) = provider.authentication { tokens[Self.key(source, scope)] = nil }
  }

  private static func key(_ source: Provider.EntraSource, _ scope: String) -> String { "\(source) \(scope)" }

  private func token(
    _ source: Provider.EntraSource,
    scope: String,
    _ provider: Provider,
    _ call: Call,
    _ client: HTTPClient
  ) async throws(ModelError) -> String {
    if source == .token { return secrets["AZURE_OPENAI_AD_TOKEN"] ?? "" }
    let key = Self.key(source, scope)
    if let known = tokens[key], known.until > .now { return known.text }
    let (text, lifetimeMS): (String, Int64)
    switch source {
    case .servicePrincipal(let tenant, let application, let secret):
      (text, lifetimeMS) = try await principalToken(tenant, application, secret, scope, provider, client)
    default: (text, lifetimeMS) = try await helperToken(scope, call)
    }
    redact = redact.adding("Entra token for \(scope)", text)
    tokens[key] = Token(text: text, until: .now + Milliseconds(max(1_000, lifetimeMS - Self.marginMS)))
    return text
  }

  private func principalToken(
    _ tenant: String,
    _ application: String,
    _ secret: String,
    _ scope: String,
    _ provider: Provider,
    _ client: HTTPClient
  ) async throws(ModelError) -> (String, Int64) {
    let form = [
      ("client_id", application), ("client_secret", secrets[secret] ?? ""), ("scope", scope),
      ("grant_type", "client_credentials"),
    ]
    var request = HTTPRequest(
      url: "\(authority)/\(tenant.percentEncoded)/oauth2/v2.0/token",
      headers: [("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")],
      body: Array(form.map { "\($0)=\($1.percentEncoded)" }.joined(separator: "&").utf8)
    )
    request.proxy = provider.proxy
    request.caFile = provider.caFile
    request.timeouts.firstByte = 30_000
    let answer = await Fetching().send(request, by: client)
    guard case .success(let (status, body)) = answer else {
      throw ModelError(.unauthorized, "Entra could not be asked for a token")
    }
    let json: JSON
    do { json = try JSON(parsing: body) } catch { throw ModelError(.unauthorized, "Entra's answer is no JSON") }
    guard status == 200, let token = json["access_token"]?.stringValue, !token.isEmpty else {
      let what = json["error_description"]?.stringValue ?? json["error"]?.stringValue ?? "status \(status)"
      throw ModelError(
        .unauthorized,
        "Entra gave no token: \(what.prefix(300))",
        hint: "look at tenant, client and secret"
      )
    }
    let seconds = min(max(json["expires_in"]?.integerValue ?? 300, 0), 86_400)
    return (token, seconds * 1000)
  }

  private func helperToken(_ scope: String, _ call: Call) async throws(ModelError) -> (String, Int64) {
    do {
      let result = try await call.call("azure_token", ["scope": .string(scope)], timeoutMS: 60_000)
      guard let token = result.output["token"]?.stringValue, !token.isEmpty else {
        throw ModelError(.unauthorized, "the worker 'credentials' gave no token")
      }
      // Not negative, so that the difference cannot overflow.
      let end = max(0, result.output["expires_at"]?.integerValue ?? 0)
      return (token, max(0, min(end - WallClock.milliseconds, 86_400_000)))
    } catch let error as ModelError {
      throw error
    } catch let error as WireError {
      throw ModelError(.unauthorized, "no Entra token: \(error.message)", hint: "'az login', or a service principal")
    } catch {
      throw ModelError(.failed, "cancelled")
    }
  }
}
