import JSON
import Testing
import Wire

@testable import Policy

@Suite struct RoleTests {
  private func role(_ json: JSON, uid: UInt32 = 1_000, user: String = "anna", groups: [String] = []) throws -> Role? {
    let policy = try Policy(reading: ["roles": json], environment: nil)
    return policy.roles?.resolve(uid: uid, gid: 5, groups: [6, 7], user: user, groupNames: groups)
  }

  @Test func `the highest role counts`() throws {
    let roles: JSON = [
      "viewer": ["everyone"], "submitter": ["group:staff"], "approver": ["group:ops"], "admin": ["uid:0", "gid:7"],
    ]
    #expect(try role(roles, groups: ["staff", "ops"]) == .admin)
    let without: JSON = [
      "viewer": ["everyone"], "submitter": ["group:staff"], "approver": ["group:ops"], "admin": ["uid:0"],
    ]
    #expect(try role(without, groups: ["staff", "ops"]) == .approver)
    #expect(try role(without, groups: ["staff"]) == .submitter)
    #expect(try role(without) == .viewer)
    #expect(try role(without, uid: 0) == .admin)
  }

  @Test func `who is not named has no role`() throws {
    #expect(try role(["admin": ["user:bert"]]) == nil)
    #expect(try role(["admin": ["user:Anna"]]) == nil, "names of users tell cases apart")
    #expect(try role(["admin": ["group:anna"]]) == nil)
    #expect(try role(["admin": ["uid:100"]]) == nil)
    #expect(try role(["admin": ["gid:5"]]) == .admin, "the group of the process itself")
  }

  @Test func `mistakes in roles have their place`() {
    let roles: JSON = [
      "viewers": [], "admin": ["usr:anna", "user:1000", "uid:-1", "uid:4294967296", "anna", "user:", 3],
    ]
    #expect(
      mistakes(["roles": roles]) == ["/roles/viewers: unknown_member"]
        + (0..<7).map { "/roles/admin/\($0): invalid_value" }
        + ["/roles/admin: missing_member"]
    )
    #expect(errors(["roles": roles])[1].message.contains("did you mean 'user'?"))
    #expect(errors(["roles": roles])[2].message.contains("did you mean 'uid:1000'?"))
    #expect(mistakes(["roles": [:]]) == ["/roles/admin: missing_member"])
  }
}
