import JSON
import Testing

@testable import Models

/// Answers of Azure AI Vision as it documents them.
@Suite struct VisionReadTests {
  private static func line(_ text: String, _ polygon: String, _ words: String = "[]") -> String {
    "{\"text\":\"\(text)\",\"boundingPolygon\":\(polygon),\"words\":\(words)}"
  }

  private static func answer(_ lines: [String], width: String = "1024") -> String {
    "{\"modelVersion\":\"2023-10-01\",\"metadata\":{\"width\":\(width),\"height\":768},"
      + "\"readResult\":{\"blocks\":[{\"lines\":[\(lines.joined(separator: ","))]}]}}"
  }

  private static let square = #"[{"x":78,"y":65},{"x":1019,"y":64},{"x":1019,"y":164},{"x":78,"y":165}]"#

  private static func read(_ text: String) throws -> VisionRead.Page {
    try VisionRead.read(try ReplyReader.parse(Array(text.utf8), "the answer"))
  }

  @Test func `lines come with their corners, and with the mean of their words`() throws {
    let words = #"[{"text":"KEDAI","confidence":0.993},{"text":"SELASIH","confidence":0.9}]"#
    let page = try Self.read(
      Self.answer([Self.line("KEDAI SELASIH", Self.square, words), Self.line("3.00", Self.square)])
    )
    #expect(page.text == "KEDAI SELASIH\n3.00" && page.width == 1024 && page.height == 768)
    #expect(page.lines[0].box == [78, 65, 1019, 64, 1019, 164, 78, 165])
    #expect(page.lines[0].confidence == 0.947 && page.lines[1].confidence == nil)
    #expect(VisionRead.path(language: nil) == "/computervision/imageanalysis:analyze?features=read")
    #expect(VisionRead.path(language: "ms").hasSuffix("?features=read&language=ms"))
  }

  @Test func `a picture without text is a page without lines`() throws {
    #expect(try Self.read(Self.answer([])).lines == [])
    let empty = #"{"metadata":{"width":1,"height":1},"readResult":{"blocks":[]}}"#
    #expect(try Self.read(empty).text == "")
  }

  @Test func `other shapes get the rectangle around them, and a line stays a line`() throws {
    let three = #"[{"x":10,"y":5},{"x":30.4,"y":9},{"x":20,"y":1}]"#
    let page = try Self.read(Self.answer([Self.line("a\\nb", three)]))
    #expect(page.lines[0].box == [10, 1, 30, 1, 30, 9, 10, 9] && page.text == "a b")
  }

  @Test(arguments: [
    "{}", "[]", "null", #"{"readResult":{"blocks":[]}}"#, #"{"readResult":{},"metadata":{"width":1,"height":1}}"#,
    answer([], width: "0"), answer([], width: "1e300"), answer([], width: "-1"), answer([], width: "\"9\""),
    answer([line("a", "[]")]), answer([line("a", "7")]), answer([line("a", #"[{"x":1}]"#)]),
    answer([line("a", #"[{"x":1e300,"y":1}]"#)]), answer([#"{"text":7,"boundingPolygon":\#(square)}"#]),
    answer(["null"]), answer(["[]"]),
  ])
  func `what is none is a malformed reply`(_ text: String) throws {
    do {
      let page = try Self.read(text)
      Issue.record("\(page)")
    } catch let error as ModelError {
      #expect(error.code == .malformedReply)
    }
  }

  @Test func `an endless page is refused`() throws {
    let lines = [String](repeating: Self.line("a", Self.square), count: VisionRead.lineLimit + 1)
    let error = #expect(throws: ModelError.self) { try Self.read(Self.answer(lines)) }
    #expect(error?.code == .replyTooLarge)
  }

  @Test(
    arguments: [
      (
        400,
        #"{"error":{"code":"InvalidRequest","message":"The image dimension is too small.","innererror":{"code":"InvalidImageSize","message":"x"}}}"#,
        ModelError.Code.invalidImage, "(InvalidImageSize)"
      ),
      (
        400,
        #"{"error":{"code":"InvalidRequest","message":"The image size is not allowed to be zero or larger than 20971520 bytes."}}"#,
        .invalidImage, "20971520"
      ),
      (400, #"{"error":{"code":"InvalidImageFormat","message":"not an image"}}"#, .invalidImage, "InvalidImageFormat"),
      (413, "too large", .invalidImage, "refused the request"), (415, "{}", .invalidImage, "415"),
      (
        400,
        #"{"error":{"code":"InvalidRequest","message":"no","innererror":{"code":"NotSupportedLanguage","message":"x"}}}"#,
        .invalidRequest, "(NotSupportedLanguage)"
      ),
      (
        401,
        #"{"error":{"code":"401","message":"Access denied due to invalid subscription key or wrong API endpoint."}}"#,
        .unauthorized, "invalid subscription key"
      ),
      (403, #"{"error":{"code":"403","message":"Out of call volume quota."}}"#, .forbidden, "quota"),
      (404, #"{"error":{"code":"404","message":"Resource not found"}}"#, .notFound, "Resource"),
      (
        429,
        #"{"error":{"code":"429","message":"Requests have exceeded call rate limit. Please retry after 3 seconds."}}"#,
        .rateLimited, "call rate limit"
      ),
      (500, #"{"error":{"code":"InternalServerError","message":"oops"}}"#, .serverError, "oops"),
      (503, "<html>", .overloaded, "HTML"),
    ] as [(Int, String, ModelError.Code, String)]
  )
  func `its errors have a code of ours, and its own word`(
    _ status: Int,
    _ body: String,
    _ code: ModelError.Code,
    _ word: String
  ) {
    let error = VisionRead.failure(status: status, body: Array(body.utf8)) { $0 == "retry-after" ? "3" : nil }
    #expect(error.code == code && error.status == status && error.message.contains(word), "\(error)")
    #expect(error.retryAfterMS == 3_000 && !error.message.contains("context"))
    #expect(code != .invalidImage || error.hint?.contains("16,000") == true && !error.isProvidersFault)
  }
}
