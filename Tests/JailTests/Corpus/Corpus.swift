package import Jail

/// Every attack, in groups.
package enum Corpus {
  package static var all: [Attack] {
    files + programs + processes + network + kernel + namespaces + resources + identity
  }

  /// Those that must be held under a grade.
  package static func held(under grade: JailGrade) -> [Attack] { all.filter { $0.expected(under: grade) != nil } }
}
