internal import ClientKit
internal import Glibc
internal import JSON
internal import Posix
internal import TerminalText

extension Command {
  static let gc = Command(
    path: ["gc"],
    summary: "remove old jobs, and artifacts that no job names",
    flags: [
      Flag("older-than", value: "TIME", "jobs that ended longer ago, such as 12h or 30d; as configured unless given"),
      Flag("dry-run", "only say what would be removed"),
    ],
    description: [
      "Removes jobs that have ended, with their history, and the artifacts that no job that is left names, but none younger than an hour. What runs or waits is never touched.",
      "With --json the document is {\"jobs\", \"artifacts\", \"bytes\", \"dry_run\"}; a dry run counts the jobs only.",
    ],
    examples: [
      Example("bulkhead gc --dry-run", "What would be removed."),
      Example("bulkhead gc --older-than 7d", "Keeps the jobs of one week."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let age = try arguments.milliseconds(
        "older-than",
        in: 0...Int64.max,
        due: "a time such as 0s, 12h or 30d is due"
      )
      let isDryRun = arguments.has("dry-run")
      let client = try await arguments.connect()
      let report = try await asking { () async throws(ClientError) in
        try await client.collectGarbage(olderThan: age.map { .milliseconds($0) }, dryRun: isDryRun)
      }
      if console.isJSON {
        console.print([
          "jobs": .integer(report.jobs), "artifacts": .integer(report.artifacts), "bytes": .integer(report.bytes),
          "dry_run": .bool(isDryRun),
        ])
      } else if isDryRun {
        console.say("would remove \(counted(Int(report.jobs), "job")), and the artifacts that nothing else names")
      } else {
        let what = "\(counted(Int(report.jobs), "job")), \(counted(Int(report.artifacts), "artifact"))"
        console.say("removed \(what), \(sizeText(report.bytes))")
      }
      return ExitCode.success
    }
  )

  static let backup = Command(
    path: ["backup"],
    summary: "copy the journal while it is in use",
    operands: [Operand("FILE", isOptional: true, completion: .file)],
    description: [
      "Has the coordinator write a consistent copy of its journal into the folder 'backups' of its state folder, and prints where it is. With FILE it is copied there too, readable by you alone; a file that exists is replaced when the copy is complete.",
      "The copy is an SQLite database. Artifacts are files of their own and are not in it.",
      "With --json the document is {\"path\", \"bytes\"}, and with FILE \"copy\".",
    ],
    exits: ["0    the copy is complete", "1    it could not be made or copied"],
    examples: [
      Example("bulkhead backup", "Makes a copy in the state folder."),
      Example("bulkhead backup /mnt/safe/journal.db", "And another one elsewhere."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let target = arguments.operand(0)
      if target == "" { throw Failure(usage: "FILE is empty") }
      let client = try await arguments.connect()
      let report = try await asking { () async throws(ClientError) in try await client.backup() }
      if let target { try await offPool { () throws(Failure) in try copy(report.path, to: target) } }
      if console.isJSON {
        var document: JSONObject = ["path": .string(report.path), "bytes": .integer(report.bytes)]
        document["copy"] = target.map { .string($0) }
        console.print(.object(document))
      } else {
        console.say("\(Console.printable(target ?? report.path)), \(sizeText(report.bytes))")
      }
      return ExitCode.success
    }
  )

  /// Under another name first, so that `target` is never half a copy.
  private static func copy(_ source: String, to target: String) throws(Failure) {
    let temporary = "\(target).\(getpid()).part"
    do throws(PosixError) {
      let input = try Descriptor.open(source, O_RDONLY)
      let output = try Descriptor.open(temporary, O_WRONLY | O_CREAT | O_EXCL, mode: 0o600)
      var chunk = [UInt8](repeating: 0, count: 1 << 20)
      while true {
        let count = try posix("read", source) {
          chunk.withUnsafeMutableBytes { Glibc.read(input.raw, $0.baseAddress, $0.count) }
        }
        if count == 0 { break }
        try output.writeAll(Array(chunk[..<count]))
      }
      try posix("fsync", temporary) { fsync(output.raw) }
      try posix("rename", target) { rename(temporary, target) }
    } catch {
      unlink(temporary)
      var failure = Failure("file", "cannot copy the journal: \(error)")
      failure.hint = "the coordinator's own copy is complete: \(source)"
      throw failure
    }
  }
}

/// `512 bytes`, `4.0 KiB`, `1.2 GiB`.
private func sizeText(_ bytes: Int64) -> String {
  if bytes < 1024 { return "\(bytes) byte\(bytes == 1 ? "" : "s")" }
  var tenths = Double(bytes)
  var unit = ""
  for next in ["KiB", "MiB", "GiB", "TiB"] where tenths >= 1024 {
    tenths /= 1024
    unit = next
  }
  return "\((tenths * 10).rounded() / 10) \(unit)"
}
