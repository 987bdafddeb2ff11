/// Receipts of our own making in the layouts that shops of the region print, for what the parser was not written with.
struct Layout: Sendable {
  let name: String
  let company: String
  let date: String
  let total: String
  let text: String
}

enum Layouts {
  static let all: [Layout] = shops + eateries + documents
}
