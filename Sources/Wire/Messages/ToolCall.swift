package import JSON

/// Client → coordinator, or worker → coordinator from inside an invocation: call a tool by name.
package struct ToolCall: WireRequest {
  package static let method = "tool/call"

  package var tool: String
  package var input: JSON
  /// From a worker: the id of the `tool/invoke` in which the call is made. Absent from a client.
  package var invocation: RequestID?
  package var timeoutMS: Int64?
  package var needs: Needs?
  package var limits: ResourceLimits?
  /// Whether the caller wants `progress` for this call.
  package var wantsProgress: Bool

  package init(
    tool: String,
    input: JSON,
    invocation: RequestID? = nil,
    timeoutMS: Int64? = nil,
    needs: Needs? = nil,
    limits: ResourceLimits? = nil,
    wantsProgress: Bool = false
  ) {
    self.tool = tool
    self.input = input
    self.invocation = invocation
    self.timeoutMS = timeoutMS
    self.needs = needs
    self.limits = limits
    self.wantsProgress = wantsProgress
  }

  package init(from fields: inout Fields) throws(WireError) {
    tool = try fields.require("tool")
    input = try fields.require("input")
    invocation = try fields.requestID("invocation")
    timeoutMS = try fields.integer("timeout_ms", in: 1...Limit.timeoutMS)
    needs = try fields.body("needs")
    limits = try fields.body("limits")
    wantsProgress = try fields.optional("progress") ?? false
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("tool", tool)
    writer.member("input", input)
    writer.member("invocation", invocation?.json)
    writer.member("timeout_ms", timeoutMS)
    writer.member("needs", needs)
    writer.member("limits", limits)
    if wantsProgress { writer.member("progress", true) }
  }

  package typealias Response = ToolResult
}
