internal import JSON
internal import Wire

extension LoadedConfiguration {
  /// The values in effect, as a configuration that loads to the same one, each with where it came from. Of a secret it
  /// says the source; of a setting that refers to a variable, the reference; of a value of an MCP server, that there is one.
  package func effective() -> String {
    var writer = YAMLWriter()
    writer.comment(file.map { "values in effect, from \(quoted($0))" } ?? "values in effect, all defaults", indent: 0)
    configuration.write(into: &writer, origins)
    return writer.text
  }
}

extension Configuration {
  /// The values in effect, as a configuration that loads to the same one.
  package func effective() -> String {
    var writer = YAMLWriter()
    write(into: &writer, nil)
    return writer.text
  }

  fileprivate func write(into writer: inout YAMLWriter, _ origins: [String: Position]?) {
    var out = SectionWriter(writer: writer, origins: origins)
    out.word("mode", mode.rawValue)
    out.text("socket", socket)
    out.text("state", state)
    out.text("group", group)
    out.text("run_as", runAs)
    out.bool("four_eyes", fourEyes)
    switch policy {
    case .file(let path): out.text("policy", path)
    case .object(let object): out.free("policy", object)
    case nil: break
    }
    switch mcp {
    case .file(let path): out.text("mcp", path)
    case .object(let object): out.free("mcp", MCPServers.shown(object))
    case nil: break
    }
    out.text("environment", environment)
    out.duration("drain_timeout", drainTimeoutMS)
    out.duration("call_timeout", callTimeoutMS)
    out.section("log") { out in
      out.word("level", log.level.rawValue)
      out.word("format", log.format.rawValue)
    }
    out.section("limits") { out in
      out.integer("clients", limits.clients)
      out.integer("queue", limits.queue)
      out.size("artifact", limits.artifact)
      out.size("artifacts", limits.artifacts)
      out.integer("uploads", limits.uploads)
      out.integer("uploads_per_connection", limits.uploadsPerConnection)
    }
    out.section("jobs") { out in
      out.integer("active", jobs.active)
      out.duration("keep", jobs.keepMS)
      out.duration("cache", jobs.cacheMS)
      if !jobs.concurrency.isEmpty {
        out.section("concurrency") { out in
          for (tool, count) in jobs.concurrency.sorted(by: { $0.key < $1.key }) { out.integer(tool, count) }
        }
      }
    }
    out.section("jail") { out in
      out.text("grade", jail.grade)
      out.list("loosen", jail.loosen)
    }
    out.section("workers") { out in
      out.list("path", workerPath)
      for (kind, worker) in workers.sorted(by: { $0.key < $1.key }) {
        out.section(kind) { worker.write(into: &$0) }
      }
    }
    writer = out.writer
  }
}

extension Configuration.Worker {
  fileprivate func write(into out: inout SectionWriter) {
    out.bool("enabled", isEnabled)
    out.integer("instances", instances)
    out.integer("concurrency", concurrency)
    if !settingsSource.isEmpty { out.free("settings", .object(settingsSource)) }
    if !secrets.isEmpty {
      out.section("secrets") { out in
        for (name, source) in secrets.sorted(by: { $0.key < $1.key }) {
          out.section(name) { out in
            switch source {
            case .environment(let variable): out.text("env", variable)
            case .file(let path): out.text("file", path)
            }
          }
        }
      }
    }
    if !read.isEmpty { out.list("read", read) }
    if !write.isEmpty { out.list("write", write) }
    if !credentialHelper.isEmpty { out.list("credential_helper", credentialHelper) }
    if limits != ResourceLimits() {
      out.section("limits") { out in
        out.duration("wall", limits.wallMS)
        out.duration("cpu", limits.cpuMS)
        out.size("memory", limits.memoryBytes)
        out.integer("processes", limits.processes)
        out.size("file", limits.fileBytes)
        out.integer("open_files", limits.openFiles)
        out.size("output", limits.outputBytes)
        out.size("workspace", limits.workspaceBytes)
      }
    }
    if heartbeat != Heartbeat() {
      out.section("heartbeat") { out in
        out.duration("interval", heartbeat.intervalMS)
        out.duration("timeout", heartbeat.timeoutMS)
      }
    }
    out.duration("grace", graceMS)
    if restart != Restart() {
      out.section("restart") { out in
        out.duration("first_delay", restart.firstDelayMS)
        out.duration("longest_delay", restart.longestDelayMS)
        out.duration("throttle_delay", restart.throttleDelayMS)
        out.duration("stable_after", restart.stableAfterMS)
      }
    }
  }
}

/// Writes the keys of one section with their origins; absent values leave no line.
private struct SectionWriter {
  var writer: YAMLWriter
  /// nil: no notes.
  let origins: [String: Position]?
  private var path: [String] = []

  init(writer: YAMLWriter, origins: [String: Position]?) {
    self.writer = writer
    self.origins = origins
  }

  mutating func section(_ name: String, _ body: (inout SectionWriter) -> Void) {
    writer.open(name, indent: path.count)
    path.append(name)
    body(&self)
    path.removeLast()
  }

  private func note(_ name: String) -> String? {
    guard let origins else { return nil }
    return origins[(path + [name]).joined(separator: ".")].map { "line \($0.line)" } ?? "default"
  }

  private mutating func line(_ name: String, _ value: String?) {
    guard let value else { return }
    writer.line(name, value, note: note(name), indent: path.count)
  }

  mutating func word(_ name: String, _ value: String) { line(name, value) }
  mutating func text(_ name: String, _ value: String?) { line(name, value.map { YAMLWriter.scalar($0) }) }
  mutating func bool(_ name: String, _ value: Bool) { line(name, value ? "true" : "false") }
  mutating func integer(_ name: String, _ value: Int64?) { line(name, value.map { String($0) }) }
  mutating func duration(_ name: String, _ value: Int64?) { line(name, value.map { Units.text(milliseconds: $0) }) }
  mutating func size(_ name: String, _ value: Int64?) { line(name, value.map { Units.text(bytes: $0) }) }
  mutating func list(_ name: String, _ values: [String]) { line(name, YAMLWriter.list(values)) }

  mutating func free(_ name: String, _ value: JSON) {
    writer.member(name, value, note: note(name), indent: path.count)
  }
}
