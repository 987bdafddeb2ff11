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
  private var held = ""
  private(set) var isUsed = false

  init(_ call: Call, _ credentials: Credentials) {
    self.call = call
    self.credentials = credentials
  }

  func take(_ delta: ModelDelta) {
    guard case .text(let text) = delta else { return }
    isUsed = true
    held += text
    guard call.mayReport(held.utf8.count + 64) else { return }
    call.progress(.token, credentials.redact(held))
    held = ""
  }

  /// A new attempt begins: its text is told from its start.
  func restart(_ why: String) {
    held = ""
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
    if !held.isEmpty, call.mayReport(held.utf8.count) { call.progress(.token, credentials.redact(held)) }
    held = ""
  }
}
