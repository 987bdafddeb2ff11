import Glibc
import Jail

extension Corpus {
  /// The control of the first group opens everything around the network.
  static var network: [Attack] {
    let all: Set<JailWall> = [.seccomp, .landlock, .networkNamespace, .privateRoot]
    return [
      attack("connecting to a server on loopback", ["connect-tcp", "{port}"], EPERM, all),
      attack("binding a port", ["bind-tcp"], EPERM, [.seccomp, .landlock]),
      attack("connecting to a socket of the host by path", ["connect-unix", "{folder}/open/socket"], EPERM, all),
      attack("connecting to an abstract socket of the host", ["connect-unix", "{abstract}"], EPERM, all),
      // One wall at a time: what is left still holds.
      attack(
        "loopback with sockets allowed",
        ["connect-tcp", "{port}"],
        EACCES,
        all,
        always: [.seccomp],
        lesser: [.oldLandlock: .other(.errno(ENETUNREACH)), .noNamespaces: .same]
      ),
      attack(
        "loopback with the network namespace alone",
        ["connect-tcp", "{port}"],
        ENETUNREACH,
        all,
        always: [.seccomp, .landlock],
        lesser: [.noNamespaces: .nothing]
      ),
      attack(
        "loopback with Landlock alone",
        ["connect-tcp", "{port}"],
        EACCES,
        all,
        always: [.seccomp, .networkNamespace],
        lesser: [.oldLandlock: .nothing, .noNamespaces: .same]
      ),
      attack(
        "abstract socket with Landlock's scope alone",
        ["connect-unix", "{abstract}"],
        EPERM,
        all,
        always: [.seccomp, .networkNamespace],
        lesser: [.oldLandlock: .nothing, .noNamespaces: .same]
      ),
      attack(
        "abstract socket with the network namespace alone",
        ["connect-unix", "{abstract}"],
        ECONNREFUSED,
        all,
        always: [.seccomp, .landlock],
        lesser: [.noNamespaces: .nothing]
      ),
      attack(
        "socket by path with the private root alone",
        ["connect-unix", "{folder}/open/socket"],
        ENOENT,
        all,
        always: [.seccomp, .landlock, .networkNamespace],
        lesser: [.noNamespaces: .nothing]
      ),
      family("netlink", 16), family("packet", 17, control: .errno(EPERM)), family("vsock", 40, control: .undenied),
      family("crypto (AF_ALG)", 38, control: .undenied), family("Unix", 1), family("IPv6", 10),
    ]
  }

  private static func attack(
    _ name: String,
    _ probe: [String],
    _ errno: Int32,
    _ walls: Set<JailWall>,
    always: Set<JailWall> = [],
    lesser: [JailGrade: Promise] = [.noNamespaces: .same]
  ) -> Attack {
    Attack(
      group: "network",
      name: name,
      probe: probe,
      expected: .errno(errno),
      walls: walls,
      control: .ok,
      lesser: lesser,
      adjust: { policy, _ in policy.removedWalls = always }
    )
  }

  private static func family(_ name: String, _ number: Int, control: Outcome = .ok) -> Attack {
    call(
      "network",
      "socket",
      ["\(number)", number == 16 || number == 17 || number == 38 ? "3" : "1", "0"],
      as: "a socket: \(name)",
      control: control
    )
  }
}
