import CPCRE2
import Glibc
import Synchronization

/// A compiled regular expression of the ECMA-262 dialect, matched by libpcre2 within fixed bounds.
///
/// A search ends with a match, without one, or with `gaveUp`: backtracking steps, heap and processor time are limited,
/// so a catastrophic pattern costs a fraction of a second and never hangs (pcre2api(3), "The match context").
///
/// Safety: `code` is written by `init` alone and only read by matches; libpcre2 allows that from many threads. All that
/// a match writes lives in a `Scratch` which exactly one call owns at a time.
package final class Pattern: Sendable {
  package struct Limits: Sendable {
    /// Backtracking steps of one attempt of a pattern that can only match at the start.
    package var steps: UInt32 = 5_000_000
    /// Backtracking steps from each place where a match may start.
    package var stepsPerStart: UInt32 = 1_000_000
    /// Processor time of one search, checked every 16 starts.
    package var searchMilliseconds = 200
    /// Memory of the interpreting matcher, in KiB.
    package var heapKiB: UInt32 = 32_768
    /// UTF-8 bytes of a pattern's text.
    package var sourceBytes = 16_384
    /// Whether to try libpcre2's compiler to machine code, which is about ten times as fast as its interpreter.
    package var usesMachineCode = true

    package init() {}
  }

  package enum Outcome: Sendable, Equatable {
    case match(Range<Int>)
    case noMatch
    /// A limit was reached before the answer was known.
    case gaveUp
  }

  package let source: String
  package let isCompiledToMachineCode: Bool
  // Safety: set by `init`, freed by `deinit`, read-only in between.
  private nonisolated(unsafe) let code: OpaquePointer
  private let limits: Limits
  private let isAnchored: Bool
  /// Address of a spare `Scratch`, 0 when it is in use; a second concurrent match makes its own.
  private let spare = Atomic<UInt>(0)

  package init(_ source: String, ignoringCase: Bool = false, limits: Limits = Limits()) throws(PatternError) {
    guard source.utf8.count <= limits.sourceBytes else {
      throw PatternError(
        .tooLong,
        at: 0,
        "pattern of \(source.utf8.count) bytes exceeds the limit of \(limits.sourceBytes)"
      )
    }
    let text = try PatternTranslator.translate(source)
    let plain = try Self.compile(text, ignoringCase)
    var options: UInt32 = 0
    pcre2_pattern_info_8(plain, UInt32(PCRE2_INFO_ALLOPTIONS), &options)
    isAnchored = options & UInt32(PCRE2_ANCHORED) != 0
    if isAnchored {
      code = plain
    } else {
      // The step limit counts anew at each start, so an unanchored pattern reports every start to `watchClock`.
      pcre2_code_free_8(plain)
      code = try Self.compile("(?C1)(?:" + text + ")", ignoringCase)
    }
    // Machine code is an optimisation: where the host forbids writable and executable memory, the interpreter runs.
    isCompiledToMachineCode =
      limits.usesMachineCode && pcre2_jit_compile_8(code, UInt32(PCRE2_JIT_COMPLETE)) == 0
    self.source = source
    self.limits = limits
  }

  deinit {
    if let scratch = UnsafeMutablePointer<Scratch>(bitPattern: spare.load(ordering: .acquiring)) { Self.free(scratch) }
    pcre2_code_free_8(code)
  }

  private static func compile(_ text: String, _ ignoringCase: Bool) throws(PatternError) -> OpaquePointer {
    var options =
      UInt32(PCRE2_UTF) | UInt32(PCRE2_DOLLAR_ENDONLY) | UInt32(PCRE2_ALLOW_EMPTY_CLASS)
      | UInt32(PCRE2_MATCH_UNSET_BACKREF) | UInt32(PCRE2_NEVER_BACKSLASH_C)
    if ignoringCase { options |= UInt32(PCRE2_CASELESS) }
    var errorCode: Int32 = 0
    var errorOffset = 0
    let bytes = Array(text.utf8)
    guard let code = pcre2_compile_8(bytes, bytes.count, options, &errorCode, &errorOffset, nil) else {
      throw PatternError(.invalid, at: nil, reason(errorCode))
    }
    return code
  }

  private static func reason(_ code: Int32) -> String {
    var buffer = [UInt8](repeating: 0, count: 256)
    let length = pcre2_get_error_message_8(code, &buffer, buffer.count)
    return length > 0 ? String(decoding: buffer.prefix(Int(length)), as: UTF8.self) : "libpcre2 error \(code)"
  }
}

// MARK: Matching

extension Pattern {
  /// Searches `text` from the UTF-8 offset `start`, which must lie on a scalar boundary (else: no match).
  package func firstMatch(in text: String, from start: Int = 0) -> Outcome {
    guard start >= 0, start <= text.utf8.count else { return .noMatch }
    let found = text.utf8.withContiguousStorageIfAvailable { self.search($0, from: start) }
    if let found { return found }
    var copy = text
    return copy.withUTF8 { search($0, from: start) }
  }

  /// All matches that do not overlap, as UTF-8 ranges, at most `limit`; nil when a search gave up.
  package func matches(in text: String, limit: Int = 1_000) -> [Range<Int>]? {
    var found: [Range<Int>] = []
    var start = 0
    while found.count < limit {
      switch firstMatch(in: text, from: start) {
      case .gaveUp: return nil
      case .noMatch: return found
      case .match(let range):
        found.append(range)
        start = range.upperBound
        if range.isEmpty {
          let view = text.utf8
          let here = view.index(view.startIndex, offsetBy: start)
          guard here < view.endIndex else { return found }
          start += UTF8.width(text.unicodeScalars[here])
        }
      }
    }
    return found
  }

  /// `subject` comes from a `String` and is therefore valid UTF-8, so libpcre2 is told not to check again.
  private func search(_ subject: UnsafeBufferPointer<UInt8>, from start: Int) -> Outcome {
    if start > 0, start < subject.count, subject[start] & 0xC0 == 0x80 { return .noMatch }
    guard let scratch = takeScratch() else { return .gaveUp }
    scratch.pointee.starts = 0
    scratch.pointee.hasHeapFrames = !isCompiledToMachineCode
    defer { giveBack(scratch) }
    var empty: UInt8 = 0
    return withUnsafePointer(to: &empty) { nothing in
      let base = subject.baseAddress ?? nothing
      let options = UInt32(PCRE2_NO_UTF_CHECK)
      var result = pcre2_match_8(
        code,
        base,
        subject.count,
        start,
        options,
        scratch.pointee.matchData,
        scratch.pointee.context
      )
      if result == PCRE2_ERROR_JIT_STACKLIMIT {
        // Machine code has 32 KiB of stack; the interpreter keeps its frames on the heap.
        scratch.pointee.starts = 0
        scratch.pointee.hasHeapFrames = true
        result = pcre2_match_8(
          code,
          base,
          subject.count,
          start,
          options | UInt32(PCRE2_NO_JIT),
          scratch.pointee.matchData,
          scratch.pointee.context
        )
      }
      if result == PCRE2_ERROR_NOMATCH { return .noMatch }
      guard result >= 0, let ends = pcre2_get_ovector_pointer_8(scratch.pointee.matchData) else { return .gaveUp }
      // A look-ahead may not move the end before the start (`\K` is not in the dialect), but libpcre2 reserves that.
      return .match(ends[0]..<max(ends[0], ends[1]))
    }
  }
}

// MARK: Scratch memory

/// What one match call writes; its address is the callout's argument.
private struct Scratch {
  let matchData: OpaquePointer
  let context: OpaquePointer
  let budgetNanoseconds: Int
  var starts = 0
  var startedAt = 0
  /// The interpreter ran and left up to `heapKiB` of memory in `matchData`.
  var hasHeapFrames = false
}

extension Pattern {
  private func takeScratch() -> UnsafeMutablePointer<Scratch>? {
    if let scratch = UnsafeMutablePointer<Scratch>(bitPattern: spare.exchange(0, ordering: .acquiring)) {
      return scratch
    }
    guard let matchData = pcre2_match_data_create_8(1, nil) else { return nil }
    guard let context = pcre2_match_context_create_8(nil) else {
      pcre2_match_data_free_8(matchData)
      return nil
    }
    let scratch = UnsafeMutablePointer<Scratch>.allocate(capacity: 1)
    scratch.initialize(
      to: Scratch(
        matchData: matchData,
        context: context,
        budgetNanoseconds: limits.searchMilliseconds * 1_000_000
      )
    )
    let steps = isAnchored ? limits.steps : limits.stepsPerStart
    pcre2_set_match_limit_8(context, steps)
    pcre2_set_depth_limit_8(context, steps)
    pcre2_set_heap_limit_8(context, limits.heapKiB)
    if !isAnchored { pcre2_set_callout_8(context, { _, data in watchClock(data) }, scratch) }
    return scratch
  }

  private func giveBack(_ scratch: UnsafeMutablePointer<Scratch>) {
    if scratch.pointee.hasHeapFrames {
      Self.free(scratch)
      return
    }
    let previous = spare.exchange(UInt(bitPattern: scratch), ordering: .acquiringAndReleasing)
    if let other = UnsafeMutablePointer<Scratch>(bitPattern: previous) { Self.free(other) }
  }

  private static func free(_ scratch: UnsafeMutablePointer<Scratch>) {
    pcre2_match_data_free_8(scratch.pointee.matchData)
    pcre2_match_context_free_8(scratch.pointee.context)
    scratch.deinitialize(count: 1)
    scratch.deallocate()
  }
}

/// Called by libpcre2 at each start; anything but 0 ends the search with an error.
private func watchClock(_ data: UnsafeMutableRawPointer?) -> Int32 {
  guard let scratch = data?.assumingMemoryBound(to: Scratch.self) else { return PCRE2_ERROR_CALLOUT }
  scratch.pointee.starts &+= 1
  guard scratch.pointee.starts & 15 == 0 else { return 0 }
  let now = nanoseconds(CLOCK_THREAD_CPUTIME_ID)
  if scratch.pointee.starts == 16 {
    scratch.pointee.startedAt = now
    return 0
  }
  return now &- scratch.pointee.startedAt > scratch.pointee.budgetNanoseconds ? PCRE2_ERROR_CALLOUT : 0
}

private func nanoseconds(_ clock: clockid_t) -> Int {
  var time = timespec()
  clock_gettime(clock, &time)
  return time.tv_sec &* 1_000_000_000 &+ time.tv_nsec
}

extension Pattern {
  /// Monotonic time in steps of some milliseconds: cheap enough to be read before every match.
  static var coarseMilliseconds: Int { nanoseconds(CLOCK_MONOTONIC_COARSE) / 1_000_000 }
}

/// Why a pattern cannot be compiled.
package struct PatternError: Error, Sendable, Equatable {
  package struct Code: RawRepresentable, Sendable, Hashable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    /// Not a regular expression.
    package static let invalid = Code(rawValue: "invalid")
    /// Something that ECMA-262 does not have, or that libpcre2 cannot do.
    package static let unsupported = Code(rawValue: "unsupported")
    package static let tooLong = Code(rawValue: "too_long")
  }

  package let code: Code
  /// Offset in Unicode scalars, when known.
  package let offset: Int?
  package let detail: String

  init(_ code: Code, at offset: Int?, _ detail: String) {
    self.code = code
    self.offset = offset
    self.detail = detail
  }
}

extension PatternError: CustomStringConvertible {
  package var description: String { offset.map { "\(detail) at character \($0)" } ?? detail }
}
