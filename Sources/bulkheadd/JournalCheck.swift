internal import Journal

/// `bulkheadd --check-journal`.
enum JournalCheck {
  /// Prints what was found; returns the exit status.
  static func run(_ state: String) throws(JournalError) -> Int32 {
    let found = try Journal.examine(folder: state)
    for problem in found.problems { complain(problem) }
    print("\(found.jobs) jobs, \(found.open) of them open, \(found.events) events, \(found.problems.count) problems")
    return found.problems.isEmpty ? 0 : 1
  }
}
