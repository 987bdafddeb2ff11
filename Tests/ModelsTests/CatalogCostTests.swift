import Models
import Testing

@Suite struct `What a call costs` {
  static let price = ModelPrice(
    rates: .init(input: 2_500_000, output: 10_000_000, cachedInput: 1_250_000, cacheWrite: 3_125_000)
  )

  @Test func `is the sum over its kinds of tokens`() {
    let usage = ModelUsage(input: 1000, output: 100, cached: 300, cacheWritten: 200, reasoning: 50)
    // 500 plain, 300 cached, 200 written, 100 output; those of reasoning are among the output.
    #expect(Cost(usage, at: Self.price)?.nanodollars == 3_250_000)
  }

  @Test func `is unknown where a price that it takes is`() {
    let price = ModelPrice(rates: .init(input: 1, output: 1))
    #expect(Cost(ModelUsage(input: 5, output: 5), at: price) != nil)
    #expect(Cost(ModelUsage(input: 5, output: 5, cached: 1), at: price) == nil)
    #expect(Cost(ModelUsage(input: 5, output: 5, cacheWritten: 1), at: price) == nil)
  }

  @Test func `is rounded once`() {
    // 37.5 nanodollars a token.
    let price = ModelPrice(rates: .init(input: 37_500, output: 0))
    #expect(Cost(ModelUsage(input: 1), at: price)?.nanodollars == 38)
    #expect(Cost(ModelUsage(input: 2), at: price)?.nanodollars == 75)
    #expect(Cost(ModelUsage(input: 3), at: price)?.nanodollars == 113)
  }

  @Test func `is that of long requests as a whole`() {
    var price = Self.price
    price.long = (200_000, .init(input: 5_000_000, output: 15_000_000))
    #expect(Cost(ModelUsage(input: 200_000, output: 1), at: price)?.nanodollars == 500_010_000)
    #expect(Cost(ModelUsage(input: 200_001, output: 1), at: price)?.nanodollars == 1_000_020_000)
    #expect(Cost(ModelUsage(input: 200_001, cached: 1), at: price) == nil)
  }

  @Test func `stands nonsense and huge counts`() {
    #expect(Cost(ModelUsage(input: -5, output: -5, cached: -5), at: Self.price)?.nanodollars == 0)
    #expect(Cost(ModelUsage(input: 1, cached: 10), at: Self.price)?.nanodollars == 12_500)
    #expect(Cost(ModelUsage(input: .max, output: .max), at: Self.price)?.nanodollars == .max)
    #expect((Cost(nanodollars: .max) + Cost(nanodollars: 1)).nanodollars == .max)
  }

  @Test(arguments: [
    (0, "$0.00"), (1, "$0.000000001"), (123_000, "$0.000123"), (1_500_000_000, "$1.50"), (-5_000_000, "-$0.005"),
    (12_345_678_900, "$12.3456789"), (Int64.max, "$9223372036.854775807"), (Int64.min, "-$9223372036.854775808"),
  ]) func `is written out`(_ nanodollars: Int64, _ text: String) {
    #expect(Cost(nanodollars: nanodollars).text == text)
  }
}
