internal import CLinux
internal import Glibc

/// Walls that a process puts around itself.
package enum OwnWalls {
  /// From now on no thread of this process, and nothing that it starts, can execute a program: EPERM. Cannot be undone.
  package static func refuseExec() throws(PosixError) {
    let result = bulkhead_refuse_exec()
    if result != 0 { throw PosixError("seccomp", errno: -result) }
  }

  /// From now on no other process of this user can trace this one or read its memory, and it leaves no core
  /// (PR_SET_DUMPABLE, prctl(2)).
  package static func hideMemory() throws(PosixError) {
    try posix("prctl") { bulkhead_prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) }
  }
}
