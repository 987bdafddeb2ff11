internal import CLinux
internal import Glibc
internal import JSON
internal import Jail
internal import Posix
internal import WorkerKit

/// One call in a jail of its own: this program once more, which sees the call's root and nothing else.
struct JailedCall {
  static let subcommand = "--act"
  /// Between the end of a run at its wall limit and the call's deadline, so that the answer still gets home.
  private static let margin: Int64 = 200
  private static let longest: Int64 = 60_000

  private let call: Call
  private let place: Roots.Place
  private let writes: Bool
  private let wall: Int64

  init(_ call: Call, _ place: Roots.Place, writes: Bool) {
    self.call = call
    self.place = place
    self.writes = writes
    wall = max(1, min(call.limits?.wallMS ?? Self.longest, Self.longest, call.remainingMS - Self.margin))
  }

  func run() async throws -> JSON {
    let identity = try rootIdentity()
    let request = Request(
      tool: call.tool,
      root: place.root,
      device: identity.device,
      inode: identity.inode,
      relative: place.relative,
      // Searching stops by itself and tells what it has.
      budgetMS: wall * 3 / 4,
      input: call.input
    )
    let jail: PreparedJail
    do {
      jail = try policy().prepare()
    } catch {
      throw Self.failed(error)
    }
    let result = try await JailRun.drive {
      do throws(JailError) {
        return try JailRun(jail, input: request.json.serialized())
      } catch {
        throw Self.failed(error)
      }
    }
    return try answer(result)
  }

  private func policy() throws -> JailPolicy {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = buffer.withUnsafeMutableBytes { readlink("/proc/self/exe", $0.baseAddress!, $0.count) }
    guard count > 0 else { throw PosixError.current("readlink", "/proc/self/exe") }
    let program = String(decoding: buffer.prefix(count), as: UTF8.self)
    var policy = JailPolicy(program: program, arguments: ["files-worker", Self.subcommand])
    policy.environment = ["LANG=C.UTF-8"]
    policy.directory = "/"
    // The worker's own, which is empty.
    policy.network = .inherited
    policy.profile = .compute
    policy.namesDenials = false
    policy.view.base = .libraries
    policy.view.programs = [program]
    policy.view.libraries = FileView.loadedLibraryFolders()
    policy.view.processes = .processesOnly
    policy.view.workspaceBytes = nil
    policy.view.temporaryBytes = 64 << 10
    if writes { policy.view.writable = [place.root] } else { policy.view.readable = [place.root] }
    policy.limits.wallMilliseconds = UInt64(wall)
    policy.limits.cpuMilliseconds = UInt64(clamping: call.limits?.cpuMS ?? 30_000)
    policy.limits.memoryBytes = UInt64(clamping: call.limits?.memoryBytes ?? 256 << 20)
    policy.limits.processes = 8
    policy.limits.fileSizeBytes = UInt64(clamping: call.limits?.fileBytes ?? Int64(Request.fileBytes))
    policy.limits.openFiles = 128
    policy.limits.outputBytes = Limit.outputBytes
    return policy
  }

  /// Which file the root is. It is asked for without following any link, and compared again inside the jail: so a folder
  /// that is swapped for a link while the jail is built leads nowhere.
  private func rootIdentity() throws -> (device: UInt64, inode: UInt64) {
    let relative = place.root == "/" ? "." : String(place.root.dropFirst())
    let top = try Descriptor.open("/", OpenFlag.path | O_DIRECTORY)
    let raw = bulkhead_openat2(
      top.raw,
      relative,
      OpenFlag.path,
      0,
      UInt(BULKHEAD_RESOLVE_BENEATH | BULKHEAD_RESOLVE_NO_SYMLINKS)
    )
    guard raw >= 0 else {
      let why = raw == -ELOOP ? "a link is in its place" : errnoMessage(-raw)
      throw WireError(.refused, "'\(place.root)' cannot be used: \(why)", data: ["reason": "no_root"])
    }
    let root = Descriptor(owning: raw)
    var status = stat()
    try posix("fstat") { fstat(root.raw, &status) }
    return (UInt64(status.st_dev), UInt64(status.st_ino))
  }

  private func answer(_ result: JailResult) throws -> JSON {
    switch result.reason {
    case .ok: break
    case .cancelled: throw WireError(.cancelled, "stopped because it was asked to")
    case .timeout: throw WireError(.deadlineExceeded, "\(call.tool) was stopped after \(wall) ms")
    case .cpuLimit, .memoryLimit, .outputLimit:
      throw WireError(.limitExceeded, "\(call.tool) ended at its \(result.reason.rawValue)")
    case .setupFailed:
      let failure = result.setupFailure
      throw WireError(
        .setupFailed,
        "the jail of \(call.tool) could not be built: \(failure.map { "\($0)" } ?? "unknown")",
        data: ["stage": .string(failure?.stage ?? ""), "errno": .integer(Int64(failure?.errno ?? 0))]
      )
    default:
      let text = String(decoding: result.errorOutput.bytes.prefix(1000), as: UTF8.self)
      throw WireError(.toolFailed, "\(call.tool) ended with '\(result.reason.rawValue)': \(text)")
    }
    guard let json = try? JSON(parsing: result.output.bytes, limits: JSONLimits(depth: 16, values: 900_000)) else {
      // Safety: whatever is wrong with the text, it is no answer.
      throw WireError(.internalError, "\(call.tool) gave no answer")
    }
    if let output = json["output"] { return output }
    throw WireError(
      WireError.Name(rawValue: json["name"]?.stringValue ?? "tool_failed"),
      json["message"]?.stringValue ?? "no answer",
      data: json["data"]?.objectValue ?? [:]
    )
  }

  private static func failed(_ error: any Error) -> WireError {
    guard let error = error as? JailError else { return WireError(.setupFailed, "\(error)") }
    return error.code == .path || error.code == .value
      ? WireError(.refused, error.message)
      : WireError(.setupFailed, error.message, data: ["stage": .string(error.code.rawValue)])
  }
}
