package import JSON
package import Wire

/// How errors, artifacts and receipts stand in the journal.
extension WireError {
  /// As it is written down: `name`, `message`, and `data` if there is any.
  package var json: JSON {
    var object: JSONObject = ["name": .string(name.rawValue), "message": .string(message)]
    if data.count > 0 { object["data"] = .object(data) }
    return .object(object)
  }

  package init(json: JSON) {
    self.init(
      Name(rawValue: json["name"]?.stringValue ?? Name.internalError.rawValue),
      json["message"]?.stringValue ?? "",
      data: json["data"]?.objectValue ?? JSONObject()
    )
  }

  /// A worker may say as much as fits a frame; an error is written several times over, and listed with many others.
  package var bounded: WireError {
    let size = JSON.object(data).serialized().count
    guard message.utf8.count > Self.messageBytes || size > Self.dataBytes else { return self }
    let data: JSONObject = size > Self.dataBytes ? ["omitted_bytes": .integer(Int64(size))] : self.data
    let cut = String(decoding: message.utf8.prefix(Self.messageBytes), as: UTF8.self)
    return WireError(name, message.utf8.count > Self.messageBytes ? cut + "…" : message, data: data)
  }

  private static let messageBytes = 4_096
  private static let dataBytes = 65_536
}

extension [Artifact] {
  package var text: String {
    var writer = JSONWriter()
    writer.beginArray()
    for artifact in self { writer.object(artifact) }
    writer.endArray()
    return String(decoding: writer.finish(), as: UTF8.self)
  }
}

extension Receipt {
  package var text: String {
    var writer = JSONWriter()
    writer.object(self)
    return String(decoding: writer.finish(), as: UTF8.self)
  }
}
