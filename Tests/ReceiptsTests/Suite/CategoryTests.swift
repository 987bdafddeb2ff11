import JSON
import Testing
import Wire

@testable import receipts_worker

@Suite struct CategoryTests {
  private let rules = CategoryRules()

  @Test(arguments: [
    ("CHICKEN RICE", "food"), ("ORANGE JUICE 1L", "beverage"), ("DISHWASHING LIQUID", "household"),
    ("SUPER GLUE", "office"), ("V-POWER 97", "transport"), ("PANADOL TABLETS 10S", "health"), ("Iced Tea", "beverage"),
    ("SHAMP00", "other"), ("SHAMPO0", "personal"), ("SHAMPOOO", "personal"), ("COTTON T-SHIRT", "clothing"),
    ("REPAIR ENGINE", "service"), ("PEN", "office"), ("PENCILS", "office"), ("CARROT", "other"), ("", "other"),
    ("XQZ 12", "other"), ("ICE CREAM", "food"), ("MINERAL WATER 500ML", "beverage"),
  ]) func `an item goes where its words say`(_ name: String, _ category: String) {
    #expect(rules.classify(name).category == category)
  }

  @Test func `a longer phrase is surer than a word, and nothing is surest of other`() {
    #expect(rules.classify("GREEN TEA").confidence > rules.classify("TEA").confidence)
    #expect(rules.classify("GREEN TEA").reason == "'green tea' is in the name")
    #expect(rules.classify("XQZ").confidence < 0.5)
  }

  @Test func `the shop decides where the name says nothing`() {
    let unknown = rules.classify("SET B", company: "Restoran Melati")
    #expect(unknown.category == "food")
    #expect(unknown.reason.contains("restoran"))
    #expect(rules.classify("PARKING", company: "Restoran Melati").category == "transport")
  }

  @Test func `totals by category are exact and have every item in one`() throws {
    let output = try ExpenseCategorizer.categorize(
      [
        "items": [
          ["name": "CHICKEN RICE", "price": 8.10, "quantity": 1], ["name": "FRIED NOODLES", "price": 0.20],
          ["name": "KOPI", "price": 1.90], ["name": "DISCOUNT CARD", "price": -0.10], ["name": "NO PRICE"],
        ]
      ],
      rules
    )
    #expect(output["totals"] == ["food": 8.30, "beverage": 1.90, "other": -0.10])
    #expect(output["total"] == 10.10)
    #expect(output["items"]?.arrayValue?.count == 5)
    #expect(output["items"]?[0]?["quantity"] == 1)
  }

  @Test func `a price that is no money is an error with its place`() {
    let error = #expect(throws: WireError.self) {
      try ExpenseCategorizer.categorize(["items": [["name": "a", "price": 1.00001]]], rules)
    }
    #expect(error?.data["path"] == "/items/0/price")
  }

  @Test func `the operator adds words and categories of his own`() {
    let own = CategoryRules([("pets", ["dog food", "leash"])])
    #expect(own.classify("DOG FOOD 2KG").category == "pets")
    #expect(own.categories.first == "pets")
    #expect(own.categories.last == "other")
  }
}
