package import JSON

/// One piece of what a tool or a prompt says.
package struct ContentBlock: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    case text(String)
    /// Base64, as it came.
    case image(data: String, mimeType: String)
    case audio(data: String, mimeType: String)
    /// A resource that can be read.
    case link(ResourceDescription)
    /// A resource, put in.
    case resource(ResourceContents)
  }

  package var kind: Kind
  /// `audience`, `priority`, `lastModified`.
  package var annotations: JSONObject?
  package var meta: JSONObject?

  package init(_ kind: Kind, annotations: JSONObject? = nil, meta: JSONObject? = nil) {
    self.kind = kind
    self.annotations = annotations
    self.meta = meta
  }

  package static func text(_ text: String) -> ContentBlock { ContentBlock(.text(text)) }

  package init(_ json: JSON) throws(ShapeError) {
    let object = try objectOf(json, "a content block")
    annotations = object.optionalObject("annotations")
    meta = object.optionalObject("_meta")
    switch try object.text("type") {
    case "text": kind = .text(try object.text("text"))
    case "image": kind = .image(data: try object.text("data"), mimeType: try object.text("mimeType"))
    case "audio": kind = .audio(data: try object.text("data"), mimeType: try object.text("mimeType"))
    case "resource_link": kind = .link(try ResourceDescription(json))
    case "resource": kind = .resource(try ResourceContents(.object(try object.object("resource"))))
    case let type: throw ShapeError("a content block of the unknown type \(quoted(type))")
    }
  }

  package var json: JSON {
    var object: JSONObject
    switch kind {
    case .text(let text): object = ["type": "text", "text": .string(text)]
    case .image(let data, let type): object = ["type": "image", "data": .string(data), "mimeType": .string(type)]
    case .audio(let data, let type): object = ["type": "audio", "data": .string(data), "mimeType": .string(type)]
    case .link(let resource):
      object = ["type": "resource_link"]
      for member in resource.object.members { object[member.key] = member.value }
    case .resource(let contents): object = ["type": "resource", "resource": contents.json]
    }
    object.set("annotations", annotations)
    object.set("_meta", meta)
    return .object(object)
  }
}

/// What is in a resource.
package struct ResourceContents: Sendable, Equatable {
  package enum Body: Sendable, Equatable {
    case text(String)
    /// Base64, as it came.
    case blob(String)
  }

  package var uri: String
  package var mimeType: String?
  package var body: Body
  package var meta: JSONObject?

  package init(uri: String, mimeType: String? = nil, body: Body, meta: JSONObject? = nil) {
    self.uri = uri
    self.mimeType = mimeType
    self.body = body
    self.meta = meta
  }

  package init(_ json: JSON) throws(ShapeError) {
    let object = try objectOf(json, "the contents of a resource")
    uri = try object.text("uri")
    mimeType = object.optionalText("mimeType")
    meta = object.optionalObject("_meta")
    if let text = object["text"]?.stringValue {
      body = .text(text)
    } else if let blob = object["blob"]?.stringValue {
      body = .blob(blob)
    } else {
      throw ShapeError("the contents of a resource have neither 'text' nor 'blob'")
    }
  }

  package var json: JSON {
    var object: JSONObject = ["uri": .string(uri)]
    object.set("mimeType", mimeType)
    switch body {
    case .text(let text): object["text"] = .string(text)
    case .blob(let blob): object["blob"] = .string(blob)
    }
    object.set("_meta", meta)
    return .object(object)
  }
}
