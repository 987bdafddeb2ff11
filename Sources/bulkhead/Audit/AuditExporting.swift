internal import Audit
internal import ClientKit
internal import Digest
internal import JSON
internal import TerminalText

extension Command {
  static let auditExport = Command(
    path: ["audit", "export"],
    summary: "print the audit log as lines that anybody can verify",
    flags: [
      Flag("since", value: "TIME", "only what happened in the last TIME, such as 12h or 7d"),
      Flag("heads", "only the signed heads, to be kept elsewhere"),
    ],
    description: [
      "Prints JSON lines: records with their links, and the signed heads between them; 'protocol/audit.md' has the exact bytes. 'bulkhead audit verify --file FILE' verifies them without a coordinator.",
      "Somebody who can write the coordinator's state folder can write another log and sign it. Heads that are kept where they cannot write show it: 'bulkhead audit verify --against FILE'.",
    ],
    examples: [
      Example("bulkhead audit export > audit.jsonl", "All that there is."),
      Example("bulkhead audit export --heads | ssh safe 'cat > heads.jsonl'", "Heads, to another machine."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let search = try AuditSearch(arguments)
      let client = try await arguments.connect()
      var heads = HeadPages(client)
      try await heads.load()
      if arguments.has("heads") {
        if let beginning = heads.beginning { console.print(try line(beginning, .beginning)) }
        while let head = try await heads.take(upTo: .max) { console.print(try line(head, .head)) }
        return ExitCode.success
      }
      try await export(search, &heads, client, console)
      return ExitCode.success
    }
  )

  private static func export(
    _ search: AuditSearch,
    _ heads: inout HeadPages,
    _ client: BulkheadClient,
    _ console: Console
  ) async throws(Failure) {
    var after = heads.beginning?.number ?? 0
    if search.since != nil, let start = try await start(search, client), start.number > after {
      console.print(AuditExport.link(start.number, start.hash))
      after = start.number
    } else if let beginning = heads.beginning {
      console.print(try line(beginning, .beginning))
    }
    // Those of what is left out.
    while try await heads.take(upTo: after) != nil {}
    while true {
      let from = after
      let page = try await asking { () async throws(ClientError) in
        try await client.auditRecords(newestFirst: false, after: from, limit: 10_000)
      }
      for entry in page.records {
        let number = try number(of: entry)
        guard number == after + 1 else {
          throw Failure("audit", "records were removed meanwhile; export the log again")
        }
        guard let hash = ChainHash(hex: entry.hash) else { throw damaged }
        console.print(AuditExport.line(hash, entry.record))
        after = number
        while let head = try await heads.take(upTo: number) { console.print(try line(head, .head)) }
      }
      if page.next == nil { return }
    }
  }

  /// The record before the first one that is new enough; nil: there is none.
  private static func start(
    _ search: AuditSearch,
    _ client: BulkheadClient
  ) async throws(Failure) -> (number: Int64, hash: ChainHash)? {
    var first: AuditEntry?
    var after: Int64?
    repeat {
      let from = after
      let page = try await asking { () async throws(ClientError) in
        try await client.auditRecords(search, newestFirst: false, after: from, limit: 1)
      }
      first = page.records.first
      after = page.next
    } while first == nil && after != nil
    let page: AuditRecords
    if let first {
      let number = try number(of: first)
      page = try await asking { () async throws(ClientError) in
        try await client.auditRecords(newestFirst: true, after: number, limit: 1)
      }
    } else {
      page = try await asking { () async throws(ClientError) in try await client.auditRecords(limit: 1) }
    }
    guard let before = page.records.first else { return nil }
    guard let hash = ChainHash(hex: before.hash) else { throw damaged }
    return (try number(of: before), hash)
  }

  private static var damaged: Failure {
    Failure("audit", "the audit log is damaged; see 'bulkhead audit verify'")
  }

  private static func line(_ statement: AuditStatement, _ kind: AuditHead.Kind) throws(Failure) -> String {
    guard let head = AuditHead(statement, kind) else { throw damaged }
    return head.line
  }
}

/// Heads in order, fetched as they are needed.
private struct HeadPages {
  private let client: BulkheadClient
  private(set) var beginning: AuditStatement?
  private var heads: ArraySlice<AuditStatement> = []
  private var hasMore = true
  private var last: Int64 = 0

  init(_ client: BulkheadClient) { self.client = client }

  mutating func load() async throws(Failure) {
    let (client, last) = (client, last)
    let page = try await asking { () async throws(ClientError) in try await client.auditHeads(after: last) }
    if last == 0 { beginning = page.beginning }
    heads = page.heads[...]
    hasMore = page.hasMore
    self.last = page.heads.last?.number ?? last
  }

  mutating func take(upTo number: Int64) async throws(Failure) -> AuditStatement? {
    if heads.isEmpty, hasMore { try await load() }
    guard let head = heads.first, head.number <= number else { return nil }
    return heads.removeFirst()
  }
}

extension AuditHead {
  init?(_ statement: AuditStatement, _ kind: Kind) {
    guard statement.number > 0, let hash = ChainHash(hex: statement.hash),
      Hexadecimal.bytes(statement.key)?.count == 8,
      let signature = Hexadecimal.bytes(statement.signature), signature.count == VerifyingKey.signatureBytes
    else { return nil }
    self.init(kind, number: statement.number, hash: hash, at: statement.at, key: statement.key, signature: signature)
  }
}
