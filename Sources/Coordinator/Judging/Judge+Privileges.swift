internal import Engine
internal import JSON
internal import Plan
internal import Policy
internal import Supervision
internal import Wire

/// What the steps of a plan may do, summed up: the one list that a person looks through.
extension Judge {
  /// Of all steps; the same privilege of several steps is one line. `ceiling`: what the request grants.
  func privileges(of plan: Plan, ceiling: Needs? = nil) -> [Privilege] {
    privileges(of: PlanPart(plan: plan, steps: 0..<plan.steps.count, terms: [:]), ceiling: ceiling)
  }

  func privileges(of part: PlanPart, ceiling: Needs?) -> [Privilege] {
    var found: [Privilege] = []
    var places: [String: Int] = [:]
    let inputs = part.plan.source["steps"]?.arrayValue ?? []
    for index in part.steps {
      let step = part.plan.steps[index]
      let input = inputs.indices.contains(index) ? inputs[index]["input"] : nil
      for privilege in privileges(of: step, input ?? .null, part.terms, ceiling) {
        let key = "\(privilege.kind) \(privilege.enforcedBy) \(privilege.value)"
        if let place = places[key] {
          found[place].steps.append(step.id)
        } else {
          places[key] = found.count
          found.append(privilege)
        }
      }
    }
    return found
  }

  private func privileges(
    of step: Step,
    _ input: JSON,
    _ terms: [String: ToolTerms],
    _ ceiling: Needs?
  ) -> [Privilege] {
    let entry = supervisor.catalog[step.tool]
    let own = entry.map(\.tool.needs) ?? terms[step.tool]?.needs
    guard var needs = step.needs.completed(by: own) else { return limits(of: step, entry) }
    needs = asked(needs, of: step.tool, input, listed: step.needs?.listedPrograms, ceiling)
    let isJailed = entry?.kind.manifest.permissions.jails == true
    let asked = policy.privileges.unapproved(needs)
    let forbidden = policy.privileges.forbidden(needs)
    var found: [Privilege] = []
    func add(_ kind: String, _ values: [String], _ asked: [String], _ forbidden: [String], by proxy: String? = nil) {
      for value in values {
        let verdict = forbidden.contains(value) ? "forbidden" : asked.contains(value) ? "asks" : "allowed"
        found.append(
          Privilege(
            kind: kind,
            value: value,
            steps: [step.id],
            enforcedBy: isJailed ? proxy ?? "kernel" : "worker",
            verdict: verdict
          )
        )
      }
    }
    add("read", needs.read, asked.read, forbidden.read)
    add("write", needs.write, asked.write, forbidden.write)
    add("program", needs.programs ?? [], asked.programs, forbidden.programs)
    add("host", needs.hosts, asked.hosts, forbidden.hosts, by: "proxy")
    add("environment", needs.environment.keys.sorted(), [], [])
    add("profile", needs.profile.map { [$0] } ?? [], [], [])
    return found + limits(of: step, entry)
  }

  private func limits(of step: Step, _ entry: CatalogEntry?) -> [Privilege] {
    guard let limits = step.limits else { return [] }
    let isJailed = entry?.kind.manifest.permissions.jails == true
    var writer = JSONWriter()
    writer.object(limits)
    // Safety: the writer's own output is JSON.
    let object = (try? JSON(parsing: writer.finish()))?.objectValue ?? JSONObject()
    return object.members.map { member in
      Privilege(
        kind: "limit",
        value: "\(member.key) \(member.value.description)",
        steps: [step.id],
        enforcedBy: isJailed ? "kernel" : "worker",
        verdict: "allowed"
      )
    }
  }
}

extension Needs? {
  /// With what the tool's own manifest asks for.
  func completed(by own: Needs?) -> Needs? {
    guard let own else { return self }
    guard var needs = self else { return own }
    needs.read += own.read.filter { !needs.read.contains($0) }
    needs.write += own.write.filter { !needs.write.contains($0) }
    needs.hosts += own.hosts.filter { !needs.hosts.contains($0) }
    if needs.programs == nil { needs.programs = own.programs }
    needs.environment.merge(own.environment) { mine, _ in mine }
    needs.profile = needs.profile ?? own.profile
    needs.grade = needs.grade ?? own.grade
    return needs
  }
}

extension PrivilegeRules.Grants {
  var listed: String {
    let parts = [("read", read), ("write", write), ("programs", programs), ("hosts", hosts)]
    return parts.filter { !$0.1.isEmpty }.map { "\($0.0) \($0.1.joined(separator: ", "))" }.joined(separator: "; ")
  }
}
