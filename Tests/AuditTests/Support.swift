import Audit
import Digest

/// A chain in memory, with the means to change it as an attacker would.
struct Chain {
  var lines: [String] = []
  var hashes: [ChainHash] = []
  var heads: [AuditHead] = []
  var beginning: AuditHead?
  let key: SigningKey

  static let seed = (0..<32).map { UInt8($0) }

  /// `count` records with a head behind each tenth.
  init(_ count: Int, key: SigningKey = SigningKey(seed: Chain.seed)!) {
    self.key = key
    for number in 0..<count {
      add(kind: "tool.invoked", data: "{\"tool\":\"bash\",\"input\":{\"script\":\"echo \(number)\"}}")
      if lines.count % 10 == 0 { sign() }
    }
  }

  var last: Int64 { (beginning?.number ?? 0) + Int64(lines.count) }
  private var end: ChainHash { hashes.last ?? beginning?.hash ?? .none }

  mutating func add(kind: String, data: String) {
    var line: [UInt8] = []
    AuditLine.write(
      last + 1,
      at: 1_767_225_600_000 + last,
      kind: kind,
      actor: "user:anna",
      job: "j-1",
      step: "s\(last)",
      data: Array(data.utf8),
      to: &line
    )
    var hasher = ChainHasher()
    hashes.append(line.withUnsafeBytes { hasher.link(after: end, $0) })
    lines.append(String(decoding: line, as: UTF8.self))
  }

  mutating func sign(with other: SigningKey? = nil) {
    heads.append(AuditHead(.head, number: last, hash: end, at: 1_767_225_660_000, signedWith: other ?? key))
  }

  /// Links all records anew, as somebody who knows how would; heads stay.
  mutating func relink(from index: Int = 0) {
    var hasher = ChainHasher()
    for i in index..<lines.count {
      let previous = i == 0 ? beginning?.hash ?? .none : hashes[i - 1]
      hashes[i] = Array(lines[i].utf8).withUnsafeBytes { hasher.link(after: previous, $0) }
    }
  }

  func verify(trusting keys: [VerifyingKey]? = nil, against known: [AuditHead] = []) -> AuditVerification {
    var verification = AuditVerification(trusting: keys ?? [key.verifying], against: known)
    if let beginning { verification.begin(beginning) }
    var left = heads[...]
    for (line, hash) in zip(lines, hashes) {
      Array(line.utf8).withUnsafeBytes { verification.record($0, hash) }
      while let head = left.first, head.number <= verification.last {
        verification.head(head)
        left.removeFirst()
      }
    }
    for head in left { verification.head(head) }
    verification.finish()
    return verification
  }

  /// The lines of an export.
  var export: [String] {
    var text: [String] = beginning.map { [$0.line] } ?? []
    var left = heads[...]
    var number = beginning?.number ?? 0
    for (line, hash) in zip(lines, hashes) {
      number += 1
      text.append(AuditExport.line(hash, line))
      while let head = left.first, head.number == number {
        text.append(head.line)
        left.removeFirst()
      }
    }
    return text
  }
}

extension AuditVerification {
  /// The first problem in few words: `changed 7`.
  var firstProblem: String? { problems.first.map { "\($0.kind.rawValue) \($0.record)" } }
}
