internal import Posix
internal import WorkerKit

/// The worker's settings, checked.
struct ReceiptsSettings: Sendable {
  /// Who reads images.
  enum Engine: String, Sendable { case tesseract, azure }

  var engine = Engine.tesseract
  /// Whether a small model is asked where the rules are unsure.
  var usesModel = false
  /// The role of the model that is asked when the small one will not do.
  var escalate: String?
  var rules = CategoryRules()

  init() {}

  init(_ settings: JSONObject) throws(WireError) {
    for member in settings.members {
      switch member.key {
      case "ocr":
        guard let engine = member.value.stringValue.flatMap({ Engine(rawValue: $0) }) else {
          throw Self.mistake("ocr", "'tesseract' or 'azure'")
        }
        self.engine = engine
      case "small_model":
        switch member.value {
        case .bool(let isOn): usesModel = isOn
        case "auto": usesModel = true
        case "off": usesModel = false
        default: throw Self.mistake("small_model", "true, false or 'auto'")
        }
      case "escalate":
        guard let role = member.value.stringValue, (1...64).contains(role.utf8.count) else {
          throw Self.mistake("escalate", "a role of the models worker, such as 'planner'")
        }
        escalate = role
      case "categories": rules = CategoryRules(try Self.additions(member.value))
      default: throw WireError(.invalidParams, "there is no setting '\(member.key)' of the receipts worker")
      }
    }
  }

  /// `{"pets": ["dog food", "leash"]}`.
  private static func additions(_ value: JSON) throws(WireError) -> [(category: String, words: [String])] {
    guard let members = value.objectValue?.members else { throw mistake("categories", "an object of lists of words") }
    var additions: [(category: String, words: [String])] = []
    for member in members {
      let words = member.value.arrayValue?.compactMap(\.stringValue) ?? []
      guard !member.key.isEmpty, member.key.utf8.count <= 64, !words.isEmpty, words.count <= 1000,
        words.count == member.value.arrayValue?.count, words.allSatisfy(CategoryRules.isPhrase)
      else { throw mistake("categories.\(member.key)", "a list of words") }
      additions.append((member.key, words))
    }
    return additions
  }

  private static func mistake(_ name: String, _ due: String) -> WireError {
    WireError(.invalidParams, "setting '\(name)' of the receipts worker is not \(due)")
  }

  // MARK: Of this worker

  private static let current = Guarded(ReceiptsSettings())

  static var shared: ReceiptsSettings { current.withLock { $0 } }

  static func start(_ settings: ReceiptsSettings) { current.withLock { $0 = settings } }
}
