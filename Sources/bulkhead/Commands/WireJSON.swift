internal import JSON
internal import Wire

extension WireBody {
  /// The body as it travels, so that `--json` and the protocol never differ.
  var json: JSON {
    var writer = JSONWriter()
    writer.object(self)
    let bytes = writer.finish()
    do throws(JSONError) { return try JSON(parsing: bytes) } catch {
      preconditionFailure("our own writer wrote what is not JSON: \(error)")
    }
  }
}
