// fuzz: modules=Models seeds=Tests/Fuzz/Seeds/ModelReply max_len=8192

import JSON
import Models

/// What bytes come to: what was told on the way, then an answer or an error.
private struct Outcome: Equatable {
  var text = ""
  var reasoning = ""
  var response: ModelResponse?
  var error: ModelError?
}

private func read(
  _ bytes: UnsafeRawBufferPointer,
  _ format: ModelFormat,
  isStream: Bool,
  piece: (Int) -> Int
) -> Outcome {
  var reader = ReplyReader(format, isStream: isStream)
  var outcome = Outcome()
  func note(_ delta: ModelDelta) {
    switch delta {
    case .text(let text): outcome.text += text
    case .reasoning(let text): outcome.reasoning += text
    }
  }
  do throws(ModelError) {
    var offset = 0
    var round = 0
    while offset < bytes.count {
      let end = min(bytes.count, offset + max(1, piece(round)))
      round += 1
      try reader.take(UnsafeRawBufferPointer(rebasing: bytes[offset..<end]), note)
      offset = end
    }
    outcome.response = try reader.finish(note)
  } catch {
    outcome.error = error
    precondition(!error.message.isEmpty && error.message.utf8.count < 1024, "message \(error.message)")
  }
  return outcome
}

/// An answer that is accepted holds together, and goes back to every provider; to its own, as it was kept.
private func check(_ answer: ModelResponse, _ format: ModelFormat) {
  let ids = answer.toolUses.map(\.id)
  precondition(Set(ids).count == ids.count, "an id twice")
  precondition(ids.count <= 128, "too many calls")
  for use in answer.toolUses {
    precondition(!use.id.isEmpty && !use.name.isEmpty, "a call without a name or an id")
    precondition(use.arguments.objectValue != nil, "arguments that are no object")
  }
  precondition((answer.stop == .toolCalls) <= !ids.isEmpty, "stopped for calls that are none")
  if let usage = answer.usage {
    precondition(usage.input >= 0 && usage.output >= 0 && usage.cached >= 0, "less than nothing was used")
  }
  precondition(answer.opaque.count <= 1, "more than one wording")
  var quirks = Quirks()
  quirks.returnsReasoning = true
  let message = ModelMessage(answer: answer, of: format)
  for other in ModelFormat.allCases {
    let body = other.write(ModelRequest(messages: [message]), model: "gemini-3", quirks: quirks).body
    precondition(body.objectValue != nil, "no body")
  }
}

extension Bool {
  /// The left implies the right.
  fileprivate static func <= (left: Bool, right: Bool) -> Bool { !left || right }
}

private func attempt(_ body: () throws(ModelError) -> Void) {
  do throws(ModelError) { try body() } catch { precondition(!error.message.isEmpty, "no message") }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let input = UnsafeRawBufferPointer(start: start, count: count)
  guard let seed = input.first else { return 0 }
  // The first byte picks the format and the splits, the rest is the answer.
  let bytes = UnsafeRawBufferPointer(rebasing: input[1...])
  let format = ModelFormat.allCases[Int(seed) % ModelFormat.allCases.count]
  for isStream in [true, false] {
    let whole = read(bytes, format, isStream: isStream) { _ in bytes.count }
    precondition(read(bytes, format, isStream: isStream) { _ in 1 } == whole, "another answer byte by byte")
    var state = UInt32(seed) &+ 1
    let random = read(bytes, format, isStream: isStream) { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return Int(state >> 24) & 31
    }
    precondition(random == whole, "another answer in random pieces")
    if let answer = whole.response { check(answer, format) }
  }
  attempt { () throws(ModelError) in
    let (vectors, usage) = try EmbeddingFormat.read(try ReplyReader.parse(Array(bytes), "the answer"), count: 2)
    precondition(vectors.count == 2 && usage.input >= 0, "another count of vectors")
  }
  let status = [200, 301, 400, 401, 404, 413, 429, 500, 503, 529, Int.min, Int.max][Int(seed) % 12]
  let text = String(decoding: bytes, as: UTF8.self)
  let error = ProviderFailure.of(status: status, body: Array(bytes)) { _ in text }
  precondition(!error.message.isEmpty && error.message.utf8.count < 1024, "message \(error.message)")
  precondition(error.message.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }, "a control character")
  precondition(error.retryAfterMS.map { (0...86_400_000).contains($0) } ?? true, "another day")
  return 0
}
