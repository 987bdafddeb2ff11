internal import Posix
internal import Supervision
internal import Wire

extension Conformance {
  /// The ways in which a worker is told to end.
  func checkEnding() {
    rule("drain") { () throws(Broken) in
      switch try session().ask(Drain()) {
      case .success: return .pass("answered when nothing ran")
      case .failure(let error): throw Broken(reason: "answered with \(error.name.rawValue): \(error.message)")
      }
    }
    rule("shutdown") { () throws(Broken) in
      let examination = try session()
      try examination.send(Examination.frame(nil, Shutdown()).bytes)
      return end(examination, "'shutdown'")
    }
    retire()
    rule("end of input") { () throws(Broken) in
      let examination = try session()
      examination.process.closeInput()
      return end(examination, "the end of its input")
    }
    retire()
    checkLenience()
  }

  private func end(_ examination: Examination, _ cause: String) -> Outcome {
    let grace = worker.manifest.graceMS
    let before = BootTime.now
    guard let exit = examination.process.waitForExit(milliseconds: grace) else {
      return .fail("it still ran \(grace) ms after \(cause)")
    }
    guard exit == .code(0) else {
      return .fail("after \(cause) the process \(exit) where code 0 is due\(examination.ending)")
    }
    return .pass("exited with code 0 after \(BootTime.now.milliseconds(since: before)) ms")
  }
}
