internal import BlobStore
internal import Glibc
internal import JSON
internal import Journal
internal import Logging
internal import Posix
internal import Wire

/// What is kept, and what is copied.
extension Jobs {
  /// Removes jobs that ended long enough ago, a few at a time so that nobody waits, then artifacts that nobody names.
  func collect(_ message: JournalCollect, _ blobs: Blobs, answer: @escaping Answer<JournalCollect.Response>) {
    let limit = WallTime.now - (message.olderThanMS ?? settings.retention.count)
    if message.isDryRun {
      journal.reader.read { database in
        try database.countEndedJobs(before: limit)
      } then: { result in
        answer(
          result.mapError(Self.storage).map { JournalCollect.Response(jobs: $0, artifacts: 0, bytes: 0) }
        )
      }
      return
    }
    removeJobs(before: limit, removed: 0) { [weak self] result in
      guard let self else { return }
      switch result {
      case .success(let count): removeArtifacts(count, blobs, answer: answer)
      case .failure(let error): answer(.failure(Self.storage(error)))
      }
    }
  }

  private func removeJobs(
    before limit: Int64,
    removed: Int64,
    then: @escaping (Result<Int64, JournalError>) -> Void
  ) {
    journal.reader.read { database in
      try database.endedJobs(before: limit, limit: 200)
    } then: { [weak self] result in
      guard let self else { return }
      switch result {
      case .failure(let error): then(.failure(error))
      case .success(let jobs) where jobs.isEmpty: then(.success(removed))
      case .success(let jobs):
        journal.commit([.deleteJobs(jobs)], refusable: true) { [weak self] error in
          if let error { return then(.failure(error)) }
          self?.removeJobs(before: limit, removed: removed + Int64(jobs.count), then: then)
        }
      }
    }
  }

  /// Young artifacts stay: what was just uploaded is not named by a job yet.
  private static let youngSeconds: Int64 = 3_600

  private func removeArtifacts(_ jobs: Int64, _ blobs: Blobs, answer: @escaping Answer<JournalCollect.Response>) {
    journal.reader.read { database in
      try database.referencedArtifacts()
    } then: { result in
      switch result {
      case .failure(let error): answer(.failure(Self.storage(error)))
      case .success(let digests):
        blobs.service.removeUnreferenced(olderThan: Self.youngSeconds, referenced: digests) { result in
          switch result {
          case .success(let removed):
            answer(
              .success(
                JournalCollect.Response(jobs: jobs, artifacts: Int64(removed.artifacts), bytes: removed.bytes)
              )
            )
          case .failure(let error): answer(.failure(WireError(.storageFailed, "\(error)")))
          }
        }
      }
    }
  }

  /// Once at the start and then every hour.
  func collectRegularly(_ blobs: Blobs) {
    collect(JournalCollect(), blobs) { [weak self] result in
      guard let self else { return }
      if case .success(let removed) = result, removed.jobs > 0 {
        log.info("old jobs removed", ["jobs": .integer(removed.jobs), "artifacts": .integer(removed.artifacts)])
      }
      loop.schedule(after: 3_600_000) { [weak self] in
        if let self, !isDraining { collectRegularly(blobs) }
      }
    }
  }

  func backup(answer: @escaping Answer<JournalBackup.Response>) {
    let folder = journal.path.prefix { _ in true }.dropLast("/journal.db".count) + "/backups"
    mkdir(String(folder), 0o700)
    let name = timestamp().filter { $0 != ":" && $0 != "-" }
    let file = "\(folder)/journal-\(name).db"
    journal.backUp(to: file) { result in
      answer(result.mapError(Self.storage).map { JournalBackup.Response(path: file, bytes: $0) })
    }
  }
}
