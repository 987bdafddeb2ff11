import ClientKit
import Foundation
import JSON
import Peers
import Posix
import Testing
import Wire

@testable import Planner

/// Plans by a real small model, and search by real vectors.
extension PeerTests {
  private static let requests = [
    "Compute the tax on 200 at a rate of 0.08", "Take 10 percent off 50 and add 8 percent tax",
    "Count these items and add them up: tea 3, milk 2", "Keep the items of the category food",
    "Put these expenses into categories: taxi, lunch, hotel",
  ]

  /// Whether a refused plan was a graph all the same: its steps called tools that are there, and referred to earlier ones.
  private static func isGraph(_ mistakes: [JSON]) -> Bool {
    mistakes.allSatisfy { mistake in
      // A place that an earlier step's output does not have.
      let isPlace = mistake["message"]?.stringValue?.contains("finds nothing: the output of") == true
      return mistake["name"] == "invalid_input" || mistake["name"] == "dangling_reference" && isPlace
    }
  }

  @Test func `a real small model's plans are graphs without cycles, all twenty`() async throws {
    // One thread: two that wait for each other crawl beside whatever else runs.
    let peer = try Peer("model-server", "--port", "0", "--threads", "1")
    defer { peer.stop() }
    let service = try await PlanningService(
      "{providers: {real: {kind: llamacpp, base_url: \"\(peer.ready[1])/v1\"}}, roles: {planner: [real]}}",
      planner: "{tries: 1}"
    )
    var graphs = 0
    var plans = 0
    var times: [Int64] = []
    for number in 0..<20 {
      let began = BootTime.now
      let input: JSON = ["request": ["text": .string("\(Self.requests[number % 5]) (\(number))")]]
      do throws(ClientError) {
        let output = try await service.client.call(tool: "make_plan", input: input, timeout: .seconds(300)).output
        #expect(output["by"]?["kind"] == "small_model")
        plans += 1
        graphs += 1
      } catch {
        // What is in a step is nonsense at times, and found to be.
        #expect(error.data["reason"] == "no_plan", "\(error)")
        if Self.isGraph(error.data["tries"]?[0]?["mistakes"]?.arrayValue ?? [[:]]) { graphs += 1 }
      }
      times.append(BootTime.now.milliseconds(since: began))
    }
    times.sort()
    print(
      "small plans: \(graphs) of 20 graphs, \(plans) of 20 taken at the first try, \(times[10]) ms (\(times[0]) to \(times[19]))"
    )
    #expect(graphs == 20)
  }

  @Test func `a real small model's plan is recorded`() async throws {
    let peer = try Peer("model-server", "--port", "0", "--threads", "1")
    defer { peer.stop() }
    let service = try await PlanningService(
      "{record: true, providers: {real: {kind: llamacpp, base_url: \"\(peer.ready[1])/v1\"}}, roles: {planner: [real]}}"
    )
    let output = try await service.client.call(
      tool: "make_plan",
      input: RecordedPlanTests.input,
      timeout: .seconds(300)
    ).output
    #expect(output["decision"] == "plan")
    let recording = try #require(Self.recordings(in: service.service.folder + "/state/blobs").first)
    if ProcessInfo.processInfo.environment["BULKHEAD_UPDATE_GOLDEN"] == "1" {
      try recording.write(to: URL(filePath: RecordedPlanTests.path))
    }
    // What is asked first is what was asked when the file was made.
    func question(_ bytes: Data) throws -> JSON? {
      let exchanges = try JSON(parsing: Array(bytes))["exchanges"]?.arrayValue ?? []
      return exchanges.first { $0["request"]?["path"] == "/chat/completions" }?["request"]?["body"]
    }
    let kept = try Data(contentsOf: URL(filePath: RecordedPlanTests.path))
    #expect(try question(recording) == question(kept))
  }

  /// The recordings that a coordinator keeps, oldest first.
  private static func recordings(in folder: String) throws -> [Data] {
    let files = FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? []
    let found = files.compactMap { FileManager.default.contents(atPath: folder + "/" + $0) }
    return found.filter { $0.starts(with: Array(#"{"recording":1"#.utf8)) }
  }

  private static let receipt = Recipe(
    name: "receipt",
    description: "From the picture of a receipt to categories and statistics.",
    examples: ["Process this receipt and categorize all items", "Read the receipt and tell me what was spent on what"],
    parameters: ["type": "object"]
  )

  private static let summary = Recipe(
    name: "summary",
    description: "Summarises a text file.",
    examples: ["Summarise this document"],
    parameters: ["type": "object"]
  )

  @Test func `real vectors find tools and recipes that words do not`() async throws {
    let peer = try Peer("model-server", "--model", "minilm", "--port", "0")
    defer { peer.stop() }
    let service = try await PlanningService(
      "{providers: {mini: {kind: llamacpp, base_url: \"\(peer.ready[1])/v1\", embedder: minilm}, "
        + "big: {kind: openai, auth: none, base_url: \"URL/big/v1\", model: gpt-4o}}, "
        + "roles: {planner: [big], embedder: [mini]}}",
      planner: "{tools: 2}"
    )
    service.answer([
      "reason": "", "decision": "answer", "answer": "x", "steps": [], "answer_template": "", "write": false,
      "checks": [],
    ])
    for (number, (request, tool)) in [
      ("What does the state take of a sale?", "compute_tax"), ("Make it cheaper by a tenth", "apply_discount"),
    ].enumerated() {
      _ = try await service.makePlan(["request": ["text": .string(request)]])
      let system = service.prompt(number, role: 0)
      #expect(system.contains("\n\(tool)("), "\(request): \(system.suffix(600))")
    }
    let client = service.client
    let source: Embedder.Source = { texts in
      let output = try await client.call(tool: "embed", input: ["input": .array(texts.map { .string($0) })]).output
      return (output["embeddings"]?.arrayValue ?? []).map { ($0.arrayValue ?? []).compactMap(\.doubleValue) }
    }
    let matcher = RecipeMatcher(Embedder(), source)
    for (request, name) in [
      ("Sort the purchases on this receipt into categories", "receipt"),
      ("Look at the receipt and say what money was spent for", "receipt"),
      ("Give me a summary of this text document", "summary"),
      ("Is this receipt a forgery?", nil), ("Translate this receipt into German", nil),
      ("Make the picture smaller", nil),
      ("Read the receipt and mail it to my accountant", nil), ("Write a document about receipts", nil),
      ("Translate this document", nil),
      ("What is the weather in Paris?", nil),
    ] as [(String, String?)] {
      let scores = try await matcher.scores(request, [Self.receipt, Self.summary])
      let found = try await matcher.match(PlanningRequest(text: request), among: [Self.receipt, Self.summary])
      #expect(found?.name == name, "\(request): \(scores)")
    }
  }
}
