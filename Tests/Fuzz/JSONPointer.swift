// fuzz: modules=JSON seeds= max_len=256

import JSON

private let document: JSON = [
  "a": [0, ["b": 1], [[2]]], "": ["": 3], "~": 4, "/": 5, "é": 6, "0": [7, 8],
]

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
  let pointer: JSONPointer
  do throws(JSONError) {
    pointer = try JSONPointer(parsing: text)
  } catch {
    precondition(error.code == .invalidPointer && (0..<max(text.utf8.count, 1)).contains(error.offset))
    return 0
  }
  precondition(Array(pointer.description.utf8) == Array(text.utf8), "described otherwise than written")
  let found = document[pointer: pointer]
  do throws(JSONError) {
    let value = try document.value(at: pointer)
    precondition(value == found)
  } catch {
    precondition(found == nil && error.code == .noSuchValue)
    precondition(error.path.map { $0.tokens.count <= pointer.tokens.count } == true)
  }
  return 0
}
