internal import Wire

/// Something that must hold of the outputs when all steps are done.
package struct ResultCheck: Sendable {
  let condition: Condition
  /// What it means when it does not.
  let message: TextTemplate

  /// What it reads.
  package var references: [Reference] { condition.references + message.references }

  /// Why the check does not hold; nil: it does. What cannot be compared does not hold.
  package func failure(_ scope: Scope) -> String? {
    let why: String
    do throws(WireError) {
      if try condition.evaluate(scope) { return nil }
      why = ""
    } catch {
      why = error.message
    }
    var scope = scope
    scope.isLenient = true
    let text = (try? message.resolve(scope)) ?? message.source  // Safety: a message that is too long stands as written.
    return why.isEmpty ? text : "\(text) (\(why))"
  }
}
