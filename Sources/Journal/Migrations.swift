internal import Posix

/// The schema, as the numbered steps that lead to it. A step that has shipped is never changed; `user_version` counts
/// those that a file has seen.
///
/// The states repeat what `protocol/states.md` draws, so that a wrong transition cannot be stored.
enum Migrations {
  static let all: [String] = [
    """
    -- One start of the coordinator. Wall time can step; the boot id and the run say what followed what.
    CREATE TABLE runs (
      n INTEGER PRIMARY KEY,
      boot_id TEXT NOT NULL,
      pid INTEGER NOT NULL,
      version TEXT NOT NULL,
      started_at INTEGER NOT NULL
    ) STRICT;

    CREATE TABLE jobs (
      seq INTEGER PRIMARY KEY,
      id TEXT NOT NULL UNIQUE,
      kind TEXT NOT NULL CHECK (kind IN ('plan', 'call')),
      state TEXT NOT NULL CHECK (state IN
        ('queued', 'running', 'waiting', 'paused', 'cancelling', 'succeeded', 'failed', 'cancelled')),
      priority INTEGER NOT NULL CHECK (priority BETWEEN 0 AND 9),
      generation INTEGER NOT NULL CHECK (generation >= 1),
      title TEXT NOT NULL,
      caller TEXT NOT NULL,
      hash TEXT NOT NULL,
      spec TEXT NOT NULL,
      step_count INTEGER NOT NULL CHECK (step_count >= 1),
      created_at INTEGER NOT NULL,
      started_at INTEGER,
      ended_at INTEGER,
      deadline_at INTEGER,
      reason TEXT,
      result TEXT,
      CHECK ((ended_at IS NOT NULL) = (state IN ('succeeded', 'failed', 'cancelled')))
    ) STRICT;
    CREATE INDEX jobs_open ON jobs (priority DESC, seq)
      WHERE state NOT IN ('succeeded', 'failed', 'cancelled');

    -- id = job's seq << 24 | step's index << 10 | item: 0 for the step itself, 1 and up for the items of its for_each.
    CREATE TABLE steps (
      id INTEGER PRIMARY KEY,
      state TEXT NOT NULL CHECK (state IN
        ('running', 'retrying', 'waiting', 'unknown', 'succeeded', 'failed', 'skipped', 'cancelled')),
      generation INTEGER NOT NULL,
      attempt INTEGER NOT NULL CHECK (attempt >= 0),
      key TEXT,
      worker TEXT,
      input TEXT,
      output TEXT,
      error TEXT,
      artifacts TEXT,
      receipt TEXT,
      started_at INTEGER,
      ended_at INTEGER,
      not_before INTEGER,
      CHECK (state != 'succeeded' OR output IS NOT NULL),
      CHECK (state != 'failed' OR error IS NOT NULL)
    ) STRICT;

    -- What happened, in order; never changed. id = job's seq << 28 | number within the job.
    CREATE TABLE events (
      id INTEGER PRIMARY KEY,
      run INTEGER NOT NULL,
      at INTEGER NOT NULL,
      kind TEXT NOT NULL,
      step TEXT,
      item INTEGER,
      data TEXT
    ) STRICT;
    CREATE TRIGGER events_are_final BEFORE UPDATE ON events
      BEGIN SELECT RAISE(ABORT, 'events are never changed'); END;

    -- Calls that a worker made inside an invocation.
    CREATE TABLE calls (
      key TEXT PRIMARY KEY,
      job INTEGER NOT NULL,
      parent TEXT NOT NULL,
      tool TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('running', 'succeeded', 'failed')),
      input TEXT NOT NULL,
      output TEXT,
      artifacts TEXT,
      error TEXT,
      started_at INTEGER NOT NULL,
      ended_at INTEGER
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX calls_of_job ON calls (job);

    -- Which jobs name an artifact: what gc may not remove.
    CREATE TABLE artifacts (
      sha256 TEXT NOT NULL,
      job INTEGER NOT NULL,
      PRIMARY KEY (sha256, job)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX artifacts_of_job ON artifacts (job);
    """,
    """
    -- The greatest number of a job that was removed during the run, so that none is given twice.
    ALTER TABLE runs ADD COLUMN last_seq INTEGER NOT NULL DEFAULT 0;
    """,
    """
    ALTER TABLE calls ADD COLUMN receipt TEXT;
    -- Its output or error was secret and is not here.
    ALTER TABLE calls ADD COLUMN redacted INTEGER NOT NULL DEFAULT 0;

    -- What a call used of a language model; step = id of the step, in `steps`, to which the call belongs.
    CREATE TABLE usage (
      id INTEGER PRIMARY KEY,
      job INTEGER NOT NULL,
      step INTEGER NOT NULL,
      at INTEGER NOT NULL,
      tool TEXT NOT NULL,
      provider TEXT NOT NULL,
      model TEXT NOT NULL,
      calls INTEGER NOT NULL,
      input_tokens INTEGER NOT NULL,
      output_tokens INTEGER NOT NULL,
      cached_tokens INTEGER NOT NULL,
      reasoning_tokens INTEGER NOT NULL,
      cost_nano_usd INTEGER NOT NULL,
      unpriced_calls INTEGER NOT NULL,
      estimated_calls INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX usage_of_job ON usage (job, step);
    CREATE INDEX usage_in_time ON usage (at);

    -- The same of jobs that were removed, summed; day = days since 1970 in UTC.
    CREATE TABLE usage_days (
      day INTEGER NOT NULL,
      tool TEXT NOT NULL,
      provider TEXT NOT NULL,
      model TEXT NOT NULL,
      calls INTEGER NOT NULL,
      input_tokens INTEGER NOT NULL,
      output_tokens INTEGER NOT NULL,
      cached_tokens INTEGER NOT NULL,
      reasoning_tokens INTEGER NOT NULL,
      cost_nano_usd INTEGER NOT NULL,
      unpriced_calls INTEGER NOT NULL,
      estimated_calls INTEGER NOT NULL,
      PRIMARY KEY (day, tool, provider, model)
    ) STRICT, WITHOUT ROWID;
    """,
    """
    -- Two models: calls that small ones answered, and how often one was not enough; what the calls in cost_nano_usd would
    -- have cost on the large model, and its name ('': none, '*': several). What was used before is compared with itself.
    ALTER TABLE usage ADD COLUMN small_calls INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE usage ADD COLUMN escalated_calls INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE usage ADD COLUMN baseline_nano_usd INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE usage ADD COLUMN baseline_model TEXT NOT NULL DEFAULT '';
    UPDATE usage SET baseline_nano_usd = cost_nano_usd;
    ALTER TABLE usage_days ADD COLUMN small_calls INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE usage_days ADD COLUMN escalated_calls INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE usage_days ADD COLUMN baseline_nano_usd INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE usage_days ADD COLUMN baseline_model TEXT NOT NULL DEFAULT '';
    UPDATE usage_days SET baseline_nano_usd = cost_nano_usd;
    """,
    """
    -- The audit log: the records of one transaction in one row, a line each; `hashes` are their links, 32 bytes each, and
    -- `at` is the last one's time. protocol/audit.md says what the bytes are.
    CREATE TABLE audit (
      first INTEGER PRIMARY KEY,
      count INTEGER NOT NULL CHECK (count >= 1),
      at INTEGER NOT NULL,
      hashes BLOB NOT NULL,
      records TEXT NOT NULL
    ) STRICT;

    -- Signed: the record `number` was the last one, and its hash was `hash`.
    CREATE TABLE audit_heads (
      number INTEGER PRIMARY KEY,
      hash BLOB NOT NULL,
      at INTEGER NOT NULL,
      key TEXT NOT NULL,
      signature BLOB NOT NULL
    ) STRICT;

    -- Signed: the records up to `number`, whose hash was `hash`, were removed because they were old. One row at most stays.
    CREATE TABLE audit_beginnings (
      number INTEGER PRIMARY KEY,
      hash BLOB NOT NULL,
      at INTEGER NOT NULL,
      key TEXT NOT NULL,
      signature BLOB NOT NULL
    ) STRICT;

    CREATE TRIGGER audit_is_final BEFORE UPDATE ON audit
      BEGIN SELECT RAISE(ABORT, 'audit records are never changed'); END;
    CREATE TRIGGER audit_heads_are_final BEFORE UPDATE ON audit_heads
      BEGIN SELECT RAISE(ABORT, 'audit heads are never changed'); END;
    CREATE TRIGGER audit_beginnings_are_final BEFORE UPDATE ON audit_beginnings
      BEGIN SELECT RAISE(ABORT, 'audit beginnings are never changed'); END;
    CREATE TRIGGER audit_goes_from_the_front BEFORE DELETE ON audit
      WHEN OLD.first + OLD.count - 1 > (SELECT coalesce(max(number), 0) FROM audit_beginnings)
      BEGIN SELECT RAISE(ABORT, 'audit records are removed only behind a signed beginning'); END;
    CREATE TRIGGER audit_heads_go_with_records BEFORE DELETE ON audit_heads
      WHEN OLD.number >= (SELECT coalesce(max(number), 0) FROM audit_beginnings)
      BEGIN SELECT RAISE(ABORT, 'audit heads are removed only behind a signed beginning'); END;
    CREATE TRIGGER audit_has_one_beginning BEFORE DELETE ON audit_beginnings
      WHEN OLD.number >= (SELECT coalesce(max(number), 0) FROM audit_beginnings)
      BEGIN SELECT RAISE(ABORT, 'the last beginning of the audit log stays'); END;
    """,
    """
    -- What waits or waited for a person; numbered with the jobs. step = id of the step, in `steps`, to which it belongs;
    -- hash = of exactly what is decided about; what, decided_by, input (as the approver changed it) and always are JSON.
    CREATE TABLE approvals (
      number INTEGER PRIMARY KEY,
      job INTEGER NOT NULL,
      step INTEGER NOT NULL,
      kind TEXT NOT NULL CHECK (kind IN ('plan', 'step', 'call')),
      hash TEXT NOT NULL,
      what TEXT NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'denied', 'expired', 'withdrawn')),
      created_at INTEGER NOT NULL,
      deadline_at INTEGER NOT NULL,
      decided_by TEXT,
      decided_at INTEGER,
      reason TEXT,
      input TEXT,
      always TEXT,
      CHECK ((decided_at IS NOT NULL) = (state != 'pending'))
    ) STRICT;
    CREATE INDEX approvals_of_job ON approvals (job);
    CREATE INDEX approvals_by_state ON approvals (state, number);
    -- What was decided stays decided, and an approval is never about something else.
    CREATE TRIGGER decisions_are_final BEFORE UPDATE ON approvals
      WHEN old.state != 'pending' OR new.hash != old.hash OR new.job != old.job
      BEGIN SELECT RAISE(ABORT, 'what was decided is never changed'); END;

    -- What was used of what is limited; part = milliseconds since 1970, the start of a part of the span looked back on.
    CREATE TABLE meters (
      rule TEXT NOT NULL,
      scope TEXT NOT NULL,
      part_ms INTEGER NOT NULL,
      part INTEGER NOT NULL,
      amount INTEGER NOT NULL,
      PRIMARY KEY (rule, scope, part_ms, part)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX meters_of_scope ON meters (scope);
    """,
    """
    -- Attempts and calls that workers had, written when they ended. id = milliseconds since 1970 << 20 | number within the
    -- millisecond; outcome: 0 failed, 1 succeeded, 2 cancelled; model: the last one that it used.
    CREATE TABLE executions (
      id INTEGER PRIMARY KEY,
      job INTEGER NOT NULL,
      tool TEXT NOT NULL,
      model TEXT,
      outcome INTEGER NOT NULL CHECK (outcome BETWEEN 0 AND 2),
      took_us INTEGER NOT NULL,
      tokens INTEGER NOT NULL,
      cost_nano_usd INTEGER NOT NULL
    ) STRICT;

    -- How often rules of the policy asked, blocked or warned; minute = minutes since 1970.
    CREATE TABLE rule_minutes (
      minute INTEGER NOT NULL,
      rule TEXT NOT NULL,
      effect TEXT NOT NULL CHECK (effect IN ('asked', 'blocked', 'warned')),
      count INTEGER NOT NULL,
      PRIMARY KEY (minute, rule, effect)
    ) STRICT, WITHOUT ROWID;

    -- Whatever is asked about ended jobs is answered from here: behind a long spec, a row's times are far away.
    CREATE INDEX jobs_in_time ON jobs (ended_at, seq, state, started_at) WHERE ended_at IS NOT NULL;
    """,
    """
    -- The tools of kinds of workers whose manifest is `pinned`, each as it was when it was first offered or last accepted;
    -- digest = SHA-256 of what is pinned of it; definition = the tool as JSON.
    CREATE TABLE tool_pins (
      worker TEXT NOT NULL,
      tool TEXT NOT NULL,
      digest TEXT NOT NULL CHECK (length(digest) = 64),
      definition TEXT NOT NULL,
      at INTEGER NOT NULL,
      PRIMARY KEY (worker, tool)
    ) STRICT, WITHOUT ROWID;
    """,
  ]

  /// The first format with an audit log.
  static let auditVersion: Int64 = 5

  /// Marks a file as ours ("Bulk").
  static let applicationID: Int64 = 0x4275_6C6B

  /// Throws for a file that is not ours or is from a newer version; changes nothing.
  static func check(_ database: Database, path: String) throws(JournalError) {
    let version = try database.integer("PRAGMA user_version")
    let owner = try database.integer("PRAGMA application_id")
    let tables = try database.integer("SELECT count(*) FROM sqlite_master")
    guard owner == applicationID || version == 0 && owner == 0 && tables == 0 else {
      throw JournalError(.corrupt, "'\(path)' is a SQLite file of another program, no journal")
    }
    guard version <= all.count else {
      throw JournalError(
        .newer,
        "journal '\(path)' has format \(version); this version knows formats up to \(all.count). Run the newer bulkheadd."
      )
    }
  }

  /// Brings a checked `database` up to date.
  static func apply(to database: Database) throws(JournalError) {
    let version = try database.integer("PRAGMA user_version")
    for (i, step) in all.enumerated().dropFirst(Int(version)) {
      try database.transaction { () throws(JournalError) in
        try database.execute(step)
        CrashPoint.hit(.insideMigration)
        try database.execute("PRAGMA user_version = \(i + 1); PRAGMA application_id = \(applicationID)")
      }
    }
  }
}
