import Foundation
import Glibc
import JSON
import Testing
import Wire

@testable import BlobStore

/// A folder of its own, removed at the end.
final class Scratch: Sendable {
  let path: String
  var store: String { "\(path)/blobs" }

  init() throws {
    var template = Array("/tmp/bulkhead-test-XXXXXX".utf8CString)
    path = try #require(mkdtemp(&template).map { String(cString: $0) })
  }

  deinit {
    // Safety of the dropped error: nothing depends on the removal of a test's leftovers.
    _ = try? FileManager.default.removeItem(atPath: path)
  }

  /// Every regular file of the store, relative to it.
  func files() -> [String] {
    let all = FileManager.default.subpaths(atPath: store) ?? []
    return all.filter { path in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: "\(store)/\(path)", isDirectory: &isFolder) && !isFolder.boolValue
    }.sorted()
  }
}

/// SHA-256 of nothing and of `abc` (FIPS 180-4 examples).
let emptyDigest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
let abcDigest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
let abcPath = "ba/7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

func abc() -> [UInt8] { Array("abc".utf8) }

/// The error's code and message, or nil.
func failure(_ body: () throws -> Void) -> (code: BlobError.Code, message: String)? {
  do {
    try body()
    return nil
  } catch let error as BlobError {
    return (error.code, error.message)
  } catch {
    return (BlobError.Code(rawValue: "\(type(of: error))"), "\(error)")
  }
}
