internal import JSON

/// What a provider says when it does not answer: the many shapes of its errors as one.
package enum ProviderFailure {
  /// Longest text of a provider that is repeated, in bytes.
  static let textLimit = 400

  /// An answer with an HTTP status other than 200.
  package static func of(status: Int, body: [UInt8], headers: (String) -> String?) -> ModelError {
    let json = try? JSON(parsing: body)  // Safety: what is no JSON is told as text below.
    var error = json.flatMap { inBody($0) ?? plain($0) } ?? ModelError(.errorInStream, text(of: body))
    let code = refined(status, error.code)
    let what = meaning(code, status)
    error.code = code
    error.status = status
    error.message = error.message.isEmpty ? what : "\(what): \(withoutKeys(error.message, code))"
    error.hint = hint(code)
    // Gemini writes the time into the body.
    error.retryAfterMS = RetryAfter.milliseconds(headers) ?? error.retryAfterMS
    error.shouldRetry = headers("x-should-retry").flatMap { ["true": true, "false": false][$0.lowercased()] }
    return error
  }

  /// An error that stands in a body, or in a stream under status 200; nil: it is none. OpenAI, Anthropic, Gemini and
  /// llama.cpp write `{"error": {...}}`, Ollama `{"error": "text"}`, vLLM `{"object": "error", ...}`, FastAPI
  /// `{"detail": ...}`.
  static func inBody(_ json: JSON) -> ModelError? {
    guard json.objectValue != nil else {
      // Gemini wraps a stream's error in an array.
      return json.arrayValue?.first.flatMap { $0["error"] == nil ? nil : inBody($0) }
    }
    switch json["error"] {
    case .string(let text)?:
      return made(text, of: json)
    case .object?:
      let error = json["error"] ?? .null
      return made(words(error) ?? error.description, of: error)
    case .bool(true)?: return made(words(json) ?? "", of: json)
    default: break
    }
    if json["object"]?.stringValue == "error" || json["type"]?.stringValue == "error" {
      return made(words(json) ?? "", of: json)
    }
    if json["detail"] != nil, json["choices"] == nil { return words(json).map { made($0, of: json) } }
    return nil
  }

  /// A body that says nothing but its status is an error: `{"message": ...}`, `{"errors": [...]}`.
  private static func plain(_ json: JSON) -> ModelError? { words(json).map { made($0, of: json) } }

  /// The text of an error, wherever it stands.
  private static func words(_ json: JSON) -> String? {
    for name in ["message", "msg", "detail", "errors"] {
      switch json[name] {
      case .string(let text)? where !text.isEmpty: return text
      // FastAPI's lists of what does not fit.
      case .array(let items)?:
        let texts = items.prefix(8).compactMap {
          $0.stringValue ?? $0["msg"]?.stringValue ?? $0["message"]?.stringValue
        }
        if !texts.isEmpty { return texts.joined(separator: "; ") }
      case .object(let inner)?:
        let inner = JSON.object(inner)
        for name in ["message", "msg", "error", "detail"] { if let text = inner[name]?.stringValue { return text } }
        return inner.description
      default: break
      }
    }
    return nil
  }

  /// An error with what stands beside its text.
  private static func made(_ text: String, of json: JSON) -> ModelError {
    let kind = ["type", "code", "status", "error_type"].compactMap { json[$0]?.stringValue }.joined(separator: " ")
    let inner = json["innererror"]?["code"]?.stringValue ?? ""
    // What decides stands at the beginning; the rest may be the whole request.
    var code = classified(String(text.prefix(4096)), kind + " " + inner)
    if code == .errorInStream, let status = json["code"]?.integerValue, (400...599).contains(status) {
      code = refined(Int(status), code)
      if code == .badStatus { code = .errorInStream }
    }
    let said = text.isEmpty ? kind : text
    let message = said.isEmpty ? "an error without a text" : withoutKeys(said.clipped(textLimit), code)
    var error = ModelError(code, message, hint: hint(code))
    for detail in json["details"]?.arrayValue ?? [] {
      guard let delay = detail["retryDelay"]?.stringValue, delay.hasSuffix("s") else { continue }
      error.retryAfterMS = RetryAfter.milliseconds(seconds: String(delay.dropLast()))
    }
    return error
  }

  /// The start of a body that is no JSON: a proxy's page, a plain text.
  private static func text(of body: [UInt8]) -> String {
    guard let first = body.first(where: { $0 > 0x20 }) else { return "" }
    if first == UInt8(ascii: "<") { return "the answer is HTML, perhaps a proxy's" }
    return String(decoding: body.prefix(textLimit * 4), as: UTF8.self).clipped(textLimit)
  }

  /// Providers repeat a key that they refuse, or a part of it.
  private static func withoutKeys(_ text: String, _ code: ModelError.Code) -> String {
    guard code == .unauthorized || code == .forbidden else { return text }
    let separators: Set<Character> = [" ", "'", "\"", "`", ",", "=", ":", "(", ")"]
    var clean = ""
    var word = ""
    func end() {
      let isKey =
        word.contains("*")
        || word.utf8.count >= 12 && word.contains(where: \.isNumber) && word.contains(where: \.isLetter)
      clean += isKey ? "…" : word
      word = ""
    }
    for character in text {
      if separators.contains(character) {
        end()
        clean.append(character)
      } else {
        word.append(character)
      }
    }
    end()
    return clean
  }
}
