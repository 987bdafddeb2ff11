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
    let own = try Self.read(Self.file, limit: ModelCatalog.byteLimit, at: "/catalog")
    do throws(CatalogError) {
      catalog = try ModelCatalog(parsing: own)
      if let overlay {
        var overlay = overlay
        if overlay["as_of"] == nil { overlay["as_of"] = .string(catalog.asOf) }
        catalog = catalog.overlaid(with: try ModelCatalog(decoding: .object(overlay)))
      }
    } catch {
      throw .invalidParams("/catalog", "\(error)")
    }
    self.catalog = catalog
    var counters: [TokenPattern: TokenCounter] = [:]
    for member in vocabularies?.members ?? [] {
      guard let pattern = TokenPattern(rawValue: member.key), let path = member.value.stringValue else {
        let names = TokenPattern.allCases.map(\.rawValue).joined(separator: ", ")
        throw .invalidParams("/vocabularies", "\(quotedName(member.key)) is none of \(names) with a path")
      }
      let place = "/vocabularies/\(member.key)"
      let bytes = try Self.read(path, limit: BytePairVocabulary.fileLimit, at: place)
      do throws(VocabularyError) {
        counters[pattern] = TokenCounter(try BytePairVocabulary(parsing: bytes, pattern: pattern))
      } catch {
        throw .invalidParams(place, "the vocabulary \(quotedName(path)): \(error)")
      }
    }
    self.counters = counters
  }

  private static func read(_ path: String, limit: Int, at place: String) throws(WireError) -> [UInt8] {
    do throws(PosixError) {
      return try Descriptor.open(path, O_RDONLY).readAll(limit: limit)
    } catch {
      throw .invalidParams(place, "\(error); hint: 'workers.models.read' grants what this worker may read")
    }
  }

  func counter(_ facts: ModelFacts) -> TokenCounter { facts.tokenizer.flatMap { counters[$0] } ?? estimate }
}
