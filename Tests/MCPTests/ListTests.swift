import JSON
import MCP
import Testing

struct ListTests {
  private static func tool(_ name: String) -> String { #"{"name":"\#(name)","inputSchema":{"type":"object"}}"# }

  @Test(arguments: [MCPVersion.v20241105, .v20260728]) func `all pages of a list come as one`(version: MCPVersion) {
    var talk = Conversation(open: version)
    let call = talk.begin(.listTools)
    #expect(talk.takeSent()[0]["params"]?["cursor"] == nil)
    talk.result(2, #"{"tools":[\#(Self.tool("a"))],"nextCursor":"","ttlMs":9000}"#)
    // An empty cursor is one.
    #expect(talk.takeSent()[0]["params"]?["cursor"] == "")
    talk.result(3, #"{"tools":[\#(Self.tool("b"))],"nextCursor":"x","ttlMs":50}"#)
    #expect(talk.takeSent()[0]["params"]?["cursor"] == "x")
    talk.result(4, #"{"tools":[\#(Self.tool("c"))],"ttlMs":100}"#)
    guard case .tools(let listing)? = talk.reply(call) else { return #expect(Bool(false)) }
    #expect(listing.items.map(\.name) == ["a", "b", "c"] && listing.freshMS == 50 && listing.cut == nil)
  }

  @Test func `cursors that lead round in a circle are noticed`() {
    var talk = Conversation(open: .v20260728)
    let call = talk.begin(.listTools)
    for (id, cursor) in [(2, "a"), (3, "b"), (4, "a")] {
      talk.result(Int64(id), #"{"tools":[\#(Self.tool("t\(id)"))],"nextCursor":"\#(cursor)"}"#)
    }
    guard case .tools(let listing)? = talk.reply(call) else { return #expect(Bool(false)) }
    #expect(listing.items.count == 3 && listing.cut?.contains("a page that it gave before") == true)
  }

  @Test func `neither pages nor items nor bytes of a list are without end`() {
    func list(_ change: (inout MCPLimits) -> Void) -> Listing<ToolDescription>? {
      var talk = Conversation(open: .v20260728) { change(&$0.limits) }
      let call = talk.begin(.listTools)
      for id in 2..<1000 {
        let tools = (0..<3).map { Self.tool("t\(id).\($0)") }.joined(separator: ",")
        talk.result(Int64(id), #"{"tools":[\#(tools)],"nextCursor":"\#(id)"}"#)
        if case .tools(let listing)? = talk.reply(call) { return listing }
      }
      return nil
    }
    let pages = list { $0.pages = 5 }
    #expect(pages?.items.count == 15 && pages?.cut == "more than 5 pages")
    let items = list { $0.items = 10 }
    #expect(items?.items.count == 10 && items?.cut == "more than 10 items")
    let bytes = list { $0.listBytes = 1000 }
    #expect(bytes?.cut == "more than 1000 bytes")
    #expect(list { _ in }?.cut == "more than 64 pages")
  }

  @Test func `one page with too many items is cut`() {
    var talk = Conversation(open: .v20251125) { $0.limits.items = 2 }
    let call = talk.begin(.listTools)
    talk.result(2, #"{"tools":[\#(Self.tool("a")),\#(Self.tool("b")),\#(Self.tool("c"))]}"#)
    guard case .tools(let listing)? = talk.reply(call) else { return #expect(Bool(false)) }
    #expect(listing.items.map(\.name) == ["a", "b"] && listing.cut == "more than 2 items")
  }

  @Test func `an item that is not of its shape is left out, and said`() {
    var talk = Conversation(open: .v20251125)
    let call = talk.begin(.listTools)
    talk.result(
      2,
      #"{"tools":[\#(Self.tool("a")),5,{"name":"x"},{"name":"","inputSchema":{}},\#(Self.tool("a")),\#(Self.tool("b"))]}"#
    )
    guard case .tools(let listing)? = talk.reply(call) else { return #expect(Bool(false)) }
    #expect(listing.items.map(\.name) == ["a", "b"] && listing.skipped.count == 4)
    #expect(listing.skipped.contains("'a' is listed twice"))
  }

  @Test func `resources, templates and prompts are read`() {
    var talk = Conversation(open: .v20251125)
    let resources = talk.begin(.listResources)
    let templates = talk.begin(.listResourceTemplates)
    let prompts = talk.begin(.listPrompts)
    #expect(
      talk.takeSent().map { $0["method"] } == ["resources/list", "resources/templates/list", "prompts/list"]
    )
    talk.result(2, #"{"resources":[{"uri":"a:b","name":"n","size":5,"mimeType":"text/plain"}]}"#)
    talk.result(3, #"{"resourceTemplates":[{"uriTemplate":"a:{b}","name":"n"}]}"#)
    talk.result(4, #"{"prompts":[{"name":"p","arguments":[{"name":"a","required":true}]}]}"#)
    guard case .resources(let first)? = talk.reply(resources), case .prompts(let last)? = talk.reply(prompts) else {
      return #expect(Bool(false))
    }
    #expect(first.items[0].size == 5 && first.items[0].mimeType == "text/plain")
    #expect(talk.reply(templates) == .resourceTemplates(Listing([ResourceTemplate(uriTemplate: "a:{b}", name: "n")])))
    #expect(last.items[0].arguments == [.init(name: "a", isRequired: true)])
  }

  @Test func `a list that is none fails`() {
    var talk = Conversation(open: .v20251125)
    let call = talk.begin(.listTools)
    talk.result(2, #"{"prompts":[]}"#)
    #expect(talk.failure(call)?.code == .badAnswer)
  }

  @Test func `a tool is described with its hints, and one that needs a task says so`() throws {
    let tool = try ToolDescription(
      try json(
        #"{"name":"t","title":"T","description":"d","inputSchema":{"type":"object"},"outputSchema":{"type":"object"},"annotations":{"readOnlyHint":true,"destructiveHint":"no"},"execution":{"taskSupport":"required"},"_meta":{"a":1}}"#
      )
    )
    #expect(tool.hints.readOnly == true && tool.hints.destructive == nil && tool.requiresTask)
    #expect(tool.outputSchema != nil && tool.meta == ["a": 1] && tool.title == "T")
  }
}
