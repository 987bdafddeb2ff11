internal import Glibc
package import JSON
package import Policy
internal import Posix

/// A policy with where it came from.
package struct LoadedPolicy: Sendable {
  package let policy: Policy
  /// nil: there is none, and everything is allowed.
  package let file: String?
}

extension Configuration {
  /// Where the policy stands.
  package enum PolicySource: Sendable, Equatable {
    case file(String)
    /// In the configuration itself.
    case object(JSON)
  }
}

extension LoadedConfiguration {
  /// The policy that holds: what `policy` of the configuration names or holds, else `policy.yaml` beside the
  /// configuration, else none. Reads its file each time, so that it can be asked again after a change.
  ///
  /// The overlay is the first that is given of: `option` (`--environment`), `$BULKHEAD_ENVIRONMENT`, `environment` of the
  /// configuration, `environment` of the policy. Throws every mistake at once, with its place.
  package func loadPolicy(
    option: String?,
    environment: [String: String]
  ) throws(ConfigurationError) -> LoadedPolicy {
    let candidates = [option, environment["BULKHEAD_ENVIRONMENT"], configuration.environment]
    let overlay = candidates.compactMap(\.self).first { !$0.isEmpty }
    let document: PolicyDocument
    switch configuration.policy {
    case .file(let path): document = PolicyDocument(try PolicyDocument.read(path), file: path)
    case .object: document = PolicyDocument(policyNode, file: file ?? "")
    case nil:
      guard let found = try Self.besides(file, environment) else {
        return LoadedPolicy(policy: try withFourEyes(Self.none(overlay)), file: nil)
      }
      document = PolicyDocument(found.text, file: found.path)
    }
    let policy = try document.policy(environment: overlay)
    if policy.fourEyes, configuration.mode == .user { throw document.refuseFourEyes() }
    return LoadedPolicy(policy: withFourEyes(policy), file: document.file)
  }

  /// Either file may ask for it.
  private func withFourEyes(_ policy: Policy) -> Policy {
    configuration.fourEyes ? policy.requiringFourEyes : policy
  }

  /// Who names an environment means rules for it.
  private static func none(_ overlay: String?) throws(ConfigurationError) -> Policy {
    guard let overlay else { return .none }
    let message = "environment \(quoted(overlay)) is named, and there is no policy that could describe it"
    throw ConfigurationError(ConfigurationError.Mistake(.invalidValue, message))
  }

  /// Without any configuration the places are the same in which one is looked for.
  private static func besides(
    _ file: String?,
    _ environment: [String: String]
  ) throws(ConfigurationError) -> (path: String, text: [UInt8])? {
    let files = file.map { [$0] } ?? Locations(mode: .user, environment: environment).configurationFiles
    for file in files {
      let folder = file.lastIndex(of: "/").map { String(file[...$0]) } ?? ""
      let path = folder + "policy.yaml"
      if let text = try PolicyDocument.readIfThere(path) { return (path, text) }
    }
    return nil
  }
}
