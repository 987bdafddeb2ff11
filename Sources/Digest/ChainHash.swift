internal import CCrypto

/// A SHA-256 value, as the links of a chain are.
package struct ChainHash: Sendable, Hashable {
  package static let byteCount = 32
  /// What stands before the first link: 32 zero bytes.
  package static let none = ChainHash(SIMD32(repeating: 0))

  fileprivate var value: SIMD32<UInt8>

  private init(_ value: SIMD32<UInt8>) { self.value = value }

  /// nil unless it is 32 bytes.
  package init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    value = SIMD32(bytes)
  }

  /// nil unless it is 64 lower-case hexadecimal digits.
  package init?(hex: String) {
    guard SHA256.isDigest(hex), let bytes = Hexadecimal.bytes(hex) else { return nil }
    self.init(bytes)
  }

  package var bytes: [UInt8] { (0..<Self.byteCount).map { value[$0] } }
  package var hex: String { Hexadecimal.text(bytes) }

  package func append(to target: inout [UInt8]) {
    withUnsafeBytes(of: value) { target.append(contentsOf: $0) }
  }
}

/// Makes links: the hash of the link before, followed by some bytes.
///
/// Safety: `context` and `algorithm` are this value's own, and freed once.
package struct ChainHasher: ~Copyable {
  private let context: OpaquePointer
  private let algorithm: OpaquePointer

  package init() {
    // As with SHA256: libcrypto fails here only without memory or without its default provider. The algorithm is looked up
    // once, which takes longer than hashing a record.
    guard let context = EVP_MD_CTX_new(), let algorithm = EVP_MD_fetch(nil, "SHA256", nil) else {
      fatalError("libcrypto has no SHA-256")
    }
    self.context = context
    self.algorithm = algorithm
  }

  deinit {
    EVP_MD_CTX_free(context)
    EVP_MD_free(algorithm)
  }

  package mutating func link(after previous: ChainHash, _ bytes: UnsafeRawBufferPointer) -> ChainHash {
    var result = ChainHash.none
    var status = EVP_DigestInit_ex(context, algorithm, nil)
    withUnsafeBytes(of: previous.value) { status &= EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    if bytes.count > 0 { status &= EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) }
    withUnsafeMutableBytes(of: &result.value) {
      status &= EVP_DigestFinal_ex(context, $0.assumingMemoryBound(to: UInt8.self).baseAddress, nil)
    }
    precondition(status == 1, "EVP_Digest")
    return result
  }
}
