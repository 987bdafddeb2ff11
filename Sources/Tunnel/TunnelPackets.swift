internal import CLinux
internal import Glibc
internal import JSON
package import Posix

/// One connection on its way out, with two descriptors: the connection, and a packet socket for reports.
package struct TunnelRequest: Sendable, Hashable {
  /// Names the run, the same for all of its connections.
  package var run: String
  /// Names the connection among those of the run.
  package var id: Int64
  /// `needs.hosts` of the run, as they were granted: `name:port`.
  package var hosts: [String]

  package init(run: String, id: Int64, hosts: [String]) {
    self.run = run
    self.id = id
    self.hosts = hosts
  }

  /// Hosts of a run that is served.
  package static let hostLimit = 256
  /// Bytes of a packet.
  static let limit = 128 << 10

  package enum Sent: Sendable { case sent, later, failed }

  package func send(to socket: Int32, connection: Int32, reports: Int32) -> Sent {
    let json: JSON = ["run": .string(run), "id": .integer(id), "hosts": .array(hosts.map { .string($0) })]
    let result = packet(json.serialized(), [connection, reports], to: socket)
    // ETOOMANYREFS: more descriptors are on their way than this user may have open.
    return result == 0 ? .sent : result == -EAGAIN || result == -ETOOMANYREFS ? .later : .failed
  }

  package enum Received: ~Copyable {
    case request(TunnelRequest, connection: Descriptor, reports: Descriptor)
    /// Something else, which is gone.
    case other
    case none
    /// Or an empty packet.
    case closed
  }

  package static func receive(from socket: Int32) -> Received {
    var files: (Int32, Int32, Int32, Int32) = (-1, -1, -1, -1)
    var count: Int32 = 0
    var length = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, filled in
      length = withUnsafeMutableBytes(of: &files) {
        bulkhead_receive_with_descriptors(
          socket,
          buffer.baseAddress,
          limit,
          $0.assumingMemoryBound(to: Int32.self).baseAddress!,
          &count
        )
      }
      filled = max(0, length)
    }
    if length == -Int(EAGAIN) { return .none }
    if length == 0, count == 0 { return .closed }
    if length < 0 { return .other }
    let held = [files.0, files.1, files.2, files.3].prefix(Int(count))
    guard held.count == 2, let request = TunnelRequest(bytes) else {
      for raw in held { close(raw) }
      return .other
    }
    return .request(request, connection: Descriptor(owning: held[0]), reports: Descriptor(owning: held[1]))
  }

  private init?(_ bytes: [UInt8]) {
    guard let json = parsed(bytes), let run = json["run"]?.stringValue, run.utf8.count <= 64,
      let id = json["id"]?.integerValue, let hosts = json["hosts"]?.arrayValue, hosts.count <= Self.hostLimit
    else { return nil }
    self.init(run: run, id: id, hosts: hosts.compactMap(\.stringValue))
  }
}

/// What became of a connection.
package enum TunnelReport: Sendable, Hashable {
  /// Somebody has it: the sender lets go of it.
  case taken(id: Int64)
  /// `host`: `name:port`, as far as it could be read.
  case denied(id: Int64, host: String, why: String)
  /// Bytes that the run sent and received, its requests to the proxy not counted.
  case ended(id: Int64, sent: Int64, received: Int64)

  static let limit = 4096

  /// A report that finds no room or no reader is lost.
  package func send(to socket: Int32) {
    let json: JSON =
      switch self {
      case .taken(let id): ["taken": .integer(id)]
      case .denied(let id, let host, let why):
        ["denied": .integer(id), "host": .string(host), "why": .string(why)]
      case .ended(let id, let sent, let received):
        ["ended": .integer(id), "sent": .integer(sent), "received": .integer(received)]
      }
    _ = packet(json.serialized(), [], to: socket)
  }

  /// The next report; nil when there is none now.
  package static func receive(from socket: Int32) -> TunnelReport? {
    // One that is no report is passed over.
    for _ in 0..<64 {
      var length = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, filled in
        length = recv(socket, buffer.baseAddress, limit, Int32(MSG_DONTWAIT))
        filled = max(0, length)
      }
      if length <= 0 { return nil }
      if let report = TunnelReport(bytes) { return report }
    }
    return nil
  }

  private init?(_ bytes: [UInt8]) {
    guard let json = parsed(bytes) else { return nil }
    if let id = json["taken"]?.integerValue {
      self = .taken(id: id)
    } else if let id = json["denied"]?.integerValue, let host = json["host"]?.stringValue,
      let why = json["why"]?.stringValue
    {
      self = .denied(id: id, host: host, why: why)
    } else if let id = json["ended"]?.integerValue, let sent = json["sent"]?.integerValue, sent >= 0,
      let received = json["received"]?.integerValue, received >= 0
    {
      self = .ended(id: id, sent: sent, received: received)
    } else {
      return nil
    }
  }
}

private func parsed(_ bytes: [UInt8]) -> JSON? {
  do { return try JSON(parsing: bytes, limits: JSONLimits(depth: 4, values: 1024)) } catch { return nil }
}

private func packet(_ bytes: [UInt8], _ descriptors: [Int32], to socket: Int32) -> Int32 {
  bytes.withUnsafeBytes {
    bulkhead_send_with_descriptors(socket, $0.baseAddress, $0.count, descriptors, Int32(descriptors.count))
  }
}
