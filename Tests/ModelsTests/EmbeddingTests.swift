import JSON
import Testing

@testable import Models

@Suite struct `embeddings` {
  private func vectors(_ text: String, count: Int = 2) -> Result<[JSON], ModelError> {
    do throws(ModelError) {
      return .success(try EmbeddingFormat.read(try ReplyReader.parse(Array(text.utf8), "the answer"), count: count).0)
    } catch {
      return .failure(error)
    }
  }

  private func code(_ text: String) -> ModelError.Code? {
    if case .failure(let error) = vectors(text) { error.code } else { nil }
  }

  @Test func `are asked for in each format that has them`() throws {
    let chat = try EmbeddingFormat.write(["a", "b"], .openAIChat, model: "e")
    #expect(chat.path == "/embeddings")
    #expect(chat.body == ["model": "e", "input": ["a", "b"]])
    #expect(try EmbeddingFormat.write(["a"], .ollama, model: "e").path == "/api/embed")
    let gemini = try EmbeddingFormat.write(["a"], .gemini, model: "e/x")
    #expect(gemini.path == "/models/e%2Fx:batchEmbedContents")
    #expect(gemini.body == ["requests": [["model": "models/e/x", "content": ["parts": [["text": "a"]]]]]])
    #expect(throws: ModelError.self) { try EmbeddingFormat.write(["a"], .anthropic, model: "e") }
  }

  @Test func `come in the order of the texts, whatever the order of the answer`() throws {
    let openAI = #"{"data": [{"index": 1, "embedding": [0.5, 2]}, {"index": 0, "embedding": [1]}]}"#
    #expect(try vectors(openAI).get() == [[1], [0.5, 2]])
    #expect(try vectors(#"{"embeddings": [{"values": [1]}, {"values": [2]}]}"#).get() == [[1], [2]])
    #expect(try vectors(#"{"embeddings": [[1], [2]], "prompt_eval_count": 3}"#).get() == [[1], [2]])
  }

  @Test func `that are missing, empty, of other things or of other texts are malformed`() {
    for text in [
      "{}", #"{"embeddings": [[1]]}"#, #"{"embeddings": [[1], []]}"#, #"{"embeddings": [[1], ["x"]]}"#,
      #"{"embeddings": [[1], null]}"#, #"{"data": [{"embedding": [1]}, {"embedding": "AAAA"}]}"#,
      #"{"data": [{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}]}"#,
      #"{"data": [{"index": 2, "embedding": [1]}]}"#, #"{"data": [{"index": -1, "embedding": [1]}]}"#,
    ] {
      #expect(code(text) == .malformedReply, "\(text)")
    }
    #expect(code(#"{"error": "model 'x' not found"}"#) == .unknownModel)
    #expect(code("<html>") == .html)
  }
}
