internal import ClientKit
internal import JSON
internal import TerminalText
internal import Wire

extension Command {
  static let recipes = Command(
    path: ["recipes"],
    summary: "list the recipes, or show one of them with its parameters and its plan",
    operands: [Operand("NAME", isOptional: true, completion: .recipes)],
    description: [
      "A recipe is a plan under a name, with typed parameters. Workers bring recipes along, and you may keep your own as *.json in the folder 'recipes' beside the configuration; 'bulkhead workers reload' reads them again.",
      "Without NAME prints a line for each recipe: its parameters, those that must be given first, and what it is for. With NAME prints its parameters and its plan.",
      "With --json the document is {\"recipes\": [...]} in both cases; \"trouble\" says why one cannot be run at the moment.",
    ],
    exits: ["0    success", "1    there is no recipe NAME"],
    examples: [
      Example("bulkhead recipes", "Lists the recipes."),
      Example("bulkhead recipes receipt", "Shows what the recipe 'receipt' takes and does."),
      Example("bulkhead run --recipe receipt --set image=lunch.jpg", "Runs it."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let client = try await arguments.connect()
      let name = arguments.operand(0)
      let recipes = try await asking { () async throws(ClientError) in
        if let name { return [try await client.recipe(name)].compactMap(\.self) }
        return try await client.recipes()
      }
      if console.isJSON {
        console.print(["recipes": .array(recipes.map(\.json))])
      } else if name != nil {
        for recipe in recipes { console.print(page(recipe, console)) }
      } else if recipes.isEmpty {
        console.say("no recipes; 'bulkhead help recipes' says where they are kept")
      } else {
        console.print(table(recipes).text(console.paint()))
      }
      return ExitCode.success
    }
  )

  private static func table(_ recipes: [RecipeSummary]) -> Table {
    var table = Table("RECIPE", "PARAMETERS", "DESCRIPTION")
    for recipe in recipes {
      let first = recipe.description.split(separator: "\n").first.map(String.init) ?? ""
      let text = recipe.trouble.map { "cannot be run: \($0)" } ?? first
      table.add([
        recipe.name, parameters(recipe).joined(separator: " "), text.count > 70 ? text.prefix(69) + "…" : text,
      ])
    }
    return table
  }

  /// Those that must be given first, the others in brackets.
  private static func parameters(_ recipe: RecipeSummary) -> [String] {
    let all = recipe.parameters["properties"]?.objectValue?.members.map(\.key) ?? []
    let required = (recipe.parameters["required"]?.arrayValue ?? []).compactMap(\.stringValue)
    return required + all.filter { !required.contains($0) }.map { "[\($0)]" }
  }

  private static func page(_ recipe: RecipeSummary, _ console: Console) -> String {
    func bold(_ text: String) -> String { console.colour(text, .bold) }
    var lines = ["\(bold("recipe"))  \(recipe.name)", "", Console.printable(recipe.description)]
    if let trouble = recipe.trouble { lines += ["", "It cannot be run at the moment: \(Console.printable(trouble))."] }
    if !recipe.examples.isEmpty {
      lines += ["", bold("requests that it serves")] + recipe.examples.map { "  \(Console.printable($0))" }
    }
    lines += ["", bold("parameters"), recipe.parameters.indented()]
    if let plan = recipe.plan { lines += ["", bold("plan"), plan.indented()] }
    return lines.joined(separator: "\n")
  }
}
