internal import JSON
internal import Models
internal import WorkerKit

/// What one call records, or what answers it.
///
/// Safety: lives on the worker's loop.
final class Tape: @unchecked Sendable {
  private var player: Player?
  private var recording = Recording()

  init(_ player: Player? = nil) { self.player = player }

  var isPlaying: Bool { player != nil }

  var isEmpty: Bool { recording.exchanges.isEmpty }

  func answer(provider: String, path: String, body: JSON) throws(ModelError) -> Recording.Exchange {
    guard var player else { throw ModelError(.replayMiss, "there is no recording") }
    let exchange = try player.answer(provider: provider, path: path, body: body)
    self.player = player
    return exchange
  }

  /// Keys that a server repeated are not kept.
  func add(_ exchange: Recording.Exchange, _ redact: Redactor) {
    var exchange = exchange
    exchange.body = redact(exchange.body)
    var text = StreamRedactor()
    exchange.chunks = exchange.chunks.map { chunk in
      text.add(chunk)
      return text.settled(redact)
    }
    let rest = text.rest(redact)
    if !rest.isEmpty { exchange.chunks.append(rest) }
    recording.exchanges.append(exchange)
  }

  func add(_ provider: String, _ key: String, _ model: String) {
    recording.exchanges.append(
      Recording.Exchange(
        provider: provider,
        path: key,
        body: .null,
        status: 200,
        contentType: "text/plain",
        chunks: [model]
      )
    )
  }

  var bytes: [UInt8] { recording.json.serialized() }
}
