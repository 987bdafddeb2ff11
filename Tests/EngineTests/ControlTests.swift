import JSON
import Journal
import Testing
import Wire

@testable import Engine

/// A plan in which everything happens: a chain, a list, a retry, a condition, a step of a tool that is not idempotent.
private let plan =
  #"{"id":"a","tool":"t"},{"id":"l","tool":"t","for_each":{"in":[0,1,2],"concurrency":2},"depends_on":["a"]},"#
  + #"{"id":"r","tool":"t","retry":{"max_attempts":3,"backoff_ms":50}},"#
  + #"{"id":"w","tool":"t","when":{"value":"step:a","equals":1}},{"id":"u","tool":"u","on_unknown":"retry"},"#
  + #"{"id":"end","tool":"t","depends_on":["l","r","w","u"]}"#

/// Every state of that plan's run, one after the other: `visit` is given a copy after each event.
private func walk(_ visit: (World, Int) throws -> Void) throws {
  var world = try World(plan, starts: false)
  var number = 0
  func look(_ world: World) throws {
    try visit(world, number)
    number += 1
  }
  try look(world)
  try world.send(.start)
  try look(world)
  var failures: [String: Int] = ["r": 2, "u": 1]
  while !world.machine.isFinal {
    if !world.ready.isEmpty {
      try world.grant(1)
    } else if let key = world.running.keys.min() {
      let step = try #require(world.running[key]).step
      if let left = failures[step], left > 0 {
        failures[step] = left - 1
        let error = step == "u" ? WireError(.workerLost, "killed") : WireError(.toolFailed, "not yet")
        try world.fail(step, key.item, error)
      } else {
        try world.succeed(step, key.item, 1)
      }
    } else {
      try world.wait()
    }
    try look(world)
  }
  #expect(world.disk.state == .succeeded && number > 20)
}

extension World {
  /// Ends what runs as a worker does that was told to stop.
  fileprivate mutating func stopRunning() throws {
    for key in running.keys.sorted() { try end(key, .failed(WireError(.cancelled, "stopped"), wasDispatched: true)) }
  }
}

@Suite struct `Pause and resume` {
  @Test func `a pause at any point starts nothing more, and after it the job ends as it would have`() throws {
    try walk { world, number in
      guard !world.machine.isFinal else { return }
      var world = world
      let before = world.dispatched.count
      try world.send(.pause)
      #expect(world.disk.state == .paused && world.disk.kinds.last == "job.paused", "\(number)")
      try world.send(.pause)
      for key in world.running.keys.sorted() { try world.end(key, .succeeded(ToolResult(output: 1), isCached: false)) }
      while !world.wakes.isEmpty, !world.machine.isFinal { try world.wait() }
      try world.grant()
      #expect(world.dispatched.count == before, "\(number): nothing begins")
      if world.machine.isFinal { return }
      try world.send(.resume)
      #expect(world.disk.kinds.contains("job.resumed") && world.disk.state == .running, "\(number)")
      try world.finish { _ in 1 }
      #expect(world.disk.state == .succeeded && world.disk.result == ["outputs": ["end": 1]], "\(number)")
    }
  }

  @Test func `a job that was accepted as paused starts when it resumes`() throws {
    var world = try World(plan, starts: false)
    world = World(world.machine.plan, state: .paused)
    try world.send(.granted(StepKey(0)))
    #expect(world.dispatched.isEmpty)
    try world.send(.resume)
    #expect(world.disk.kinds == ["job.resumed", "job.started"] && world.disk.state == .running)
    try world.finish { _ in 1 }
    #expect(world.disk.state == .succeeded)
  }

  @Test func `resume without a pause changes nothing`() throws {
    var world = try World(plan)
    try world.send(.resume)
    #expect(world.disk.kinds == ["job.started"])
  }

  @Test func `a failure during a pause ends the job`() throws {
    var world = try World(#"{"id":"a","tool":"t"},{"id":"b","tool":"t"}"#)
    try world.grant(1)
    try world.send(.pause)
    try world.fail("a")
    #expect(world.disk.state == .failed)
  }
}

@Suite struct `Cancel and deadline` {
  @Test func `a cancel at any point stops what runs and leaves nothing open`() throws {
    try walk { world, number in
      guard !world.machine.isFinal else { return }
      var world = world
      let running = Set(world.running.keys)
      try world.send(.cancel)
      #expect(Set(world.cancelled) == running, "\(number)")
      #expect(world.disk.state == (running.isEmpty ? .cancelled : .cancelling), "\(number)")
      try world.stopRunning()
      #expect(world.isFinished && world.disk.state == .cancelled && world.disk.reason == nil, "\(number)")
      #expect(world.disk.rows.values.allSatisfy { $0.state.isFinal }, "\(number): \(world.disk.sortedRows)")
      let dispatched = world.dispatched.count
      while !world.wakes.isEmpty { try world.wait() }
      try world.grant()
      #expect(world.dispatched.count == dispatched, "\(number)")
    }
  }

  @Test func `a deadline at any point fails the job and says so`() throws {
    try walk { world, number in
      guard !world.machine.isFinal else { return }
      var world = world
      try world.send(.deadline)
      try world.send(.deadline)
      try world.stopRunning()
      #expect(world.disk.state == .failed, "\(number)")
      #expect(world.disk.reason?["name"] == "deadline_exceeded", "\(number)")
      #expect(world.disk.kinds.count { $0 == "job.cancelling" } == 1, "\(number)")
      #expect(world.disk.rows.values.allSatisfy { $0.state.isFinal }, "\(number)")
    }
  }

  @Test func `a result that comes together with a cancel counts`() throws {
    var world = try World(#"{"id":"a","tool":"t"},{"id":"b","tool":"t","depends_on":["a"]}"#)
    try world.grant()
    try world.send(.cancel)
    try world.succeed("a", nil, 1)
    #expect(try world.row("a") == .succeeded)
    #expect(world.disk.state == .cancelled)
  }

  @Test func `a second cancel and one behind a deadline change nothing`() throws {
    var world = try World(#"{"id":"a","tool":"t"}"#)
    try world.grant()
    try world.send(.deadline)
    try world.send(.cancel)
    try world.send(.cancel)
    #expect(world.disk.kinds == ["job.started", "step.started", "job.cancelling"])
    try world.stopRunning()
    #expect(world.disk.state == .failed)
  }

  @Test func `a job that fails already may be cancelled so that what runs is stopped`() throws {
    var world = try World(#"{"id":"a","tool":"t"},{"id":"b","tool":"t"}"#)
    try world.grant()
    try world.fail("a")
    try world.send(.cancel)
    #expect(world.cancelled == [StepKey(1)])
    try world.stopRunning()
    #expect(world.disk.state == .cancelled)
  }

  @Test func `a cancel before the intent is on disk dispatches nothing`() throws {
    var world = try World(#"{"id":"a","tool":"t"}"#)
    world.holdsCommits = true
    try world.grant()
    try world.send(.cancel)
    while !world.entries.isEmpty { try world.commit() }
    #expect(world.dispatched.isEmpty && world.disk.state == .cancelled)
    #expect(try world.row("a") == .cancelled)
  }

  @Test func `an attempt that may have taken effect when it was stopped is not called cancelled`() throws {
    var world = try World(#"{"id":"a","tool":"u"}"#)
    try world.grant()
    try world.send(.cancel)
    try world.fail("a", nil, WireError(.workerLost, "killed"))
    #expect(world.disk.state == .cancelled)
    #expect(try world.row("a") == .failed)
    #expect(world.disk.rows[StepKey(0)]?.error?.contains("outcome_unknown") == true)
  }
}
