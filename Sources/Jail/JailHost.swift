internal import CJailCalls
internal import Glibc
internal import Posix

/// What this host and this user can enforce; each feature found by using it.
package struct JailHost: Sendable {
  package struct Feature: Sendable, Hashable {
    /// `user_namespaces`, `landlock`, …; stable, for `--json`.
    package var name: String
    package var isAvailable: Bool
    /// What was found: a version, or the stage and errno of the failure.
    package var detail: String
    /// The exact step that would make it available; empty when it is, or when nothing can.
    package var remedy: String
  }

  package var grade: JailGrade
  package var features: [Feature]
  /// How the memory of a tree is limited.
  package var memory: Memory

  package enum Memory: String, Sendable {
    /// By the kernel, exactly.
    case cgroup
    /// By looking at the tree; the overshoot is what it can take in one period.
    case watchdog
  }

  /// Builds jails to find out. `runAs` is needed as root.
  package static func probe(runAs: JailPolicy.Identity?, program: String? = nil) -> JailHost {
    let landlock = landlock()
    let notifications = notifications()
    let jail = trial("namespaces", runAs, program, network: .inherited, landlock: landlock.abi > 0)
    let network = trial("network_namespace", runAs, program, network: .none, landlock: landlock.abi > 0)
    let bare = trial("filter_and_landlock", runAs, program, network: .inherited, grade: .noNamespaces)
    let cgroup = cgroup()
    let grade: JailGrade
    switch (jail.isAvailable && network.isAvailable && notifications.isAvailable, landlock.abi) {
    case (true, 6...): grade = .full
    case (true, 1...): grade = .oldLandlock
    case (_, 6...) where bare.isAvailable: grade = .noNamespaces
    default: grade = .none
    }
    return JailHost(
      grade: grade,
      features: [jail, network, landlock.feature, notifications, bare, cgroup],
      memory: cgroup.isAvailable ? .cgroup : .watchdog
    )
  }

  /// Runs `true` in a jail; which stage fails says what is missing.
  private static func trial(
    _ name: String,
    _ runAs: JailPolicy.Identity?,
    _ program: String?,
    network: JailPolicy.Network,
    landlock: Bool = true,
    grade: JailGrade = .oldLandlock
  ) -> Feature {
    var policy = JailPolicy(program: "/usr/bin/true", arguments: ["true"])
    policy.runAs = runAs
    policy.network = network
    policy.grade = grade
    policy.namesDenials = false
    if !landlock { policy.removedWalls = [.landlock] }
    if grade == .noNamespaces {
      policy.view.workspaceBytes = nil
      policy.directory = "/"
    }
    do {
      let result = try JailRun(policy.prepare(), program: program).run()
      if result.reason == .ok { return Feature(name: name, isAvailable: true, detail: "works", remedy: "") }
      guard let failure = result.setupFailure else {
        return Feature(
          name: name,
          isAvailable: false,
          detail: "a trial run ended with '\(result.reason.rawValue)'",
          remedy: ""
        )
      }
      let path = failure.path.map { " '\($0)'" } ?? ""
      let detail = "stage '\(failure.stage)'\(path): \(errnoMessage(failure.errno))"
      return Feature(name: name, isAvailable: false, detail: detail, remedy: remedy(failure))
    } catch {
      return Feature(
        name: name,
        isAvailable: false,
        detail: "\(error)",
        remedy: "install bulkhead-jail beside bulkhead"
      )
    }
  }

  private static func remedy(_ failure: JailSetupFailure) -> String {
    switch failure.stage {
    case "credentials":
      return "started as root: set 'run_as' to an ordinary user ('Scripts/setup' creates 'bulkhead')"
    case "namespaces", "identities":
      if number(in: "/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1 {
        return
          "sysctl kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile with 'userns,' for bulkhead-jail"
      }
      if number(in: "/proc/sys/kernel/unprivileged_userns_clone") == 0 {
        return "sysctl kernel.unprivileged_userns_clone=1"
      }
      if number(in: "/proc/sys/user/max_user_namespaces") == 0 { return "sysctl user.max_user_namespaces=15000" }
      return "in a container: allow clone and unshare with namespace flags in its seccomp profile"
    case "mount", "pivot", "root", "sources":
      return failure.errno == EPERM
        ? "in a container: show an unmasked /proc (podman --security-opt unmask=ALL) and allow mount in its seccomp profile"
        : "a kernel of at least 5.12, and /usr, /tmp and /dev/null readable for the user"
    case "landlock": return "a kernel of at least 5.13 with 'landlock' in the lsm= boot parameter"
    case "seccomp": return "a kernel with CONFIG_SECCOMP_FILTER; in a container, allow seccomp in its profile"
    default: return ""
    }
  }

  private static func landlock() -> (abi: Int32, feature: Feature) {
    let abi = bh_call_landlock_abi()
    guard abi > 0 else {
      let remedy = "a kernel of at least 5.13 with 'landlock' in the lsm= boot parameter"
      let detail = errnoMessage(-abi)
      return (abi, Feature(name: "landlock", isAvailable: false, detail: detail, remedy: remedy))
    }
    let remedy = abi >= 6 ? "" : "a kernel of at least 6.12 for signals and abstract sockets (ABI 6)"
    return (abi, Feature(name: "landlock", isAvailable: true, detail: "ABI \(abi)", remedy: remedy))
  }

  private static func notifications() -> Feature {
    let has = bh_call_has_notifications() != 0
    return Feature(
      name: "seccomp_notifications",
      isAvailable: has,
      detail: has ? "works" : "refused calls would have no names",
      remedy: has ? "" : "a kernel of at least 5.0"
    )
  }

  /// A group with the controllers that limit memory and processes, found by making one and starting a process in it.
  private static func cgroup() -> Feature {
    func feature(_ isAvailable: Bool, _ detail: String) -> Feature {
      let remedy = isAvailable ? "" : "run bulkheadd as a systemd service with 'Delegate=memory pids'"
      return Feature(name: "cgroup_v2", isAvailable: isAvailable, detail: detail, remedy: remedy)
    }
    do {
      let tree = try ControlGroupTree.find()
      let missing = ControlGroupTree.wanted.filter { !tree.controllers.contains($0) }
      guard missing.isEmpty else {
        return feature(false, "'\(tree.path)' lacks the controllers \(missing.joined(separator: " and "))")
      }
      let group = try ControlGroup(in: tree.path, limits: JailLimits())
      defer { ControlGroup.remove(group.path) }
      return feature(true, "delegated at '\(tree.path)'")
    } catch {
      return feature(false, "\(error)")
    }
  }

  private static func text(in path: String) -> String? {
    do {
      return String(decoding: try Descriptor.open(path, O_RDONLY).readAll(limit: 65536), as: UTF8.self)
    } catch {
      return nil
    }
  }

  private static func number(in path: String) -> Int? {
    text(in: path).flatMap { Int($0.prefix { $0.isNumber }) }
  }
}
