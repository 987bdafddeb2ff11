internal import JSON
internal import MCP
internal import WorkerKit

/// From a server's own descriptions, which nobody vouches for, to tools that the coordinator takes.
struct ToolCatalog {
  /// What a tool of the catalog does at its server.
  enum Act: Sendable {
    case tool(String)
    case listResources, readResource, listPrompts, getPrompt, complete, status
  }

  struct Entry: Sendable {
    let tool: Tool
    let act: Act
  }

  private(set) var entries: [Entry] = []
  /// What was left out or changed, and why.
  private(set) var notes: [String] = []
  private var names: ToolNames
  private let needs: Needs?

  /// - Parameters:
  ///   - server: of its kind in the configuration.
  ///   - allowed: the server's own names of tools that are offered; nil: all.
  init(
    server: String,
    _ listing: Listing<ToolDescription>,
    _ capabilities: ServerCapabilities,
    allowed: Set<String>?,
    needs: Needs?
  ) {
    names = ToolNames(server: server)
    self.needs = needs
    notes = listing.skipped.prefix(64).map { "left out: \($0)" }
    if let cut = listing.cut { notes.append("its list of tools is cut: \(cut)") }
    for description in listing.items where allowed?.contains(description.name) != false { add(description) }
    for name in (allowed ?? []).subtracting(listing.items.map(\.name)).sorted() where Self.own[name] == nil {
      notes.append("there is no tool '\(name)', which the entry lists")
    }
    addOwn(capabilities, allowed)
    if entries.count > Limit.tools {
      notes.append("\(entries.count) tools exceed the limit of \(Limit.tools); the rest is left out")
      entries.removeLast(entries.count - Limit.tools)
    }
  }

  private mutating func add(_ description: ToolDescription) {
    let shown = String(description.name.prefix(128))
    if description.requiresTask { return note(shown, "it can only be called as a task") }
    guard let name = names.take(description.name) else {
      return note(shown, "'\(ToolNames.name("", shown).dropFirst())' is the name of another tool already")
    }
    let input: JSON
    switch ToolSchema.input(description.inputSchema) {
    case .success(let schema): input = schema
    case .failure(let why): return note(shown, why.text)
    }
    var promised: JSON?
    if let schema = description.outputSchema {
      switch ToolSchema.promised(schema) {
      case .success(let schema): promised = schema
      case .failure(let why): notes.append("tool '\(shown)': its output is not checked: \(why.text)")
      }
    }
    var tool = Tool(
      name: name,
      description: Self.text(description),
      inputSchema: input,
      outputSchema: ToolSchema.output(structured: promised),
      needs: needs
    )
    tool.meta = Self.meta(description)
    entries.append(Entry(tool: tool, act: .tool(description.name)))
  }

  private mutating func note(_ tool: String, _ why: String) { notes.append("tool '\(tool)' is left out: \(why)") }

  private static func text(_ tool: ToolDescription) -> String {
    shortened(tool.description ?? tool.title ?? "A tool of an MCP server.", Limit.descriptionBytes)
  }

  /// Its own name and what it says of itself: for people, decided upon by nobody.
  private static func meta(_ tool: ToolDescription) -> JSON {
    var meta: JSONObject = ["mcp_name": .string(shortened(tool.name, 256))]
    if let title = tool.title { meta["title"] = .string(shortened(title, 256)) }
    var hints = tool.hints.object
    if let title = hints["title"]?.stringValue { hints["title"] = .string(shortened(title, 256)) }
    if !hints.isEmpty { meta["hints"] = .object(hints) }
    return .object(meta)
  }

  // MARK: What is no tool at the server

  private static let own: [String: Act] = [
    "list_resources": .listResources, "read_resource": .readResource, "list_prompts": .listPrompts,
    "get_prompt": .getPrompt, "complete": .complete,
  ]

  /// Where the server has the capability. A tool of the server's own of that name wins.
  private mutating func addOwn(_ capabilities: ServerCapabilities, _ allowed: Set<String>?) {
    var offered: [(String, String, JSON, JSON, Act)] = []
    if capabilities.resources {
      offered.append(
        ("list_resources", "Lists what can be read from the server.", Self.nothing, Self.resources, .listResources)
      )
      offered.append(
        (
          "read_resource", "Reads a resource of the server.", Self.reading, ToolSchema.output(structured: nil),
          .readResource
        )
      )
    }
    if capabilities.prompts {
      offered.append(("list_prompts", "Lists the server's prompts.", Self.nothing, Self.prompts, .listPrompts))
      offered.append(("get_prompt", "Fills in a prompt of the server.", Self.filling, Self.messages, .getPrompt))
    }
    if capabilities.completions {
      offered.append(
        ("complete", "Completes an argument of a prompt or a resource.", Self.completing, Self.values, .complete)
      )
    }
    for (name, description, input, output, act) in offered where allowed?.contains(name) != false {
      addOwn(name, description, input, output, act)
    }
    addOwn("server_status", "Tells who the server is, and whether it is there.", Self.nothing, Self.status, .status)
  }

  private mutating func addOwn(_ name: String, _ description: String, _ input: JSON, _ output: JSON, _ act: Act) {
    guard let full = names.take(name) else { return }
    let tool = Tool(name: full, description: description, inputSchema: input, outputSchema: output, needs: needs)
    // Where more tools are offered than may be, these are not what is left out.
    entries.insert(Entry(tool: tool, act: act), at: 0)
  }

  private static func object(_ properties: JSON, required: JSON) -> JSON {
    ["type": "object", "properties": properties, "required": required, "additionalProperties": false]
  }

  private static let nothing = object([:], required: [])
  private static let reading = object(["uri": ["type": "string", "maxLength": 8192]], required: ["uri"])
  private static let texts: JSON = ["type": "object", "additionalProperties": ["type": "string"]]
  private static let filling = object(["name": ["type": "string"], "arguments": texts], required: ["name"])
  private static let completing = object(
    [
      "ref": [
        "oneOf": [
          ["type": "object", "required": ["prompt"], "properties": ["prompt": ["type": "string"]]],
          ["type": "object", "required": ["uri"], "properties": ["uri": ["type": "string"]]],
        ]
      ],
      "argument": object(
        ["name": ["type": "string"], "value": ["type": "string"]],
        required: ["name", "value"]
      ), "context": texts,
    ],
    required: ["ref", "argument"]
  )
  private static let status = object(
    [
      "transport": ["enum": ["stdio", "http"]], "protocol": ["type": "string"], "era": ["enum": ["legacy", "modern"]],
      "server": object(["name": ["type": "string"], "version": ["type": "string"]], required: ["name", "version"]),
      "capabilities": ["type": "array", "items": ["type": "string"]], "tools": ["type": "integer"],
      "ping_ms": ["type": "number"],
    ],
    required: ["transport"]
  )
  private static let items: JSON = ["type": "array", "items": ["type": "object"]]
  private static let resources = object(
    ["resources": items, "templates": items, "cut": ["type": "string"]],
    required: ["resources", "templates"]
  )
  private static let prompts = object(["prompts": items, "cut": ["type": "string"]], required: ["prompts"])
  private static let messages = object(
    ["description": ["type": "string"], "text": ["type": "string"], "messages": items],
    required: ["text", "messages"]
  )
  private static let values = object(
    [
      "values": ["type": "array", "items": ["type": "string"]], "total": ["type": "integer"],
      "has_more": ["type": "boolean"],
    ],
    required: ["values"]
  )
}

/// As many whole characters of the start as fit into `limit` bytes.
func shortened(_ text: String, _ limit: Int) -> String {
  if text.utf8.count <= limit { return text }
  var end = text.utf8.index(text.startIndex, offsetBy: limit - 3)
  while end > text.startIndex, text.utf8[end] & 0xC0 == 0x80 { end = text.utf8.index(before: end) }
  return text[..<end] + "…"
}
