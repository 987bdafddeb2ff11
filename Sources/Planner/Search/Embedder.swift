internal import Digest
internal import JSON
internal import Posix

/// Vectors of texts, from a model, kept by the digest of the text: descriptions of tools are turned into vectors once.
package final class Embedder: Sendable {
  /// Turns texts into vectors, one for each, all of one length.
  package typealias Source = @Sendable ([String]) async throws -> [[Double]]

  /// Of a text: models of sentences take little more than 500 tokens.
  static let textLimit = 1_200
  private static let batch = 128
  private static let keptLimit = 4_096

  private let kept = Guarded<[String: [Double]]>([:])

  package init() {}

  package var count: Int { kept.withLock { $0.count } }

  /// How near in meaning each text is to `request`: 1 the same, 0 nothing in common. nil, with a notice: no vectors are to
  /// be had.
  package func likeness(
    of texts: [String],
    to request: String,
    from source: Source,
    _ notice: (String) -> Void
  ) async throws -> [Double]? {
    do {
      // Together, so that a model that was changed in between is noticed.
      let found = try await vectors(texts + [request], from: source)
      return found.dropLast().map { Self.likeness($0, found[texts.count]) }
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      notice("no search by meaning: \(error)")
      return nil
    }
  }

  /// Vectors of length 1, one for each text. Throws what `source` does, and when it gives something else than vectors.
  package func vectors(_ texts: [String], from source: Source) async throws -> [[Double]] {
    let texts = texts.map { text in
      let line = ShownText.line(text, limit: Self.textLimit)
      return line.isEmpty ? "-" : line
    }
    let keys = texts.map { SHA256.digest(Array($0.utf8)) }
    var known = kept.withLock { kept in keys.map { kept[$0] } }
    let missing = known.indices.filter { known[$0] == nil }
    var rest = missing[...]
    while !rest.isEmpty {
      let part = Array(rest.prefix(Self.batch))
      rest = rest.dropFirst(part.count)
      let found = try await source(part.map { texts[$0] })
      guard found.count == part.count else {
        throw Failure(description: "\(found.count) vectors for \(part.count) texts")
      }
      for (index, vector) in zip(part, found) { known[index] = Self.normalized(vector) }
    }
    let vectors = known.map { $0 ?? [] }
    kept.withLock { kept in
      if kept.count + missing.count > Self.keptLimit { kept = [:] }
      for index in missing { kept[keys[index]] = vectors[index] }
    }
    // A model that was changed in between gives other vectors: then all are made anew the next time.
    guard let length = vectors.first?.count, length > 0, vectors.allSatisfy({ $0.count == length }) else {
      kept.withLock { $0 = [:] }
      throw Failure(description: "vectors of different lengths")
    }
    return vectors
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// The cosine of two vectors of length 1.
  static func likeness(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }

  private static func normalized(_ vector: [Double]) -> [Double] {
    let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
    return length > 0 && length.isFinite ? vector.map { $0 / length } : vector
  }
}
