import Glibc
import WorkerKit

/// Attempts to get at a coordinator: at its socket, its files and its process; what came of each.
struct Intrusion {
  /// `socket` and `says`, frames' payloads that are sent to it; `files`; `pid` of the coordinator.
  private let input: JSON

  init(_ input: JSON) { self.input = input }

  var report: JSON {
    let pid = Int32(input["pid"]?.integerValue ?? 0)
    let files = (input["files"]?.arrayValue ?? []).compactMap(\.stringValue)
    let socket = input["socket"]?.stringValue ?? ""
    return [
      "socket": approach(socket), "socket_by_proc": approach("/proc/\(pid)/root\(socket)"),
      "files": .array(files.map(opened)), "memory": opened("/proc/\(pid)/mem"),
      "signal": .integer(kill(pid, 0) == 0 ? 0 : Int64(errno)),
    ]
  }

  private func opened(_ path: String) -> JSON {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { return .integer(Int64(errno)) }
    close(descriptor)
    return 0
  }

  /// The errno with which it ends, or what is answered.
  private func approach(_ path: String) -> JSON {
    let raw = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard raw >= 0 else { return ["errno": .integer(Int64(errno))] }
    defer { close(raw) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(raw, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard status == 0 else { return ["errno": .integer(Int64(errno))] }
    var answers: [JSON] = []
    for message in input["says"]?.arrayValue ?? [] {
      let payload = message.serialized()
      let size = UInt32(payload.count)
      let frame = (0..<4).map { UInt8(truncatingIfNeeded: size >> (24 - 8 * $0)) } + payload
      guard write(raw, frame, frame.count) == frame.count, let answer = frameFrom(raw) else { break }
      answers.append(answer)
    }
    return ["errno": 0, "answers": .array(answers)]
  }

  private func frameFrom(_ raw: Int32) -> JSON? {
    func exactly(_ count: Int) -> [UInt8]? {
      var bytes: [UInt8] = []
      var chunk = [UInt8](repeating: 0, count: count)
      while bytes.count < count {
        let got = read(raw, &chunk, count - bytes.count)
        guard got > 0 else { return nil }
        bytes += chunk[..<got]
      }
      return bytes
    }
    guard let head = exactly(4) else { return nil }
    // Safety: what is no frame is no answer.
    return exactly(head.reduce(0) { $0 << 8 | Int($1) }).flatMap { try? JSON(parsing: $0) }
  }
}
