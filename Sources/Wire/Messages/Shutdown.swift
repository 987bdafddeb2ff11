package import JSON

/// Coordinator → worker as a notification (exit now), client → coordinator as a request (drain and end).
package struct Shutdown: WireRequest {
  package static let method = "shutdown"

  package init() {}
  package init(from fields: inout Fields) {}
  package func encode(into writer: inout JSONWriter) {}

  package typealias Response = Empty
}
