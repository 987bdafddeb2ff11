import JSON
import Journal
import Policy
import Testing
import Wire

@testable import Coordinator

/// The exact data of each kind of record, as protocol/audit.md lists it.
@Suite struct `Audit records` {
  private static let anna = Caller(uid: 1_000, user: "anna", role: .submitter)

  private static func data(_ event: AuditEvent, _ change: (inout AuditSettings) -> Void = { _ in }) -> String {
    var settings = AuditSettings()
    change(&settings)
    return String(decoding: AuditWriter(settings).record(event, actor: "x").data, as: UTF8.self)
  }

  private static var invocation: AuditEvent.Invocation {
    var invocation = AuditEvent.Invocation(tool: "bash", worker: "sandbox", input: ["script": "ls", "token": "t"])
    invocation.attempt = 2
    invocation.idempotencyKey = "k"
    invocation.jail = "full"
    invocation.policy = "p1"
    invocation.plan = "h"
    return invocation
  }

  @Test func `an invocation says what is done with what, and the secrets in it are gone`() {
    #expect(
      Self.data(.invoked(Self.invocation))
        == #"{"tool":"bash","worker":"sandbox","attempt":2,"key":"k","input":{"script":"ls","token":"[redacted]"},"jail":"full","plan":"h","policy":"p1"}"#
    )
    let hashed = Self.data(.invoked(Self.invocation)) { $0.inputs = .hash }
    // Of {"script":"ls","token":"[redacted]"}.
    #expect(
      hashed.contains(
        #""input":{"sha256":"c982bbd43a33ee6710118f8675a7bd93298d2d6342a49df42765dc9de9f4676a","bytes":36}"#
      )
    )
    #expect(!Self.data(.invoked(Self.invocation)) { $0.inputs = .none }.contains("input"))
  }

  @Test func `an input is written out up to the bound, and one byte more is its hash`() {
    for (count, isWhole) in [(4_096, true), (4_097, false)] {
      let text = String(repeating: "x", count: count - 8)
      let data = Self.data(.invoked(AuditEvent.Invocation(tool: "t", input: ["a": .string(text)])))
      #expect(data.contains(text) == isWhole)
      #expect(data.contains("\"bytes\":\(count)") != isWhole)
    }
  }

  @Test func `a result is its hash, or whole without secrets, or nothing`() {
    var ending = AuditEvent.Ending(tool: "bash", result: "succeeded")
    ending.output = Array(#"{"out":"ok","password":"p"}"#.utf8)
    #expect(Self.data(.ended(ending)).contains(#""output":{"sha256":""#))
    #expect(
      Self.data(.ended(ending)) { $0.results = .whole }
        == #"{"tool":"bash","result":"succeeded","output":{"out":"ok","password":"[redacted]"}}"#
    )
    #expect(Self.data(.ended(ending)) { $0.results = .none } == #"{"tool":"bash","result":"succeeded"}"#)
    ending.isSecret = true
    #expect(
      Self.data(.ended(ending)) { $0.results = .whole }
        == #"{"tool":"bash","result":"succeeded","output":"[redacted]"}"#
    )
    var failed = AuditEvent.Ending(tool: "bash", result: "failed")
    failed.error = "tool_failed"
    failed.receipt = Receipt()
    failed.receipt?.cpuMS = 3
    #expect(
      Self.data(.ended(failed)) == #"{"tool":"bash","result":"failed","error":"tool_failed","receipt":{"cpu_ms":3}}"#
    )
  }

  @Test func `every other kind says what the protocol lists`() {
    let match = Decision.Match(rule: "no_payroll", effect: .block, message: "The payroll is not for agents.")
    let cases: [(AuditEvent, String, String)] = [
      (.started(version: "1.0"), "service.started", #"{"version":"1.0"}"#),
      (.stopped(version: "1.0"), "service.stopped", #"{"version":"1.0"}"#),
      (
        .policyLoaded(version: "v", file: "/etc/p.yaml", environment: "production"), "policy.loaded",
        #"{"version":"v","file":"/etc/p.yaml","environment":"production"}"#
      ),
      (
        .requested(what: "plan", title: "use sk-abcdefghijklmnop1234", hash: "h", policy: nil), "job.requested",
        #"{"what":"plan","title":"use [redacted]","hash":"h"}"#
      ),
      (
        .refused(method: "journal/gc", role: .viewer, needed: .admin), "request.refused",
        #"{"method":"journal/gc","role":"viewer","needed":"admin"}"#
      ),
      (
        .decided(Decision([match]), point: .invocation, tool: "bash", facts: "f", policy: "p"), "policy.decided",
        #"{"tool":"bash","at":"invocation","effect":"block","rules":[{"rule":"no_payroll","effect":"block"}],"facts":"f","policy":"p"}"#
      ),
      (
        .approvalAsked(AuditEvent.Approval(id: "a-1", tool: "bash", rules: ["r"], approver: "group:ops", hash: "h")),
        "approval.asked", #"{"tool":"bash","approval":"a-1","rules":["r"],"approver":"group:ops","hash":"h"}"#
      ),
      (
        .approvalAnswered(id: "a-1", isApproved: true, input: ["a": 1], reason: nil), "approval.approved",
        #"{"approval":"a-1","edited":true,"input":{"a":1}}"#
      ),
      (
        .approvalAnswered(id: "a-1", isApproved: false, input: nil, reason: "no"), "approval.denied",
        #"{"approval":"a-1","edited":false,"reason":"no"}"#
      ),
      (.approvalExpired(id: "a-1", escalatedTo: nil), "approval.expired", #"{"approval":"a-1"}"#),
      (
        .approvalExpired(id: "a-1", escalatedTo: "role:admin"), "approval.escalated",
        #"{"approval":"a-1","to":"role:admin"}"#
      ),
      (
        .control(method: "job/cancel", details: ["reason": "done", "api_key": "x"]), "control",
        #"{"method":"job/cancel","reason":"done","api_key":"[redacted]"}"#
      ),
      (
        .limitReached(name: "pace", of: "tasks", atMost: "10 per minute", over: "wait"), "limit.reached",
        #"{"limit":"pace","of":"tasks","at_most":"10 per minute","over":"wait"}"#
      ),
    ]
    for (event, kind, data) in cases {
      #expect(event.kind == kind)
      #expect(Self.data(event) == data)
    }
  }

  @Test func `a record says who, and which item of which step`() {
    let event = AuditEvent.started(version: "1")
    guard case .audit(let record) = AuditWriter().change(event, by: Self.anna, job: "j", step: "s", item: 3) else {
      Issue.record("no record")
      return
    }
    #expect(record.actor == "user:anna" && record.job == "j" && record.step == "s[3]")
    var worker = Self.anna
    worker.worker = "planner"
    #expect(AuditWriter.actor(worker) == "worker:planner" && AuditWriter.actor(nil) == "coordinator")
  }
}
