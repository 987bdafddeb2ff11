import Glibc
import Jail
import Posix

/// The programs lie beside the test bundle, which is not the program that runs the tests.
let builtPrograms: String = {
  var line = [CChar](repeating: 0, count: 4096)
  guard let maps = fopen("/proc/self/maps", "r") else { return "" }
  defer { fclose(maps) }
  var folder = ""
  while folder.isEmpty, fgets(&line, Int32(line.count), maps) != nil {
    let text = String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    guard text.hasSuffix(".xctest"), let start = text.firstIndex(of: "/"), let end = text.lastIndex(of: "/") else {
      continue
    }
    folder = String(text[start..<end])
  }
  return folder
}()

struct CorpusRun {
  let status: ProcessExit?
  let output: String

  var failures: String {
    output.split(separator: "\n").filter { $0.hasPrefix("FAILED") }.joined(separator: "\n")
  }
}

/// What jail-corpus printed and how it ended, run as `uid` (nil: as who runs the tests).
func runCorpus(_ arguments: [String], as uid: UInt32?, controlGroup: Int32? = nil) throws -> CorpusRun {
  _ = builtPrograms
  let path = try JailProgram.path()
  let runner = path.prefix(path.count - "bulkhead-jail".count) + "jail-corpus"
  var plan = SpawnPlan(path: String(runner), arguments: ["jail-corpus"] + arguments)
  plan.environment = ["BULKHEAD_JAIL=\(path)"]
  plan.noNewPrivileges = false
  plan.controlGroup = controlGroup
  if let uid { plan.credentials = (uid, uid) }
  var pipe = try DescriptorPair.pipe()
  let reading = pipe.takeFirst()
  let child: ChildProcess
  do {
    let writing = pipe.takeSecond()
    let null = try Descriptor.open("/dev/null", O_RDONLY)
    child = try plan.spawn(descriptors: [null.raw, writing.raw, writing.raw])
  }
  let output = String(decoding: try reading.readAll(limit: 1 << 20), as: UTF8.self)
  while true {
    if let exit = try child.reap() { return CorpusRun(status: exit, output: output) }
    var ready = pollfd(fd: child.pidfd.raw, events: Int16(POLLIN), revents: 0)
    poll(&ready, 1, 10_000)
  }
}

/// A jail for a script of the shell, as whoever runs the tests.
func shell(_ script: String, adjust: (inout JailPolicy) -> Void = { _ in }) -> JailPolicy {
  _ = builtPrograms
  var policy = JailPolicy(program: "/usr/bin/bash", arguments: ["bash", "-c", script])
  policy.runAs = geteuid() == 0 ? .init(uid: 61234, gid: 61234) : nil
  policy.limits.wallMilliseconds = 10_000
  adjust(&policy)
  return policy
}

extension JailPolicy {
  func run(input: [UInt8] = []) throws -> JailResult { try JailRun(prepare(), input: input).run() }
}

extension JailOutput {
  var text: String { String(decoding: bytes, as: UTF8.self) }
}
