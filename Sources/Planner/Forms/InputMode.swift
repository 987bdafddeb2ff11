/// How a model writes a step's input, by what its provider's structured output can bear.
package enum InputMode: String, Sendable {
  /// A value under the tool's own parameters: servers that turn a schema into a grammar, where it costs no tokens.
  case typed
  /// JSON as a text: providers whose schemas must be closed, in which no object can have members of its own choosing.
  case text
  /// Any object.
  case free

  /// By the kind of a provider, as `model_list` says it.
  package init(kind: String) {
    switch kind {
    case "llamacpp", "ollama", "lmstudio", "vllm": self = .typed
    case "openai", "azure-openai", "anthropic", "gemini": self = .text
    default: self = .free
    }
  }
}
