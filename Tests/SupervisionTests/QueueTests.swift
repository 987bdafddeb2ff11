import JSON
import Posix
import Testing
import Wire

@testable import Supervision

@Suite struct QueueTests {
  private func invocation(_ name: String) -> Invocation {
    Invocation(tool: name, input: [:], job: name, idempotencyKey: name, deadline: .now) { _ in }
  }

  /// `#expect` evaluates what mutates in a closure of its own; this does not.
  private func expect<T: Equatable>(_ value: T, _ expected: T, at location: SourceLocation = #_sourceLocation) {
    #expect(value == expected, sourceLocation: location)
  }

  @Test func `what is queued leaves in order, without what was removed`() {
    var queue = InvocationQueue(limit: 10)
    let all = (0..<5).map { invocation("\($0)") }
    for item in all { expect(queue.append(item), true) }
    queue.remove(all[0])
    queue.remove(all[3])
    queue.remove(all[3])
    #expect(queue.count == 3)
    var order: [String] = []
    while let next = queue.removeFirst() { order.append(next.tool) }
    #expect(order == ["1", "2", "4"])
    #expect(queue.isEmpty)
    expect(queue.removeFirst()?.tool, nil)
  }

  @Test func `the limit is accepted and one more is refused`() {
    var queue = InvocationQueue(limit: 3)
    let all = (0..<4).map { invocation("\($0)") }
    expect(all.map { queue.append($0) }, [true, true, true, false])
    queue.remove(all[1])
    let hasRoom = queue.append(all[3])
    #expect(hasRoom)
    expect(queue.removeAll().map(\.tool), ["0", "2", "3"])
    #expect(queue.isEmpty)
  }

  @Test func `order survives any mixture of operations`() {
    var queue = InvocationQueue(limit: 500)
    var model: [Invocation] = []
    for step in 0..<20_000 {
      switch Int.random(in: 0..<5) {
      case 0...2:
        let item = invocation("\(step)")
        if queue.append(item) { model.append(item) } else { #expect(model.count == 500) }
      case 3:
        let first = queue.removeFirst()
        #expect(first === model.first)
        if !model.isEmpty { model.removeFirst() }
      default:
        guard let victim = model.indices.randomElement() else { continue }
        queue.remove(model.remove(at: victim))
      }
      #expect(queue.count == model.count)
    }
  }
}

@Suite struct LineSplitterTests {
  private func split(_ pieces: [[UInt8]]) -> [String] {
    var splitter = LineSplitter()
    var lines: [String] = []
    for piece in pieces { piece.withUnsafeBytes { splitter.append($0) { lines.append($0) } } }
    splitter.finish { lines.append($0) }
    return lines
  }

  @Test func `lines come whole however the bytes do`() {
    let text = Array("one\n\ntwo ü\nlast".utf8)
    let expected = ["one", "", "two ü", "last"]
    #expect(split([text]) == expected)
    #expect(split(text.map { [$0] }) == expected)
    #expect(split([Array(text[..<5]), Array(text[5...])]) == expected)
    #expect(split([]).isEmpty)
    #expect(split([Array("ended\n".utf8)]) == ["ended"])
  }

  @Test func `a line of the limit is whole and a longer one is cut`() {
    let limit = LineSplitter.lineBytes
    let exact = [UInt8](repeating: 97, count: limit - 1)
    #expect(split([exact + [10]]).map(\.utf8.count) == [limit - 1])
    #expect(split([[UInt8](repeating: 97, count: 2 * limit + 5)]).map(\.utf8.count) == [limit, limit, 5])
  }

  @Test func `bytes that are no text are shown as replaced`() {
    #expect(split([[0xFF, 0x61, 0xC3, 10]]) == ["\u{FFFD}a\u{FFFD}"])
  }
}

@Suite struct WorkerLogTests {
  @Test func `the newest lines are kept, oldest first`() {
    let log = WorkerLog(capacity: 3)
    for n in 1...5 { log.append(.init(time: "", worker: "w", instance: 1, pid: 1, text: "\(n)")) }
    #expect(log.last(10).map(\.text) == ["3", "4", "5"])
    #expect(log.last(2).map(\.text) == ["4", "5"])
    #expect(log.last(0).isEmpty)
  }
}
