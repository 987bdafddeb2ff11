import Foundation
import JSON
import Testing

/// The folder of public test suites: `$BULKHEAD_SHARED`, else `shared` beside the package.
let sharedFolder: URL = {
  if let path = ProcessInfo.processInfo.environment["BULKHEAD_SHARED"], !path.isEmpty {
    return URL(fileURLWithPath: path, isDirectory: true)
  }
  return URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../../shared", isDirectory: true).standardizedFileURL
}()

/// The error of parsing `bytes`, or nil when they are accepted.
func parseError(_ bytes: some Collection<UInt8>, limits: JSONLimits = JSONLimits()) -> JSONError? {
  do throws(JSONError) {
    _ = try JSON(parsing: Array(bytes), limits: limits)
    return nil
  } catch {
    return error
  }
}

func parseError(_ text: String, limits: JSONLimits = JSONLimits()) -> JSONError? {
  parseError(Array(text.utf8), limits: limits)
}

func parsed(_ text: String, limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSON {
  try JSON(parsing: text, limits: limits)
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// Runs `body` on a thread of `stackBytes` and waits for it; recursion that is too deep for the stack kills the process.
func onThread<Result: Sendable>(stackBytes: Int, _ body: @escaping @Sendable () -> Result) -> Result? {
  let box = Box<Result>()
  let done = DispatchSemaphore(value: 0)
  let thread = Thread {
    box.value = body()
    done.signal()
  }
  thread.stackSize = stackBytes
  thread.start()
  done.wait()
  return box.value
}

// Safety: written by the one thread above before it signals, read after the wait.
private final class Box<Value>: @unchecked Sendable {
  var value: Value?
}
