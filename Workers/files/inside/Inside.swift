internal import CLinux
internal import Glibc
internal import JSON
internal import Posix
internal import WorkerKit

/// The program in the jail: one request on standard input, one answer on standard output.
///
///     {"output": …}  or  {"name": …, "message": …, "data": …}
enum Inside {
  static func act() -> Never {
    let answer: JSON
    do {
      let bytes = try Descriptor(owning: 0).readAll(limit: 8 << 20)
      guard let request = Request(bytes) else { throw WireError(.internalError, "not a request") }
      answer = ["output": try perform(request)]
    } catch {
      let error = error as? WireError ?? WireError(.toolFailed, "\(error)", data: ["reason": "io"])
      answer = ["name": .string(error.name.rawValue), "message": .string(error.message), "data": .object(error.data)]
    }
    do {
      try Descriptor(owning: 1).writeAll(answer.serialized())
      exit(0)
    } catch {
      exit(1)
    }
  }

  private static func perform(_ request: Request) throws -> JSON {
    let root = try Root(request)
    switch request.tool {
    case "file_read": return try ReadFile(request).run(root)
    case "file_write": return try WriteFile(request).run(root)
    case "file_edit": return try EditFile(request).run(root)
    case "file_list": return try ListFolder(request).run(root)
    case "file_search": return try SearchFiles(request).run(root)
    default: throw WireError(.unknownTool, "there is no tool '\(request.tool)'")
    }
  }
}
