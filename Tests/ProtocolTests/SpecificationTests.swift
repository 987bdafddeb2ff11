import Foundation
import JSON
import Testing

@Suite struct `The text of the specification` {
  @Test func `every JSON block is strict JSON`() throws {
    let blocks = try Self.blocks("json")
    #expect(blocks.count >= 4)
    for block in blocks { #expect(throws: Never.self, "\(block)") { try JSON(parsing: block) } }
  }

  @Test func `the manifest that it shows fits its schema`() throws {
    let block = try Self.blocks("json").first { $0.contains("\"command\"") }.orBroken("a manifest in README.md")
    #expect(try `The schemas`.compile("manifest.json").violations(in: try JSON(parsing: block)) == [])
  }

  @Test func `the frame that it spells out is the one of its notation`() throws {
    let block = try Self.blocks("").first { $0.hasPrefix("00 00 00 24") }.orBroken("a frame in README.md")
    let bytes = block.split(separator: " ").compactMap { UInt8($0.trimmingCharacters(in: .newlines), radix: 16) }
    #expect(bytes == (try FrameNotation.bytes(#"json {"jsonrpc":"2.0","id":1,"result":{}}"#)))
  }

  @Test func `the worker that it shows and the stranger's stay under forty lines`() throws {
    let shown = try Self.blocks("python").first.orBroken("a worker in README.md")
    let stranger = try String(
      contentsOf: Contract.root.appending(path: "Tests/ProtocolTests/stranger.py"),
      encoding: .utf8
    )
    for program in [shown, stranger] {
      #expect(program.split(separator: "\n", omittingEmptySubsequences: false).count <= 40)
    }
  }

  @Test func `every link within the protocol's pages leads somewhere`() throws {
    for page in [
      "README.md", "plan.md", "jobs.md", "requests.md", "states.md", "audit.md", "policy.md", "approvals.md",
      "threat-model.md", "schema/README.md", "examples/README.md",
    ] {
      let text = try Contract.text(page)
      for link in text.matches(of: /\]\(([^)#:"]+)\)/) {
        let target = Contract.folder.appending(path: page).deletingLastPathComponent().appending(path: "\(link.1)")
        #expect(FileManager.default.fileExists(atPath: target.standardized.path), "\(page): \(link.1)")
      }
    }
  }

  @Test func `the events that jobs.md lists are those that the code writes`() throws {
    var written: Set<String> = []
    for module in ["Engine", "Coordinator"] {
      let folder = Contract.root.appending(path: "Sources/\(module)")
      for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) where file.hasSuffix(".swift") {
        let text = try String(contentsOf: folder.appending(path: file), encoding: .utf8)
        for kind in text.matches(of: /"((job|step)\.[a-z_]+)"/) { written.insert(String(kind.1)) }
      }
    }
    let history = try #require(
      try Contract.text("jobs.md").components(separatedBy: "\n## ").first { $0.hasPrefix("History") }
    )
    let listed = Set(history.matches(of: /`((job|step)\.[a-z_]+)`/).map { String($0.1) })
    #expect(listed == written)
  }

  /// The contents of the fenced blocks of README.md that are marked with `language`.
  private static func blocks(_ language: String) throws -> [String] {
    var blocks: [String] = []
    var current: [Substring]?
    var isOpen = false
    for line in try Contract.text("README.md").split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("```") {
        if isOpen, let lines = current { blocks.append(lines.joined(separator: "\n")) }
        current = !isOpen && line == "```\(language)" ? [] : nil
        isOpen.toggle()
      } else {
        current?.append(line)
      }
    }
    return blocks
  }
}
