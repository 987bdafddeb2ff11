internal import JSON
internal import Journal
internal import Posix
internal import Transport
internal import Wire

/// A client that follows a job's events: first those in the journal, then each as it is written.
///
/// A client that reads slowly gets events from the journal at its own pace, so it misses none and nothing piles up here.
final class JobWatcher {
  private unowned let jobs: Jobs
  private let id: RequestID
  private let job: String
  private let seq: Int64
  private weak var connection: Connection?
  private var sent: Int64
  /// The greatest number known to exist.
  private var newest: Int64 = 0
  private var isCatchingUp = false
  private var hasEnded = false
  private var onEnd: (() -> Void)?
  var isOver: Bool { onEnd == nil }

  init(
    _ jobs: Jobs,
    _ id: RequestID,
    job: String,
    seq: Int64,
    after: Int64,
    _ connection: Connection,
    onEnd: @escaping () -> Void
  ) {
    self.jobs = jobs
    self.id = id
    self.job = job
    self.seq = seq
    sent = after
    self.connection = connection
    self.onEnd = onEnd
  }

  private var hasRoom: Bool { connection.map { $0.queuedBytes < $0.options.highWaterBytes } ?? false }

  func follow(_ event: EventRecord) {
    newest = max(newest, event.number)
    // Who asked for what comes after a later one has no use for it.
    guard event.number > sent else { return }
    guard !isCatchingUp, event.number == sent + 1, hasRoom else { return catchUp() }
    send(event)
  }

  func progress(_ step: String, _ item: Int?, _ kind: Progress.Kind, _ text: String) {
    guard !isCatchingUp, hasRoom else { return }
    let event = JobEvent(
      number: 0,
      at: WallTime.now,
      run: jobs.journal.run,
      kind: "step.progress",
      step: step,
      item: item.map(Int64.init),
      data: ["kind": .string(kind.rawValue), "text": .string(text)]
    )
    connection?.notify(JobEventNotice(id: id, event: event))
  }

  func jobEnded() {
    hasEnded = true
    catchUp()
  }

  private func send(_ event: EventRecord) {
    sent = event.number
    var event = event
    if event.run == 0 { event.run = jobs.journal.run }
    connection?.notify(JobEventNotice(id: id, event: Jobs.event(event)))
  }

  /// Sends what the journal has behind the last one sent, a page at a time.
  func catchUp() {
    guard !isCatchingUp, connection != nil else { return }
    isCatchingUp = true
    guard hasRoom else {
      jobs.loop.schedule(after: 20) { [weak self] in
        self?.isCatchingUp = false
        self?.catchUp()
      }
      return
    }
    let (seq, after, known) = (seq, sent, newest)
    jobs.journal.reader.read { database in
      try database.events(of: seq, after: after, limit: 500)
    } then: { [weak self] result in
      guard let self else { return }
      isCatchingUp = false
      guard case .success(let events) = result else { return end() }
      for event in events {
        // The rest comes when the client has read: a page may be larger than what may wait for it.
        guard hasRoom else { return catchUp() }
        send(event)
      }
      // Until there is nothing more, what was written while this was read included.
      if !events.isEmpty || known < newest { return catchUp() }
      if hasEnded { end() }
    }
  }

  private func end() {
    guard let onEnd else { return }
    self.onEnd = nil
    jobs.events(JobEvents(job: job, after: sent, limit: 1)) { [weak connection, id] result in
      switch result {
      case .success(var response):
        response.events = []
        response.hasMore = false
        connection?.respond(to: id, with: response)
      case .failure(let error): connection?.respond(to: id, failing: error)
      }
    }
    onEnd()
  }

  /// The client asked to stop.
  func cancel() {
    onEnd = nil
    connection?.respond(to: id, failing: WireError(.cancelled, "stopped because the caller asked"))
    jobs.watchers[seq]?.removeAll { $0 === self }
  }

  func abandon() {
    onEnd = nil
    jobs.watchers[seq]?.removeAll { $0 === self }
  }
}

extension Jobs {
  /// Starts following; `answer` gets only errors, the answer proper comes when the job has ended.
  func follow(
    _ message: JobEvents,
    _ id: RequestID,
    _ connection: Connection,
    onEnd: @escaping () -> Void,
    answer: @escaping Answer<JobWatcher>
  ) {
    let job = message.job
    journal.reader.read { database in
      try database.job(id: job)
    } then: { [weak self, weak connection] result in
      guard let self, let connection else { return }
      switch result {
      case .success(let record?):
        let watcher = JobWatcher(self, id, job: job, seq: record.seq, after: message.after, connection, onEnd: onEnd)
        answer(.success(watcher))
        if watcher.isOver { return }
        // One that ended between the read and now is not in memory any more.
        if record.state.isFinal || (active[record.seq] == nil && !isWaitingToRun(record.seq)) {
          watcher.jobEnded()
        } else {
          watchers[record.seq, default: []].append(watcher)
          watcher.catchUp()
        }
      case .success(nil): answer(.failure(Self.noJob(job)))
      case .failure(let error): answer(.failure(Self.storage(error)))
      }
    }
  }
}
