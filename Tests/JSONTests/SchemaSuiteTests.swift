import Foundation
import JSON
import Testing

/// The public JSON Schema test suite, draft 2020-12.
struct SchemaSuiteTests {
  /// Tests that we do not pass on purpose: file, group, test → why.
  static let leftOut: [String: String] = [
    "vocabulary.json | schema that uses custom metaschema with with no validation vocabulary"
      + " | no validation: invalid number, but it still validates":
      "$vocabulary is ignored: no schema may switch its own checks off"
  ]

  @Test(arguments: (try? requiredFiles()) ?? [])  // Safety: `the suite is there` fails without the files.
  func `the required tests pass`(file: String) throws {
    let result = try run(file)
    #expect(result.count > 0)
    #expect(result.failures == [])
  }

  @Test func `the suite is there`() throws {
    let files = try Self.requiredFiles()
    #expect(files.count >= 45)
    let counts = try files.map { try run($0).count }
    print("required tests: \(counts.reduce(0, +)) in \(files.count) files, left out: \(Self.leftOut.count)")
    #expect(counts.reduce(0, +) >= 1_290)
  }

  @Test(arguments: [
    "ecmascript-regex.json", "bignum.json", "non-bmp-regex.json", "refOfUnknownKeyword.json", "id.json", "anchor.json",
    "dynamicRef.json", "unknownKeyword.json", "no-schema.json", "float-overflow.json",
  ])
  func `the optional tests that concern us pass`(file: String) throws {
    let result = try run("optional/" + file)
    print("\(file): \(result.count - result.failures.count) of \(result.count) pass")
    #expect(result.count > 0)
    #expect(result.failures == [])
  }

  // MARK: Running

  static let folder: URL = {
    let shared =
      ProcessInfo.processInfo.environment["BULKHEAD_SHARED"].map { URL(fileURLWithPath: $0) }
      ?? URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("shared")
    return shared.appendingPathComponent("conformance/json-schema-test-suite")
  }()

  static func requiredFiles() throws -> [String] {
    let path = folder.appendingPathComponent("tests/draft2020-12").path
    return try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".json") }.sorted()
  }

  /// The suite's remote documents under the address at which its schemas expect them.
  static let remotes: [String: JSON] = {
    let root = folder.appendingPathComponent("remotes")
    var found: [String: JSON] = [:]
    for case let file as URL in FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil) ?? .init() {
      guard file.pathExtension == "json", let data = try? Data(contentsOf: file),  // Safety: absence fails the tests.
        let json = try? JSON(parsing: Array(data))  // Safety: absence fails the tests.
      else { continue }
      let components = file.standardizedFileURL.pathComponents
      let relative = components.dropFirst(root.standardizedFileURL.pathComponents.count)
      found["http://localhost:1234/" + relative.joined(separator: "/")] = json
    }
    return found
  }()

  private func run(_ file: String) throws -> (count: Int, failures: [String]) {
    let data = try Data(contentsOf: Self.folder.appendingPathComponent("tests/draft2020-12/" + file))
    var count = 0
    var failures: [String] = []
    for group in try JSON(parsing: Array(data)).arrayValue ?? [] {
      let title = group["description"]?.stringValue ?? ""
      let schema: JSONSchema
      do {
        schema = try JSONSchema(try #require(group["schema"]), documents: Self.remotes)
      } catch {
        count += 1
        failures.append("\(file) | \(title): \(error)")
        continue
      }
      for test in group["tests"]?.arrayValue ?? [] {
        count += 1
        let value = try #require(test["data"])
        let name = "\(file) | \(title) | \(test["description"]?.stringValue ?? "")"
        let isExpected = (test["valid"]?.boolValue == true) != (Self.leftOut[name] != nil)
        if schema.isValid(value) != isExpected { failures.append(name) }
        if schema.evaluatedViolations(in: value).isEmpty != isExpected { failures.append(name + " (violations)") }
      }
    }
    return (count, failures)
  }
}
