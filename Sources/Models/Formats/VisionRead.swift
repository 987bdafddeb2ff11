package import JSON

/// Text that Azure AI Vision reads from a picture: Image Analysis 4.0 with the feature `read`, one request and one answer.
package enum VisionRead {
  /// Bytes of a picture, and what one may be made of.
  package static let imageLimit = 20 << 20
  package static let apiVersion = "2024-02-01"
  /// Lines of an answer, and words of a line.
  static let lineLimit = 50_000

  /// Behind the endpoint, without the version.
  /// - Parameter language: BCP 47; nil: the service finds out, which it does best.
  package static func path(language: String?) -> String {
    "/computervision/imageanalysis:analyze?features=read" + (language.map { "&language=\($0)" } ?? "")
  }

  package struct Line: Sendable, Equatable {
    package let text: String
    /// Corners in pixels, x before y, from the upper left one clockwise as the text runs.
    package let box: [Int]
    /// The mean of its words', 0 … 1; nil: the service says none.
    package let confidence: Double?
  }

  package struct Page: Sendable, Equatable {
    package let lines: [Line]
    package let width: Int
    package let height: Int

    package var text: String { lines.map(\.text).joined(separator: "\n") }
  }

  /// Throws `malformed_reply` and `reply_too_large`.
  package static func read(_ json: JSON) throws(ModelError) -> Page {
    guard let blocks = json["readResult"]?["blocks"]?.arrayValue, let metadata = json["metadata"],
      let width = metadata["width"]?.integerValue, let height = metadata["height"]?.integerValue,
      (1...1_000_000).contains(width), (1...1_000_000).contains(height)
    else { throw ModelError(.malformedReply, "the answer has no 'readResult' with blocks, or no size of the picture") }
    var lines: [Line] = []
    for block in blocks {
      for line in block["lines"]?.arrayValue ?? [] {
        guard lines.count < lineLimit else {
          throw ModelError(.replyTooLarge, "the answer has more than \(lineLimit) lines of text")
        }
        lines.append(try self.line(line, at: lines.count))
      }
    }
    return Page(lines: lines, width: Int(width), height: Int(height))
  }

  private static func line(_ json: JSON, at place: Int) throws(ModelError) -> Line {
    guard let text = json["text"]?.stringValue, let box = box(json["boundingPolygon"]?.arrayValue ?? []) else {
      throw ModelError(.malformedReply, "line \(place + 1) of the answer has no text, or no place in the picture")
    }
    let words = (json["words"]?.arrayValue ?? []).prefix(lineLimit)
    let known = words.compactMap { $0["confidence"]?.doubleValue }.filter { (0...1).contains($0) }
    let mean = known.isEmpty ? nil : (known.reduce(0, +) / Double(known.count) * 1000).rounded() / 1000
    // What is a line there is a line here.
    return Line(text: text.split(whereSeparator: \.isNewline).joined(separator: " "), box: box, confidence: mean)
  }

  /// Four corners as they are, others by the rectangle around them; nil: there are none.
  private static func box(_ points: [JSON]) -> [Int]? {
    var corners: [(x: Int, y: Int)] = []
    for point in points.prefix(64) {
      guard let x = point["x"]?.doubleValue, let y = point["y"]?.doubleValue, abs(x) <= 1e6, abs(y) <= 1e6 else {
        return nil
      }
      corners.append((Int(x.rounded()), Int(y.rounded())))
    }
    if corners.count == 4 { return corners.flatMap { [$0.x, $0.y] } }
    guard let left = corners.map(\.x).min(), let right = corners.map(\.x).max(), let top = corners.map(\.y).min(),
      let bottom = corners.map(\.y).max()
    else { return nil }
    return [left, top, right, top, right, bottom, left, bottom]
  }

  // MARK: Errors

  /// What is wrong with a picture, in the service's words.
  private static let pictureFaults: Set<String> = [
    "InvalidImageSize", "InvalidImageFormat", "InvalidImageDimension", "NotSupportedImage", "UnsupportedMediaType",
  ]

  /// An answer with a status other than 200. The service says what is wrong twice, the second time more exactly.
  package static func failure(status: Int, body: [UInt8], headers: (String) -> String?) -> ModelError {
    var error = ProviderFailure.of(status: status, body: body, headers: headers)
    let json = try? JSON(parsing: body)  // Safety: what is no JSON has no code.
    let names = [json?["error"]?["innererror"]?["code"], json?["error"]?["code"]].compactMap { $0?.stringValue }
    let isTooLarge = status == 413 || error.message.contains("image size is not allowed")
    if isTooLarge || status == 415 || names.contains(where: pictureFaults.contains) {
      error.code = .invalidImage
      error.message = error.message.replacing(
        ProviderFailure.meaning(.contextOverflow, status),
        with: ProviderFailure.meaning(.invalidRequest, status)
      )
      error.hint =
        "JPEG, PNG, GIF, BMP, WEBP, ICO, TIFF or MPO of 50 to 16,000 pixels each way and at most 20 MB are due"
    }
    if let name = names.first(where: { Int($0) == nil }), !error.message.contains(name), name.utf8.count <= 64 {
      error.message += " (\(name))"
    }
    return error
  }
}
