internal import ClientKit

/// Where a call that waits for a person asks: behind what it has printed so far.
struct CallStage: ApprovalWatch.Stage {
  let console: Console
  /// Ends a line that was begun.
  let endLine: @Sendable () -> Void

  init(_ console: Console, endLine: @escaping @Sendable () -> Void = {}) {
    self.console = console
    self.endLine = endLine
  }

  func clear() { endLine() }
  func restore() {}

  func tell(_ line: String) {
    endLine()
    console.note(line)
  }
}

extension ApprovalWatch {
  /// Makes a call; if it has to wait for a person, whoever sits at the terminal is asked.
  static func during<T: Sendable>(
    _ client: BulkheadClient,
    _ stage: CallStage,
    _ call: (ApprovalWatch) async throws(ClientError) -> T
  ) async throws(ClientError) -> T {
    let watch = ApprovalWatch(.ownCalls, stage.console, asks: true, stage: stage) { client }
    watch.begin()
    do throws(ClientError) {
      let result = try await call(watch)
      await watch.end()
      return result
    } catch {
      await watch.end()
      throw error
    }
  }
}
