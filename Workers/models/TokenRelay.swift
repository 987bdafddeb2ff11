internal import Models
internal import WorkerKit

/// Reports an answer's text while it comes. What the coordinator does not take in time is kept and sent together later,
/// so that a slow reader delays nobody and loses nothing but time.
///
/// Safety: lives on the worker's loop.
final class TokenRelay: @unchecked Sendable {
  private let call: Call
  /// For its redactor, which learns of tokens that are had on the way.
  private let credentials: Credentials
  private var text = StreamRedactor()
  private(set) var isUsed = false

  init(_ call: Call, _ credentials: Credentials) {
    self.call = call
    self.credentials = credentials
  }

  func take(_ delta: ModelDelta) {
    guard case .text(let text) = delta else { return }
    isUsed = true
    self.text.add(text)
    guard call.mayReport(self.text.held.utf8.count + 64) else { return }
    let settled = self.text.settled(credentials.redact)
    if !settled.isEmpty { call.progress(.token, settled) }
  }

  /// A new attempt begins: its text is told from its start.
  func restart(_ why: String) {
    text.clear()
    call.progress(.status, credentials.redact(why))
  }

  /// An answer that came whole, in words, as if it had been streamed.
  func imitate(_ text: String) {
    var word = ""
    for character in text {
      word.append(character)
      if character.isWhitespace {
        take(.text(word))
        word = ""
      }
    }
    if !word.isEmpty { take(.text(word)) }
  }

  func finish() {
    if !text.held.isEmpty, call.mayReport(text.held.utf8.count) { call.progress(.token, text.rest(credentials.redact)) }
    text.clear()
  }
}
