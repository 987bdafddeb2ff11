internal import CCrypto

/// A key that verifies Ed25519 signatures (RFC 8032).
package struct VerifyingKey: Sendable, Hashable {
  package static let byteCount = 32
  package static let signatureBytes = 64

  package let bytes: [UInt8]

  /// nil unless it is 32 bytes.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// Names it in few letters: the first 16 hexadecimal digits of the SHA-256 of its bytes.
  package var id: String { String(SHA256.digest(bytes).prefix(16)) }

  package func accepts(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    guard signature.count == Self.signatureBytes, let context = EVP_MD_CTX_new() else { return false }
    defer { EVP_MD_CTX_free(context) }
    let key = bytes.withUnsafeBufferPointer {
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, $0.baseAddress, $0.count)
    }
    guard let key else { return false }
    defer { EVP_PKEY_free(key) }
    guard EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1 else { return false }
    return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
  }
}

/// A key that makes Ed25519 signatures. It never leaves this type but for its file.
package struct SigningKey: Sendable {
  package static let seedBytes = 32

  private let seed: [UInt8]
  package let verifying: VerifyingKey

  /// A new one.
  package init() {
    var key: OpaquePointer?
    // libcrypto fails here only without memory or without a source of randomness: nothing could be signed then.
    guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_ED25519, nil), EVP_PKEY_keygen_init(context) == 1,
      EVP_PKEY_keygen(context, &key) == 1, let key
    else { fatalError("libcrypto makes no Ed25519 key") }
    defer {
      EVP_PKEY_free(key)
      EVP_PKEY_CTX_free(context)
    }
    var seed = [UInt8](repeating: 0, count: Self.seedBytes)
    var count = seed.count
    let status = EVP_PKEY_get_raw_private_key(key, &seed, &count)
    precondition(status == 1 && count == Self.seedBytes, "EVP_PKEY_get_raw_private_key")
    self.seed = seed
    verifying = Self.verifying(key)
  }

  /// nil unless `seed` is 32 bytes.
  package init?(seed: [UInt8]) {
    guard seed.count == Self.seedBytes, let key = Self.open(seed) else { return nil }
    defer { EVP_PKEY_free(key) }
    self.seed = seed
    verifying = Self.verifying(key)
  }

  private static func open(_ seed: [UInt8]) -> OpaquePointer? {
    seed.withUnsafeBufferPointer { EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, $0.baseAddress, $0.count) }
  }

  private static func verifying(_ key: OpaquePointer) -> VerifyingKey {
    var bytes = [UInt8](repeating: 0, count: VerifyingKey.byteCount)
    var count = bytes.count
    let status = EVP_PKEY_get_raw_public_key(key, &bytes, &count)
    guard status == 1, count == bytes.count, let verifying = VerifyingKey(bytes) else {
      fatalError("EVP_PKEY_get_raw_public_key")
    }
    return verifying
  }

  /// 64 bytes, the same for the same message.
  package func sign(_ message: [UInt8]) -> [UInt8] {
    guard let key = Self.open(seed), let context = EVP_MD_CTX_new() else { fatalError("libcrypto has no Ed25519") }
    defer {
      EVP_MD_CTX_free(context)
      EVP_PKEY_free(key)
    }
    var signature = [UInt8](repeating: 0, count: VerifyingKey.signatureBytes)
    var count = signature.count
    let status =
      EVP_DigestSignInit(context, nil, nil, nil, key)
      & EVP_DigestSign(
        context,
        &signature,
        &count,
        message,
        message.count
      )
    precondition(status == 1 && count == signature.count, "EVP_DigestSign")
    return signature
  }

  /// For the key's file alone.
  package func withSeed<T>(_ body: ([UInt8]) -> T) -> T { body(seed) }
}
