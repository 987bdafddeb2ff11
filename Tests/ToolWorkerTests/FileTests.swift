import Foundation
import Glibc
import JSON
import Testing
import Wire

@Suite(.serialized) struct FileTests {
  @Test func `a file is read whole, in parts and as base64`() throws {
    let folder = try FileFolder(writable: false)
    try folder.put("a.txt", "héllo\nworld")
    let bench = folder.bench
    let whole = try bench.call("file_read", ["path": .string(folder.root + "/a.txt")])
    #expect(whole.output["content"] == "héllo\nworld")
    #expect(whole.output["end"] == true)
    #expect(whole.output["bytes"] == 12)
    #expect(whole.output["modified"]?.stringValue?.hasSuffix("Z") == true)
    // Two bytes end inside of é: it comes whole with the next part.
    let first = try bench.call("file_read", ["path": "a.txt", "length": 2])
    #expect(first.output["content"] == "h")
    #expect(first.output["length"] == 1)
    #expect(first.output["end"] == false)
    let second = try bench.call("file_read", ["path": "a.txt", "offset": 1, "length": 4])
    #expect(second.output["content"] == "éll")
    let inside = try bench.call("file_read", ["path": "a.txt", "offset": 2])
    #expect(inside.error?.name == .invalidInput)
    #expect(inside.reason == "inside_character")
    let past = try bench.call("file_read", ["path": "a.txt", "offset": 100])
    #expect(past.output["content"] == "")
    #expect(past.output["end"] == true)
    try folder.put("b.bin", [0, 255, 254, 65])
    #expect(try bench.call("file_read", ["path": "b.bin", "encoding": "base64"]).output["content"] == "AP/+QQ==")
    let text = try bench.call("file_read", ["path": "b.bin"])
    #expect(text.error?.name == .toolFailed)
    #expect(text.reason == "not_utf8")
    #expect(text.error?.data["offset"] == 1)
    #expect(text.error?.message.contains("base64") == true)
    let missing = try bench.call("file_read", ["path": "none"])
    #expect(missing.reason == "not_found")
    #expect(try bench.call("file_read", ["path": "."]).reason == "outside")
    #expect(try bench.call("file_read", ["path": .string(folder.root)]).reason == "not_a_file")
    try bench.end()
  }

  @Test func `a file of any size costs what is asked for`() throws {
    let folder = try FileFolder(writable: false)
    try folder.put("huge", "")
    truncate(folder.root + "/huge", 1 << 40)
    let bench = folder.bench
    let answer = try bench.call("file_read", ["path": "huge", "offset": .integer(1 << 39), "length": 3])
    #expect(answer.output["content"] == "\u{0}\u{0}\u{0}")
    #expect(answer.output["bytes"] == .integer(1 << 40))
    #expect(try bench.call("file_read", ["path": "huge", "length": 1_048_577]).error?.name == .invalidInput)
    #expect(try bench.call("file_read", ["path": "huge", "length": 1_048_576]).output["end"] == false)
    let search = try bench.call("file_search", ["path": .string(folder.root), "pattern": "x"])
    #expect(search.output["skipped"] == 1)
    #expect(try bench.call("file_search", ["path": "huge", "pattern": "x"]).reason == "too_large")
    try bench.end()
  }

  @Test func `a file is created once, overwritten at once and appended to`() throws {
    let folder = try FileFolder()
    let bench = folder.bench
    let created = try bench.call("file_write", ["path": "a.txt", "content": "one\n"])
    #expect(created.output == ["path": .string(folder.root + "/a.txt"), "bytes": 4, "written": 4, "created": true])
    #expect(folder.mode("a.txt") == 0o644)
    let again = try bench.call("file_write", ["path": "a.txt", "content": "two"])
    #expect(again.reason == "exists")
    #expect(folder.text("a.txt") == "one\n")
    let appended = try bench.call("file_write", ["path": "a.txt", "content": "two\n", "mode": "append"])
    #expect(appended.output["bytes"] == 8)
    #expect(appended.output["created"] == false)
    #expect(folder.text("a.txt") == "one\ntwo\n")
    try folder.put("script", "old")
    chmod(folder.root + "/script", 0o757)
    let before = try FileManager.default.attributesOfItem(atPath: folder.root + "/script")[.systemFileNumber] as? Int
    let over = try bench.call(
      "file_write",
      ["path": "script", "content": "AP8=", "encoding": "base64", "mode": "overwrite"]
    )
    #expect(over.output["created"] == false)
    #expect(FileManager.default.contents(atPath: folder.root + "/script") == Data([0, 255]))
    #expect(folder.mode("script") == 0o757)
    let after = try FileManager.default.attributesOfItem(atPath: folder.root + "/script")[.systemFileNumber] as? Int
    // Another file took its place: nobody saw a half of it.
    #expect(before != after)
    #expect(try bench.call("file_write", ["path": "new", "content": "", "mode": "append"]).output["created"] == true)
    #expect(try bench.call("file_write", ["path": "x", "content": "?", "encoding": "base64"]).reason == "not_base64")
    #expect(try bench.call("file_write", ["path": "no/x", "content": ""]).reason == "not_found")
    #expect(try bench.call("file_write", ["path": "a.txt/x", "content": ""]).reason == "not_a_folder")
    #expect(folder.names == ["a.txt", "new", "script"])
    try bench.end()
  }

  @Test func `what is written and what is read is told apart in the tools`() throws {
    let folder = try FileFolder(writable: false)
    for name in ["file_read", "file_list", "file_search"] {
      #expect(folder.bench.tool(name)?.isIdempotent == true)
      #expect(folder.bench.tool(name)?.isPure == true)
      #expect(folder.bench.tool(name)?.cacheTTLMS == nil)
    }
    for name in ["file_write", "file_edit"] {
      #expect(folder.bench.tool(name)?.isIdempotent == false)
      #expect(folder.bench.tool(name)?.isPure == false)
    }
    try folder.bench.end()
  }

  @Test func `edits are made all or not at all`() throws {
    let folder = try FileFolder()
    let bench = folder.bench
    try folder.put("a.txt", "one two two three")
    func edit(_ edits: JSON) throws -> ToolBench.Answer {
      try bench.call("file_edit", ["path": "a.txt", "edits": edits])
    }
    let twice = try edit([["old": "one", "new": "1"], ["old": "two", "new": "2"]])
    #expect(twice.reason == "mismatch")
    #expect(twice.error?.data["edit"] == 1)
    #expect(twice.error?.data["found"] == 2)
    let none = try edit([["old": "four", "new": "4"]])
    #expect(none.error?.message.contains("does not occur") == true)
    #expect(folder.text("a.txt") == "one two two three")
    // The second sees what the first left.
    let good = try edit([["old": "two", "new": "2", "count": 2], ["old": "2 2", "new": "deux"]])
    #expect(good.output["replacements"] == 3)
    #expect(folder.text("a.txt") == "one deux three")
    try folder.put("b.bin", [65, 255])
    #expect(try bench.call("file_edit", ["path": "b.bin", "edits": [["old": "A", "new": "B"]]]).reason == "not_utf8")
    #expect(try bench.call("file_edit", ["path": "none", "edits": [["old": "A", "new": "B"]]]).reason == "not_found")
    #expect(folder.names == ["a.txt", "b.bin"])
    try bench.end()
  }

  @Test func `a hard link is told, and its other name keeps the old contents`() throws {
    let folder = try FileFolder()
    try folder.put("a", "old")
    link(folder.root + "/a", folder.root + "/b")
    let bench = folder.bench
    #expect(
      try bench.call("file_edit", ["path": "a", "edits": [["old": "old", "new": "new"]]]).output["hard_links"] == 2
    )
    #expect(folder.text("a") == "new")
    #expect(folder.text("b") == "old")
    try bench.end()
  }

  @Test func `a folder is listed in order, with patterns and a limit`() throws {
    let folder = try FileFolder(writable: false)
    for name in ["b.txt", "a.md", "d/c.txt", "d/e/f.txt", "d/e/g.md"] { try folder.put(name, name) }
    symlink("/etc", folder.root + "/link")
    mkfifo(folder.root + "/pipe", 0o666)
    let bench = folder.bench
    func list(_ more: JSONObject) throws -> [String] {
      var input: JSONObject = ["path": .string(folder.root)]
      for member in more.members { input[member.key] = member.value }
      let answer = try bench.call("file_list", .object(input))
      return answer.output["entries"]?.arrayValue?.compactMap {
        "\($0["path"]?.stringValue ?? "?"):\($0["type"]?.stringValue ?? "?")"
      } ?? [answer.error?.message ?? "?"]
    }
    #expect(try list([:]) == ["a.md:file", "b.txt:file", "d:folder", "link:link", "pipe:other"])
    #expect(
      try list(["recursive": true, "glob": "*.txt"]) == ["b.txt:file", "d/c.txt:file", "d/e/f.txt:file"]
    )
    #expect(
      try list(["recursive": true, "glob": "d/**/*.{md,txt}"]) == ["d/c.txt:file", "d/e/f.txt:file", "d/e/g.md:file"]
    )
    #expect(try list(["recursive": true, "glob": "[!b]*.txt"]) == ["d/c.txt:file", "d/e/f.txt:file"])
    #expect(try list(["recursive": true, "glob": "d/?.txt"]) == ["d/c.txt:file"])
    let short = try bench.call("file_list", ["path": .string(folder.root), "limit": 2])
    #expect(short.output["entries"]?.arrayValue?.count == 2)
    #expect(short.output["truncated"] == true)
    #expect(try bench.call("file_list", ["path": .string(folder.root), "glob": "{a"]).reason == "bad_glob")
    #expect(try bench.call("file_list", ["path": .string(folder.root + "/a.md")]).reason == "not_a_folder")
    try bench.end()
  }

  @Test func `lines are found with their surroundings, and a bad pattern ends soon`() throws {
    let folder = try FileFolder(writable: false)
    try folder.put("a.txt", "one\r\ntwo\r\nthree\r\nfour")
    try folder.put("d/b.txt", String(repeating: "x", count: 5000) + "two" + String(repeating: "y", count: 5000))
    try folder.put("c.bin", [0] + Array("two".utf8))
    let bench = folder.bench
    let found = try bench.call("file_search", ["path": .string(folder.root), "pattern": "^t(wo)$", "context": 1])
    #expect(
      found.output["matches"]
        == [["path": "a.txt", "line": 2, "text": "two", "before": ["one"], "after": ["three"]]]
    )
    #expect(found.output["files"] == 2)
    #expect(found.output["skipped"] == 1)
    let long = try bench.call(
      "file_search",
      ["path": .string(folder.root), "pattern": "TWO", "ignore_case": true, "glob": "d/*"]
    )
    let text = long.output["matches"]?[0]?["text"]?.stringValue ?? ""
    #expect(text.hasPrefix("…") && text.hasSuffix("…") && text.contains("two") && text.utf8.count < 600)
    let limited = try bench.call("file_search", ["path": "a.txt", "pattern": "o", "limit": 1])
    #expect(limited.output["stopped_by"] == "limit")
    #expect(limited.output["matches"]?.arrayValue?.count == 1)
    let bad = try bench.call("file_search", ["path": "a.txt", "pattern": "("])
    #expect(bad.error?.name == .invalidInput)
    #expect(bad.reason == "bad_pattern")
    try folder.put("bomb.txt", String(repeating: String(repeating: "a", count: 4000) + "\n", count: 200))
    let start = ContinuousClock.now
    let bomb = try bench.call("file_search", ["path": "bomb.txt", "pattern": "(a+)+[bc]$"])
    #expect(bomb.output["stopped_by"] == "pattern")
    #expect(ContinuousClock.now - start < .seconds(20))
    try bench.end()
  }
}
