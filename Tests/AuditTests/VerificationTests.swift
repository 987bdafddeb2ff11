import Audit
import Digest
import Testing

@Suite struct `Verification` {
  @Test func `a chain that nobody touched holds`() {
    let verification = Chain(35).verify()
    #expect(verification.problems.isEmpty)
    #expect(verification.records == 35 && verification.heads == 3)
    #expect(verification.first == 1 && verification.last == 35 && verification.lastSigned == 30)
    #expect(Chain(0).verify().problems.isEmpty)
  }

  /// Each member's bytes, and the punctuation between.
  @Test(arguments: [
    "{", "\"n\"", "15", "1767225600014", "tool.invoked", "anna", "j-1", "s14", "bash", "echo 14", "}}}",
  ])
  func `a changed byte of record 15 is noticed there`(_ part: String) throws {
    var chain = Chain(30)
    let bytes = Array(chain.lines[14].utf8)
    let range = try #require(chain.lines[14].firstRange(of: part))
    let start = chain.lines[14].utf8.distance(from: chain.lines[14].startIndex, to: range.lowerBound)
    for i in start..<start + part.utf8.count {
      var changed = bytes
      changed[i] ^= 1
      chain.lines[14] = String(decoding: changed, as: UTF8.self)
      let verification = chain.verify()
      #expect(verification.problems.first?.record == 15, "byte \(i)")
      #expect(verification.problems.first?.kind != .head)
    }
  }

  @Test func `a changed record whose own hash was made anew breaks the next link`() {
    var chain = Chain(30)
    chain.lines[14] = chain.lines[14].replacing("echo 14", with: "echo 99")
    var hasher = ChainHasher()
    chain.hashes[14] = Array(chain.lines[14].utf8).withUnsafeBytes { hasher.link(after: chain.hashes[13], $0) }
    #expect(chain.verify().firstProblem == "changed 16")
  }

  @Test func `a chain that was linked anew from the changed record on does not fit its next head`() {
    var chain = Chain(30)
    chain.lines[14] = chain.lines[14].replacing("echo 14", with: "echo 99")
    chain.relink(from: 14)
    let verification = chain.verify()
    #expect(verification.firstProblem == "head 20" && verification.lastSigned == 10)
    #expect(verification.problems.first?.message.contains("after record 10") == true)
  }

  @Test func `a record that was taken out is missing, whether or not the rest was linked anew`() {
    var chain = Chain(30)
    chain.lines.remove(at: 14)
    chain.hashes.remove(at: 14)
    #expect(chain.verify().firstProblem == "missing 15")
    chain.relink(from: 14)
    #expect(chain.verify().firstProblem == "missing 15")
  }

  @Test func `records that were swapped are noticed`() {
    var chain = Chain(30)
    chain.lines.swapAt(14, 15)
    chain.hashes.swapAt(14, 15)
    let kinds = Set(chain.verify().problems.map(\.kind))
    #expect(chain.verify().firstProblem == "missing 15" && kinds.contains(.reordered))
  }

  @Test func `a tail that was cut off is noticed by the head behind it`() {
    var chain = Chain(30)
    chain.lines.removeLast(4)
    chain.hashes.removeLast(4)
    #expect(chain.verify().firstProblem == "truncated 27")
  }

  @Test func `a tail cut off with its heads is noticed by heads that were kept elsewhere, and by nothing else`() {
    let whole = Chain(30)
    var chain = whole
    chain.lines.removeLast(15)
    chain.hashes.removeLast(15)
    chain.heads.removeLast(2)
    #expect(chain.verify().problems.isEmpty)
    #expect(chain.verify(against: whole.heads).firstProblem == "truncated 16")
    #expect(whole.verify(against: whole.heads).problems.isEmpty)
    #expect(whole.verify(against: whole.heads).compared == 3)
  }

  @Test func `a log that was written and signed anew does not pass through heads that were kept elsewhere`() {
    let whole = Chain(30)
    var chain = whole
    chain.lines[2] = chain.lines[2].replacing("echo 2", with: "echo 3")
    chain.relink()
    chain.heads = []
    for number in [10, 20, 30] {
      chain.heads.append(
        AuditHead(.head, number: Int64(number), hash: chain.hashes[number - 1], at: 1, signedWith: chain.key)
      )
    }
    #expect(chain.verify().problems.isEmpty)
    #expect(chain.verify(against: whole.heads).firstProblem == "head 10")
  }

  @Test func `heads of another key, and heads with a signature of another head, are noticed`() {
    let other = SigningKey()
    var chain = Chain(30)
    for i in chain.heads.indices {
      let head = chain.heads[i]
      chain.heads[i] = AuditHead(.head, number: head.number, hash: head.hash, at: head.at, signedWith: other)
    }
    #expect(chain.verify().firstProblem == "key 10")
    #expect(chain.verify(trusting: [other.verifying]).problems.isEmpty)

    chain = Chain(30)
    chain.heads[1].signature = chain.heads[0].signature
    #expect(chain.verify().firstProblem == "signature 20")
    chain = Chain(30)
    chain.heads[1].at += 1
    #expect(chain.verify().firstProblem == "signature 20")
    // Somebody else's signature under our key's name.
    chain = Chain(30)
    chain.heads[1].signature = other.sign(chain.heads[1].statement)
    #expect(chain.verify().firstProblem == "signature 20")
  }

  @Test func `heads to compare with are not believed without their signature`() {
    let chain = Chain(30)
    var heads = chain.heads
    heads[0].hash = .none
    let problems = chain.verify(against: heads).problems
    #expect(problems.map(\.kind) == [.signature, .head])
  }

  @Test func `a chain may begin behind a signed beginning, and not without it`() throws {
    var chain = Chain(30)
    chain.beginning = AuditHead(.beginning, number: 12, hash: chain.hashes[11], at: 1, signedWith: chain.key)
    chain.lines.removeFirst(12)
    chain.hashes.removeFirst(12)
    let removed = chain.heads.removeFirst()
    let verification = chain.verify(against: [removed])
    #expect(verification.problems.isEmpty && verification.first == 13 && verification.tooOld == 1)

    var unsigned = chain
    unsigned.beginning = nil
    #expect(unsigned.verify().firstProblem == "missing 1")
    var forged = chain
    forged.beginning?.signature[0] ^= 1
    #expect(forged.verify().firstProblem == "signature 12")
    // A head is no beginning, though it says the same.
    var replayed = chain
    replayed.beginning = removed
    replayed.beginning?.kind = .beginning
    #expect(replayed.verify().firstProblem == "signature 10")
    var shifted = chain
    shifted.lines.removeFirst()
    shifted.hashes.removeFirst()
    #expect(shifted.verify().firstProblem == "missing 13")
  }

  @Test func `problems are counted beyond those that are kept`() {
    var chain = Chain(300)
    for i in chain.lines.indices { chain.lines[i] = "x" }
    let verification = chain.verify()
    #expect(verification.problems.count == AuditVerification.problemLimit && verification.problemCount >= 300)
  }
}
