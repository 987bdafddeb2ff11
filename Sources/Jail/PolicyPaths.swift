internal import CJailPolicy

/// Which path a stage was about when it failed, by the number of the mount or rule that it reports.
enum PolicyPaths {
  /// Rules are counted from here, after the steps of the stage itself.
  private static let firstRule: Int32 = 16

  /// Nil when the stage or the number is about no path.
  static func path(in bytes: [UInt8], stage: UInt16, index: Int32) -> String? {
    // A copy, since the decoder wants its bytes aligned; this happens once in the life of a jail that failed.
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: max(8, bytes.count), alignment: 8)
    defer { block.deallocate() }
    block.copyBytes(from: bytes)
    var policy = bh_jail_policy()
    let start = block.baseAddress?.assumingMemoryBound(to: UInt8.self)
    guard let start, bh_jail_decode(start, bytes.count, &policy) == 0 else { return nil }
    func text(_ offset: UInt32) -> String { String(cString: policy.strings + Int(offset)) }
    switch bh_jail_stage(rawValue: UInt32(stage)) {
    case BH_STAGE_SOURCES where index >= 0 && index < policy.mount_count:
      return text(policy.mounts[Int(index)].source)
    case BH_STAGE_MOUNT where index >= 0 && index < policy.mount_count:
      return "/" + text(policy.mounts[Int(index)].target)
    case BH_STAGE_LANDLOCK where index >= firstRule && index - firstRule < policy.rule_count:
      return text(policy.rules[Int(index - firstRule)].path)
    case BH_STAGE_WORKING_FOLDER: return text(policy.config.pointee.cwd)
    case BH_STAGE_EXEC: return text(policy.config.pointee.program)
    default: return nil
    }
  }
}
