import Configuration
import JSON
import Testing
import Wire

@Suite struct EffectiveTests {
  @Test func `values are printed with where they came from`() throws {
    let text = """
      # mine
      drain_timeout: 90s
      workers:
        echo:
          instances: 2
          settings: {url: "https://${HOST:-x}/", n: 1.50, list: [], deep: {a: [1, {b: "#"}]}}
          secrets:
            TOKEN: {file: /etc/token}
            KEY: {env: ECHO_KEY}
          limits: {memory: 512MiB, wall: 1500ms}
          restart: {first_delay: 100ms}
      """
    #expect(
      try load(text, environment: ["HOME": "/h", "HOST": "secret.example"]).effective() == """
        # values in effect, from 'c.yaml'
        mode: user  # default
        state: /h/.local/state/bulkhead  # default
        run_as: bulkhead  # default
        four_eyes: false  # default
        drain_timeout: 90s  # line 2
        call_timeout: 5m  # default
        log:
          level: info  # default
          format: auto  # default
        limits:
          clients: 1024  # default
          queue: 1024  # default
          artifact: 1GiB  # default
          artifacts: 16GiB  # default
          uploads: 256  # default
          uploads_per_connection: 16  # default
        jobs:
          active: 128  # default
          keep: 30d  # default
          cache: 1h  # default
        jail:
          grade: full  # default
          loosen: []  # default
        workers:
          path: [/h/.local/share/bulkhead/workers, /usr/local/lib/bulkhead/workers, /usr/lib/bulkhead/workers]  # default
          echo:
            enabled: true  # default
            instances: 2  # line 5
            settings:  # line 6
              url: "https://${HOST:-x}/"
              n: 1.50
              list: []
              deep:
                a: [1, {"b": "#"}]
            secrets:
              KEY:
                env: ECHO_KEY  # line 9
              TOKEN:
                file: /etc/token  # line 8
            limits:
              wall: 1500ms  # line 10
              memory: 512MiB  # line 10
            restart:
              first_delay: 100ms  # line 11

        """
    )
  }

  @Test(
    arguments: [
      "", "mode: system\nfour_eyes: true\ngroup: ops\nsocket: /s\n",
      "state: \"/a b/$$c/${HOME}/#x: y\\n\\u2028\\u0085\\uFEFF\\x7F\\\"\\\\ é 😀\"\n", "state: /null\nrun_as: 'null'\n",
      "drain_timeout: 0\ncall_timeout: 1ms\nlimits: {artifact: 1000, artifacts: 3TiB}\n",
      "workers: {path: [], a: {settings: {'': '', \"\\x01 \": ' x', '- a': \"$${HOME} ${HOME} $\", n: null, y: ~}}}",
      "workers: {b: {enabled: false, read: [/a b, /c]}, a: {write: [/d], credential_helper: [/e f], limits: {file: 0}, heartbeat: {timeout: 10ms}, grace: 0}}",
    ]
  )
  func `what is printed loads to the same configuration`(_ text: String) throws {
    let environment = ["HOME": "/h \u{1}\t"]
    let first = try load(text, environment: environment)
    for printed in [first.effective(), first.configuration.effective()] {
      let second = try load(printed, environment: environment)
      #expect(second.configuration == first.configuration, "\(printed)")
    }
  }

  @Test func `the value of a secret or of a variable in settings is never printed`() throws {
    let text = """
      workers: {e: {secrets: {K: {env: TOKEN}}, settings: {auth: "Bearer ${TOKEN}"}}}
      """
    let environment = ["HOME": "/h", "TOKEN": "hunter2"]
    let loaded = try load(text, environment: environment)
    #expect(loaded.configuration.workers["e"]?.settings["auth"] == "Bearer hunter2")
    #expect(!loaded.effective().contains("hunter2"))
    #expect(loaded.effective().contains("Bearer ${TOKEN}"))
  }

  @Test(
    arguments: [
      ("0", 0), ("0ms", 0), ("1ms", 1), ("1s", 1_000), ("90s", 90_000), ("2m", 120_000), ("3h", 10_800_000),
      ("7d", 604_800_000), ("1", nil), ("s", nil), ("", nil), ("1 s", nil), ("+1s", nil), ("1.5s", nil), ("1S", nil),
      ("١s", nil), ("9223372036854775807ms", Int64.max), ("9223372036854775808ms", nil), ("9223372036854775807s", nil),
    ] as [(String, Int64?)]
  )
  func `a span of time is a whole number with a unit`(_ text: String, _ value: Int64?) {
    #expect(Units.milliseconds(text) == value)
    if let value { #expect(Units.milliseconds(Units.text(milliseconds: value)) == value) }
  }

  @Test(
    arguments: [
      ("0", 0), ("512", 512), ("512B", 512), ("1kB", 1_000), ("1KB", 1_000), ("1KiB", 1_024), ("64MiB", 64 << 20),
      ("2TiB", 2 << 40), ("1GB", 1_000_000_000), ("1k", nil), ("1Gb", nil), ("1 GB", nil), ("-1", nil), ("", nil),
      ("8388607TiB", 8_388_607 << 40), ("8388608TiB", nil), ("9223372036854775808", nil),
    ] as [(String, Int64?)]
  )
  func `a size is a whole number with or without a unit`(_ text: String, _ value: Int64?) {
    #expect(Units.bytes(text) == value)
    if let value { #expect(Units.bytes(Units.text(bytes: value)) == value) }
  }
}
