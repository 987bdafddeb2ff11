package import JSON

/// Something that a server lets be read.
package struct ResourceDescription: Sendable, Equatable {
  package var uri: String
  package var name: String
  package var title: String?
  package var description: String?
  package var mimeType: String?
  /// In bytes.
  package var size: Int64?
  package var annotations: JSONObject?
  package var meta: JSONObject?

  package init(uri: String, name: String, title: String? = nil, description: String? = nil, mimeType: String? = nil) {
    self.uri = uri
    self.name = name
    self.title = title
    self.description = description
    self.mimeType = mimeType
  }

  package init(_ json: JSON) throws(ShapeError) {
    let object = try objectOf(json, "a resource")
    uri = try object.text("uri")
    name = try object.text("name")
    title = object.optionalText("title")
    description = object.optionalText("description")
    mimeType = object.optionalText("mimeType")
    size = object["size"]?.integerValue
    annotations = object.optionalObject("annotations")
    meta = object.optionalObject("_meta")
  }

  package var object: JSONObject {
    var object: JSONObject = ["uri": .string(uri), "name": .string(name)]
    object.set("title", title)
    object.set("description", description)
    object.set("mimeType", mimeType)
    if let size { object["size"] = .integer(size) }
    object.set("annotations", annotations)
    object.set("_meta", meta)
    return object
  }

  package var json: JSON { .object(object) }
}

/// A family of resources, by an address with places to fill in (RFC 6570).
package struct ResourceTemplate: Sendable, Equatable {
  package var uriTemplate: String
  package var name: String
  package var title: String?
  package var description: String?
  package var mimeType: String?

  package init(uriTemplate: String, name: String) {
    self.uriTemplate = uriTemplate
    self.name = name
  }

  package init(_ json: JSON) throws(ShapeError) {
    let object = try objectOf(json, "a resource template")
    uriTemplate = try object.text("uriTemplate")
    name = try object.text("name")
    title = object.optionalText("title")
    description = object.optionalText("description")
    mimeType = object.optionalText("mimeType")
  }

  package var json: JSON {
    var object: JSONObject = ["uriTemplate": .string(uriTemplate), "name": .string(name)]
    object.set("title", title)
    object.set("description", description)
    object.set("mimeType", mimeType)
    return .object(object)
  }
}
