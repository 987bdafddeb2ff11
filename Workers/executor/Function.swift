internal import WorkerKit

/// A registered function: its stored properties are its arguments. The same arguments give the same output, always.
protocol Function: Sendable {
  /// As callers name it; also the name of a tool.
  static var name: String { get }
  /// For people and models.
  static var summary: String { get }
  /// JSON Schemas of the arguments, an object, and of the output. Both are checked around every call.
  static var arguments: JSON { get }
  static var output: JSON { get }

  /// Takes arguments that fit the schema.
  init(_ arguments: Arguments) throws
  func run() throws -> JSON
}
