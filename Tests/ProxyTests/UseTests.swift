import Foundation
import JSON
import Posix
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

/// What approved runs do with the hosts that they were granted, with the programs that people use.
@Suite(.serialized)
struct UseTests {
  @Test
  func `curl in a jailed run reaches a granted host, and nothing else`() throws {
    let server = try Server("http")
    let other = try Server("http")
    let bench = try ProxyBench(hosts: [server.host, other.host])
    let good = try bench.bash("curl -sS http://\(server.host)/hi", hosts: [server.host])
    #expect(good.stdout == "hello\n", "\(good.all)")
    #expect(good.reason == "ok")
    #expect(good.deniedHosts == [])
    #expect(good.record["network"]?["connections"] == 1)
    let bad = try bench.bash("curl -sS -w '%{http_code}' http://\(other.host)/hi", hosts: [server.host])
    #expect(bad.deniedHosts == [other.host], "\(bad.all)")
    #expect(bad.stdout.hasSuffix("403"))
    #expect(bad.why == "is not among the run's needs.hosts")
    // Its own exit, and no other reason.
    #expect(bad.reason == "ok")
    try bench.end()
  }

  @Test
  func `what the run was granted is bounded by what the operator granted to the web worker`() throws {
    let server = try Server("http")
    let bench = try ProxyBench(hosts: ["example.com"])
    let answer = try bench.bash("curl -sS -w '%{http_code}' http://\(server.host)/", hosts: [server.host])
    #expect(answer.stdout.hasSuffix("403"))
    #expect(answer.deniedHosts == [server.host])
    #expect(answer.why.hasPrefix("is not among the web worker's hosts"))
    try bench.end()
  }

  @Test
  func `curl speaks TLS through a tunnel with a server of its own authority`() throws {
    let folder = try Folder()
    try folder.run(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout key.pem -out "
        + "cert.pem -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null"
    )
    let server = try Server("http", [folder.path + "/cert.pem", folder.path + "/key.pem"])
    let bench = try ProxyBench(hosts: ["localhost:\(server.port)"])
    let authority = String(
      decoding: try #require(FileManager.default.contents(atPath: folder.path + "/cert.pem")),
      as: UTF8.self
    )
    let host = "localhost:\(server.port)"
    let command = "cat > ca.pem && curl -sS --cacert ca.pem https://\(host)/bytes/300000 | wc -c"
    let answer = try bench.bash(command, hosts: [host], stdin: authority)
    #expect(answer.stdout == "300000\n", "\(answer.all)")
    #expect((answer.record["network"]?["received_bytes"]?.integerValue ?? 0) > 300_000)
    // Without the authority the certificate is nobody's: what the tunnel carries, the run itself checks.
    let unknown = try bench.bash("curl -sS https://\(host)/", hosts: [host])
    #expect(unknown.code == 60, "\(unknown.all)")
    try bench.end()
  }

  @Test
  func `git clones, commits and pushes`() throws {
    let folder = try Folder()
    try folder.run(
      """
      git init -q --bare repo.git && git -C repo.git config http.receivepack true
      git init -q first && cd first && echo one > file && git add file
      git -c user.name=a -c user.email=a@example.com commit -qm one && git push -q ../repo.git HEAD:main
      git -C ../repo.git symbolic-ref HEAD refs/heads/main
      """
    )
    let server = try Server("git", [folder.path])
    let bench = try ProxyBench(hosts: [server.host])
    let command = """
      set -e
      git clone -q http://\(server.host)/repo.git work && cd work && head -c 3000000 /dev/urandom > large && echo two >> file
      git add . && git -c user.name=b -c user.email=b@example.com commit -qm two && git push -q origin HEAD:main
      git log --format=%s
      """
    let answer = try bench.bash(command, hosts: [server.host])
    #expect(answer.stdout == "two\none\n", "\(answer.all)")
    #expect(try folder.run("git -C repo.git log --format=%s main") == "two\none\n")
    let refused = try bench.bash("git clone -q http://\(server.host)/repo.git work", hosts: ["example.com:443"])
    #expect(refused.code == 128)
    #expect(refused.deniedHosts == [server.host])
    try bench.end()
  }

  @Test(.enabled(if: FileManager.default.fileExists(atPath: "/usr/lib/python3/dist-packages/pip")))
  func `pip installs from a granted index`() throws {
    let folder = try Folder()
    try folder.run(
      """
      mkdir -p simple/greeting greeting-1.0.dist-info && echo 'def greet(): return "installed"' > greeting.py
      printf 'Metadata-Version: 2.1\\nName: greeting\\nVersion: 1.0\\n' > greeting-1.0.dist-info/METADATA
      printf 'Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n' > greeting-1.0.dist-info/WHEEL
      printf 'greeting.py,,\\n' > greeting-1.0.dist-info/RECORD
      /usr/bin/python3 -m zipfile -c simple/greeting/greeting-1.0-py3-none-any.whl greeting.py greeting-1.0.dist-info/
      chmod -R a+rX .
      """
    )
    let server = try Server("files", [folder.path])
    let bench = try ProxyBench(hosts: [server.host])
    let command = """
      /usr/bin/python3 -m pip install -q --break-system-packages --no-cache-dir --disable-pip-version-check --target here \
        --index-url http://\(server.host)/simple --trusted-host 127.0.0.1 greeting
      PYTHONPATH=here /usr/bin/python3 -c 'import greeting; print(greeting.greet())'
      """
    let answer = try bench.bash(command, hosts: [server.host])
    #expect(answer.stdout == "installed\n", "\(answer.all)")
    try bench.end()
  }

  @Test
  func `python code fetches and posts, and starts no other process`() throws {
    let server = try Server("http")
    let bench = try ProxyBench(hosts: [server.host])
    let code = """
      import urllib.request
      base = "http://\(server.host)"
      output = [urllib.request.urlopen(base + "/").read().decode(),
                urllib.request.urlopen(base + "/post", b"x" * 100000).read().decode(),
                len(urllib.request.urlopen(base + "/bytes/5000000").read())]
      """
    let answer = try bench.python(code, hosts: [server.host])
    #expect(answer.record["output"] == ["hello\n", "100000 bytes\n", 5_000_000], "\(answer.all)")
    try bench.end()
  }

  @Test
  func `a body of unknown length is forwarded whole`() throws {
    let server = try Server("http")
    let bench = try ProxyBench(hosts: [server.host])
    let command =
      "head -c 2000000 /dev/zero | curl -sS -T - -X POST -H 'Transfer-Encoding: chunked' http://\(server.host)/"
    let answer = try bench.bash(command, hosts: [server.host])
    #expect(answer.stdout == "2000000 bytes\n", "\(answer.all)")
    try bench.end()
  }

  @Test
  func `a run that nobody lets out is told so, and the record says why`() throws {
    let bench = try ProxyBench(web: false)
    let answer = try bench.bash("curl -sS -w '%{http_code}' http://example.com/", hosts: ["example.com:80"])
    #expect(answer.stdout.hasSuffix("503"), "\(answer.all)")
    #expect(answer.deniedHosts == ["example.com:80"])
    #expect(answer.why == "no worker took the connection within 8 s")
    try bench.end()
  }

  @Test
  func `workers that were started by hand have their places at the tunnel, too`() throws {
    let server = try Server("http")
    let bench = try ProxyBench(hosts: [server.host], byHand: true)
    let answer = try bench.bash("curl -sS http://\(server.host)/", hosts: [server.host])
    #expect(answer.stdout == "hello\n", "\(answer.all)")
    try bench.end()
  }

  @Test
  func `a plan with hosts is refused exactly where nobody offers a tunnel`() throws {
    let plan: JSON = [
      "request_id": "r",
      "steps": [
        ["id": "a", "tool": "bash", "input": ["command": "true"], "needs": ["hosts": ["example.com:443"]]]
      ],
    ]
    let without = try ProxyBench(web: false)
    let mistakes = without.coordinator.jobs.check(plan).mistakes
    #expect(mistakes.map(\.path) == ["/steps/0/needs/hosts"], "\(mistakes)")
    #expect(
      mistakes.first?.message == "no worker offers the runs of tool 'bash' a tunnel: hosts cannot be granted to it"
    )
    try without.end()
    let with = try ProxyBench()
    #expect(with.coordinator.jobs.check(plan).mistakes.map(\.message) == [])
    try with.end()
  }

  @Test
  func `what goes on when the web worker dies in the middle`() throws {
    let server = try Server("http")
    let bench = try ProxyBench(hosts: [server.host])
    let command = """
      curl -sSN http://\(server.host)/slow > cut 2> error & wait_for=$!
      until grep -q begun cut 2>/dev/null; do sleep 0.01; done
      echo begun; wait $wait_for; echo "ended $?"
      curl -sS --retry 3 --retry-all-errors http://\(server.host)/
      """
    let answer = bench.begin("bash", ["command": .string(command)], hosts: [server.host])
    try bench.until("the transfer has begun") { answer.output.contains("begun") || answer.result != nil }
    bench.killWeb()
    try bench.until("the run has ended") { answer.result != nil }
    // 18: the transfer was cut. What came afterwards was served by the worker's successor.
    #expect(answer.stdout == "begun\nended 18\nhello\n", "\(answer.all)")
    try bench.end()
  }

  @Test
  func `a sandbox worker that starts again has its place at the tunnel`() throws {
    let server = try Server("http")
    let bench = try ProxyBench(hosts: [server.host])
    let before = bench.supervisor.kinds["sandbox"]?.instances.first?.pid ?? 0
    #expect(try bench.bash("curl -sS http://\(server.host)/", hosts: [server.host]).stdout == "hello\n")
    kill(before, SIGKILL)
    try bench.until("there is another") {
      let instance = bench.supervisor.kinds["sandbox"]?.instances.first
      return instance?.isReady == true && instance?.pid != before
    }
    #expect(try bench.bash("curl -sS http://\(server.host)/", hosts: [server.host]).stdout == "hello\n")
    try bench.end()
  }
}
