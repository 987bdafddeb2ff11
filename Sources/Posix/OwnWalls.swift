internal import CLinux

/// Walls that a process puts around itself.
package enum OwnWalls {
  /// From now on no thread of this process, and nothing that it starts, can execute a program: EPERM. Cannot be undone.
  package static func refuseExec() throws(PosixError) {
    let result = bulkhead_refuse_exec()
    if result != 0 { throw PosixError("seccomp", errno: -result) }
  }
}
