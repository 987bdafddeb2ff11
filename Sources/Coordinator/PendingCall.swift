internal import Engine
internal import JSON
internal import Journal
internal import Supervision
internal import Wire

/// A call on its way, which its caller may stop at any time.
final class PendingCall {
  var invocation: Invocation? {
    didSet { if let onProgress { invocation?.onProgress = onProgress } }
  }
  private(set) var isCancelled = false
  /// Whether the journal has it though nothing has begun.
  var isOnDisk = false
  /// Called when it is stopped while it waits.
  var onCancel: (() -> Void)?

  func cancel(_ reason: Cancel.Reason) {
    isCancelled = true
    if let onCancel {
      self.onCancel = nil
      return onCancel()
    }
    invocation?.cancel(reason)
  }

  var hasEnded = false

  var onProgress: ((Progress.Kind, String, Double?) -> Void)? {
    didSet { invocation?.onProgress = onProgress }
  }

  /// Says something of the call itself.
  func tell(_ kind: Progress.Kind, _ text: String) { onProgress?(kind, text, nil) }
}

extension Act {
  init(_ message: ToolCall, step: String) {
    self.init(
      key: StepKey(0),
      step: step,
      tool: message.tool,
      input: message.input,
      needs: message.needs,
      limits: message.limits
    )
  }
}
