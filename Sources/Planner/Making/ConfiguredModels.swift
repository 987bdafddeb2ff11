package import JSON

/// What the tool `model_list` says: which providers there are, and who answers for which role.
package struct ConfiguredModels: Sendable {
  struct Provider: Sendable {
    let name: String
    let kind: String
    let isLoopback: Bool
    let isUsable: Bool
    /// Its own list; only where it was asked for.
    let models: [String]
  }

  private let providers: [Provider]
  private let roles: [String: [String]]

  package init(_ list: JSON) {
    providers = (list["providers"]?.arrayValue ?? []).compactMap { item in
      guard let name = item["name"]?.stringValue else { return nil }
      let address = item["base_url"]?.stringValue ?? ""
      let host = address.split(separator: "/", omittingEmptySubsequences: true).dropFirst().first ?? ""
      return Provider(
        name: name,
        kind: item["kind"]?.stringValue ?? "",
        isLoopback: host.hasPrefix("127.") || host.hasPrefix("localhost") || host.hasPrefix("[::1]"),
        isUsable: item["has_key"]?.boolValue ?? true,
        models: (item["models"]?.arrayValue ?? []).compactMap(\.stringValue)
      )
    }
    roles = (list["roles"]?.objectValue ?? JSONObject()).members.reduce(into: [:]) { roles, member in
      roles[member.key] = (member.value.arrayValue ?? []).compactMap(\.stringValue)
    }
  }

  package func has(role: String) -> Bool { profile(of: role) != nil }

  /// The first of the role's chain that can be asked; nil: there is none.
  package func profile(of role: String) -> ModelProfile? {
    for target in roles[role] ?? [] {
      let parts = target.split(separator: "/", maxSplits: 1).map(String.init)
      guard let name = parts.first, let provider = providers.first(where: { $0.name == name && $0.isUsable }) else {
        continue
      }
      return profile(provider, parts.count > 1 ? parts[1] : nil)
    }
    return nil
  }

  /// Of who answered.
  package func profile(provider name: String, model: String?) -> ModelProfile? {
    providers.first { $0.name == name }.map { profile($0, model) }
  }

  private func profile(_ provider: Provider, _ model: String?) -> ModelProfile {
    // A local server may call its model by any name; its list says more.
    let listed = provider.models.first { $0.lowercased().contains((model ?? "").lowercased()) } ?? provider.models.first
    let told = [model, listed].compactMap { $0 }
    let model = told.first { ModelProfile.billions($0) != nil } ?? told.first
    let size = ModelProfile.size(kind: provider.kind, model: model, isLoopback: provider.isLoopback)
    return ModelProfile(provider: provider.name, kind: provider.kind, model: model, size: size)
  }

  /// A provider whose own list would say how large the role's model is; nil: that is known.
  package func unknownProvider(of role: String) -> String? {
    guard let profile = profile(of: role), profile.size == .small else { return nil }
    return ModelProfile.billions(profile.model ?? "") == nil ? profile.provider : nil
  }
}
