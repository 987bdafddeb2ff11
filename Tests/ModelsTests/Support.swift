import JSON
import Testing

@testable import Models

/// What an answer came to: what was told on the way, and the answer or the error at its end.
struct Reading: Equatable {
  var deltas: [ModelDelta] = []
  var response: ModelResponse?
  var error: ModelError?

  /// Deltas joined by kind, since their borders are the provider's affair.
  var told: String {
    deltas.map { delta in
      switch delta {
      case .text(let text): text
      case .reasoning(let text): "<\(text)>"
      }
    }.joined()
  }
}

/// Feeds `bytes` to a reader in pieces of `size`; nil: all at once.
func read(_ format: ModelFormat, _ bytes: [UInt8], isStream: Bool = true, size: Int? = nil) -> Reading {
  var reader = ReplyReader(format, isStream: isStream)
  var reading = Reading()
  do throws(ModelError) {
    var offset = 0
    while offset < bytes.count {
      let end = min(bytes.count, offset + (size ?? bytes.count))
      try take(&reader, bytes[offset..<end], &reading)
      offset = end
    }
    var deltas: [ModelDelta] = []
    reading.response = try reader.finish { deltas.append($0) }
    reading.deltas += deltas
  } catch {
    reading.error = error
  }
  return reading
}

private func take(
  _ reader: inout ReplyReader,
  _ bytes: ArraySlice<UInt8>,
  _ reading: inout Reading
) throws(ModelError) {
  var deltas: [ModelDelta] = []
  defer { reading.deltas += deltas }
  var failure: ModelError?
  bytes.withUnsafeBytes { bytes in
    do throws(ModelError) { try reader.take(bytes) { deltas.append($0) } } catch { failure = error }
  }
  if let failure { throw failure }
}

func read(_ format: ModelFormat, _ text: String, isStream: Bool = true) -> Reading {
  read(format, Array(text.utf8), isStream: isStream)
}

/// A stream of server-sent events, one for each record.
func events(_ records: String...) -> String { records.map { "data: \($0)\n\n" }.joined() }

/// The answer to `text`, which has to be one.
func answer(
  _ format: ModelFormat,
  _ text: String,
  isStream: Bool = true,
  _ location: SourceLocation = #_sourceLocation
) throws -> ModelResponse {
  let reading = read(format, text, isStream: isStream)
  #expect(reading.error == nil, sourceLocation: location)
  return try #require(reading.response, sourceLocation: location)
}

/// The error that `text` ends in, which has to be one.
func failure(
  _ format: ModelFormat,
  _ text: String,
  isStream: Bool = true,
  _ location: SourceLocation = #_sourceLocation
) throws -> ModelError {
  try #require(read(format, text, isStream: isStream).error, sourceLocation: location)
}

func parsed(_ text: String) throws -> JSON { try JSON(parsing: text) }

/// What a request becomes.
func written(
  _ format: ModelFormat,
  _ request: ModelRequest,
  model: String = "m",
  quirks: Quirks = Quirks()
) -> JSON {
  format.write(request, model: model, quirks: quirks).body
}

func at(_ json: JSON?, _ pointer: String) throws -> JSON? { json?[pointer: try JSONPointer(parsing: pointer)] }

extension ToolOffer {
  static let weather = ToolOffer(
    name: "weather",
    description: "Tells the weather.",
    parameters: ["type": "object", "properties": ["city": ["type": "string"]], "required": ["city"]]
  )
}

extension ModelRequest {
  /// A call of a tool, its result, and a word after it.
  static func conversation(_ middle: ModelMessage...) -> ModelRequest {
    var request = ModelRequest(messages: [ModelMessage(.user, "weather in Rome?")] + middle)
    request.tools = [.weather]
    return request
  }
}
