import ClientKit
import Posix
import Testing

@Suite(.ownThread) struct CancellationTests {
  @Test func `cancelling a task sends cancel, and the answer is awaited`() async throws {
    let called = Posix.Semaphore()
    let fake = try FakeCoordinator { peer in
      try peer.greet()
      let call = try peer.expect("tool/call")
      called.signal()
      let cancel = try peer.expect("cancel")
      guard cancel["params"]?["id"] == call["id"] else { throw Failure("\(cancel) names another request") }
      try peer.refuse(call, 4001, "cancelled", "stopped because the caller asked")
      while try peer.receive() != nil {}
    }
    let client = try await fake.connect()
    let task = Task(executorPreference: OwnThread.current) { () -> ClientError.Code? in
      do throws(ClientError) {
        _ = try await client.call(tool: "slow", input: [:])
        return nil
      } catch {
        return error.code
      }
    }
    await waiting { called.wait() }
    task.cancel()
    #expect(await task.value == .cancelled)
    client.close()
    try fake.finish()
  }

  @Test func `a result that comes in spite of a cancellation is given`() async throws {
    let called = Posix.Semaphore()
    let fake = try FakeCoordinator { peer in
      try peer.greet()
      let submit = try peer.expect("job/submit")
      called.signal()
      _ = try peer.expect("cancel")
      let job: JSON = [
        "id": "job-1", "kind": "plan", "state": "queued", "priority": 5, "generation": 1, "title": "t", "caller": [:],
        "step_count": 1, "created_at": 1, "sequence": 1,
      ]
      try peer.answer(submit, ["job": job])
      while try peer.receive() != nil {}
    }
    let client = try await fake.connect()
    let task = Task(executorPreference: OwnThread.current) { try await client.submit(plan: ["steps": []]).job.id }
    await waiting { called.wait() }
    task.cancel()
    // The job exists: whoever asked must learn of it.
    #expect(try await task.value == "job-1")
    client.close()
    try fake.finish()
  }

  @Test func `a task that is cancelled before sends nothing`() async throws {
    let fake = try FakeCoordinator { peer in
      try peer.greet()
      if let message = try peer.receive() { throw Failure("\(message) was sent") }
    }
    let client = try await fake.connect()
    let task = Task(executorPreference: OwnThread.current) { () -> ClientError.Code? in
      while !Task.isCancelled { await Task.yield() }
      do throws(ClientError) {
        _ = try await client.status()
        return nil
      } catch {
        return error.code
      }
    }
    task.cancel()
    #expect(await task.value == .cancelled)
    client.close()
    try fake.finish()
  }
}

/// Waits on a thread of its own, so that no shared one is blocked.
func waiting(_ body: @escaping @Sendable () -> Void) async {
  await withCheckedContinuation { continuation in
    startThread("waiting") {
      body()
      continuation.resume()
    }
  }
}
