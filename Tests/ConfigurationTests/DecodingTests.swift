import Configuration
import JSON
import Testing
import Wire

@Suite struct DecodingTests {
  @Test func `every key reaches its value`() throws {
    let text = """
      mode: system
      socket: /run/b/s.sock
      state: /srv/state
      group: ops
      run_as: worker
      four_eyes: true
      drain_timeout: 0
      call_timeout: 90s
      log: {level: debug, format: json}
      limits: {clients: 5, queue: 6, artifact: 7KiB, artifacts: 8MB, uploads: 9, uploads_per_connection: 2}
      jail: {grade: no-namespaces, loosen: [network]}
      workers:
        path: [/w1, /w2]
        echo:
          enabled: false
          instances: 0
          concurrency: 1024
          settings: {a: [1, 2.50, true, null, "x"], b: {c: text}}
          secrets: {KEY: {env: ECHO_KEY}, TOKEN: {file: /etc/token}}
          read: [/srv/a, /srv/b]
          write: [/srv/c]
          credential_helper: [/usr/bin/az, /opt/az]
          limits: {wall: 1s, cpu: 2s, memory: 3MiB, processes: 4, file: 0, open_files: 5, output: 6, workspace: 7kB}
          heartbeat: {interval: 3s, timeout: 500ms}
          grace: 2s
          restart: {first_delay: 1ms, longest_delay: 2ms, throttle_delay: 3ms, stable_after: 4ms}
      """
    let it = try load(text).configuration
    #expect(it.mode == .system)
    #expect(it.socket == "/run/b/s.sock")
    #expect(it.state == "/srv/state")
    #expect(it.group == "ops")
    #expect(it.runAs == "worker")
    #expect(it.fourEyes)
    #expect(it.drainTimeoutMS == 0)
    #expect(it.callTimeoutMS == 90_000)
    #expect(it.log.level == .debug && it.log.format == .json)
    #expect(it.limits.clients == 5 && it.limits.queue == 6 && it.limits.uploads == 9)
    #expect(it.limits.uploadsPerConnection == 2)
    #expect(it.limits.artifact == 7_168 && it.limits.artifacts == 8_000_000)
    #expect(it.jail.grade == "no-namespaces" && it.jail.loosen == ["network"])
    #expect(it.workerPath == ["/w1", "/w2"])
    let worker = try #require(it.workers["echo"])
    #expect(it.workers.count == 1)
    #expect(!worker.isEnabled && worker.instances == 0 && worker.concurrency == 1_024)
    #expect(JSON.object(worker.settings) == ["a": [1, 2.5, true, nil, "x"], "b": ["c": "text"]])
    #expect(worker.settings["a"]?[1]?.description == "2.50", "numbers keep their text")
    #expect(worker.secrets == ["KEY": .environment("ECHO_KEY"), "TOKEN": .file("/etc/token")])
    #expect(worker.read == ["/srv/a", "/srv/b"] && worker.write == ["/srv/c"])
    #expect(worker.credentialHelper == ["/usr/bin/az", "/opt/az"])
    var limits = ResourceLimits()
    (limits.wallMS, limits.cpuMS, limits.memoryBytes, limits.processes) = (1_000, 2_000, 3 << 20, 4)
    (limits.fileBytes, limits.openFiles, limits.outputBytes, limits.workspaceBytes) = (0, 5, 6, 7_000)
    #expect(worker.limits == limits)
    #expect(worker.heartbeat.intervalMS == 3_000 && worker.heartbeat.timeoutMS == 500)
    #expect(worker.graceMS == 2_000)
    #expect(worker.restart.firstDelayMS == 1 && worker.restart.longestDelayMS == 2)
    #expect(worker.restart.throttleDelayMS == 3 && worker.restart.stableAfterMS == 4)
  }

  @Test(arguments: ["", "\n", "# nothing\n", "---\n", "~\n", "{}\n", "\u{FEFF}{}\n", "log:\nworkers:\n  echo:\n"])
  func `an empty text or section means the defaults`(_ text: String) throws {
    var loaded = try load(text).configuration
    loaded.workers = [:]
    #expect(loaded == (try Configuration.defaults(environment: home).configuration))
  }

  @Test func `the sample loads to the defaults`() throws {
    #expect(
      try load(Configuration.sample).configuration == Configuration.defaults(environment: home).configuration
    )
  }

  @Test func `the keys that the sample leaves out load too`() throws {
    let text = Configuration.sample.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      let body = line.drop { $0 == " " }
      let indent = line.prefix(line.count - body.count)
      return body.hasPrefix("#") && !body.hasPrefix("# ") ? indent + body.dropFirst() : line
    }
    let full = text.joined(separator: "\n").replacing("mode: user", with: "mode: system")
    let it = try load(full).configuration
    #expect(it.group == "bulkhead")
    let echo = try #require(it.workers["echo"])
    #expect(echo.limits.workspaceBytes == 256 << 20 && echo.restart.stableAfterMS == 60_000)
    #expect(echo.secrets.count == 2)
  }

  @Test(
    arguments: [
      ("null", "null"), ("~", "null"), ("true", "true"), ("False", "false"), ("7", "7"), ("-7", "-7"), ("-0", "-0"),
      ("10.00", "10.00"), ("1e400", "1e400"), ("9223372036854775808", "9223372036854775808"), ("no", "\"no\""),
      ("yes", "\"yes\""), ("on", "\"on\""), ("1_000", "\"1_000\""), ("1:30", "\"1:30\""), ("1.2.3", "\"1.2.3\""),
      ("2026-01-02", "\"2026-01-02\""), ("'7'", "\"7\""), ("\"true\"", "\"true\""), ("!!str 7", "\"7\""),
      ("! 7", "\"7\""), ("!!int \"7\"", "7"), ("!!float 7", "7"), ("!!null ''", "null"), ("!!seq [1]", "[1]"),
      ("!!map {a: 1}", "{\"a\":1}"), ("-", "[null]"), (".", "\".\""), ("..5", "\"..5\""), ("1e", "\"1e\""),
      ("0x", "\"0x\""), ("0o8", "\"0o8\""), ("-.infinity", "\"-.infinity\""), ("30s", "\"30s\""), ("nul", "\"nul\""),
      ("|\n        a\n        b\n", "\"a\\nb\\n\""), ("a $b $$ $ c$", "\"a $b $ $ c$\""),
    ]
  )
  func `a scalar has the type of the core schema`(_ written: String, _ json: String) throws {
    // On a line of its own, so that a block sequence may stand there.
    let text = "workers:\n  echo:\n    settings:\n      v:\n       \(written)\n"
    let settings = try load(text).configuration.workers["echo"]?.settings
    let expected = try JSON(parsing: json)
    #expect(settings?["v"] == expected)
    #expect(settings?["v"]?.description == json)
  }

  @Test func `keys are texts whatever they look like`() throws {
    let text = "workers: {echo: {settings: {no: 1, 7: 2, null: 3, 0x1: 4, true: 5}}}"
    #expect(
      try load(text).configuration.workers["echo"]?.settings.keys == ["no", "7", "null", "0x1", "true"]
    )
  }

  @Test func `a variable can stand where a number or boolean is due and injects nothing`() throws {
    let environment = ["HOME": "/h", "N": "12", "B": "true", "X": "a: [1]\n&b ${N} #", "E": "", "O": "0x10"]
    let text = """
      mode: system
      limits: {clients: "${N}"}
      four_eyes: ${B}
      drain_timeout: ${N}s
      state: ${HOME}/${NONE:-de-fault}/${E:-empty}
      workers: {echo: {settings: {x: "${X}", n: "${N}", lit: "$${N}", odd: "$$$$ $${ ${E}"}}}
      """
    let it = try load(text, environment: environment).configuration
    #expect(it.limits.clients == 12 && it.fourEyes && it.drainTimeoutMS == 12_000)
    #expect(it.state == "/h/de-fault/empty")
    let settings = try #require(it.workers["echo"]?.settings)
    #expect(settings["x"] == .string("a: [1]\n&b ${N} #"))
    #expect(settings["n"] == "12", "free settings stay texts")
    #expect(settings["lit"] == "${N}")
    #expect(settings["odd"] == "$$ ${ ")
    #expect(
      mistakes("limits: {clients: '${O}'}", environment: environment) == [
        "c.yaml:1:19: 'limits.clients' is string where integer is due"
      ]
    )
  }
}
