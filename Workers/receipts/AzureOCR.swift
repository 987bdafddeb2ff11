internal import WorkerKit

/// `receipt_ocr` by the tool `image_text` of the models worker: the setting `ocr: azure`.
enum AzureOCR {
  static func run(_ call: Call) async throws -> JSON {
    var input: JSONObject
    switch try ImageSource.reference(call.input) {
    case .artifact(let sha256): input = ["artifact": .string(sha256)]
    case .path:
      // The models worker sees no files.
      let image = try await ImageSource.read(call)
      let type = ImageSource.mediaType(of: image)
      let artifact = try await call.addArtifact(name: "image", mediaType: type, image)
      input = ["artifact": .string(artifact.sha256), "media_type": .string(type)]
    }
    input["name"] = "receipt"
    let result: ToolResult
    do {
      result = try await call.call("image_text", .object(input))
    } catch {
      throw explained(error)
    }
    let page = try TextPage(imageText: result.output)
    try ReceiptOCR.check([page], call)
    return page.json(engine: result.output["provider"]?.stringValue ?? "image_text")
  }

  /// What is missing, when that is why there is no answer.
  private static func explained(_ error: any Error) -> any Error {
    let hint =
      "the receipts worker's setting 'ocr' is 'azure', and nothing reads images for it; hint: run the models worker with "
      + "AZURE_VISION_ENDPOINT and AZURE_VISION_KEY set for the coordinator, or set 'ocr' to 'tesseract'"
    guard let error = error as? WireError else { return error }
    let reason = error.data["reason"]?.stringValue
    if error.name == .unknownTool || error.name == .unavailable {
      return WireError(.unavailable, "\(hint) (\(error.message))", data: ["reason": "no_image_text"])
    }
    if reason == "no_provider" || reason == "missing_key" {
      return WireError(.toolFailed, "\(hint) (\(error.message))", data: error.data)
    }
    return error
  }
}
