internal import Glibc
internal import JSON
internal import Models
internal import Posix
internal import WorkerKit

/// What is known of models: the catalog beside this program, with the operator's own facts over it, and vocabularies.
struct Library: Sendable {
  static let file = "catalog.json"

  let catalog: ModelCatalog
  private let counters: [TokenPattern: TokenCounter]
  private let estimate = TokenCounter()

  /// - Parameters:
  ///   - overlay: in the form of the catalog.
  ///   - vocabularies: files in tiktoken's format, by the name of their pattern; readable by grant.
  init(overlay: JSONObject?, vocabularies: JSONObject?) throws(WireError) {
    var catalog: ModelCatalog
    do throws(CatalogError) {
      catalog = try ModelCatalog(parsing: try Self.read(Self.file, limit: ModelCatalog.byteLimit))
      if let overlay {
        var overlay = overlay
        if overlay["as_of"] == nil { overlay["as_of"] = .string(catalog.asOf) }
        catalog = catalog.overlaid(with: try ModelCatalog(decoding: .object(overlay)))
      }
    } catch {
      throw WireError(.invalidParams, "\(error)", data: ["path": "/catalog"])
    }
    self.catalog = catalog
    var counters: [TokenPattern: TokenCounter] = [:]
    for member in vocabularies?.members ?? [] {
      guard let pattern = TokenPattern(rawValue: member.key), let path = member.value.stringValue else {
        let names = TokenPattern.allCases.map(\.rawValue).joined(separator: ", ")
        throw .invalidParams("/vocabularies", "\(quotedName(member.key)) is none of \(names) with a path")
      }
      do throws(VocabularyError) {
        let bytes: [UInt8]
        do { bytes = try Descriptor.open(path, O_RDONLY).readAll(limit: BytePairVocabulary.fileLimit) } catch {
          throw VocabularyError(line: nil, detail: "\(error); hint: grant it with 'workers.models.read'")
        }
        counters[pattern] = TokenCounter(try BytePairVocabulary(parsing: bytes, pattern: pattern))
      } catch {
        throw .invalidParams("/vocabularies/\(member.key)", "the vocabulary \(quotedName(path)): \(error)")
      }
    }
    self.counters = counters
  }

  private static func read(_ path: String, limit: Int) throws(CatalogError) -> [UInt8] {
    do {
      return try Descriptor.open(path, O_RDONLY).readAll(limit: limit)
    } catch {
      throw CatalogError(path: "", detail: "\(error)")
    }
  }

  func counter(_ facts: ModelFacts) -> TokenCounter { facts.tokenizer.flatMap { counters[$0] } ?? estimate }
}
