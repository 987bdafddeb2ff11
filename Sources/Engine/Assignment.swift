package import JSON
package import Wire

/// What a job knows that began with a request in somebody's words: its plan grows as planners make it.
package struct Assignment: Sendable, Equatable {
  package let request: TaskRequest
  package let route: Route
  /// Ids of failed steps in whose place a later plan put others.
  package internal(set) var replaced: [String]

  package init(request: TaskRequest, route: Route, replaced: [String] = []) {
    self.request = request
    self.route = route
    self.replaced = replaced
  }
}

extension Assignment: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    let word = try fields.require("mode", String.self)
    guard let mode = TaskRequest.Mode(rawValue: word) else {
      throw .invalidParams(fields.path("mode"), "\(quoted(word)) is no mode")
    }
    self.init(
      request: try fields.requireBody("request"),
      route: Route(mode: mode, reason: try fields.require("reason")),
      replaced: try fields.strings("replaced", limit: Limit.steps) ?? []
    )
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("request", request)
    writer.member("mode", route.mode.rawValue)
    writer.member("reason", route.reason)
    if !replaced.isEmpty { writer.member("replaced", replaced) }
  }
}

/// How a request is carried out, and why so.
package struct Route: Sendable, Equatable {
  package let mode: TaskRequest.Mode
  package let reason: String

  package init(mode: TaskRequest.Mode, reason: String) {
    self.mode = mode
    self.reason = reason
  }

  /// By what the request says about itself; its words are the planner's to judge.
  package init(_ request: TaskRequest) {
    if let mode = request.mode {
      self.init(mode: mode, reason: "asked for")
    } else if request.requiresMultiStep {
      self.init(mode: .hybrid, reason: "requires_multi_step")
    } else if request.requiresSystemAccess {
      self.init(mode: .system, reason: "requires_system_access")
    } else {
      switch request.type {
      case "conversation"?: self.init(mode: .direct, reason: "type conversation")
      case "system_operation"?: self.init(mode: .system, reason: "type system_operation")
      case let type?: self.init(mode: .hybrid, reason: "type \(type)")
      case nil: self.init(mode: .hybrid, reason: "nothing else was asked for")
      }
    }
  }
}
