internal import ClientKit
internal import JSON
internal import Wire

/// What `run` is to run, read from the command line; files go to the coordinator when it is submitted.
enum RunWork {
  case plan(JSON, name: String, files: [GivenFile])
  case recipe(String, settings: [(name: String, text: String)], files: [GivenFile])
  case request(TaskRequest, files: [GivenFile])

  static func read(_ arguments: Arguments) async throws(Failure) -> RunWork {
    let given = [arguments.operand(0), arguments.value("plan"), arguments.value("recipe")]
    guard given.compactMap(\.self).count == 1 else {
      throw Failure(
        usage: given.allSatisfy { $0 == nil }
          ? "there is nothing to run; say what is to be done, or name a --recipe or a --plan FILE"
          : "only one of REQUEST, '--recipe' and '--plan' can be run"
      )
    }
    try refuseStrays(arguments)
    let files = try arguments.values("file").map { value throws(Failure) in try GivenFile(value) }
    if let name = arguments.value("recipe") {
      let settings = try arguments.values("set").map { value throws(Failure) in try pair(value, "set") }
      return .recipe(name, settings: settings, files: files)
    }
    guard let file = arguments.value("plan") else {
      return .request(try await request(arguments), files: files)
    }
    let plan = try await PlanFile.read(file)
    try PlanFile.check(files, in: plan)
    return .plan(plan, name: file, files: files)
  }

  /// Options that mean nothing to what is run are mistakes.
  private static func refuseStrays(_ arguments: Arguments) throws(Failure) {
    if arguments.operand(0) == nil {
      for flag in ["mode", "type", "context", "estimated-cost", "tool", "read", "write", "host", "program"]
      where arguments.value(flag) != nil {
        throw Failure(usage: "'--\(flag)' says something about a request, and there is none")
      }
      for flag in ["system-access", "multi-step"] where arguments.has(flag) {
        throw Failure(usage: "'--\(flag)' says something about a request, and there is none")
      }
    }
    if arguments.value("recipe") == nil, arguments.value("set") != nil {
      throw Failure(usage: "'--set' gives a recipe its parameters, and there is no '--recipe'")
    }
  }

  private static func request(_ arguments: Arguments) async throws(Failure) -> TaskRequest {
    var text = arguments.operand(0) ?? ""
    if text == "-" {
      text = String(decoding: try await readStandardInput(limit: TaskRequest.textBytes), as: UTF8.self)
    }
    guard text.utf8.contains(where: { $0 > 0x20 }) else { throw Failure(usage: "the request is empty") }
    var request = TaskRequest(text)
    if let word = arguments.value("mode"), word != "auto" {
      guard let mode = TaskRequest.Mode(rawValue: word) else {
        throw Failure(usage: "'--mode' is \(quoted(word)) where auto, direct, system or hybrid is due")
      }
      request.mode = mode
    }
    request.type = arguments.value("type")
    request.requiresSystemAccess = arguments.has("system-access")
    request.requiresMultiStep = arguments.has("multi-step")
    for value in arguments.values("context") {
      let (name, text) = try pair(value, "context")
      request.context[name] = (try? JSON(parsing: Array(text.utf8))) ?? .string(text)  // Safety: a text then.
    }
    if let text = arguments.value("estimated-cost") {
      guard let cost = Double(text), cost >= 0, cost.isFinite else {
        throw Failure(usage: "'--estimated-cost' is \(quoted(text)) where a number of US dollars is due")
      }
      request.estimatedCost = cost
    }
    let tools = arguments.values("tool")
    request.tools = tools.isEmpty ? nil : tools
    request.needs = try ceiling(arguments)
    return request
  }

  /// The most that steps may ask for; nil: nothing was said.
  private static func ceiling(_ arguments: Arguments) throws(Failure) -> Needs? {
    var needs = try Command.needs(arguments) ?? Needs()
    needs.hosts = arguments.values("host")
    let programs = arguments.values("program")
    needs.programs = programs.isEmpty ? nil : programs
    return needs == Needs() ? nil : needs
  }

  static func pair(_ value: String, _ flag: String) throws(Failure) -> (name: String, text: String) {
    guard let equals = value.firstIndex(of: "="), equals != value.startIndex else {
      throw Failure(usage: "'--\(flag)' is \(quoted(value)) where NAME=VALUE is due")
    }
    return (String(value[..<equals]), String(value[value.index(after: equals)...]))
  }

  // MARK: Submitting

  func submit(
    _ client: BulkheadClient,
    id: String?,
    _ priority: Int?,
    _ deadline: Duration?,
    _ budget: Budget?
  ) async throws(Failure) -> SubmittedJob {
    switch self {
    case .plan(var plan, let name, let files):
      for file in files {
        let artifact = try await file.upload(client)
        plan = plan.replacing(text: "file:\(file.name)", with: artifact.json)
      }
      do throws(ClientError) {
        return try await client.submit(plan: plan, id: id, priority: priority, deadline: deadline, budget: budget)
      } catch {
        throw error.code.rawValue == "invalid_plan" ? PlanFile.failure(error.planMistakes, name) : Failure(error)
      }
    case .recipe(let name, let settings, let files):
      let recipe = try await asking { () async throws(ClientError) in try await client.recipe(name) }
      let parameters = try await RecipeParameters(recipe?.parameters ?? [:], name).values(settings, files, client)
      let choice = RecipeChoice(name: name, parameters: parameters)
      return try await asking("recipe '\(name)'") { () async throws(ClientError) in
        try await client.submit(recipe: choice, id: id, priority: priority, deadline: deadline, budget: budget)
      }
    case .request(var request, let files):
      for file in files { request.files.append(try await file.upload(client, as: file.name)) }
      let final = request
      return try await asking { () async throws(ClientError) in
        try await client.submit(request: final, id: id, priority: priority, deadline: deadline, budget: budget)
      }
    }
  }
}
