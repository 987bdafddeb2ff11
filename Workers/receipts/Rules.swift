internal import WorkerKit

/// Offers the tools that work by rules, again when the settings are known: rules alone are pure, and what asks a model
/// cannot be.
func offerRules(_ worker: Worker, hasModel: Bool) {
  worker.tool(
    "line_item_parser",
    "Finds company, date, items, tax and total in the text of a receipt, by rules and by what the figures say of each other.",
    input: Schemas.parse(hasModel: hasModel),
    output: Schemas.receipt,
    idempotent: true,
    pure: !hasModel
  ) { hasModel ? try await LineItemParser.runWithModel($0) : try LineItemParser.run($0) }
  worker.tool(
    "expense_categorizer",
    "Puts items down to categories such as food, household or transport, by words, with a total of each.",
    input: Schemas.expenses(hasModel: hasModel),
    output: Schemas.categorized,
    idempotent: true,
    pure: !hasModel
  ) { hasModel ? try await ExpenseCategorizer.runWithModel($0) : try ExpenseCategorizer.run($0) }
}
