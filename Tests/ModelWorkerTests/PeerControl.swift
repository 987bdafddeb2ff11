import Foundation
import FoundationNetworking
import Peers

/// Not the other end of a connection, which has the same name elsewhere.
typealias Peer = Peers.Peer

/// A request to a peer's own controls.
func control(_ url: String, _ body: String? = nil) async throws -> String {
  var request = URLRequest(url: URL(string: url)!)
  if let body {
    request.httpMethod = "POST"
    request.setValue("application/json", forHTTPHeaderField: "content-type")
    request.httpBody = Data(body.utf8)
  }
  return String(decoding: try await URLSession.shared.data(for: request).0, as: UTF8.self)
}
