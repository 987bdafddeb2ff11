/// English words that a request has whatever it asks, which say nothing about the tool that it needs.
enum SilentWords {
  /// The words of a text that say something, each once; all of them where none does.
  static func without(_ text: String) -> [String] {
    let all = TextIndex.words(text)
    let telling = all.filter { !words.contains($0) }
    return telling.isEmpty ? all : telling
  }

  private static let words: Set<String> = [
    "a", "all", "an", "and", "any", "are", "as", "at", "be", "by", "can", "could", "do", "does", "each", "every", "for",
    "from", "get", "give", "has", "have", "here", "how", "i", "in", "into", "is", "it", "its", "let", "like", "me",
    "my",
    "of", "on", "one", "or", "our", "out", "please", "s", "so", "some", "that", "the", "their", "them", "then", "there",
    "these", "they", "this", "those", "to", "up", "us", "want", "was", "we", "what", "which", "will", "with", "would",
    "you", "your",
  ]
}
