internal import Glibc
internal import JSON
internal import Posix
internal import Wire

/// All of standard input, bounded by what an input may hold.
func readStandardInput(limit: Int = Limit.inputBytes) async throws(Failure) -> [UInt8] {
  try await offPool { () throws(Failure) in
    do throws(PosixError) {
      // A duplicate, since descriptor 0 belongs to the process.
      return try Descriptor(owning: posix("dup") { dup(STDIN_FILENO) }).readAll(limit: limit)
    } catch {
      throw Failure("file", "cannot read standard input: \(error)")
    }
  }
}

/// All of a file, bounded. `what` says what it is for.
func readFile(_ path: String, limit: Int, _ what: String) async throws(Failure) -> [UInt8] {
  try await offPool { () throws(Failure) in
    do throws(PosixError) {
      return try Descriptor.open(path, O_RDONLY).readAll(limit: limit)
    } catch {
      guard error.isTooLarge else { throw Failure("file", "cannot read \(what): \(error)") }
      throw Failure("file", "cannot read \(what): \(quoted(path)) exceeds the limit of \(limit) bytes")
    }
  }
}

/// Runs what may block on a thread of its own: Swift's shared threads are few.
func offPool<T: Sendable>(_ body: @escaping @Sendable () throws(Failure) -> T) async throws(Failure) -> T {
  let result: Result<T, Failure> = await withCheckedContinuation { continuation in
    startThread("bulkhead-local") { continuation.resume(returning: Result(catching: body)) }
  }
  return try result.get()
}

func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

extension PosixError {
  var isTooLarge: Bool { errno == EFBIG }
}

extension ExecRequest {
  /// The folder and those above it, with the modes of any new folder of this user.
  static func makeFolder(_ path: String) throws(Failure) {
    var made = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      made += "/\(part)"
      if mkdir(made, 0o777) == -1, errno != EEXIST {
        throw Failure("file", "cannot make folder \(quoted(made)): \(errnoMessage(errno))")
      }
    }
  }
}

extension Arguments {
  /// A size such as `256MiB`; units B, kB, MB, GB, KiB, MiB, GiB.
  func size(_ flag: String) throws(Failure) -> Int64? {
    guard let text = value(flag) else { return nil }
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let units: [String: Int64] = [
      "": 1, "B": 1, "kB": 1000, "KB": 1000, "MB": 1_000_000, "GB": 1_000_000_000,
      "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30,
    ]
    if let count = Int64(digits), let unit = units[String(text.dropFirst(digits.count))] {
      let (bytes, overflow) = count.multipliedReportingOverflow(by: unit)
      if !overflow, (1...(1 << 50)).contains(bytes) { return bytes }
    }
    throw Failure(usage: "'--\(flag)' is \(quoted(text)) where a size such as 64MiB, 256MB or 2GiB is due")
  }
}
