/// Every function there is. To add one: write its file in `functions/`, and name it here.
enum Functions {
  static let all: [any Function.Type] = [
    ComputeTax.self,
    ApplyDiscount.self,
    MergeItems.self,
    FilterItemsByCategory.self,
    ComputeItemStatistics.self,
  ]
}
