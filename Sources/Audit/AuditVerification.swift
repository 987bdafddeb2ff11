package import Digest

/// Walks a chain from its first record, or its signed beginning, and says what does not hold; pure.
///
/// Records come in order, each head behind the record that it names. After a record that is not what was hashed the walk
/// goes on from the hash that stands in the log, so that the first problem is the first broken link and later ones are
/// links of their own.
package struct AuditVerification: Sendable {
  package struct Problem: Sendable, Hashable {
    package enum Kind: String, Sendable, CaseIterable {
      /// A record's bytes are not those that were hashed, or it is no record.
      case changed
      case missing
      /// A record stands where it does not belong.
      case reordered
      /// The log ends before a head that was signed.
      case truncated
      /// A head does not name the hash that its record has.
      case head
      /// A signature is not its statement's.
      case signature
      /// Signed with a key that is not trusted.
      case key
    }

    package var kind: Kind
    /// The record (of a head, the record that it names) where it was noticed.
    package var record: Int64
    package var message: String

    package init(_ kind: Kind, _ record: Int64, _ message: String) {
      self.kind = kind
      self.record = record
      self.message = message
    }
  }

  /// What was walked.
  package private(set) var records: Int64 = 0
  package private(set) var heads: Int64 = 0
  /// The first and the last record's number; 0 before there is one.
  package private(set) var first: Int64 = 0
  package private(set) var last: Int64 = 0
  package private(set) var lastHash = ChainHash.none
  /// The last record that a head with a good signature vouches for.
  package private(set) var lastSigned: Int64 = 0
  /// What came before the first record is not there, and nobody signed where it ended.
  package private(set) var isPart = false
  /// Of the heads to compare with: those that were found in the chain, and those older than its beginning.
  package private(set) var compared: Int64 = 0
  package private(set) var tooOld: Int64 = 0
  /// In the order of the log; at most `problemLimit`.
  package private(set) var problems: [Problem] = []
  package private(set) var problemCount = 0

  package static let problemLimit = 100

  /// nil: signatures are not looked at.
  private let trusted: [String: VerifyingKey]?
  private let known: [Int64: [AuditHead]]
  private var greatestKnown: Int64 = 0
  private var hasher = Hasher()
  private var hasBegun = false

  /// A reference, so that copies of the verification share it; it keeps nothing between two links.
  ///
  /// Safety: one verification is walked by one thread.
  private final class Hasher: @unchecked Sendable {
    private var hasher = ChainHasher()
    func link(_ previous: ChainHash, _ bytes: UnsafeRawBufferPointer) -> ChainHash {
      hasher.link(after: previous, bytes)
    }
  }

  /// `keys`: nil to look at no signatures. `known` are heads that were kept elsewhere: the chain must have passed through
  /// each of them.
  package init(trusting keys: [VerifyingKey]?, against known: [AuditHead] = []) {
    trusted = keys.map { Dictionary($0.map { ($0.id, $0) }) { first, _ in first } }
    let heads = known.filter { $0.kind == .head }
    self.known = Dictionary(grouping: heads, by: \.number)
    greatestKnown = heads.map(\.number).max() ?? 0
    for head in known { check(head, isKnown: true) }
  }

  private mutating func report(_ kind: Problem.Kind, _ record: Int64, _ message: String) {
    problemCount += 1
    if problems.count < Self.problemLimit { problems.append(Problem(kind, record, message)) }
  }

  /// Whether its signature is good.
  @discardableResult
  private mutating func check(_ head: AuditHead, isKnown: Bool = false) -> Bool {
    guard let trusted else { return true }
    let name = "the \(head.kind) of record \(head.number)" + (isKnown ? " to compare with" : "")
    guard let key = trusted[head.key] else {
      report(.key, head.number, "\(name) is signed with the key \(head.key), which is not the one that is trusted")
      return false
    }
    guard head.isSigned(with: key) else {
      report(.signature, head.number, "\(name) has a signature that is not its own")
      return false
    }
    return true
  }

  // MARK: The walk

  /// The signed beginning of a chain whose older records were removed; before all records.
  package mutating func begin(_ beginning: AuditHead) {
    guard !hasBegun, beginning.kind == .beginning else {
      let what = "the \(beginning.kind) of record \(beginning.number)"
      return report(.reordered, beginning.number, "\(what) stands behind records")
    }
    if check(beginning) { lastSigned = beginning.number }
    start(beginning.number, beginning.hash)
  }

  /// Where a part begins; before all records. Nobody signed it, but heads behind it vouch for it.
  package mutating func link(_ number: Int64, _ hash: ChainHash) {
    guard !hasBegun else { return report(.reordered, number, "the link of record \(number) stands behind records") }
    isPart = true
    start(number, hash)
  }

  private mutating func start(_ number: Int64, _ hash: ChainHash) {
    hasBegun = true
    (last, lastHash) = (number, hash)
    for (number, heads) in known where number < last { tooOld += Int64(heads.count) }
    compare()
  }

  /// `stored`: the hash that stands beside the record.
  package mutating func record(_ bytes: UnsafeRawBufferPointer, _ stored: ChainHash) {
    hasBegun = true
    records += 1
    let due = last + 1
    let computed = hasher.link(lastHash, bytes)
    let number = AuditLine.number(of: bytes)
    if computed != stored || number != due {
      explain(bytes, number, due, isLinked: computed == stored)
    } else if !AuditLine.isLine(bytes) {
      report(.changed, due, "record \(due) is not written as records are")
    }
    // Where numbers are left out, what follows is measured by the numbers that there are.
    last = number.map { $0 > due ? $0 : due } ?? due
    if first == 0 { first = last }
    lastHash = stored
    compare()
  }

  private mutating func explain(
    _ bytes: UnsafeRawBufferPointer,
    _ number: Int64?,
    _ due: Int64,
    isLinked: Bool
  ) {
    guard let number else { return report(.changed, due, "record \(due) is not written as records are") }
    if number > due {
      let what = number == due + 1 ? "record \(due) is" : "records \(due) to \(number - 1) are"
      report(.missing, due, "\(what) missing\(last == 0 ? ", and no signed beginning says why" : "")")
    } else if number < due {
      report(.reordered, due, "record \(number) stands where record \(due) is due")
    } else {
      report(
        .changed,
        due,
        "record \(due) is not what was hashed: it, or the hash of the record before it, was changed"
      )
    }
  }

  /// The heads to compare with that name the record just walked.
  private mutating func compare() {
    guard !known.isEmpty, let heads = known[last] else { return }
    for head in heads {
      compared += 1
      if head.hash != lastHash {
        report(.head, last, "record \(last) is not the one whose head was kept elsewhere: the log was written anew")
      }
    }
  }

  /// A head of the log itself, behind its record.
  package mutating func head(_ head: AuditHead) {
    heads += 1
    guard head.kind == .head else { return begin(head) }
    let isGood = check(head)
    if head.number > last {
      report(.truncated, last + 1, "a head was signed for record \(head.number), and the log ends with record \(last)")
    } else if head.number < last {
      report(.reordered, head.number, "the head of record \(head.number) stands behind record \(last)")
    } else if head.hash != lastHash {
      let since = lastSigned > 0 ? "after record \(lastSigned), which is good" : "before it"
      report(.head, head.number, "the head of record \(head.number) names another hash: records were changed \(since)")
    } else if isGood, problemCount == 0 {
      lastSigned = head.number
    }
  }

  /// After the last record and head.
  package mutating func finish() {
    guard greatestKnown > last else { return }
    let message = "a head of record \(greatestKnown) was kept elsewhere, and the log ends with record \(last)"
    report(.truncated, last + 1, message)
  }

  /// What could not be read at all.
  package mutating func unreadable(_ message: String) { report(.changed, last + 1, message) }
}
