internal import JSON
internal import Models
internal import WorkerKit

/// The tool `model_list`: what is configured, and with `live` what the providers have.
///
/// Safety: lives on the worker's loop.
final class ListTool: @unchecked Sendable {
  private let engine: Engine

  init(_ engine: Engine) { self.engine = engine }

  func callAsFunction(_ call: Call) async throws -> JSON {
    let only = call.input["provider"]?.stringValue
    if let only { _ = try engine.settings.target(only, at: "/provider") }
    let isLive = call.input["live"]?.boolValue ?? false
    var providers: [JSON] = []
    for provider in engine.settings.providers where only == nil || provider.name == only {
      providers.append(await describe(provider, isLive: isLive, call))
    }
    var roles = JSONObject()
    for (role, chain) in engine.settings.roles.sorted(by: { $0.key < $1.key }) {
      roles[role] = .array(chain.map { .string($0.text) })
    }
    var list: JSONObject = [
      "providers": .array(providers), "roles": .object(roles),
      "notes": .array(engine.settings.notes.map { .string($0) }),
    ]
    if let vision = engine.settings.vision {
      list["vision"] = [
        "name": .string(vision.name), "endpoint": .string(vision.baseURL),
        "has_key": .bool(vision.missingSecret == nil),
        "secret": .string(vision.secretName ?? ""), "resting": .bool(vision.breaker.isOpen),
      ]
    }
    return .object(list)
  }

  private func describe(_ provider: Provider, isLive: Bool, _ call: Call) async -> JSON {
    var object: JSONObject = [
      "name": .string(provider.name), "kind": .string(provider.kind), "format": .string(provider.format.rawValue),
      "base_url": .string(provider.baseURL), "has_key": .bool(provider.missingSecret == nil),
      "resting": .bool(provider.breaker.isOpen),
    ]
    if let secret = provider.secretName { object["secret"] = .string(secret) }
    if let model = provider.model { object["model"] = .string(model) }
    if let embedder = provider.embedder { object["embedder"] = .string(embedder) }
    guard isLive else { return .object(object) }
    do throws(ModelError) {
      object["models"] = .array(try await engine.list(provider, call).map { .string($0) })
    } catch {
      object["error"] = [
        "reason": .string(error.code.rawValue), "message": .string(engine.credentials.redact(error.message)),
      ]
    }
    return .object(object)
  }
}

extension ModelSettings.Target {
  var text: String {
    let model = model ?? provider.model
    return provider.name + (model.map { "/\($0)" } ?? "")
  }
}
