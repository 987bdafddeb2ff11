public import JSON
public import Wire

/// What `submit` gives.
public struct SubmittedJob: Sendable, Equatable {
  public let job: JobSummary
  /// The same submission was accepted before; this is that job.
  public let isExisting: Bool
}

/// A job with its steps.
public struct JobReport: Sendable, Equatable {
  public let job: JobSummary
  /// In the plan's order; with one step asked for, behind it its items.
  public let steps: [StepReport]
  /// As submitted; of a direct call its tool and input.
  public let plan: JSON?
  /// Of a job that has succeeded: `outputs` of the last steps by id, and `synthesis` if the plan asks for one.
  public let result: JSON?
  /// Payloads were left out because they would not fit an answer: ask for the steps one by one.
  public let isAbridged: Bool
  /// What the whole job used of language models; nil: nothing.
  public let usage: UsageSum?
  /// What all of it may use up at most, as submitted; nil: no bound of its own.
  public let budget: Budget?
}

/// What the rows of a usage report stand for.
public enum UsageKey: String, Sendable, CaseIterable { case day, job, model, provider, tool }

/// What calls used of language models, summed.
public struct UsageTable: Sendable, Equatable {
  public struct Row: Sendable, Equatable {
    /// A day (`2026-01-31`, UTC), a job's id, or a name; nil: jobs that were removed.
    public let key: String?
    public let sum: UsageSum
  }

  /// Days newest first, others dearest first.
  public let rows: [Row]
  public let total: UsageSum
  /// There are more rows than an answer takes.
  public let isAbridged: Bool
}

/// What became of a step of unknown outcome.
public enum StepResolution: String, Sendable, CaseIterable {
  /// It took effect.
  case succeeded
  /// It did not, and is not to be tried again.
  case failed
  /// It is to be tried again, whatever it did.
  case retry
  /// It does not matter.
  case skip
}

extension JobResolve.Outcome {
  init(_ resolution: StepResolution) {
    self =
      switch resolution {
      case .succeeded: .succeeded
      case .failed: .failed
      case .retry: .retry
      case .skip: .skip
      }
  }
}

extension UsageReport.Key {
  init(_ key: UsageKey) {
    self =
      switch key {
      case .day: .day
      case .job: .job
      case .model: .model
      case .provider: .provider
      case .tool: .tool
      }
  }
}

/// What was removed, or with a dry run would be.
public struct CollectionReport: Sendable, Equatable {
  public let jobs: Int64
  public let artifacts: Int64
  /// Of the artifacts.
  public let bytes: Int64
}

/// A copy of the journal.
public struct BackupReport: Sendable, Equatable {
  /// On the coordinator's machine, readable by its user.
  public let path: String
  public let bytes: Int64
}

extension ClientError {
  /// Of an `invalid_plan`: every mistake with its place.
  public var planMistakes: [PlanMistake] {
    (data["mistakes"]?.arrayValue ?? []).map { mistake in
      PlanMistake(
        path: mistake["path"]?.stringValue ?? "",
        name: mistake["name"]?.stringValue ?? "",
        message: mistake["message"]?.stringValue ?? mistake.description
      )
    }
  }
}
