internal import CCrypto

/// SHA-256 (FIPS 180-4), computed by libcrypto as the bytes come.
package struct SHA256: ~Copyable {
  private let context: OpaquePointer

  package init() {
    // libcrypto fails here only without memory or without its default provider: nothing could be stored then.
    guard let context = EVP_MD_CTX_new(), EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1 else {
      fatalError("libcrypto has no SHA-256")
    }
    self.context = context
  }

  deinit { EVP_MD_CTX_free(context) }

  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count > 0 else { return }
    let status = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count)
    precondition(status == 1, "EVP_DigestUpdate")
  }

  package mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  /// 64 lower-case hexadecimal digits; once.
  package consuming func finish() -> String {
    var digest = [UInt8](repeating: 0, count: 32)
    let status = EVP_DigestFinal_ex(context, &digest, nil)
    precondition(status == 1, "EVP_DigestFinal_ex")
    return Hexadecimal.text(digest)
  }

  package static func digest(_ bytes: [UInt8]) -> String {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finish()
  }

  /// `key` if it has at most 128 bytes, else its digest: a name of bounded length that stands for it.
  package static func bounded(_ key: String) -> String {
    key.utf8.count <= 128 ? key : "sha256:" + digest(Array(key.utf8))
  }

  /// Whether `text` is written as `finish` writes it.
  package static func isDigest(_ text: String) -> Bool {
    text.utf8.count == 64 && text.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }
}
