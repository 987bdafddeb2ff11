import Testing

@testable import Planner

@Suite struct ShownTextTests {
  @Test func `a line has no line breaks, no control characters and nothing that hides or reorders`() {
    let text = "one\n\u{1B}[31mtwo\u{202E}\u{200B}\tthree\u{0}\r\n"
    #expect(ShownText.line(text, limit: 100) == "one [31mtwo three")
  }

  @Test func `a line is cut at its limit`() {
    #expect(ShownText.line("abcdef", limit: 6) == "abcdef")
    #expect(ShownText.line("abcdefg", limit: 6) == "abcdef…")
    #expect(ShownText.line(String(repeating: "x", count: 1_000_000), limit: 10).count == 11)
  }

  @Test func `a block keeps its lines and says what it leaves out`() {
    #expect(ShownText.block("a\r\n\tb\u{7}", limit: 10) == "a\n\tb")
    #expect(ShownText.block("abcdef", limit: 4) == "abcd\n[2 more characters left out]")
  }

  @Test(arguments: [
    ("Reads a receipt. Needs an image.", "Reads a receipt"),
    ("Reads images, e.g. PNG files. Slow.", "Reads images, e.g. PNG files"),
    ("Adds two numbers.", "Adds two numbers"),
    ("No end", "No end"),
  ])
  func `a summary is the first sentence`(_ text: String, _ summary: String) {
    #expect(ShownText.summary(text, limit: 160) == summary)
  }
}
