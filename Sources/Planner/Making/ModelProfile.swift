internal import JSON

/// What is known of the model that a role asks first.
package struct ModelProfile: Sendable, Equatable {
  package enum Size: String, Sendable { case small, large }

  package var provider: String
  /// As `model_list` says it: `openai`, `llamacpp`, …
  package var kind: String
  package var model: String?
  package var size: Size

  package init(provider: String, kind: String, model: String?, size: Size) {
    self.provider = provider
    self.kind = kind
    self.model = model
    self.size = size
  }

  /// Billions of parameters from which on a model on one's own machine is large.
  static let threshold = 4.0

  /// By the kind of its provider, or the number of parameters in its name.
  package static func size(kind: String, model: String?, isLoopback: Bool) -> Size {
    switch kind {
    case "openai", "azure-openai", "anthropic", "gemini", "together": return .large
    case "ollama", "lmstudio", "llamacpp", "vllm": return (billions(model ?? "") ?? 0) >= threshold ? .large : .small
    // Of an unknown server what is on this machine is taken for small.
    default: return (billions(model ?? "") ?? (isLoopback ? 0 : .infinity)) >= threshold ? .large : .small
    }
  }

  /// The number of parameters that a name tells: `smollm2-135m` 0.135, `llama3.1:8b` 8, `mixtral-8x7b` 56. The largest of
  /// several; nil: none.
  package static func billions(_ name: String) -> Double? {
    let words = name.lowercased().split { !$0.isASCII || !($0.isLetter || $0.isNumber || $0 == ".") }
    return words.compactMap { word -> Double? in
      guard let unit = word.last, unit == "b" || unit == "m" else { return nil }
      let factors = word.dropLast().split(separator: "x", maxSplits: 1, omittingEmptySubsequences: false)
      let numbers = factors.compactMap { Double($0) }
      guard numbers.count == factors.count, !numbers.isEmpty, numbers.allSatisfy({ $0 > 0 && $0 < 100_000 }) else {
        return nil
      }
      return numbers.reduce(1, *) * (unit == "m" ? 0.001 : 1)
    }.max()
  }
}
