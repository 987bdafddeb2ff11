internal import Glibc

/// What the one who started this process says of the jails that it builds: the coordinator, to a worker that may.
package enum JailOffer {
  package static let gradeVariable = "BULKHEAD_JAIL_GRADE"
  package static let loosenedVariable = "BULKHEAD_JAIL_LOOSENED"
  package static let controlGroupVariable = "BULKHEAD_CONTROL_GROUP"

  /// The grade of jails here, `full` unless the operator accepted another by name.
  package static let grade = value(gradeVariable).flatMap(JailGrade.init) ?? .full
  /// Parts of the wall that the operator gives up.
  package static let loosened = (value(loosenedVariable) ?? "").split(separator: ",").map(String.init)
  /// Folder in which a control group is made for each jail; nil: none was delegated.
  package static let controlGroup = value(controlGroupVariable)

  private static func value(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
