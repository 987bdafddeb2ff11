import Glibc
import JSON
import ReceiptsTruth
import Wire

/// How much of real receipts is found in which way: what each part of the reading is worth.
struct ReceiptAccuracy {
  private let receipts: [GroundTruth]
  private let folder: String
  private let client: ServiceClient

  init(_ receipts: [GroundTruth], _ folder: String, _ client: ServiceClient) {
    self.receipts = receipts
    self.folder = folder
    self.client = client
  }

  func report() throws {
    print("of \(receipts.count) receipts right:                        total  date  company  nearly  sums")
    let once = try pages(["readings": 1])
    show(
      "a line with TOTAL, the first date and line",
      [score(once.map { NaiveRules.parse($0["text"]?.stringValue ?? "") })]
    )
    show("rules on the text", [try parsed(once.map { ["text": $0["text"] ?? ""] })])
    show("and on its layout", [try parsed(once.map { ["ocr": $0] })])
    let began = now()
    let read = try pages([:])
    let seconds = (now() - began) / 1e9
    let ours = try parsed(read.map { ["ocr": $0] })
    show("and on up to three readings", [ours])
    let more = read.map { $0["readings"]?.arrayValue?.count ?? 0 }
    for miss in ours.misses { print("    \(miss)") }
    print(
      "  read again: \(more.count { $0 > 0 }) of them, \(more.reduce(0, +)) times; "
        + "\((Double(read.count) / seconds * 100).rounded() / 100) images per second one at a time"
    )
    show("on what people read, perfectly", [try parsed(receipts.map { ["ocr": $0.page] })])
    // Settings that misread the same receipts otherwise, as other receipts would be.
    let others = ["column", "page", "sparse"]
    show(
      "means of \(others.count) other settings, read once",
      try others.map { try parsed(try pages(["layout": .string($0), "readings": 1]).map { ["ocr": $0] }) }
    )
    show(
      "the same, up to three readings",
      try others.map { try parsed(try pages(["layout": .string($0)]).map { ["ocr": $0] }) }
    )
    if let url = getenv("BULKHEAD_BENCH_MODEL").map({ String(cString: $0) }) { try withModel(url, read) }
  }

  /// The product's way, with a small model for what the rules do not find.
  private func withModel(_ url: String, _ pages: [JSON]) throws {
    let programs = programFolder()
    let service = try JailingService(
      "models",
      """
      {"name": "models", "command": ["\(programs)/models-worker"], "permissions": {"network": "outbound"},
       "settings": {"providers": {"local": {"kind": "llamacpp", "base_url": "\(url)"}}, "roles": {"worker": ["local"]}}}
      """,
      files: ["catalog.json": Array(#"{"as_of": "2026-01-01", "models": {}}"#.utf8)],
      others: [
        "receipts": """
        {"name": "receipts", "command": ["\(programs)/receipts-worker"], "permissions": {"jails": true},
         "settings": {"small_model": true}}
        """
      ]
    )
    defer { service.stop() }
    let client = try ServiceClient(service.socket)
    var asked: [String] = []
    var taken: [String] = []
    var receipts: [JSON] = []
    for page in pages {
      let call = ToolCall(tool: "line_item_parser", input: ["ocr": page], timeoutMS: 120_000)
      try client.call(call) { receipts.append(try $0.get().output) }
      let model = receipts.last?["model"]
      asked += model?["asked"]?.arrayValue?.compactMap(\.stringValue) ?? []
      taken += model?["taken"]?.arrayValue?.compactMap(\.stringValue) ?? []
    }
    show("with a small model for what is missing", [score(receipts)])
    print("  the model was asked for \(asked), and of that stood in the text: \(taken)")
  }

  private func pages(_ input: JSONObject) throws -> [JSON] {
    try receipts.map { receipt in
      var page = JSON.null
      try client.call(reading(receipt, folder, input)) { page = try $0.get().output }
      return page
    }
  }

  private func parsed(_ inputs: [JSON]) throws -> GroundTruth.Score {
    score(
      try inputs.map { input in
        var receipt = JSON.null
        try client.call(ToolCall(tool: "line_item_parser", input: input)) { receipt = try $0.get().output }
        return receipt
      }
    )
  }

  private func score(_ found: [JSON]) -> GroundTruth.Score {
    var score = GroundTruth.Score()
    for (truth, receipt) in zip(receipts, found) { score.add(truth, receipt) }
    return score
  }

  /// The mean of several scores, one decimal.
  private func show(_ way: String, _ scores: [GroundTruth.Score]) {
    func mean(_ count: (GroundTruth.Score) -> Int, _ width: Int) -> String {
      let tenths = (Double(scores.reduce(0) { $0 + count($1) }) / Double(scores.count) * 10).rounded() / 10
      let text = scores.count == 1 ? "\(Int(tenths))" : "\(tenths)"
      return String(repeating: " ", count: max(0, width - text.count)) + text
    }
    let name = way + String(repeating: " ", count: max(0, 44 - way.count))
    print(
      "  \(name)" + mean({ $0.totals }, 7) + mean({ $0.dates }, 6) + mean({ $0.companies }, 9)
        + mean({ $0.nearCompanies }, 8) + mean({ $0.sums }, 6)
    )
  }
}
