internal import CLinux
internal import Glibc
internal import Posix
internal import WorkerKit

/// The granted folder, or single file, beneath which every path is opened.
struct Root: ~Copyable {
  /// Its path, for messages.
  let path: String
  let isFolder: Bool
  private let descriptor: Descriptor

  /// Throws unless the path is the very file that was granted.
  init(_ request: Request) throws {
    let root = try Descriptor.open(request.root, OpenFlag.path | O_NOFOLLOW)
    var status = stat()
    let raw = root.raw
    try posix("fstat", request.root) { fstat(raw, &status) }
    guard UInt64(status.st_dev) == request.device, UInt64(status.st_ino) == request.inode else {
      throw WireError(.refused, "'\(request.root)' was replaced while it was opened", data: ["reason": "outside"])
    }
    path = request.root
    isFolder = status.st_mode & S_IFMT == S_IFDIR
    descriptor = root
  }

  /// Opens what `relative` names, which may go through links only while they stay beneath the root. Never waits for the
  /// other end of a pipe.
  func open(_ relative: String, _ flags: Int32, mode: UInt32 = 0) throws -> Descriptor {
    if !isFolder {
      guard relative == "." else { throw failure(ENOTDIR, relative) }
      // The root is mounted at its own path, and what is mounted there was checked.
      return try Descriptor.open(path, flags | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW)
    }
    // openat2 refuses flags that mean nothing together.
    let flags = flags & OpenFlag.path == 0 ? flags | O_NONBLOCK | O_NOCTTY : flags
    var tries = 0
    while true {
      let raw = bulkhead_openat2(
        descriptor.raw,
        relative,
        flags,
        mode,
        UInt(BULKHEAD_RESOLVE_BENEATH | BULKHEAD_RESOLVE_NO_MAGICLINKS)
      )
      if raw >= 0 { return Descriptor(owning: raw) }
      // EAGAIN: something was renamed while the kernel looked, and it cannot tell whether that mattered.
      tries += 1
      if raw == -EINTR || raw == -EAGAIN && tries < 1000 { continue }
      throw failure(-raw, relative)
    }
  }

  /// Opens a plain file; folders, pipes, sockets and devices are refused.
  func openFile(_ relative: String, _ flags: Int32 = O_RDONLY) throws -> OpenFile {
    let file = try open(relative, flags)
    var status = stat()
    let raw = file.raw
    try posix("fstat") { fstat(raw, &status) }
    try Self.checkPlain(status, shown(relative))
    return OpenFile(descriptor: file, status: status)
  }

  /// Opens the folder that holds `relative`, and tells the last name.
  func openParent(of relative: String) throws -> Parent {
    guard isFolder, relative != "." else {
      throw WireError(
        .refused,
        isFolder ? "'\(path)' is a folder" : "'\(path)' is granted as a single file; writing it needs its folder",
        data: ["reason": isFolder ? "not_a_file" : "single_file"]
      )
    }
    guard let slash = relative.lastIndex(of: "/") else {
      return Parent(folder: try open(".", O_RDONLY | O_DIRECTORY), name: relative)
    }
    let folder = try open(String(relative[..<slash]), O_RDONLY | O_DIRECTORY)
    return Parent(folder: folder, name: String(relative[relative.index(after: slash)...]))
  }

  static func checkPlain(_ status: stat, _ shown: String) throws(WireError) {
    switch status.st_mode & S_IFMT {
    case S_IFREG: return
    case S_IFDIR: throw WireError(.toolFailed, "'\(shown)' is a folder", data: ["reason": "not_a_file"])
    case S_IFLNK:
      throw WireError(.refused, "'\(shown)' is a link: name what it leads to", data: ["reason": "link"])
    default:
      throw WireError(.refused, "'\(shown)' is a pipe, a socket or a device", data: ["reason": "special_file"])
    }
  }

  func shown(_ relative: String) -> String {
    relative == "." ? path : path == "/" ? "/" + relative : path + "/" + relative
  }

  /// An errno as an answer that says what it means here.
  func failure(_ error: Int32, _ relative: String) -> WireError {
    let shown = shown(relative)
    func failed(_ reason: String, _ text: String) -> WireError {
      WireError(.toolFailed, "'\(shown)' \(text)", data: ["reason": .string(reason)])
    }
    switch error {
    case ENOENT: return failed("not_found", "is not there")
    case EEXIST: return failed("exists", "is there already")
    case ENOTDIR: return failed("not_a_folder", "is not a folder, or goes through what is none")
    case EISDIR: return failed("not_a_file", "is a folder")
    case EACCES, EPERM: return failed("permission", "is closed to this user: \(errnoMessage(error))")
    case EROFS: return failed("read_only", "lies in what is mounted read-only")
    case ENOSPC, EDQUOT: return failed("no_space", "cannot be written: \(errnoMessage(error))")
    case EFBIG: return failed("too_large", "would become larger than a file may be")
    case EXDEV, ELOOP:
      let why = error == EXDEV ? "leads out of '\(path)' by a link" : "goes through a link that may not be followed"
      return WireError(
        .refused,
        "'\(shown)' \(why)",
        data: ["reason": "outside", "denied": Roots.denial(shown, "read")]
      )
    case ENXIO, ENODEV:
      return WireError(.refused, "'\(shown)' is a pipe, a socket or a device", data: ["reason": "special_file"])
    default: return failed("io", "cannot be used: \(errnoMessage(error))")
    }
  }
}

/// A plain file and what it was when it was opened.
struct OpenFile: ~Copyable {
  let descriptor: Descriptor
  let status: stat
}

/// A folder beneath the root, and a name in it.
struct Parent: ~Copyable {
  let folder: Descriptor
  let name: String
}

/// Flags of open(2) that the Glibc module leaves out.
enum OpenFlag {
  /// O_PATH: names a file without opening it.
  static let path: Int32 = 0o10000000
}
