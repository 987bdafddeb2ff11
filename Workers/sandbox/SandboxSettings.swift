internal import JSON
internal import Jail
internal import WorkerKit

/// What the manifest and the configuration say, all of it optional:
///
///     {"warm": {"python": 4, "idle_ms": 60000},
///      "languages": {"ruby": {"command": ["/usr/bin/ruby"], "file": "main.rb"}},
///      "without_walls": ["network"], "grade": "full"}
struct SandboxSettings: Sendable {
  struct Language: Sendable {
    var command: [String]
    /// Where in the workspace the code is put; its path is the last argument.
    var file: String
  }

  /// Python processes that wait in their jails; 0: none.
  var warmPython = 4
  /// After so long without a use, none waits.
  var idleMS: Int64 = 60_000
  var languages: [String: Language] = [:]
  /// Whether to serve although other machines can be reached from here.
  var acceptsNetwork = JailOffer.loosened.contains("network")
  /// What the jails of this host are; the operator who writes a lesser one has accepted it.
  var grade = JailOffer.grade

  init(_ json: JSONObject) throws(WireError) {
    for member in json.members {
      switch member.key {
      case "warm": try readWarm(member.value)
      case "languages": try readLanguages(member.value)
      case "without_walls":
        guard let names = member.value.arrayValue, names.allSatisfy({ $0.stringValue == "network" }) else {
          throw Self.wrong("without_walls", "a list that may hold \"network\"")
        }
        acceptsNetwork = !names.isEmpty
      case "grade":
        guard let grade = member.value.stringValue.flatMap(JailGrade.init), grade != .none else {
          throw Self.wrong("grade", "one of: \(JailGrade.usable.map(\.rawValue).joined(separator: ", "))")
        }
        self.grade = grade
      default: throw WireError(.invalidParams, "there is no setting '\(member.key)' of the sandbox worker")
      }
    }
  }

  private mutating func readWarm(_ json: JSON) throws(WireError) {
    guard let object = json.objectValue, object.keys.allSatisfy({ ["python", "idle_ms"].contains($0) }) else {
      throw Self.wrong("warm", "an object of 'python' and 'idle_ms'")
    }
    if let value = object["python"] {
      guard let count = value.integerValue, (0...64).contains(count) else {
        throw Self.wrong("warm.python", "a number from 0 to 64")
      }
      warmPython = Int(count)
    }
    if let value = object["idle_ms"] {
      guard let ms = value.integerValue, (1...86_400_000).contains(ms) else {
        throw Self.wrong("warm.idle_ms", "milliseconds from 1 to 86400000")
      }
      idleMS = ms
    }
  }

  private mutating func readLanguages(_ json: JSON) throws(WireError) {
    guard let object = json.objectValue else { throw Self.wrong("languages", "an object") }
    for (name, value) in object.members.map({ ($0.key, $0.value) }) {
      let known = value.objectValue?.keys.allSatisfy { ["command", "file"].contains($0) } ?? false
      let command = value["command"]?.arrayValue?.compactMap(\.stringValue) ?? []
      let file = value["file"]?.stringValue ?? "main"
      let isPlain = !file.isEmpty && !file.contains("/") && file != "." && file != ".." && file.utf8.count <= 64
      guard known, isPlain, command.first?.hasPrefix("/") == true, command.count == value["command"]?.arrayValue?.count
      else {
        throw Self.wrong("languages.\(name)", "{\"command\": [absolute path, …], \"file\"?: a file name}")
      }
      languages[name] = Language(command: command, file: file)
    }
  }

  private static func wrong(_ name: String, _ due: String) -> WireError {
    WireError(.invalidParams, "setting '\(name)' of the sandbox worker is not \(due)")
  }
}
