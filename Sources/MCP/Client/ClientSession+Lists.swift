internal import JSON

extension ClientSession {
  /// The pages of a list that have come.
  struct Pages {
    /// Where the next one begins; nil: the first.
    var cursor: String?
    var seen: Set<String> = []
    var items: [JSON] = []
    var bytes = 0
    var count = 0
    /// The shortest time that a page may be taken as it is; nil: none has come.
    var freshMS: Int64?
  }

  /// Bytes of the longest cursor.
  private static let longestCursor = 64 << 10
  /// Reasons that are kept.
  private static let mostReasons = 64

  /// Takes a page, and asks for the next one or answers with all of them.
  mutating func page(
    _ id: CallID,
    _ result: JSONObject,
    bytes: Int,
    now: Int64
  ) throws(ShapeError) -> [ClientEffect] {
    guard var call = calls[id] else { return [] }
    let items = try result.array(Self.member(call.request), atMost: Int.max)
    call.pages.count += 1
    call.pages.bytes += bytes
    let room = settings.limits.items - call.pages.items.count
    call.pages.items += items.prefix(room)
    let fresh = max(0, result["ttlMs"]?.integerValue ?? 0)
    call.pages.freshMS = min(call.pages.freshMS ?? fresh, fresh)
    // An empty cursor is one, too.
    let next = result["nextCursor"]?.stringValue
    var cut = items.count > room ? "more than \(settings.limits.items) items" : nil
    if let next, cut == nil { cut = reason(toStopAt: next, &call.pages) }
    if let next, cut == nil {
      call.pages.cursor = next
      calls[id] = call
      return transmit(id, now: now)
    }
    calls[id] = call
    return finish(id, .success(listed(call, cut)), now: now)
  }

  private func reason(toStopAt cursor: String, _ pages: inout Pages) -> String? {
    let limits = settings.limits
    if pages.count >= limits.pages { return "more than \(limits.pages) pages" }
    if pages.bytes >= limits.listBytes { return "more than \(limits.listBytes) bytes" }
    if cursor.utf8.count > Self.longestCursor { return "a cursor of more than \(Self.longestCursor) bytes" }
    return pages.seen.insert(cursor).inserted ? nil : "the server leads back to a page that it gave before"
  }

  private static func member(_ request: ClientRequest) -> String {
    switch request {
    case .listTools: "tools"
    case .listResources: "resources"
    case .listResourceTemplates: "resourceTemplates"
    default: "prompts"
    }
  }

  private mutating func listed(_ call: Call, _ cut: String?) -> ClientReply {
    switch call.request {
    case .listTools:
      var listing = collect(call, cut, key: { $0.name }) { json throws(ShapeError) in try ToolDescription(json) }
      if settings.channel == .http, server?.version.era == .modern { checkHeaders(&listing) }
      return .tools(listing)
    case .listResources:
      return .resources(
        collect(call, cut, key: { $0.uri }) { json throws(ShapeError) in try ResourceDescription(json) }
      )
    case .listResourceTemplates:
      return .resourceTemplates(
        collect(call, cut, key: { $0.uriTemplate }) { json throws(ShapeError) in try ResourceTemplate(json) }
      )
    default:
      return .prompts(collect(call, cut, key: { $0.name }) { json throws(ShapeError) in try PromptDescription(json) })
    }
  }

  /// Items of their shape, the first of those with the same key; what is left out is said.
  private func collect<Item>(
    _ call: Call,
    _ cut: String?,
    key: (Item) -> String,
    _ read: (JSON) throws(ShapeError) -> Item
  ) -> Listing<Item> {
    var listing = Listing<Item>()
    var keys: Set<[UInt8]> = []
    for json in call.pages.items {
      do throws(ShapeError) {
        let item = try read(json)
        if keys.insert(Array(key(item).utf8)).inserted {
          listing.items.append(item)
        } else if listing.skipped.count < Self.mostReasons {
          listing.skipped.append("\(quoted(key(item))) is listed twice")
        }
      } catch {
        let name = json["name"]?.stringValue.map { quoted($0) + ": " } ?? ""
        if listing.skipped.count < Self.mostReasons { listing.skipped.append(name + error.detail) }
      }
    }
    listing.freshMS = call.pages.freshMS ?? 0
    listing.cut = cut
    return listing
  }

  /// Remembers which arguments are repeated in headers; a tool that marks them wrongly must not be offered.
  private mutating func checkHeaders(_ listing: inout Listing<ToolDescription>) {
    headerRules = [:]
    var kept: [ToolDescription] = []
    for tool in listing.items {
      do throws(ShapeError) {
        headerRules[tool.name] = try ParameterHeader.rules(of: tool.inputSchema)
        kept.append(tool)
      } catch {
        if listing.skipped.count < Self.mostReasons { listing.skipped.append("\(quoted(tool.name)): \(error.detail)") }
      }
    }
    listing.items = kept
  }
}
