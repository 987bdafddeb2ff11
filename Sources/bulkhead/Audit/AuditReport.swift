internal import Audit
internal import Digest
internal import JSON
internal import TerminalText
internal import Wire

/// What a walk of the audit log found, wherever it was walked.
struct AuditReport {
  private let records: Int64
  private let heads: Int64
  private let first: Int64
  private let last: Int64
  private let lastSigned: Int64
  private let hash: String
  private let compared: Int64
  private let tooOld: Int64
  /// nil: signatures were not looked at.
  private let key: String?
  private let isPart: Bool
  private var problems: [AuditVerify.Problem]
  private(set) var problemCount: Int64

  init(_ response: AuditVerify.Response) {
    records = response.records
    heads = response.heads
    first = response.first
    last = response.last
    lastSigned = response.lastSigned
    hash = response.hash
    compared = response.compared
    tooOld = response.tooOld
    key = response.key
    isPart = false
    problems = response.problems
    problemCount = response.problemCount
  }

  init(_ found: AuditVerification, key: String?) {
    records = found.records
    heads = found.heads
    first = found.first
    last = found.last
    lastSigned = found.lastSigned
    hash = found.lastHash.hex
    compared = found.compared
    tooOld = found.tooOld
    self.key = key
    isPart = found.isPart
    problems = found.problems.map(AuditVerify.Problem.init)
    problemCount = Int64(found.problemCount)
  }

  mutating func add(_ problem: AuditVerification.Problem) {
    problems.insert(AuditVerify.Problem(problem), at: 0)
    problemCount += 1
  }

  func show(_ console: Console) {
    if console.isJSON { return console.print(document) }
    if problemCount > 0 {
      console.complain("the audit log does not hold: \(counted(Int(problemCount), "problem"))")
      for problem in problems { console.writeError("  \(Console.printable(problem.message))\n") }
      if Int64(problems.count) < problemCount {
        console.writeError("  and \(problemCount - Int64(problems.count)) more\n")
      }
    } else {
      console.say("the audit log holds: \(span), \(counted(Int(heads), "signed head"))")
    }
    for remark in remarks { console.note(remark) }
  }

  private var span: String {
    records == 0 ? "no records" : "\(counted(Int(records), "record")), \(first) to \(last)"
  }

  /// What a good result does not say.
  private var remarks: [String] {
    var remarks: [String] = []
    if key == nil { remarks.append("signatures were not looked at; --public-key FILE says whose they must be") }
    if isPart { remarks.append("what came before record \(first) is not in the file") }
    if records > 0, lastSigned < last {
      remarks.append("no head vouches yet for what follows record \(lastSigned): \(last - lastSigned) of the records")
    }
    if compared > 0 { remarks.append("\(counted(Int(compared), "head")) that were kept elsewhere were looked for") }
    if tooOld > 0 {
      remarks.append("\(counted(Int(tooOld), "head")) to compare with are older than the log's beginning")
    }
    return remarks
  }

  private var document: JSON {
    var document: JSONObject = [
      "records": .integer(records), "heads": .integer(heads), "first": .integer(first), "last": .integer(last),
      "last_signed": .integer(lastSigned), "hash": .string(hash), "compared": .integer(compared),
      "too_old": .integer(tooOld),
    ]
    document["key"] = key.map { .string($0) }
    document["problems"] = .array(
      problems.map { ["kind": .string($0.kind), "record": .integer($0.record), "message": .string($0.message)] }
    )
    document["problem_count"] = .integer(problemCount)
    return .object(document)
  }
}

extension AuditVerify.Problem {
  init(_ problem: AuditVerification.Problem) {
    self.init(kind: problem.kind.rawValue, record: problem.record, message: problem.message)
  }
}
