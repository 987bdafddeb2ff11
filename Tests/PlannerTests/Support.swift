import Foundation
import JSON
import Posix
import Testing
import Wire

@testable import Planner

enum Fixture {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent()

  /// The tools of the workers of this package, as a coordinator listed them.
  static let catalog: ToolCatalog = {
    guard let text = try? String(contentsOf: folder.appending(path: "Fixtures/tools.json"), encoding: .utf8),
      let list = try? JSON(parsing: text)
    else { return ToolCatalog(source: "none", tools: []) }
    return ToolCatalog(
      source: "fixture",
      tools: (list["tools"]?.arrayValue ?? []).map { tool in
        CatalogTool(
          name: tool["name"]?.stringValue ?? "",
          description: tool["description"]?.stringValue ?? "",
          worker: tool["worker"]?.stringValue ?? "",
          input: tool["input_schema"] ?? [:],
          output: tool["output_schema"]
        )
      }
    )
  }()

  static let receiptTools: Set<String> = [
    "receipt_ocr", "line_item_parser", "expense_categorizer", "compute_item_statistics",
  ]

  static let receipts = catalog.keeping { receiptTools.contains($0.name) }

  static func file(_ name: String, _ type: String = "image/jpeg") -> RequestFile {
    let artifact: JSON = [
      "artifact": .string(String(repeating: "0", count: 64)), "bytes": 1_234, "media_type": .string(type),
      "name": .string(name),
    ]
    return RequestFile(artifact)!
  }

  static let receiptRecipe = Recipe(
    name: "receipt",
    description: "From the picture of a receipt to categories and statistics.",
    examples: [
      "Process this receipt and categorize all items", "Read the receipt and tell me what was spent on what",
      "Extract the expenses from this receipt image",
    ],
    parameters: [
      "type": "object", "required": ["image"], "additionalProperties": false,
      "properties": [
        "image": ["type": "object", "format": "artifact", "media_types": ["image/*"]],
        "language": ["type": "string", "default": "eng"],
      ],
    ]
  )

  static let summaryRecipe = Recipe(
    name: "summary",
    description: "Summarises a text file.",
    examples: ["Summarise this document", "What does this text say, in three sentences?"],
    parameters: [
      "type": "object", "required": ["document"],
      "properties": [
        "document": ["type": "object", "format": "artifact", "media_types": ["text/plain", "application/pdf"]]
      ],
    ]
  )
}

/// Compares with a file in `Golden`. BULKHEAD_UPDATE_GOLDEN=1 rewrites it; the difference is then for a reader to judge.
func expectGolden(_ name: String, _ text: String, _ location: SourceLocation = #_sourceLocation) throws {
  let path = Fixture.folder.appending(path: "Golden/\(name).txt").path
  if ProcessInfo.processInfo.environment["BULKHEAD_UPDATE_GOLDEN"] == "1" {
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }
  #expect(try String(contentsOfFile: path, encoding: .utf8) == text, sourceLocation: location)
}

/// Services that answer as a test says, and keep what they were asked.
final class Script: Sendable {
  enum Reply: Sendable {
    case value(JSON)
    case text(String)
    case failure(WireError)
  }

  struct State {
    var replies: [Reply] = []
    var questions: [PlannerServices.Question] = []
    var checked: [JSON] = []
    var refusals: [[Mistake]] = []
    var embedded: [[String]] = []
    var notices: [String] = []
    var lives: [String] = []
  }

  let state = Guarded(State())
  let catalog: ToolCatalog
  let recipes: [Recipe]
  let models: JSON?
  let vectors: (@Sendable (String) -> [Double])?

  init(
    _ replies: [Reply] = [],
    catalog: ToolCatalog = Fixture.catalog,
    recipes: [Recipe] = [],
    models: JSON? = Script.large,
    refusals: [[Mistake]] = [],
    vectors: (@Sendable (String) -> [Double])? = nil
  ) {
    self.catalog = catalog
    self.recipes = recipes
    self.models = models
    self.vectors = vectors
    state.withLock { state in
      state.replies = replies
      state.refusals = refusals
    }
  }

  static func list(kind: String, model: String?, more: JSONObject = [:]) -> JSON {
    var provider: JSONObject = [
      "name": "p", "kind": .string(kind), "base_url": "http://127.0.0.1:1/v1", "has_key": true,
    ]
    for member in more.members { provider[member.key] = member.value }
    let target = JSON.string("p" + (model.map { "/\($0)" } ?? ""))
    return [
      "providers": [.object(provider)], "roles": ["planner": [target], "verifier": [target], "worker": [target]],
    ]
  }

  static let large = list(kind: "openai", model: "gpt-4o")
  static let localLarge = list(kind: "llamacpp", model: "llama-3.1-8b")
  static let small = list(kind: "llamacpp", model: "smollm2-135m")

  var questions: [PlannerServices.Question] { state.withLock { $0.questions } }

  var services: PlannerServices {
    PlannerServices(
      catalog: { self.catalog },
      recipes: { self.recipes },
      check: { plan in
        self.state.withLock { state in
          state.checked.append(plan)
          return state.refusals.isEmpty ? [] : state.refusals.removeFirst()
        }
      },
      ask: { question in
        let reply = self.state.withLock { state -> Reply in
          state.questions.append(question)
          return state.replies.count > 1 ? state.replies.removeFirst() : state.replies.first ?? .text("")
        }
        switch reply {
        case .value(let value): return .init(text: value.description, value: value, provider: "p", model: "m")
        case .text(let text): return .init(text: text, provider: "p", model: "m")
        case .failure(let error): throw error
        }
      },
      embed: { texts in
        self.state.withLock { $0.embedded.append(texts) }
        guard let vectors = self.vectors else { throw WireError(.toolFailed, "no vectors") }
        return texts.map(vectors)
      },
      models: { live in
        if let live { self.state.withLock { $0.lives.append(live) } }
        return self.models.map(ConfiguredModels.init)
      },
      notice: { text in self.state.withLock { $0.notices.append(text) } }
    )
  }

  func maker(_ settings: PlannerSettings = PlannerSettings()) -> PlanMaker { PlanMaker(settings, services, Embedder()) }

  /// The error that making a plan ends in, which has to be one.
  func failure(
    _ input: PlanningInput,
    _ settings: PlannerSettings = PlannerSettings(),
    _ location: SourceLocation = #_sourceLocation
  ) async -> WireError? {
    do {
      let output = try await maker(settings).make(input)
      Issue.record("a plan was made: \(output)", sourceLocation: location)
      return nil
    } catch {
      return error as? WireError
    }
  }
}
