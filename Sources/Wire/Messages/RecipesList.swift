package import JSON

/// The recipes, or one of them with its plan.
package struct RecipesList: WireRequest {
  package static let method = "recipes/list"

  package var name: String?

  package init(name: String? = nil) { self.name = name }
  package init(from fields: inout Fields) throws(WireError) { name = try fields.optional("name") }
  package func encode(into writer: inout JSONWriter) { writer.member("name", name) }

  package struct Response: WireBody {
    package var recipes: [RecipeSummary]

    package init(recipes: [RecipeSummary]) { self.recipes = recipes }
    package init(from fields: inout Fields) throws(WireError) { recipes = try fields.requireBodies("recipes") }
    package func encode(into writer: inout JSONWriter) { writer.member("recipes", recipes) }
  }
}
