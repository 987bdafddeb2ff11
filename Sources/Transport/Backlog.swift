/// Payloads of a peer's requests that are not served yet because the peer does not read its answers; in order.
struct Backlog {
  private var payloads: [[UInt8]] = []
  /// Payloads before this one have been taken.
  private var head = 0
  private(set) var bytes = 0

  var isEmpty: Bool { head == payloads.count }

  mutating func append(_ payload: UnsafeRawBufferPointer) {
    payloads.append(Array(payload))
    bytes += payload.count
  }

  mutating func removeAll() { self = Backlog() }

  mutating func takeFirst() -> [UInt8]? {
    guard !isEmpty else { return nil }
    let payload = payloads[head]
    payloads[head] = []
    head += 1
    bytes -= payload.count
    if isEmpty {
      payloads = []
      head = 0
    }
    return payload
  }
}
