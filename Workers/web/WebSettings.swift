internal import JSON
internal import WebProxy
internal import WorkerKit

/// What the manifest and the configuration say:
///
///     {"hosts": ["example.com", "*.example.org:8443"],   may be reached; "*" is every public host
///      "allow_private": ["127.0.0.1", "10.2.0.0/16"],    addresses that are not public and may be reached all the same
///      "ca_file": "/etc/ssl/own-ca.pem"}                 trusted instead of the system's authorities; readable by grant
struct WebSettings: Sendable {
  private(set) var hosts: [HostPattern] = []
  private(set) var addresses = AddressRules()
  private(set) var caFile: String?

  init(_ json: JSONObject) throws(WireError) {
    for member in json.members {
      switch member.key {
      case "hosts":
        for text in try Self.texts(member) {
          guard let pattern = HostPattern(text) else {
            throw Self.wrong("hosts", "'\(text)' is no host: 'name', '*.name', 'name:port' or '*' are due")
          }
          hosts.append(pattern)
        }
      case "allow_private":
        for text in try Self.texts(member) {
          guard let range = AddressRange(text) else {
            throw Self.wrong("allow_private", "'\(text)' is no address or range: '127.0.0.1' or '10.2.0.0/16' are due")
          }
          addresses.granted.append(range)
        }
      case "ca_file":
        guard let path = member.value.stringValue, path.hasPrefix("/") else {
          throw Self.wrong("ca_file", "an absolute path is due")
        }
        caFile = path
      default: throw WireError(.invalidParams, "there is no setting '\(member.key)' of the web worker")
      }
    }
  }

  private static func texts(_ member: JSONObject.Member) throws(WireError) -> [String] {
    guard let values = member.value.arrayValue, values.allSatisfy({ $0.stringValue != nil }) else {
      throw wrong(member.key, "a list of texts is due")
    }
    return values.compactMap(\.stringValue)
  }

  private static func wrong(_ name: String, _ detail: String) -> WireError {
    WireError(.invalidParams, "setting '\(name)' of the web worker: \(detail)")
  }
}
