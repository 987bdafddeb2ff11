import Foundation
import Glibc
import JSON
import Supervision
import Testing
import Wire

/// A folder with an `az` that does what its scope says, the folder that it owns, and what it must never reach; and a
/// worker that may ask for its tokens.
final class FakeAzure {
  private let top: String
  let config: String
  let outside: String
  let bench: ToolBench
  /// Stands in the program's folder as digits, reversed: nowhere in one piece.
  static let token = "planted-0123456789abcdef-token"

  private static let program = #"""
    #!/usr/bin/python3 -IS
    import json, os, socket, subprocess, sys, time

    arguments = sys.argv[1:]
    scope = arguments[arguments.index("--scope") + 1]
    folder = os.environ["AZURE_CONFIG_DIR"]
    token = "nekot-fedcba9876543210-detnalp"[::-1]
    later = {"expires_on": int(time.time()) + 3600}
    answer = {"accessToken": token, "tokenType": "Bearer", **later}

    def fail(text, code=1):
        sys.stderr.write(text + "\n")
        sys.exit(code)

    def tries(act):
        try:
            return str(act())
        except OSError as error:
            return os.strerror(error.errno) if error.errno else str(error)

    if scope == "login":
        fail("ERROR: Please run 'az login' to setup account. " + token)
    if scope == "aadsts":
        fail("ERROR: AADSTS700082: The refresh token has expired. " + token)
    if scope == "odd":
        fail("ERROR: " + token, 7)
    if scope == "garbage":
        answer = None
        print("<html>" + token)
    if scope == "lacks":
        answer = {"expires_on": 1}
    if scope == "when":
        answer = {"accessToken": token}
    if scope == "spaces":
        answer["accessToken"] = token + " " + token
    if scope == "expired":
        answer["expires_on"] = 1000
    if scope == "old":
        answer = {"accessToken": token, "expiresOn": "2099-12-31 23:59:59.000001"}
    if scope == "hangs":
        time.sleep(1000)
    if scope == "floods":
        sys.stdout.write("x" * (1 << 20))
    if scope == "killed":
        os.kill(os.getpid(), 9)
    if scope == "behind":
        subprocess.Popen(["/bin/sleep", "1000"], start_new_session=True)
        sys.stderr.write(token)
    if scope == "arguments":
        answer["accessToken"] = "|".join(arguments)
    if scope == "keeps":
        count = folder + "/count"
        number = int(open(count).read()) + 1 if os.path.exists(count) else 1
        open(count, "w").write(str(number))
        open("/tmp/mine", "a").write("x")
        answer["accessToken"] = "%d-%d" % (number, os.path.getsize("/tmp/mine"))
    if scope.startswith("prowls:"):
        outside, journal, port = scope[7:].split(",")
        answer["accessToken"] = json.dumps([
            tries(lambda: open(outside).read()), tries(lambda: open(journal).read()), tries(lambda: os.listdir("/home")),
            tries(lambda: open(folder + "/../bin/az", "a")), tries(lambda: os.listdir("/proc/self/fd").__len__() <= 4),
            len([p for p in os.listdir("/proc") if p.isdigit()]) <= 2, sorted(os.environ),
            tries(lambda: socket.create_connection(("127.0.0.1", int(port)), 5).close()),
        ]).replace(" ", "_")
    if answer:
        print(json.dumps(answer))
    """#

  /// `granted`: whether the operator has named the program.
  init(granted: Bool = true, installed: Bool = true, callers: [String]? = nil) throws {
    top = "/var/tmp/bulkhead-helper-\(UUID().uuidString)"
    config = top + "/azure"
    outside = top + "/outside"
    for folder in [top, config, top + "/bin"] {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      chmod(folder, folder == config ? 0o777 : 0o755)
    }
    try Data("secret\n".utf8).write(to: URL(filePath: outside))
    let program = top + "/bin/az"
    if installed {
      try Data(Self.program.utf8).write(to: URL(filePath: program))
      chmod(program, 0o755)
    }
    let scripts = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Misbehaving").path
    var models = WorkerManifest(
      name: "models",
      command: ["/usr/bin/python3", "-I", "-S", "uses-secret.py"],
      folder: scripts
    )
    models.startMS = 30_000
    models.heartbeatMS = 0
    let config = config
    bench = try ToolBench("credentials", beside: [models]) { manifest in
      if granted {
        manifest.permissions.helperPrograms = [program]
        manifest.permissions.write = [config]
      }
      if let callers { manifest.callers = callers }
    }
  }

  deinit {
    // Safety: what is left harms nobody.
    try? FileManager.default.removeItem(atPath: top)
  }

  /// What the caller got for each scope: the output, or `{"error", "message"}`.
  func ask(_ scopes: String..., timeoutMS: Int64? = nil) throws -> [JSON] {
    let inputs = scopes.map { JSON.object(["scope": .string($0)]) }
    let answer = try bench.call(
      "use",
      ["tool": "azure_token", "plain": true, "ask": .array(inputs)],
      timeoutMS: timeoutMS
    )
    return answer.output.arrayValue ?? []
  }

  /// As a model's worker does: what it got comes back as digests.
  func use(_ scopes: String...) throws -> [JSON] {
    let inputs = scopes.map { JSON.object(["scope": .string($0)]) }
    return try bench.call("use", ["tool": "azure_token", "ask": .array(inputs)]).output.arrayValue ?? []
  }

  /// Files of the coordinator's state that hold the token.
  func filesWithToken() throws -> [String] {
    let files = try #require(FileManager.default.enumerator(atPath: bench.store))
    var found: [String] = []
    for case let file as String in files {
      let content = FileManager.default.contents(atPath: bench.store + "/" + file) ?? Data()
      if content.range(of: Data(Self.token.utf8)) != nil { found.append(file) }
    }
    return found
  }
}

/// A socket that takes connections and nothing else.
final class LoopbackPort {
  private let socket: Int32
  let number: UInt16

  init() throws {
    socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = socket
    let isOpen = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, length) == 0 && listen(socket, 8) == 0 && getsockname(socket, $0, &length) == 0
      }
    }
    number = UInt16(bigEndian: address.sin_port)
    try #require(isOpen)
  }

  deinit { close(socket) }
}
