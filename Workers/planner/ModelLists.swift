internal import Planner
internal import Posix
internal import WorkerKit

/// What providers list of themselves, kept for a while: it costs a request to each.
final class ModelLists: Sendable {
  private static let lifetimeMS: Int64 = 60_000

  private struct Kept: Sendable {
    let models: ConfiguredModels
    let at: BootTime
  }

  private let kept = Guarded<[String: Kept]>([:])

  /// - Parameter provider: whose own list is wanted; nil: what is configured, which is asked anew each time.
  func list(_ provider: String?, _ models: ModelCalls) async throws -> ConfiguredModels? {
    if let provider, let found = kept.withLock({ $0[provider] }),
      BootTime.now.milliseconds(since: found.at) < Self.lifetimeMS
    {
      return found.models
    }
    guard let json = try await models.list(provider) else { return nil }
    let list = ConfiguredModels(json)
    if let provider { kept.withLock { $0[provider] = Kept(models: list, at: .now) } }
    return list
  }
}
