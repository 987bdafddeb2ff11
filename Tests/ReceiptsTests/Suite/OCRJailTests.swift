import Foundation
import Glibc
import Jail
import Posix
import Testing

@testable import receipts_worker

/// What the jail of one OCR run shows.
@Suite(.serialized) struct OCRJailTests {
  /// As the worker finds it, which as root it could not.
  private func policy(_ arguments: [String]) throws -> JailPolicy {
    let trace = Process()
    trace.executableURL = URL(filePath: Tesseract.path)
    trace.environment = ["LD_TRACE_LOADED_OBJECTS": "1"]
    let pipe = Pipe()
    trace.standardOutput = pipe
    try trace.run()
    let output = String(decoding: try pipe.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
    trace.waitUntilExit()
    let libraries = Tesseract.libraries(in: output)
    #expect(libraries.contains { $0.contains("/libtesseract.so") })
    #expect(libraries.contains { $0.contains("/ld-linux") })
    let version = try #require(try FileManager.default.contentsOfDirectory(atPath: "/usr/share/tesseract-ocr").first)
    let tesseract = Tesseract(
      program: Tesseract.path,
      libraries: libraries,
      data: "/usr/share/tesseract-ocr/\(version)/tessdata",
      languages: ["eng"],
      version: ""
    )
    var policy = tesseract.policy(arguments)
    policy.runAs = geteuid() == 0 ? .init(uid: 65534, gid: 65534) : nil
    return policy
  }

  @Test func `there is tesseract, its libraries and its data, and nothing else`() throws {
    var policy = try policy([])
    let granted = Set((policy.view.libraries + ["/usr/bin/du", Tesseract.path]).map(Self.merged))
    // It needs the C library alone.
    policy.program = "/usr/bin/du"
    policy.arguments = ["du", "-a", "/usr", "/etc", "/tmp"]
    policy.view.programs.append("/usr/bin/du")
    let result = try JailRun(try policy.prepare()).run()
    let listed = String(decoding: result.output.bytes, as: UTF8.self).split(separator: "\n")
    let paths = listed.compactMap { $0.split(separator: "\t").last.map(String.init) }
    let folders = Set(paths.filter { path in paths.contains { $0.hasPrefix(path + "/") } })
    let files = Set(paths).subtracting(folders)
    let data = policy.view.readable[0]
    let foreign = files.filter { !$0.hasPrefix("/etc/") && !$0.hasPrefix(data + "/") && !granted.contains($0) }
    #expect(foreign.subtracting(["/tmp", "/usr"]) == [])
    #expect(files.isSuperset(of: granted.filter { $0.contains("libtesseract") || $0.contains("du") }))
    #expect(files.contains { $0.hasPrefix(data + "/") && $0.hasSuffix(".traineddata") })
    #expect(!files.contains("/etc/hostname"))
    #expect(files.contains("/etc/passwd"))
  }

  /// Where /lib is a link into /usr.
  private static func merged(_ path: String) -> String { path.hasPrefix("/lib") ? "/usr" + path : path }

  @Test(arguments: ["/usr/bin/python3", "/usr/lib/os-release", "/etc/shadow", "/usr/share/doc", "/var", "/home"])
  func `a path of the host is not there`(path: String) throws {
    #expect(FileManager.default.fileExists(atPath: path), "or it shows nothing")
    let policy = try policy([path, "stdout"])
    let result = try JailRun(try policy.prepare()).run()
    #expect(result.reason == .nonzeroExit)
    let said = String(decoding: result.errorOutput.bytes, as: UTF8.self)
    #expect(said.contains("\(path): No such file or directory"), "\(said)")
  }

  @Test func `another program does not run`() throws {
    var policy = try policy([])
    policy.program = "/usr/bin/du"
    policy.arguments = ["du"]
    let result = try JailRun(try policy.prepare()).run()
    #expect(result.setupFailure?.stage == "exec")
    #expect(result.setupFailure?.errno == ENOENT)
  }
}
