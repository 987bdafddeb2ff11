package import JSON

/// Coordinator → worker: finish what runs, take nothing new; answered when nothing runs.
package struct Drain: WireRequest {
  package static let method = "drain"

  package init() {}
  package init(from fields: inout Fields) {}
  package func encode(into writer: inout JSONWriter) {}

  package typealias Response = Empty
}
