internal import HTTP
internal import JSON
internal import Models
internal import Posix
internal import WorkerKit

/// Which models a provider has.
extension Engine {
  private static let listLifetimeMS: Int64 = 300_000

  /// The model that a target means. Where the provider's kind says so, a name that it does not list is replaced by the
  /// nearest that it does: `phi3` by `phi3:latest`, a shortened name by the one whole name that has it.
  func model(
    _ target: ModelSettings.Target,
    _ call: Call,
    _ tape: Tape,
    isRecorded: Bool
  ) async throws(ModelError) -> String {
    let provider = target.provider
    let wanted = target.model ?? provider.model
    if provider.quirks.nearestModel {
      // A recording holds which model it was in the end.
      let key = "model " + (wanted ?? "")
      if tape.isPlaying {
        return try tape.answer(provider: provider.name, path: key, body: .null).chunks.first ?? wanted ?? ""
      }
      if let found = try await listed(wanted, provider, call) {
        if isRecorded { tape.add(provider.name, key, found) }
        return found
      }
    }
    if let wanted { return wanted }
    throw ModelError(
      .unknownModel,
      "no model is named",
      hint: "write '\(provider.name)/MODEL', or 'model' in its settings"
    )
  }

  /// The listed model that is meant; nil: there is no list.
  private func listed(_ wanted: String?, _ provider: Provider, _ call: Call) async throws(ModelError) -> String? {
    if let listed = provider.listed, BootTime.now.milliseconds(since: listed.at) < Self.listLifetimeMS {
      return listed.names.first.map { first in wanted.map { Self.nearest($0, among: listed.names) } ?? first }
    }
    do throws(ModelError) {
      let names = try await list(provider, call)
      provider.listed = (names, .now)
      return names.first.map { first in wanted.map { Self.nearest($0, among: names) } ?? first }
    } catch {
      // Without a list a name is taken as it is.
      if wanted == nil { throw error }
      return nil
    }
  }

  static func nearest(_ wanted: String, among names: [String]) -> String {
    if names.contains(wanted) { return wanted }
    let low = wanted.lowercased()
    if let same = names.first(where: { $0.lowercased() == low || $0.lowercased() == low + ":latest" }) { return same }
    let holding = names.filter { $0.lowercased().contains(low) }.sorted { $0.utf8.count < $1.utf8.count }
    if let shortest = holding.first { return shortest }
    return Wire.nearest(to: wanted, among: names) ?? wanted
  }

  /// What the provider lists now.
  func list(_ provider: Provider, _ call: Call) async throws(ModelError) -> [String] {
    let path =
      switch provider.format {
      case .ollama: "/api/tags"
      case .openAIChat, .openAIResponses, .anthropic, .gemini: "/models"
      }
    let url = provider.url(path)
    var request = HTTPRequest(method: "GET", url: url, headers: [], body: nil)
    try await complete(&request, provider, call)
    request.timeouts.firstByte = min(request.timeouts.firstByte, 10_000)
    let fetching = Fetching(limit: 8 << 20)
    switch await fetching.send(request, by: client) {
    case .failure(let error): throw Asking.modelError(error, isAnswering: false)
    case .success(let (status, body)):
      guard status == 200 else {
        var error = ProviderFailure.of(status: status, body: body) { fetching.head.first($0) }
        error.message = credentials.redact(error.message)
        throw error
      }
      let json = try ReplyReader.parse(body, "the list of models")
      let items = json["data"]?.arrayValue ?? json["models"]?.arrayValue ?? []
      return items.prefix(10_000).compactMap { item in
        let name = item["id"]?.stringValue ?? item["name"]?.stringValue
        return name.map { $0.hasPrefix("models/") ? String($0.dropFirst(7)) : $0 }
      }
    }
  }
}
