package import JSON

/// What a session is asked to do for its owner. A list is fetched with all its pages.
package enum ClientRequest: Sendable, Equatable {
  case listTools
  case listResources
  case listResourceTemplates
  case listPrompts
  case callTool(name: String, arguments: JSONObject)
  case readResource(uri: String)
  case getPrompt(name: String, arguments: [String: String])
  case complete(CompletionQuery)
  /// The least grave lines that are wanted from now on.
  case setLogLevel(LogLevel)
  /// Whether the server is there: `ping`, or `server/discover` where that does not exist.
  case ping

  package var method: String {
    switch self {
    case .listTools: "tools/list"
    case .listResources: "resources/list"
    case .listResourceTemplates: "resources/templates/list"
    case .listPrompts: "prompts/list"
    case .callTool: "tools/call"
    case .readResource: "resources/read"
    case .getPrompt: "prompts/get"
    case .complete: "completion/complete"
    case .setLogLevel: "logging/setLevel"
    case .ping: "ping"
    }
  }

  /// A modern server may ask for input before it answers.
  var mayAsk: Bool {
    switch self {
    case .callTool, .readResource, .getPrompt: true
    default: false
    }
  }

  var isList: Bool {
    switch self {
    case .listTools, .listResources, .listResourceTemplates, .listPrompts: true
    default: false
    }
  }
}

/// What is to be completed.
package struct CompletionQuery: Sendable, Equatable {
  package enum Reference: Sendable, Equatable {
    case prompt(name: String)
    case resource(uri: String)
  }

  package var reference: Reference
  package var argument: String
  package var value: String
  /// Arguments that are known already.
  package var known: [String: String]

  package init(_ reference: Reference, argument: String, value: String, known: [String: String] = [:]) {
    self.reference = reference
    self.argument = argument
    self.value = value
    self.known = known
  }
}

/// What came of a request.
package enum ClientReply: Sendable, Equatable {
  case tools(Listing<ToolDescription>)
  case resources(Listing<ResourceDescription>)
  case resourceTemplates(Listing<ResourceTemplate>)
  case prompts(Listing<PromptDescription>)
  case tool(ToolAnswer)
  case resource(ResourceAnswer)
  case prompt(PromptAnswer)
  case completion(Completion)
  case done
}

/// All pages of a list.
package struct Listing<Item: Sendable & Equatable>: Sendable, Equatable {
  package var items: [Item] = []
  /// How long the list may be taken as it is, in milliseconds; 0: the server does not say.
  package var freshMS: Int64 = 0
  /// What was left out and why: items that are not of their shape, a tool whose headers are wrong.
  package var skipped: [String] = []
  /// Why the list ends before the server's does; nil: it is whole.
  package var cut: String?

  package init(_ items: [Item] = []) { self.items = items }
}

/// Names a request of the owner's, within its session.
package struct CallID: Sendable, Hashable {
  let number: Int64
}

/// Names a question of the server's, within its session.
package struct QuestionID: Sendable, Hashable {
  let number: Int64
}

/// How a request goes about.
package struct CallOptions: Sendable, Equatable {
  /// Of the server's silence, in milliseconds; while it waits for an answer of ours the time stands still. nil: no limit.
  package var timeoutMS: Int64?
  package var wantsProgress = false
  /// `traceparent`, and what else belongs into `_meta`.
  package var meta = JSONObject()

  package init(timeoutMS: Int64? = nil, wantsProgress: Bool = false) {
    self.timeoutMS = timeoutMS
    self.wantsProgress = wantsProgress
  }
}
