internal import Glibc
internal import Posix

/// Tells when a file was written, replaced or removed, whoever did it and in whatever way: editors write beside and
/// rename, so the folder is watched.
///
/// Lives on the loop.
final class FileWatch {
  private let loop: EventLoop
  private let descriptor: Descriptor
  private var names: Set<String> = []
  private var timer: LoopTimer?
  private let changed: () -> Void

  /// What counts as a change has ended by then.
  private static let settleMS: Milliseconds = 200

  /// - Parameter files: absolute paths; those whose folder cannot be watched are left out.
  init(_ files: [String], on loop: EventLoop, changed: @escaping () -> Void) throws(PosixError) {
    self.loop = loop
    self.changed = changed
    let raw = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
    guard raw >= 0 else { throw .current("inotify_init1") }
    descriptor = Descriptor(owning: raw)
    let events = UInt32(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE)
    for file in files {
      guard let slash = file.lastIndex(of: "/") else { continue }
      let folder = slash == file.startIndex ? "/" : String(file[..<slash])
      if inotify_add_watch(raw, folder, events) >= 0 { names.insert(String(file[file.index(after: slash)...])) }
    }
    try loop.watch(raw, for: .readable, handler: self)
  }
}

extension FileWatch: ReadinessHandler {
  func ready(_ readiness: Readiness) {
    var isOurs = false
    var buffer = [UInt8](repeating: 0, count: 16_384)
    let header = MemoryLayout<inotify_event>.size
    while true {
      let count = buffer.withUnsafeMutableBytes { read(descriptor.raw, $0.baseAddress, $0.count) }
      guard count > 0 else { break }
      var offset = 0
      while offset + header <= count {
        let length = buffer.withUnsafeBytes {
          Int($0.loadUnaligned(fromByteOffset: offset, as: inotify_event.self).len)
        }
        let end = min(offset + header + length, count)
        let name = String(decoding: buffer[(offset + header)..<end].prefix { $0 != 0 }, as: UTF8.self)
        if names.contains(name) { isOurs = true }
        offset = end
      }
    }
    guard isOurs, timer == nil else { return }
    timer = loop.schedule(after: Self.settleMS) { [weak self] in
      self?.timer = nil
      self?.changed()
    }
  }
}
