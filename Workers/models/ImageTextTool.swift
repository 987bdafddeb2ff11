internal import HTTP
internal import JSON
internal import Models
internal import Posix
internal import WorkerKit

/// The tool `image_text`: the text in a picture, as Azure AI Vision reads it.
///
/// Safety: lives on the worker's loop.
final class ImageTextTool: @unchecked Sendable {
  /// Of an answer; a page full of words takes some hundred kilobytes.
  private static let answerBytes = 16 << 20

  private let engine: Engine

  init(_ engine: Engine) { self.engine = engine }

  func callAsFunction(_ call: Call) async throws -> JSON {
    guard let provider = engine.settings.vision else {
      throw WireError(
        .toolFailed,
        "nothing is configured that reads pictures; hint: set AZURE_VISION_ENDPOINT and AZURE_VISION_KEY for the coordinator",
        data: ["reason": "no_provider"]
      )
    }
    // Before anything is read: without a key it would be in vain.
    if let missing = provider.missingSecret { throw Failure.error([attempt(provider, Self.missing(missing))]) }
    let image = try await call.readArtifact(call.input["artifact"]?.stringValue ?? "", limit: VisionRead.imageLimit)
    if image.isEmpty { throw Failure.error([attempt(provider, ModelError(.invalidImage, "the picture is empty"))]) }
    let deadline = BootTime.now + Milliseconds(max(1, call.remainingMS - Engine.marginMS))
    let path = VisionRead.path(language: call.input["language"]?.stringValue)
    var attempts: [Engine.Attempt] = []
    for number in 1... {
      try Task.checkCancellation()
      let began = BootTime.now
      let result = await ask(provider, provider.url(path), image, deadline, call)
      switch result {
      case .success(let page): return output(page, provider)
      case .failure(var error):
        try Task.checkCancellation()
        error.message = engine.credentials.redact(error.message)
        attempts.append(attempt(provider, error, BootTime.now.milliseconds(since: began)))
        let left = deadline.milliseconds(since: .now)
        guard let wait = provider.retry.wait(after: number, error, leftMS: left, chance: .random(in: 0...1)) else {
          throw Failure.error(attempts)
        }
        await engine.rest(wait)
      }
    }
    throw Failure.error(attempts)
  }

  private func attempt(_ provider: Provider, _ error: ModelError, _ milliseconds: Int64 = 0) -> Engine.Attempt {
    Engine.Attempt(provider: provider.name, model: "read", milliseconds: milliseconds, error: error)
  }

  private static func missing(_ secret: String) -> ModelError {
    ModelError(
      .missingKey,
      "its secret '\(secret)' is not there",
      hint: "set the variable for the coordinator, or name a source in 'workers.models.secrets'"
    )
  }

  private func ask(
    _ provider: Provider,
    _ url: String,
    _ image: [UInt8],
    _ deadline: BootTime,
    _ call: Call
  ) async -> Result<VisionRead.Page, ModelError> {
    let rest = provider.breaker.admit(nowMS: BootTime.now.nanoseconds / 1_000_000)
    if rest > 0 {
      return .failure(ModelError(.circuitOpen, "it failed too often and is left alone for another \(rest) ms"))
    }
    let result = await exchange(provider, url, image, deadline, call)
    engine.judge(provider, result)
    return result
  }

  private func exchange(
    _ provider: Provider,
    _ url: String,
    _ image: [UInt8],
    _ deadline: BootTime,
    _ call: Call
  ) async -> Result<VisionRead.Page, ModelError> {
    do throws(ModelError) {
      var request = HTTPRequest(url: url, headers: [], body: image)
      try await engine.complete(&request, provider, call, contentType: "application/octet-stream")
      let whole = request
      let overdue = Overdue()
      let fetching = Fetching(limit: Self.answerBytes)
      let client = engine.client
      let answer = await overdue.bounded(deadline.milliseconds(since: .now), on: client) {
        await fetching.send(whole, by: client)
      }
      if overdue.hasCome { throw ModelError(.deadlineExceeded, "the call's deadline came before the answer") }
      switch answer {
      case .failure(let error): throw Asking.modelError(error, isAnswering: fetching.head.status == 200)
      case .success(let (status, body)):
        guard status == 200 else { throw VisionRead.failure(status: status, body: body) { fetching.head.first($0) } }
        return .success(try VisionRead.read(try ReplyReader.parse(body, "the answer")))
      }
    } catch {
      return .failure(error)
    }
  }

  private func output(_ page: VisionRead.Page, _ provider: Provider) -> JSON {
    let redact = engine.credentials.redact
    let lines = page.lines.map { line -> JSON in
      var object: JSONObject = [
        "text": .string(redact(line.text)), "box": .array(line.box.map { .integer(Int64($0)) }),
      ]
      if let confidence = line.confidence { object["confidence"] = JSON(confidence) }
      return .object(object)
    }
    return [
      "text": .string(redact(page.text)), "lines": .array(lines), "width": .integer(Int64(page.width)),
      "height": .integer(Int64(page.height)), "provider": .string(provider.name),
    ]
  }
}
