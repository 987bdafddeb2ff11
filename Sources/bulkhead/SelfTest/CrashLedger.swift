internal import JSON
internal import Wire

/// What the test has asked for, and what it was promised.
struct CrashLedger {
  struct Job {
    let submission: Submission
    /// The coordinator said that it has it.
    var isAccepted = false
    var isOpen = true
    /// Steps whose outcome the test decided, as a person would.
    var resolved: Set<String> = []
    /// Of the job that it was forked from.
    var origin: String?
  }

  struct DirectCall {
    let tool: String
    let add: Int64
    var result: Result<ToolResult, WireError>?
  }

  /// What a follower of a job has seen.
  struct Follower {
    var numbers: [Int64] = []
    var wasToldTheEnd = false
  }

  /// What the test said, as a person, about something that it was asked.
  struct Decision {
    let isApproval: Bool
    let hash: String
    /// The coordinator said that it has it.
    var isConfirmed = false
    /// One was sent, and its answer is not there.
    var isUnderWay = false
  }

  var jobs: [String: Job] = [:]
  /// By id of the approval.
  var decisions: [String: Decision] = [:]
  var calls: [DirectCall] = []
  var followers: [String: Follower] = [:]
  /// Submissions that were not answered; each is made again, word for word.
  var unanswered: [String] = []
  var resubmitted = 0
  var foundExisting = 0
  /// Promises that were broken, in words.
  var problems: [String] = []

  var openCount: Int { jobs.values.count { $0.isOpen } }
  var accepted: [String] { jobs.filter { $0.value.isAccepted }.keys.sorted() }

  /// Each is told once; `when` says when it was first seen.
  mutating func report(_ problem: String, when: String? = nil) {
    guard problems.count < 200, known.insert(problem).inserted else { return }
    problems.append((when.map { "\($0): " } ?? "") + problem)
  }
  private var known: Set<String> = []
}
