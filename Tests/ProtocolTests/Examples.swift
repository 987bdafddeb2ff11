import JSON
import Wire

/// One line of `protocol/examples/good/index.json`.
struct GoodExample: Sendable, CustomStringConvertible {
  let file: String
  let kind: String
  /// nil for an error that belongs to no method.
  let method: String?
  let from: String
  let to: String
  /// File in `schema/`, and the place in it.
  let schema: String

  var description: String { file }
  var link: Link { from == "worker" || to == "worker" ? .worker : .client }

  static func all() throws -> [GoodExample] {
    try Contract.json("examples/good/index.json").arrayValue.orBroken("good/index.json").map { entry in
      GoodExample(
        file: try (entry["file"]?.stringValue).orBroken("file"),
        kind: try (entry["kind"]?.stringValue).orBroken("kind"),
        method: entry["method"]?.stringValue,
        from: try (entry["from"]?.stringValue).orBroken("from"),
        to: try (entry["to"]?.stringValue).orBroken("to"),
        schema: try (entry["schema"]?.stringValue).orBroken("schema")
      )
    }
  }

  func message() throws -> JSON { try Contract.json("examples/good/\(file)") }
}

/// One line of `protocol/examples/bad/index.json`.
struct BadExample: Sendable, CustomStringConvertible {
  let file: String
  let layer: String
  let from: String
  let to: String
  let phase: String
  /// Methods of the receiver's outstanding requests; their ids count from 1.
  let outstanding: [String]
  /// Whole messages before the offence, which are served as usual.
  let accepted: Int64
  let error: String
  let code: Int64
  let closes: Bool
  /// Id of the error reply; nil for null.
  let id: Int64?
  let path: String?
  let nearest: String?
  let reason: String?

  var description: String { file }
  var link: Link { from == "worker" || to == "worker" ? .worker : .client }
  var receiver: Side { to == "coordinator" ? .coordinator : .peer }

  static func all() throws -> [BadExample] {
    try Contract.json("examples/bad/index.json").arrayValue.orBroken("bad/index.json").map { entry in
      BadExample(
        file: try (entry["file"]?.stringValue).orBroken("file"),
        layer: try (entry["layer"]?.stringValue).orBroken("layer"),
        from: try (entry["from"]?.stringValue).orBroken("from"),
        to: try (entry["to"]?.stringValue).orBroken("to"),
        phase: try (entry["phase"]?.stringValue).orBroken("phase"),
        outstanding: try (entry["outstanding"]?.arrayValue ?? []).map {
          try ($0["method"]?.stringValue).orBroken("method")
        },
        accepted: entry["accepted"]?.integerValue ?? 0,
        error: try (entry["error"]?.stringValue).orBroken("error"),
        code: try (entry["code"]?.integerValue).orBroken("code"),
        closes: try (entry["closes"]?.boolValue).orBroken("closes"),
        id: entry["id"]?.integerValue,
        path: entry["path"]?.stringValue,
        nearest: entry["nearest"]?.stringValue,
        reason: entry["reason"]?.stringValue
      )
    }
  }

  func bytes() throws -> [UInt8] { try FrameNotation.bytes(try Contract.text("examples/bad/\(file)")) }
}

/// One line of `protocol/examples/edge/index.json`: a value exactly at a limit.
struct EdgeExample: Sendable, CustomStringConvertible {
  let file: String
  let limit: String
  let kind: String
  let method: String?
  let link: Link

  var description: String { file }

  static func all() throws -> [EdgeExample] {
    try Contract.json("examples/edge/index.json").arrayValue.orBroken("edge/index.json").map { entry in
      EdgeExample(
        file: try (entry["file"]?.stringValue).orBroken("file"),
        limit: try (entry["limit"]?.stringValue).orBroken("limit"),
        kind: try (entry["kind"]?.stringValue).orBroken("kind"),
        method: entry["method"]?.stringValue,
        link: entry["from"] == "worker" ? .worker : .client
      )
    }
  }

  func bytes() throws -> [UInt8] { try FrameNotation.bytes(try Contract.text("examples/edge/\(file)")) }
}

extension Optional {
  /// The value, or an error that says which member of a contract file is missing.
  func orBroken(_ what: String) throws -> Wrapped {
    guard let self else { throw Contract.Broken(description: "'\(what)' is missing or of the wrong type") }
    return self
  }
}
