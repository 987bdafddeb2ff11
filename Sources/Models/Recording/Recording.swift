package import JSON

/// Exchanges with providers, kept so that the same requests are answered again without any network:
///
///     {"recording": 1, "exchanges": [{"request": {"provider", "path", "body"}, "status", "type", "chunks": [text, …]}]}
///
/// Requests are recognised by provider, path and canonical body; equal ones are answered in the order of the recording,
/// the last one from then on. Headers are not kept but for the type: keys are in none of it.
package struct Recording: Sendable, Equatable {
  package struct Exchange: Sendable, Equatable {
    package var provider: String
    package var path: String
    package var body: JSON
    package var status: Int
    package var contentType: String
    /// As they came; parts of a character are kept as what the whole bytes say.
    package var chunks: [String]

    package init(provider: String, path: String, body: JSON, status: Int, contentType: String, chunks: [String]) {
      self.provider = provider
      self.path = path
      self.body = body
      self.status = status
      self.contentType = contentType
      self.chunks = chunks
    }

    /// What makes two requests the same: all but whether the answer was to be streamed.
    var key: String {
      var body = body
      if var object = body.objectValue {
        object["stream"] = nil
        object["stream_options"] = nil
        body = .object(object)
      }
      let path = path.replacing(":streamGenerateContent?alt=sse", with: ":generateContent")
      return "\(provider)\n\(path)\n" + String(decoding: body.canonical(), as: UTF8.self)
    }
  }

  static let limit = 100_000

  package var exchanges: [Exchange]

  package init(_ exchanges: [Exchange] = []) { self.exchanges = exchanges }

  package var json: JSON {
    [
      "recording": 1,
      "exchanges": .array(
        exchanges.map { exchange in
          [
            "request": [
              "provider": .string(exchange.provider), "path": .string(exchange.path), "body": exchange.body,
            ],
            "status": .integer(Int64(exchange.status)), "type": .string(exchange.contentType),
            "chunks": .array(exchange.chunks.map { .string($0) }),
          ]
        }
      ),
    ]
  }

  package init(_ json: JSON) throws(ModelError) {
    func wrong(_ what: String) -> ModelError { ModelError(.replayMiss, "this is no recording: \(what)") }
    guard json["recording"]?.integerValue == 1 else { throw wrong("'recording' is not 1") }
    guard let list = json["exchanges"]?.arrayValue else { throw wrong("'exchanges' is no list") }
    if list.count > Self.limit { throw wrong("more than \(Self.limit) exchanges") }
    exchanges = []
    for (index, item) in list.enumerated() {
      guard let request = item["request"], let provider = request["provider"]?.stringValue,
        let path = request["path"]?.stringValue, let body = request["body"],
        let status = item["status"]?.integerValue, (100...599).contains(status),
        let type = item["type"]?.stringValue, let chunks = item["chunks"]?.arrayValue,
        chunks.allSatisfy({ $0.stringValue != nil })
      else { throw wrong("'/exchanges/\(index)' has not the form of one") }
      exchanges.append(
        Exchange(
          provider: provider,
          path: path,
          body: body,
          status: Int(status),
          contentType: type,
          chunks: chunks.compactMap(\.stringValue)
        )
      )
    }
  }
}

/// Answers requests from a recording.
package struct Player: Sendable {
  private var waiting: [String: [Recording.Exchange]] = [:]
  private let count: Int

  package init(_ recording: Recording) {
    count = recording.exchanges.count
    for exchange in recording.exchanges.reversed() { waiting[exchange.key, default: []].append(exchange) }
  }

  package mutating func answer(provider: String, path: String, body: JSON) throws(ModelError) -> Recording.Exchange {
    let asked = Recording.Exchange(
      provider: provider,
      path: path,
      body: body,
      status: 200,
      contentType: "",
      chunks: []
    )
    guard var list = waiting[asked.key], let next = list.last else {
      throw ModelError(
        .replayMiss,
        "the recording's \(count) exchanges do not hold this request",
        hint: "what was asked has changed since; record it anew"
      )
    }
    if list.count > 1 {
      list.removeLast()
      waiting[asked.key] = list
    }
    return next
  }
}
