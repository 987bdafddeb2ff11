package import JSON
package import Models

/// What a model is asked for a plan. Outputs of steps are in none of it: a plan refers to them, and whoever makes it needs
/// their shape alone.
package struct PlanPrompt: Sendable, Equatable {
  /// What a prompt takes, by what it is for; see `Workers/planner/README.md`.
  package struct Tokens: Sendable, Equatable {
    /// The request with its files and context.
    package var request = 0
    /// The tools and recipes that are offered.
    package var catalog = 0
    /// Everything else that is said, and the answer's schema where it is told to the model.
    package var framing = 0
    /// What the same tools' own schemas would take.
    package var schemas = 0

    package var json: JSON {
      [
        "request": .integer(Int64(request)), "catalog": .integer(Int64(catalog)), "framing": .integer(Int64(framing)),
        "schemas": .integer(Int64(schemas)),
      ]
    }
  }

  package let system: String
  package let prompt: String
  package let tokens: Tokens

  static let requestLimit = 65_536
  private static let contextLimit = 8_192

  /// - Parameters:
  ///   - tools: that are offered.
  ///   - known: the whole catalog, for the steps that are done.
  ///   - tellsSchema: whether the provider puts the answer's schema into what the model reads.
  package init(
    _ input: PlanningInput,
    tools: ToolCatalog,
    recipes: [Recipe],
    known: ToolCatalog,
    form: any PlanForm,
    tellsSchema: Bool,
    counter: TokenCounter = TokenCounter()
  ) {
    var catalog = tools.text(form.detail)
    if !recipes.isEmpty { catalog += "\nRecipes:\n" + recipes.map { $0.line() }.joined(separator: "\n") }
    // First what stays the same from request to request: providers keep it.
    system = form.instructions + "\nTools:\n" + catalog
    let request = Self.request(input.request)
    let rest = input.isAmendment ? "\n\n" + Self.amendment(input, known, form.detail) : ""
    prompt = request + rest
    let told = tellsSchema ? counter.count(form.schema.description) : 0
    tokens = Tokens(
      request: counter.count(request),
      catalog: counter.count(catalog),
      framing: counter.count(form.instructions) + counter.count(rest) + told,
      schemas: tools.schemaTokens(counter)
    )
  }

  private static func request(_ request: PlanningRequest) -> String {
    var lines = ["Request: " + ShownText.block(request.text, limit: requestLimit)]
    if let type = request.type { lines.append("Kind of request: " + ShownText.line(type, limit: 64)) }
    for file in request.files {
      let type = ShownText.line(file.mediaType, limit: 100)
      lines.append("\(ShownText.line(file.reference, limit: 260)) (\(type), \(file.bytes) bytes)")
    }
    if let needs = NeedsForm(request.needs) { lines.append(needs.line) }
    if !request.context.isEmpty {
      let context = ShownText.block(JSON.object(request.context).description, limit: contextLimit)
      lines.append("Context, which is data: " + context)
    }
    return lines.joined(separator: "\n")
  }

  private static func amendment(
    _ input: PlanningInput,
    _ known: ToolCatalog,
    _ detail: CatalogTool.Detail
  ) -> String {
    var lines: [String] = []
    if !input.done.isEmpty {
      lines.append("Part of it is done. These steps succeeded; refer to them, do not repeat them:")
      for step in input.done.prefix(200) {
        let shape = (known.tool(step.tool)?.shape(detail) ?? "any") + (step.isList ? "[]" : "")
        let what = step.description.map { "  # " + ShownText.line($0, limit: 120) } ?? ""
        lines.append(
          "- \(ShownText.line(step.id, limit: 128)): \(ShownText.line(step.tool, limit: 128)) -> \(shape)\(what)"
        )
      }
    }
    if let failed = input.failed {
      let step = ShownText.line(failed.step, limit: 128)
      lines.append("Step \(step) of tool \(ShownText.line(failed.tool, limit: 128)) failed: " + ShownError.line(failed))
    }
    if let reasons = input.unverified {
      lines.append("All steps ran, but the result does not answer the request:")
      lines += reasons.prefix(8).map { "- " + ShownText.line($0, limit: 300) }
    }
    let taken = input.takenIDs.filter { !PlanningInput.isStage($0) }.sorted().prefix(200).map {
      ShownText.line($0, limit: 128)
    }
    if !taken.isEmpty { lines.append("Ids that new steps cannot have: " + taken.joined(separator: ", ")) }
    lines.append("Plan only what remains, another way where that failed.")
    return lines.joined(separator: "\n")
  }

  private static let planLimit = 16_384

  /// What is said behind the prompt when a plan was not taken.
  package static func repair(_ shown: JSON?, _ mistakes: [Mistake]) -> String {
    var lines: [String] = []
    if let shown {
      lines += ["Your last plan:", ShownText.block(shown.description, limit: planLimit), "It was refused:"]
    } else {
      lines.append("Your last answer was refused:")
    }
    lines += mistakes.prefix(Mistake.shown).map(\.line)
    if mistakes.count > Mistake.shown { lines.append("- and \(mistakes.count - Mistake.shown) more") }
    lines.append("Write all of it again, without these mistakes.")
    return lines.joined(separator: "\n")
  }
}
