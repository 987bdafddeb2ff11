public import JSON

/// An error as it travels: a JSON-RPC code, a message for people, and data whose `name` is for programs.
///
/// The table of names is in `protocol/README.md`; unknown ones from a newer peer survive unchanged.
public struct WireError: Error, Sendable, Equatable {
  public struct Name: RawRepresentable, Sendable, Hashable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    public static let parseError = Name(rawValue: "parse_error")
    public static let invalidRequest = Name(rawValue: "invalid_request")
    public static let methodNotFound = Name(rawValue: "method_not_found")
    public static let invalidParams = Name(rawValue: "invalid_params")
    public static let internalError = Name(rawValue: "internal_error")
    public static let cancelled = Name(rawValue: "cancelled")
    public static let deadlineExceeded = Name(rawValue: "deadline_exceeded")
    public static let workerLost = Name(rawValue: "worker_lost")
    public static let unknownTool = Name(rawValue: "unknown_tool")
    public static let invalidInput = Name(rawValue: "invalid_input")
    public static let invalidOutput = Name(rawValue: "invalid_output")
    public static let overloaded = Name(rawValue: "overloaded")
    public static let nestingExceeded = Name(rawValue: "nesting_exceeded")
    public static let refused = Name(rawValue: "refused")
    public static let toolFailed = Name(rawValue: "tool_failed")
    public static let limitExceeded = Name(rawValue: "limit_exceeded")
    public static let versionMismatch = Name(rawValue: "version_mismatch")
    public static let outOfPhase = Name(rawValue: "out_of_phase")
    public static let unavailable = Name(rawValue: "unavailable")
    public static let draining = Name(rawValue: "draining")
    public static let notFound = Name(rawValue: "not_found")
    public static let connectionClosed = Name(rawValue: "connection_closed")
    public static let setupFailed = Name(rawValue: "setup_failed")
    public static let unexpectedReply = Name(rawValue: "unexpected_reply")
    public static let frameTooLarge = Name(rawValue: "frame_too_large")
    public static let emptyFrame = Name(rawValue: "empty_frame")
    public static let truncatedFrame = Name(rawValue: "truncated_frame")
    public static let unknownNotification = Name(rawValue: "unknown_notification")
    public static let notReading = Name(rawValue: "not_reading")
    public static let invalidPlan = Name(rawValue: "invalid_plan")
    public static let conflict = Name(rawValue: "conflict")
    public static let outcomeUnknown = Name(rawValue: "outcome_unknown")
    public static let storageFailed = Name(rawValue: "storage_failed")
    public static let toolChanged = Name(rawValue: "tool_changed")
    /// By a rule of the policy.
    public static let blocked = Name(rawValue: "blocked")
    /// Not before a person has decided.
    public static let approvalRequired = Name(rawValue: "approval_required")
    /// A person said no, or nobody said yes in time.
    public static let approvalDenied = Name(rawValue: "approval_denied")
    /// The caller has no role that permits it.
    public static let forbidden = Name(rawValue: "forbidden")
  }

  public let code: Int64
  public let name: Name
  public let message: String
  /// Members of `data` beside `name`, which is taken.
  public let data: JSONObject

  public init(_ name: Name, _ message: String, data: JSONObject = JSONObject()) {
    self.init(code: Self.codes[name] ?? -32603, name: name, message: message, data: data)
  }

  init(code: Int64, name: Name, message: String, data: JSONObject) {
    self.code = code
    self.name = name
    self.message = message
    var data = data
    data["name"] = nil
    self.data = data
  }

  /// Every name of this version with its code.
  package static let codes: [Name: Int64] = [
    .parseError: -32700, .invalidRequest: -32600, .methodNotFound: -32601, .invalidParams: -32602,
    .internalError: -32603, .cancelled: 4001, .deadlineExceeded: 4002, .workerLost: 4003, .unknownTool: 4004,
    .invalidInput: 4005, .invalidOutput: 4006, .overloaded: 4007, .nestingExceeded: 4008, .refused: 4009,
    .toolFailed: 4010, .limitExceeded: 4011, .versionMismatch: 4012, .outOfPhase: 4013, .unavailable: 4014,
    .draining: 4015, .notFound: 4016, .connectionClosed: 4017, .setupFailed: 4018, .unexpectedReply: 4019,
    .frameTooLarge: 4020, .emptyFrame: 4021, .truncatedFrame: 4022, .unknownNotification: 4023, .notReading: 4024,
    .invalidPlan: 4025, .conflict: 4026, .outcomeUnknown: 4027, .storageFailed: 4028, .toolChanged: 4029,
    .blocked: 4030, .approvalRequired: 4031, .approvalDenied: 4032, .forbidden: 4033,
  ]

  /// The error's fault with a parameter at `path` (a JSON Pointer into `params` or `result`).
  package static func invalidParams(_ path: String, _ message: String) -> WireError {
    WireError(.invalidParams, message, data: ["path": .string(path)])
  }

  package static func limitExceeded(_ limit: String, _ what: String, value: Int, limit bound: Int) -> WireError {
    WireError(
      .limitExceeded,
      "\(what) of \(value) exceeds the limit of \(bound)",
      data: ["limit": .string(limit), "value": .integer(Int64(value))]
    )
  }
}

extension WireError: CustomStringConvertible {
  public var description: String { message }
}

extension WireError {
  /// Reads the `error` member of a reply. A peer without `data.name` gets a name from its code.
  init(decoding json: JSON) throws(WireError) {
    var fields = try Fields(json, at: "/error")
    let code = try fields.require("code", Int64.self)
    let message = try fields.require("message", String.self)
    let data = try fields.optional("data", JSON.self)?.objectValue ?? JSONObject()
    try fields.finish()
    let known = Self.codes.first { $0.value == code }?.key
    let name = data["name"]?.stringValue.map(Name.init(rawValue:)) ?? known ?? .toolFailed
    self.init(code: code, name: name, message: message, data: data)
  }

  func encode(into writer: inout JSONWriter) {
    writer.beginObject()
    writer.key("code")
    writer.value(code)
    writer.key("message")
    writer.value(message)
    writer.key("data")
    writer.beginObject()
    writer.key("name")
    writer.value(name.rawValue)
    for member in data.members {
      writer.key(member.key)
      writer.value(member.value)
    }
    writer.endObject()
    writer.endObject()
  }
}
