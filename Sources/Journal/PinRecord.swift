/// A tool of a kind of worker as it was when somebody, or the first look, took it as it is.
package struct PinRecord: Sendable, Equatable {
  /// Kind of worker.
  package var worker: String
  package var tool: String
  /// SHA-256 of all that is pinned, hexadecimal.
  package var digest: String
  /// The tool as JSON.
  package var definition: String
  /// Milliseconds since 1970.
  package var at: Int64

  package init(worker: String, tool: String, digest: String, definition: String, at: Int64) {
    self.worker = worker
    self.tool = tool
    self.digest = digest
    self.definition = definition
    self.at = at
  }
}

extension Database {
  func put(_ pin: PinRecord) throws(JournalError) {
    let statement = try statement(
      "INSERT OR REPLACE INTO tool_pins (worker, tool, digest, definition, at) VALUES (?, ?, ?, ?, ?)"
    )
    statement.bind(1, pin.worker)
    statement.bind(2, pin.tool)
    statement.bind(3, pin.digest)
    statement.bind(4, pin.definition)
    statement.bind(5, pin.at)
    try statement.run()
  }

  package func pins() throws(JournalError) -> [PinRecord] {
    let rows = try prepare("SELECT worker, tool, digest, definition, at FROM tool_pins")
    var pins: [PinRecord] = []
    while try rows.step() {
      pins.append(
        PinRecord(
          worker: rows.text(0) ?? "",
          tool: rows.text(1) ?? "",
          digest: rows.text(2) ?? "",
          definition: rows.text(3) ?? "",
          at: rows.integer(4)
        )
      )
    }
    return pins
  }
}
