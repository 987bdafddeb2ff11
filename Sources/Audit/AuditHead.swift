package import Digest

/// A signed statement about the chain: how far it went, or from where on it is still there.
package struct AuditHead: Sendable, Hashable {
  package enum Kind: String, Sendable {
    /// Record `number` was the last one, and its hash was `hash`.
    case head
    /// Records up to `number`, whose hash was `hash`, were removed because they were old.
    case beginning
  }

  package var kind: Kind
  package var number: Int64
  package var hash: ChainHash
  /// When it was signed: wall time, milliseconds since 1970.
  package var at: Int64
  /// Of the key that signed: see `VerifyingKey.id`.
  package var key: String
  /// 64 bytes.
  package var signature: [UInt8]

  package init(_ kind: Kind, number: Int64, hash: ChainHash, at: Int64, key: String, signature: [UInt8]) {
    self.kind = kind
    self.number = number
    self.hash = hash
    self.at = at
    self.key = key
    self.signature = signature
  }

  package init(_ kind: Kind, number: Int64, hash: ChainHash, at: Int64, signedWith key: SigningKey) {
    self.init(kind, number: number, hash: hash, at: at, key: key.verifying.id, signature: [])
    signature = key.sign(statement)
  }

  /// The bytes that are signed: five lines of text, each with its line break.
  package var statement: [UInt8] {
    Array("bulkhead audit \(kind.rawValue) 1\n\(number)\n\(hash.hex)\n\(at)\n\(key)\n".utf8)
  }

  package func isSigned(with key: VerifyingKey) -> Bool {
    key.id == self.key && key.accepts(signature, of: statement)
  }

  // MARK: Text

  /// A line of an export, without a line break.
  package var line: String {
    let start = "{\"\(kind.rawValue)\":\(number),\"hash\":\"\(hash.hex)\",\"at\":\(at)"
    return "\(start),\"key\":\"\(key)\",\"signature\":\"\(Hexadecimal.text(signature))\"}"
  }

  /// nil unless it is written as `line` writes.
  package init?(_ line: UnsafeRawBufferPointer) {
    var scan = Scan(line)
    if scan.skip("{\"head\":") {
      kind = .head
    } else if scan.skip("{\"beginning\":") {
      kind = .beginning
    } else {
      return nil
    }
    guard let number = scan.integer(), number > 0, scan.skip(",\"hash\":"), let hash = scan.bytes(32),
      let hash = ChainHash(hash), scan.skip(",\"at\":"), let at = scan.integer(), scan.skip(",\"key\":"),
      let key = scan.bytes(8), scan.skip(",\"signature\":"), let signature = scan.bytes(64), scan.skip("}"),
      scan.rest == 0
    else { return nil }
    (self.number, self.hash, self.at, self.signature) = (number, hash, at, signature)
    self.key = Hexadecimal.text(key)
  }

  package init?(_ line: String) {
    var line = line
    guard let head = line.withUTF8({ AuditHead(UnsafeRawBufferPointer($0)) }) else { return nil }
    self = head
  }
}
