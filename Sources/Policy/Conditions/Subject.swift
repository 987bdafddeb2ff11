internal import JSON
internal import Wire

/// What a condition asks about, by a dotted name.
enum Subject: Sendable, Hashable {
  case point, job, step, tool, worker
  /// Members and elements below the task or the input.
  case task([Part])
  case input([Part])
  /// Lists of texts: as a whole, or each element by itself (`needs.read.*`).
  case list(List, isEach: Bool)
  case profile, grade
  case variable(String)
  case limit(LimitName)
  case user, uid, role, callingWorker

  enum Part: Sendable, Hashable {
    case key(String)
    /// `*`: each element of an array, each member's value of an object.
    case each
  }

  enum List: String, Sendable, CaseIterable {
    case read = "needs.read"
    case write = "needs.write"
    case programs = "needs.programs"
    case hosts = "needs.hosts"
    case groups = "caller.groups"
  }

  enum LimitName: String, Sendable, CaseIterable {
    case wall = "wall_ms"
    case cpu = "cpu_ms"
    case memory = "memory_bytes"
    case processes
    case file = "file_bytes"
    case openFiles = "open_files"
    case output = "output_bytes"
    case workspace = "workspace_bytes"
  }

  /// What values of it can be.
  enum Kind { case text, number, list, any }

  var kind: Kind {
    switch self {
    case .task, .input: .any
    case .list(_, let isEach): isEach ? .text : .list
    case .limit, .uid: .number
    default: .text
    }
  }
}

/// A value that a condition asks about.
enum Value {
  case absent
  case text(String)
  case integer(Int64)
  case list([String])
  case json(JSON)
}

extension Subject {
  /// Whether `body` holds of one of the values. Without any it is asked once, of `absent`.
  func holds(in facts: Facts, _ body: (Value) -> Bool) -> Bool {
    switch self {
    case .point: body(.text(facts.point.rawValue))
    case .job: body(Self.text(facts.job))
    case .step: body(Self.text(facts.step))
    case .tool: body(Self.text(facts.tool))
    case .worker: body(Self.text(facts.worker))
    case .task(let parts): Self.below(.object(facts.task), parts, body)
    case .input(let parts): Self.below(facts.input, parts, body)
    case .list(let list, let isEach): Self.elements(list.texts(of: facts), isEach, body)
    case .profile: body(Self.text(facts.needs?.profile))
    case .grade: body(Self.text(facts.needs?.grade))
    case .variable(let name): body(Self.text(facts.needs?.environment[name]))
    case .limit(let name): body(name.value(of: facts.limits).map { .integer($0) } ?? .absent)
    case .user: body(.text(facts.caller.user))
    case .uid: body(.integer(Int64(facts.caller.uid)))
    case .role: body(.text(facts.caller.role.rawValue))
    case .callingWorker: body(Self.text(facts.caller.worker))
    }
  }

  private static func text(_ text: String?) -> Value { text.map { .text($0) } ?? .absent }

  private static func elements(_ texts: [String]?, _ isEach: Bool, _ body: (Value) -> Bool) -> Bool {
    guard let texts, !texts.isEmpty else { return body(.absent) }
    return isEach ? texts.contains { body(.text($0)) } : body(.list(texts))
  }

  private static func below(_ value: JSON, _ parts: [Part], _ body: (Value) -> Bool) -> Bool {
    var isFound = false
    let holds = visit(value, parts[...]) { value in
      isFound = true
      return body(.json(value))
    }
    return holds || !isFound && body(.absent)
  }

  /// Null counts as absent.
  private static func visit(_ value: JSON, _ parts: ArraySlice<Part>, _ body: (JSON) -> Bool) -> Bool {
    guard let part = parts.first else { return value.isNull ? false : body(value) }
    let rest = parts.dropFirst()
    switch (part, value) {
    case (.each, .array(let elements)): return elements.contains { visit($0, rest, body) }
    case (.each, .object(let object)): return object.members.contains { visit($0.value, rest, body) }
    case (.key(let key), .object(let object)): return object[key].map { visit($0, rest, body) } ?? false
    case (.key(let key), .array(let elements)):
      guard let index = index(key), index < elements.count else { return false }
      return visit(elements[index], rest, body)
    default: return false
    }
  }

  /// Digits without a leading zero.
  private static func index(_ key: String) -> Int? {
    guard key.utf8.count <= 9, key.utf8.allSatisfy({ $0 &- 48 < 10 }), key == "0" || !key.hasPrefix("0") else {
      return nil
    }
    return Int(key)
  }
}

extension Subject.List {
  fileprivate func texts(of facts: Facts) -> [String]? {
    switch self {
    case .read: facts.needs?.read
    case .write: facts.needs?.write
    case .programs: facts.needs?.programs
    case .hosts: facts.needs?.hosts
    case .groups: facts.caller.groupNames
    }
  }
}

extension Subject.LimitName {
  fileprivate func value(of limits: ResourceLimits?) -> Int64? {
    switch self {
    case .wall: limits?.wallMS
    case .cpu: limits?.cpuMS
    case .memory: limits?.memoryBytes
    case .processes: limits?.processes
    case .file: limits?.fileBytes
    case .openFiles: limits?.openFiles
    case .output: limits?.outputBytes
    case .workspace: limits?.workspaceBytes
    }
  }
}
