internal import JSON

/// What is taken from a peer at most. Whatever exceeds a limit fails the one call that it belongs to where that is known,
/// else it is left out and counted.
package struct MCPLimits: Sendable, Equatable {
  /// Of one message, in bytes.
  package var messageBytes = 16 << 20
  /// Values in one message.
  package var messageValues = 1_000_000
  /// Messages in one batch (2025-03-26 only).
  package var batch = 64
  /// Requests of ours that wait for an answer.
  package var outstanding = 256
  /// Requests of the peer's that wait for ours.
  package var questions = 16
  /// Pages of one list.
  package var pages = 64
  /// Items of one list.
  package var items = 4096
  /// Bytes of all items of one list, as JSON.
  package var listBytes = 16 << 20
  /// Times that one call may ask for input.
  package var inputRounds = 8
  /// Content blocks of one answer.
  package var blocks = 1024

  package init() {}

  var json: JSONLimits { JSONLimits(depth: 96, values: messageValues) }
}
