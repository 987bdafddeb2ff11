import Foundation
import JSON
import Testing

/// Every file of JSONTestSuite: `y_` accepted, `n_` refused, `i_` either.
@Suite struct ConformanceTests {
  static let folder = sharedFolder.appendingPathComponent("conformance/json-test-suite/test_parsing")

  private func files(_ prefix: String) throws -> [(name: String, bytes: [UInt8])] {
    let names = try? FileManager.default.contentsOfDirectory(atPath: Self.folder.path)  // Safety: nil fails just below.
    let found = try #require(
      names,
      "no '\(Self.folder.path)': set BULKHEAD_SHARED to the folder that holds conformance/json-test-suite"
    )
    return try found.filter { $0.hasPrefix(prefix) }.sorted().map { name in
      (name, Array(try Data(contentsOf: Self.folder.appendingPathComponent(name))))
    }
  }

  @Test func `every valid text is accepted and survives a round trip`() throws {
    let valid = try files("y_")
    #expect(valid.count >= 95)
    for (name, bytes) in valid {
      // The suite counts repeated keys as valid; ours needs to be asked for that.
      let limits = JSONLimits(allowsDuplicateKeys: name.contains("duplicated_key"))
      let json = try? JSON(parsing: bytes, limits: limits)  // Safety: nil is the failure that the next line reports.
      guard let json else {
        Issue.record("\(name) was refused: \(parseError(bytes, limits: limits).map(String.init(describing:)) ?? "")")
        continue
      }
      #expect(try JSON(parsing: json.serialized()) == json, "\(name)")
    }
  }

  @Test func `every invalid text is refused`() throws {
    let invalid = try files("n_")
    #expect(invalid.count >= 188)
    for (name, bytes) in invalid { #expect(parseError(bytes) != nil, "\(name) was accepted") }
  }

  /// Where the standard leaves the choice: we refuse bad Unicode and deep nesting, and accept numbers of any size.
  @Test func `texts that may be either are decided once and for all`() throws {
    let undecided = try files("i_")
    #expect(undecided.count >= 35)
    let accepted = undecided.filter { parseError($0.bytes) == nil }.map(\.name)
    #expect(
      accepted == [
        "i_number_double_huge_neg_exp.json", "i_number_neg_int_huge_exp.json", "i_number_pos_double_huge_exp.json",
        "i_number_real_neg_overflow.json", "i_number_real_pos_overflow.json", "i_number_real_underflow.json",
        "i_number_too_big_neg_int.json", "i_number_too_big_pos_int.json", "i_number_very_big_negative_int.json",
      ]
    )
  }
}
