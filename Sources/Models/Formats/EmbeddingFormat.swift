package import JSON

/// How vectors are asked for, and what comes back.
package enum EmbeddingFormat {
  package static func write(
    _ texts: [String],
    _ format: ModelFormat,
    model: String
  ) throws(ModelError) -> (path: String, body: JSON) {
    let list = JSON.array(texts.map { .string($0) })
    switch format {
    case .openAIChat, .openAIResponses: return ("/embeddings", ["model": .string(model), "input": list])
    case .ollama: return ("/api/embed", ["model": .string(model), "input": list])
    case .gemini:
      let requests = texts.map { text -> JSON in
        ["model": .string("models/\(model)"), "content": ["parts": [["text": .string(text)]]]]
      }
      return ("/models/\(GeminiContent.escaped(model)):batchEmbedContents", ["requests": .array(requests)])
    case .anthropic: throw ModelError(.unsupported, "this provider makes no embeddings")
    }
  }

  /// One vector for each text, in the order of the texts.
  package static func read(_ json: JSON, count: Int) throws(ModelError) -> ([JSON], ModelUsage) {
    if let error = ProviderFailure.inBody(json) { throw error }
    var vectors = [JSON?](repeating: nil, count: count)
    if let data = json["data"]?.arrayValue {
      for (place, item) in data.enumerated() {
        let index = Int(item["index"]?.integerValue ?? Int64(place))
        guard (0..<count).contains(index) else { throw ModelError(.malformedReply, "a vector has no text") }
        vectors[index] = item["embedding"]
      }
    } else {
      for (place, item) in (json["embeddings"]?.arrayValue ?? []).prefix(count).enumerated() {
        vectors[place] = item["values"] ?? item
      }
    }
    let numbers = vectors.compactMap { $0 }.filter { vector in
      guard let numbers = vector.arrayValue, !numbers.isEmpty else { return false }
      return numbers.allSatisfy { $0.doubleValue != nil }
    }
    guard numbers.count == count else {
      throw ModelError(.malformedReply, "\(numbers.count) vectors came where \(count) are due")
    }
    let usage = json["usage"].map { $0.count("prompt_tokens") } ?? json.count("prompt_eval_count")
    return (numbers, ModelUsage(input: usage))
  }
}
