internal import CLinux
internal import Glibc
internal import Posix
internal import WorkerKit

/// The bytes of the image that a call names, checked as far as that goes without decoding them.
enum ImageSource {
  /// Of one image.
  static let limit = 32 << 20

  static func read(_ call: Call) async throws -> [UInt8] {
    let bytes =
      switch try reference(call.input) {
      case .artifact(let sha256): try await call.readArtifact(sha256, limit: limit)
      case .path(let path): try read(path, call.needs?.read ?? [])
      }
    try check(bytes)
    return bytes
  }

  // MARK: Which image

  enum Reference: Equatable {
    case artifact(String)
    case path(String)
  }

  /// `image` is a path or an artifact, `image_uri` a `file:` URI, `artifact` a digest or an artifact; exactly one of them.
  static func reference(_ input: JSON) throws(WireError) -> Reference {
    let names = ["image", "image_uri", "artifact"].filter { input[$0] != nil }
    guard names.count == 1, let name = names.first, let value = input[name] else {
      throw WireError(.invalidInput, "one of 'image', 'image_uri' and 'artifact' is due, and \(names.count) are there")
    }
    if let sha256 = value["artifact"]?.stringValue { return .artifact(sha256) }
    guard let text = value.stringValue else {
      throw WireError(.invalidInput, "'/\(name)' is neither a text nor an artifact")
    }
    if name == "artifact" { return .artifact(text) }
    return .path(try path(text, name))
  }

  private static func path(_ text: String, _ name: String) throws(WireError) -> String {
    if text.hasPrefix("/") { return text }
    guard let colon = text.firstIndex(of: ":") else {
      throw WireError(.invalidInput, "'/\(name)' is '\(text.prefix(256))' where an absolute path or a file: URI is due")
    }
    guard text[..<colon].lowercased() == "file" else {
      throw WireError(
        .invalidInput,
        "'/\(name)' is '\(text.prefix(256))', and receipt_ocr reaches no network; hint: "
          + "fetch the image first and pass the artifact"
      )
    }
    var rest = text[text.index(after: colon)...]
    if rest.hasPrefix("//localhost/") { rest = rest.dropFirst("//localhost".count) }
    if rest.hasPrefix("///") { rest = rest.dropFirst(2) }
    guard rest.hasPrefix("/"), !rest.hasPrefix("//"), let path = percentDecoded(rest) else {
      throw WireError(.invalidInput, "'/\(name)' is '\(text.prefix(256))', which names no file of this host")
    }
    return path
  }

  private static func percentDecoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
        return nil
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  // MARK: Reading a file

  /// Reads `path` if it lies in one of `granted`. Resolved by the kernel, below the granted folder: neither `..` nor a
  /// link leads out of it.
  static func read(_ path: String, _ granted: [String]) throws(WireError) -> [UInt8] {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }), !path.utf8.contains(0), path.utf8.count <= 4096
    else {
      throw WireError(.invalidInput, "'\(path.prefix(256))' is no plain absolute path")
    }
    let root = granted.filter { $0 == path || $0 == "/" || path.hasPrefix($0 + "/") }.max {
      $0.utf8.count < $1.utf8.count
    }
    guard let root else {
      throw WireError(
        .refused,
        "'\(path)' lies in none of the paths that the call needs to read",
        data: ["need": "read"]
      )
    }
    do throws(PosixError) {
      return try contents(of: path, below: root)
    } catch {
      switch error.errno {
      case EFBIG: throw tooLarge
      case ENOENT: throw WireError(.notFound, "there is no file '\(path)' that this worker may see")
      case EXDEV: throw WireError(.refused, "'\(path)' leads out of '\(root)'", data: ["need": "read"])
      case EISDIR, EINVAL: throw WireError(.invalidInput, "'\(path)' is no plain file")
      default: throw WireError(.invalidInput, "cannot read '\(path)': \(errnoMessage(error.errno))")
      }
    }
  }

  private static func contents(of path: String, below root: String) throws(PosixError) -> [UInt8] {
    let file: Descriptor
    if path == root {
      file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
    } else {
      let folder = try Descriptor.open(root, O_RDONLY | O_DIRECTORY)
      let rest = String(path.dropFirst(root == "/" ? 1 : root.utf8.count + 1))
      let raw = folder.raw
      let resolve = UInt(BULKHEAD_RESOLVE_BENEATH | BULKHEAD_RESOLVE_NO_MAGICLINKS)
      let opened = bulkhead_openat2(raw, rest, O_RDONLY | O_NONBLOCK, 0, resolve)
      guard opened >= 0 else { throw PosixError("openat2", path, errno: 0 - opened) }
      file = Descriptor(owning: opened)
    }
    var status = stat()
    let raw = file.raw
    try posix("fstat", path) { fstat(raw, &status) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw PosixError("open", path, errno: EINVAL) }
    if status.st_size > limit { throw PosixError("open", path, errno: EFBIG) }
    return try file.readAll(limit: limit)
  }

  // MARK: Checks

  private static var tooLarge: WireError {
    WireError(.limitExceeded, "image of more than \(limit) bytes", data: ["limit": "image"])
  }

  static func check(_ bytes: [UInt8]) throws(WireError) {
    if bytes.isEmpty { throw WireError(.invalidInput, "the image is empty") }
    if bytes.count > limit { throw tooLarge }
    guard type(of: bytes) != nil else {
      throw WireError(
        .invalidInput,
        "the image is none of these: \(types.map(\.name).joined(separator: ", ")); hint: "
          + "a PDF must be turned into images first"
      )
    }
  }

  private static let types: [(name: String, start: [UInt8])] = [
    ("PNG", [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), ("JPEG", [0xff, 0xd8, 0xff]),
    ("TIFF", [0x49, 0x49, 0x2a, 0x00]), ("TIFF (big-endian)", [0x4d, 0x4d, 0x00, 0x2a]), ("BMP", [0x42, 0x4d]),
    ("GIF", [0x47, 0x49, 0x46, 0x38]), ("PBM", [0x50, 0x34]), ("PGM", [0x50, 0x35]), ("PPM", [0x50, 0x36]),
  ]

  static func type(of bytes: [UInt8]) -> String? {
    if bytes.starts(with: [0x52, 0x49, 0x46, 0x46]), bytes.dropFirst(8).starts(with: [0x57, 0x45, 0x42, 0x50]) {
      return "WebP"
    }
    return types.first { bytes.starts(with: $0.start) }?.name
  }

  /// `image/jpeg`; of what is no image `application/octet-stream`.
  static func mediaType(of bytes: [UInt8]) -> String {
    guard let type = type(of: bytes) else { return "application/octet-stream" }
    return switch type {
    case "TIFF (big-endian)": "image/tiff"
    case "PBM", "PGM", "PPM": "image/x-portable-anymap"
    default: "image/\(type.lowercased())"
    }
  }
}
