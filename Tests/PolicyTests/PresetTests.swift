import JSON
import Testing

@testable import Policy

@Suite struct PresetTests {
  static let all: JSON = [
    "presets": [
      "no_destructive_ops", ["production_safety": ["approver": "group:ops"]], ["cost_limit": ["usd": 10]],
    ]
  ]

  @Test func `every preset passes its own tests`() throws {
    #expect(errors(Self.all).map(\.message) == [])
    let policy = try Policy(reading: Self.all, environment: nil)
    #expect(policy.guardrails.map(\.name) == ["no_destructive_ops", "production_safety", "cost_limit"])
    #expect(policy.guardrails.map(\.preset) == ["no_destructive_ops", "production_safety", "cost_limit"])
  }

  @Test func `production waits for its approver and cost has a bound`() throws {
    let policy = try Policy(reading: Self.all, environment: nil)
    let asked = policy.decide(facts(.request, task: ["context": ["env": "production"]], tool: nil))
    #expect(asked.effect == .requireApproval)
    #expect(asked.matches.map(\.approver) == ["group:ops"])
    #expect(policy.decide(facts(.request, task: ["estimated_cost": 10], tool: nil)) == .allow)
    #expect(policy.decide(facts(.request, task: ["estimated_cost": 10.000001], tool: nil)).effect == .block)
    let both = policy.decide(facts(.request, task: ["estimated_cost": 11, "context": ["env": "prod"]], tool: nil))
    #expect(both.matches.map(\.rule) == ["production_safety", "cost_limit"])
    #expect(both.effect == .block)
  }

  @Test(arguments: [
    "rm -rf /", "RM -RF /", "sudo rm -r --force x", "/bin/rm -Rf x", "cd /srv; rm -rf *",
    "x && rm --no-preserve-root -r /",
    "DROP TABLE users;", "drop  schema if exists s cascade", "Drop Index Concurrently idx", "DELETE FROM `users`",
    "delete from shop.orders where id > 3", "truncate table x", "TRUNCATE users CASCADE", "DELETE\nFROM\nusers;",
    "find . -type f -delete", "db.dropDatabase()", "FLUSHALL", "mkfs.xfs -f /dev/vdb", "dd if=x of=/dev/nvme0n1",
    "Remove-Item C:\\data -Recurse -Force", "rmdir /s /q c:\\data", "fs.rmSync('/srv', { recursive: true })",
    "shutil.rmtree(path)", "r\u{200B}m -rf /", "DR\u{41E}P TABLE users",
  ])
  func `destruction is seen in a description and in an input`(_ text: String) throws {
    let policy = try Policy(reading: ["presets": ["no_destructive_ops"]], environment: nil)
    #expect(policy.decide(facts(.request, task: ["description": .string(text)], tool: nil)).effect == .block)
    #expect(policy.decide(facts(.plan, input: ["deep": [["command": .string(text)]]])).effect == .block)
    #expect(policy.decide(facts(tool: "sql_query", input: ["query": .string(text)])).effect == .block)
  }

  @Test(arguments: [
    "Style the dropdown", "delete the draft", "Please delete old mails from the list of subscribers",
    "truncate the text to 80",
    "drop the database idea", "alter the table of contents", "air-drop", "raindrop tables", "norm -rough", "perform -r",
    "rm file.txt", "rm -f a b c", "charm -r", "grep -rn 'drop' .", "select * from t where deleted = 1",
    "update users set name = 'x'", "a backdrop table by the window", "find the deleted files",
    "docker run --rm -it image sh",
    "git rm -r --cached node_modules", "undelete from the archive", "write about truncate and drop", "tar -rf a.tar b",
  ])
  func `harmless words are left alone`(_ text: String) throws {
    let policy = try Policy(reading: ["presets": ["no_destructive_ops"]], environment: nil)
    #expect(policy.decide(facts(.request, task: ["description": .string(text)], tool: nil)) == .allow)
    #expect(policy.decide(facts(input: ["command": .string(text)])) == .allow)
  }

  @Test func `a preset that is not there, or that lacks what it needs, is a mistake`() {
    #expect(mistakes(["presets": ["no_destructive_op"]]) == ["/presets/0: unknown_preset"])
    #expect(mistakes(["presets": ["cost_limit"]]) == ["/presets/0/usd: missing_member"])
    #expect(mistakes(["presets": [["cost_limit": ["usd": "10"]]]]) == ["/presets/0/cost_limit/usd: invalid_value"])
    #expect(
      mistakes(["presets": [["cost_limit": ["eur": 10, "usd": 1]]]]) == ["/presets/0/cost_limit/eur: unknown_member"]
    )
    #expect(mistakes(["presets": [["a": 1, "b": 2]]]) == ["/presets/0: invalid_value"])
    #expect(
      mistakes(["presets": [["production_safety": ["approver": "x"]]]]) == [
        "/presets/0/production_safety/approver: invalid_value"
      ]
    )
    #expect(mistakes(["presets": ["production_safety"]]) == [])
  }
}
