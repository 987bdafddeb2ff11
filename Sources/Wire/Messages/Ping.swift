package import JSON

/// Either side: are you there.
package struct Ping: WireRequest {
  package static let method = "ping"

  package init() {}
  package init(from fields: inout Fields) {}
  package func encode(into writer: inout JSONWriter) {}

  package typealias Response = Empty
}
