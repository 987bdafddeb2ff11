import Jail

/// Runs a compiled filter on a call without a kernel: how the aarch64 profiles are tested on another machine.
/// Knows the classic BPF that libseccomp and the prologue emit; anything else is a trap, which fails the test.
struct FilterSimulator {
  enum Answer: Equatable {
    case allow, notify, trace, kill
    case errno(UInt32)
  }

  struct Broken: Error { let what: String }

  private struct Instruction {
    let code: UInt16
    let jumpTrue: Int
    let jumpFalse: Int
    let k: UInt32
  }

  private let program: [Instruction]
  var count: Int { program.count }

  init(_ bytes: [UInt8]) {
    program = bytes.withUnsafeBytes { raw in
      stride(from: 0, to: raw.count - 7, by: 8).map { i in
        Instruction(
          code: raw.loadUnaligned(fromByteOffset: i, as: UInt16.self),
          jumpTrue: Int(raw[i + 2]),
          jumpFalse: Int(raw[i + 3]),
          k: raw.loadUnaligned(fromByteOffset: i + 4, as: UInt32.self)
        )
      }
    }
  }

  /// `data` as struct seccomp_data: number, instruction set, instruction pointer, six arguments.
  func answer(number: UInt32, token: UInt32, _ arguments: [UInt64] = []) throws -> Answer {
    var words: [UInt32] = [number, token, 0, 0]
    for i in 0..<6 {
      let value = i < arguments.count ? arguments[i] : 0
      words += [UInt32(truncatingIfNeeded: value), UInt32(value >> 32)]
    }
    var accumulator: UInt32 = 0
    var at = 0
    while program.indices.contains(at) {
      let instruction = program[at]
      at += 1
      func jump(_ condition: Bool) { at += condition ? instruction.jumpTrue : instruction.jumpFalse }
      switch instruction.code {
      case 0x20:
        guard instruction.k % 4 == 0, instruction.k < 64 else { throw Broken(what: "load from \(instruction.k)") }
        accumulator = words[Int(instruction.k / 4)]
      case 0x05: at += Int(instruction.k)
      case 0x15: jump(accumulator == instruction.k)
      case 0x25: jump(accumulator > instruction.k)
      case 0x35: jump(accumulator >= instruction.k)
      case 0x45: jump(accumulator & instruction.k != 0)
      case 0x54: accumulator &= instruction.k
      case 0x06: return try meaning(of: instruction.k)
      default: throw Broken(what: "instruction \(instruction.code)")
      }
    }
    throw Broken(what: "ran past the end")
  }

  private func meaning(of value: UInt32) throws -> Answer {
    switch value & 0xffff_0000 {
    case 0x7fff_0000: return .allow
    case 0x7fc0_0000: return .notify
    case 0x7ff0_0000: return .trace
    case 0x8000_0000: return .kill
    case 0x0005_0000: return .errno(value & 0xffff)
    default: throw Broken(what: "answer \(value)")
    }
  }
}
