internal import ClientKit
internal import Glibc
internal import JSON
internal import Jail
internal import Posix

extension Finding {
  /// What jails on this machine can enforce, found by building some, and the grade that follows.
  static let jail: Check = { _ in
    let user = getpwnam("bulkhead").map { JailPolicy.Identity(uid: $0.pointee.pw_uid, gid: $0.pointee.pw_gid) }
    if geteuid() == 0, user == nil {
      return [
        Finding("grade", .fail, "none", hint: "root runs jails as the user 'bulkhead': Scripts/setup creates it")
      ]
    }
    let identity = geteuid() == 0 ? user : nil
    let host = await withCheckedContinuation { continuation in
      startThread("bulkhead-probe") { continuation.resume(returning: JailHost.probe(runAs: identity)) }
    }
    let findings = host.features.map { feature in
      let name = feature.name.split(separator: "_").joined(separator: " ")
      // Memory is limited without cgroups too, only later.
      let missing: Result = feature.name == "cgroup_v2" || host.grade == .full ? .note : .fail
      return Finding(
        name,
        feature.isAvailable ? .ok : missing,
        feature.detail,
        hint: feature.remedy.isEmpty ? nil : feature.remedy
      )
    }
    return findings + [
      Finding("memory limit", .ok, host.memory.rawValue),
      Finding(
        "grade",
        host.grade == .full ? .ok : host.grade == .oldLandlock ? .note : .fail,
        host.grade.rawValue,
        hint: host.grade.missing.map {
          host.grade == .none
            ? $0 : "\($0); 'jail: {grade: \(host.grade.rawValue)}' in the configuration accepts this"
        }
      ),
    ]
  }
}
