// fuzz: modules=Models seeds=Tests/Fuzz/Seeds/ModelText max_len=4096

import JSON
import Models

/// Fuzz target: a text, perhaps behind a vocabulary file and a zero byte. A vocabulary that is accepted counts any text as
/// it encodes it; words cover the text; calls that are found are of offered tools and have objects for arguments; JSON
/// that is found is told with all its violations; what a small model is sure of fits; a page has corners in reach; a
/// request that is made to fit does.
func fuzzModelText(_ bytes: UnsafeRawBufferPointer) {
  let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
  let text = String(decoding: parts.last ?? bytes[...], as: UTF8.self)
  for pattern in TokenPattern.allCases {
    checkWords(text, pattern)
    checkVocabulary(Array(parts.first ?? bytes[...]), text, pattern)
  }
  checkCalls(text)
  checkJSON(text)
  checkSure(text)
  checkPage(Array(bytes))
  checkContext(text)
  checkCatalog(Array(bytes), text)
}

private func checkWords(_ text: String, _ pattern: TokenPattern) {
  var end = 0
  pattern.split(text) { word in
    precondition(word.lowerBound == end && !word.isEmpty, "a gap or an empty word")
    end = word.upperBound
  }
  precondition(end == text.utf8.count, "a text that is not all words")
  let estimate = TokenEstimate.count(text)
  precondition(estimate >= (text.isEmpty ? 0 : 1) && estimate <= text.utf8.count * 3 + 1, "estimate \(estimate)")
}

private let singles: [UInt8] = {
  let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
  var lines: [UInt8] = []
  for byte in 0...255 {
    lines.append(digits[byte >> 2])
    lines.append(digits[(byte & 3) << 4])
    lines += Array("== \(byte)\n".utf8)
  }
  return lines
}()

private func checkVocabulary(_ file: [UInt8], _ text: String, _ pattern: TokenPattern) {
  do throws(VocabularyError) {
    // Behind the tokens that every vocabulary needs, or next to nothing would be accepted.
    let vocabulary = try BytePairVocabulary(parsing: singles + file, pattern: pattern)
    let ranks = vocabulary.encode(text)
    precondition(vocabulary.count(text) == ranks.count && ranks.count <= text.utf8.count, "\(ranks.count) tokens")
    precondition(vocabulary.size >= 256, "\(vocabulary.size) tokens known")
  } catch {
    precondition(!error.detail.isEmpty && error.line ?? 1 > 0, "\(error)")
  }
}

private func checkCalls(_ text: String) {
  var request = ModelRequest(messages: [ModelMessage(.user, "x")])
  request.tools = ["a", "search"].map { ToolOffer(name: $0, description: "", parameters: [:]) }
  var response = ModelResponse()
  response.text = text
  do throws(ModelError) {
    let read = try ToolEmulation.read(response, request)
    for use in read.toolUses {
      precondition(use.arguments.objectValue != nil && ["a", "search"].contains(use.name), "\(use)")
    }
    precondition(read.toolUses.isEmpty == (read == response), "an answer that changed without a call")
    // What is told to the model is read back.
    guard !read.toolUses.isEmpty else { return }
    request.messages = [ModelMessage(.assistant, read.toolUses.map { .toolUse($0) })]
    response.text = ToolEmulation.applied(to: request).messages.last?.text ?? ""
    let again = try ToolEmulation.read(response, request)
    precondition(again.toolUses.map(\.arguments) == read.toolUses.map(\.arguments), "not read back: \(response.text)")
  } catch {
    precondition(error.code == .malformedToolCall, "\(error)")
  }
}

private func checkJSON(_ text: String) {
  // Safety: the schema is ours.
  let schema = try? JSONSchema(["type": "object", "required": ["a"]])
  guard let found = StructuredText.extract(text, schema) else { return }
  precondition(found.violations.isEmpty == schema?.isValid(found.json), "violations")
  precondition((ModelError.mismatch(found) == nil) == found.violations.isEmpty, "an error")
}

private func checkSure(_ text: String) {
  // Safety: the first schema is ours; a text that is no JSON or no schema is no matter here.
  let own: JSON = ["type": "object", "required": ["a"]]
  for source in [own, try? JSON(parsing: text)].compactMap({ $0 }) {
    guard let inner = try? JSONSchema(source), let sure = SureSchema(source, inner) else { continue }
    precondition(sure.source["properties"]?.objectValue?.keys == ["answer", "sure"], "another order")
    do throws(ModelError) {
      let answer = try sure.read(text)
      precondition(inner.isValid(answer.value), "an answer that does not fit")
    } catch {
      precondition(error.code == .schemaMismatch && !error.message.isEmpty, "\(error)")
    }
  }
}

private func checkPage(_ bytes: [UInt8]) {
  // Safety: what is no JSON is no page.
  guard let json = try? JSON(parsing: bytes) else { return }
  do throws(ModelError) {
    let page = try VisionRead.read(json)
    precondition(page.lines.allSatisfy { $0.box.count == 8 && !$0.text.contains("\n") }, "a line")
    precondition(page.lines.allSatisfy { (0...1).contains($0.confidence ?? 0) }, "a confidence")
  } catch {
    precondition(error.code == .malformedReply, "\(error)")
  }
  precondition(!VisionRead.failure(status: 400, body: bytes) { _ in nil }.message.isEmpty, "an error without words")
}

/// The text's lines as a conversation.
private func checkContext(_ text: String) {
  let lines = text.split(separator: "\n").prefix(40).map(String.init)
  let messages = lines.enumerated().map { place, line -> ModelMessage in
    switch line.utf8.first.map({ $0 % 5 }) {
    case 0: ModelMessage(.system, line)
    case 1: ModelMessage(.assistant, [.toolUse(ToolUse(id: String(line.prefix(2)), name: "f", arguments: [:]))])
    case 2: ModelMessage(.tool, [.toolResult(ToolOutcome(id: String(line.prefix(2)), name: "f", text: line))])
    case 3: ModelMessage(.assistant, line)
    default: ModelMessage(.user, line)
    }
  }
  let counter = TokenCounter()
  let request = ModelRequest(messages: messages)
  let window = ContextWindow(budget: counter.count(request) * 2 / 3, counter: counter)
  for strategy in ContextStrategy.allCases {
    do throws(ModelError) {
      var fitted: ContextWindow.Fitted
      switch try window.fit(request, strategy) {
      case .fits(let found): fitted = found
      case .needsSummary(let plan):
        precondition(!plan.summarised.isEmpty, "nothing to summarise")
        fitted = try plan.applying(text, counter)
      }
      precondition(fitted.tokens <= window.budget && counter.count(fitted.request) == fitted.tokens, "too long")
      let systems = fitted.request.messages.filter { $0.role == .system }
      precondition(systems == messages.filter { $0.role == .system }, "a message of the system is gone")
    } catch {
      precondition(error.code == .contextOverflow, "\(error)")
    }
  }
}

private func checkCatalog(_ bytes: [UInt8], _ text: String) {
  do throws(CatalogError) {
    let catalog = try ModelCatalog(parsing: bytes)
    let facts = catalog.facts(of: text)
    if let price = facts.price { _ = Cost(ModelUsage(input: .max, output: .max), at: price)?.text }
    precondition(catalog.overlaid(with: catalog) == catalog, "a catalog over itself")
  } catch {
    precondition(!error.detail.isEmpty, "no message")
  }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  fuzzModelText(UnsafeRawBufferPointer(start: start, count: count))
  return 0
}
