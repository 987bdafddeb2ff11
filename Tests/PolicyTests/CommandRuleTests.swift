import Testing

@testable import Policy

@Suite struct CommandRuleTests {
  @Test(arguments: [
    "ls", "ls -la /tmp", "cat a b | grep x", "/bin/ls", "/usr/bin/git status", "git status -s", "git -C dir status",
    "git --no-pager log -5",
    "git log --oneline \"$x\" --".replacing(" \"$x\"", with: ""), "npm test -- --watch", "docker ps -a", "cd src && ls",
    "echo hi; ls > out", "for f in a b; do cat \"$f\"; done",
    "if [ -f x ]; then cat x; fi", "x=$(ls); echo \"$x\"", "env ls", "timeout 5 ls", "bash -c 'ls | grep x'",
    "bash -lc 'ls'", "find() { ls; }; find",
    "f() { git status; }; f", "cat <<EOF\n$x\nEOF", "ls *.txt", "ls ~", "ls $x", "set -euo pipefail; ls",
    "trap 'ls' EXIT; cat x",
    "i=0; while ((i < 3)); do ls; i=$((i+1)); done", "[[ $x == y* ]] && ls", "ls 2>&1 | grep -v x | cat",
    "echo 'ls' | bash", "cat x | xargs ls",
    "git diff HEAD~1 -- \"$f\"", "# nothing but a comment", "", "ls \\\n  -la", "pytest -x tests/ -k \"a and b\"",
    "x() { ls; }; trap x EXIT",
    "cat é.txt", "git status; git log -n 3", "case $x in a) ls;; *) cat x;; esac", "n=3; echo $((n * 2))",
    "[[ ${#x} -gt 3 ]] && ls",
  ])
  func `what is on the list passes`(script: String) { #expect(Samples.judge(script, Samples.rules) == []) }

  @Test(arguments: [
    Sample("nmap x", "allow"), Sample("git commit -m x", "allow"), Sample("git", "allow"),
    Sample("npm install", "allow"), Sample("docker rm x", "allow"),
    Sample("ls; nmap x", "allow"), Sample("git push origin main", "approve"), Sample("git -C dir push", "approve"),
    Sample("npm publish", "approve"),
    Sample("npm --prefix dir publish", "approve"), Sample("kubectl -n prod apply -f x", "approve"),
    Sample("kubectl --namespace=prod apply -f x", "approve"),
    Sample("terraform -chdir=x apply", "approve"), Sample("systemctl --user restart x", "approve"),
    Sample("kubectl --new-option x apply", "approve"),
    Sample("env nmap", "allow"), Sample("find . -exec nmap {} \\;", "allow"), Sample("python3 -c 'x'", "allow"),
    Sample("LS", "allow"), Sample("xargs nslookup", "allow"),
    Sample("echo nmap | bash", "allow"), Sample("ls $(nmap)", "allow"), Sample("git $x", "unknown"),
    Sample("$x", "unknown"),
    Sample("git status; sudo ls", "forbid"), Sample("git push; ls; rm -rf x", "approve", "forbid"),
    Sample("./ls", "unknown"),
    Sample("f; f() { ls; }", "unknown"), Sample("false && f() { ls; }; f", "unknown"),
    Sample("(f() { ls; }); f", "unknown"),
    Sample("git --odd-option x status", "unknown"), Sample("git p", "unknown", "allow"), Sample("kill 1", "allow"),
    Sample("command nmap", "allow"),
  ])
  func `what is not on it is named with the list that holds it back`(sample: Sample) {
    #expect(Samples.judge(sample.script, Samples.rules) == sample.expected)
  }

  @Test(arguments: [
    "rm x", "rm -r x", "rm -f x", "rm -- -rf", "rm ./\"$x\"", "rm ./*", "chmod 755 x", "chmod u+x x", "git log",
    "git pull", "echo 'rm -rf /'", "echo rm -rf /",
    "grep 'rm -rf' x", "# rm -rf /", "cat <<'EOF'\nrm -rf /\nEOF", "ls 'sudo'", "curl x > y", "curl x | grep y",
    "bash -c 'ls'", "kubectl get pods",
    "systemctl status x", "awk '{print $1}' x", "awk -F: '$1 == \"a\" || $2 {n++} END {print n}' x", "sed -n 1,5p x",
    "sed 's/a/b/g; s/c/d/' x", "sed -i 's|/a|/b|' x",
    "sed -e '/x/d' -e '$p' f", "tar xzf x.tgz -C y", "git -c user.name=x commit -m y", "python3 x.py --flag",
    "python3 -m http.server", "python3 --version",
    "make all", "npm install", "find . -name '*.o' -exec ls {} +", "find . -exec rm {} \\;", "xargs -I{} ls {}",
    "printf '%s\\n' \"$x\"", "echo $((1 + 2 * 3))", "[ \"$x\" -gt 3 ]",
    "docker build .".replacing("build .", with: "ps"), "kubectl -f apply.yaml get pods", "ps aux | sort -k2 | head",
    "x=1; y=$((x+1)); echo $y", "rsync -a a b",
  ])
  func `what no rule speaks of passes without an allow-list`(script: String) { #expect(Samples.judge(script) == []) }

  @Test(arguments: [
    "sudo ls", "sudo -u x ls", "/usr/bin/sudo ls", "chmod 777 x", "chmod 0777 x", "chmod -R 777 x", "chmod a=rwx x",
    "chmod +rwx x", "chmod u=rwx,g=rwx,o=rwx x",
    "chmod 4777 x", "psql -c 'DROP TABLE x'", "psql -c 'drop   table x'", "psql <<EOF\ndelete\nfrom x\nEOF",
    "echo DROP TABLE x | psql", "psql -c 'DR''OP TABLE x'",
    "psql -c 'DROP/**/TABLE x'", "psql -c \"ＤＲＯＰ TABLE x\"", "q='DROP TABLE x'; psql -c \"$q\"",
    "psql <<< 'drop table x'",
  ])
  func `programs, modes and texts that are forbidden`(script: String) {
    #expect(Samples.judge(script).contains("forbid"))
  }

  @Test(arguments: [
    "curl x | bash", "curl -sSL x | sh", "wget -qO- x | bash -s -- y", "curl x | sudo bash", "curl x | tee y | bash",
    "curl x | cat | sh", "curl x | env A=b zsh",
    "bash <(curl x)", "bash -c \"$(curl x)\"", "source <(curl x)", ". <(wget -O- x)", "eval \"$(curl x)\"",
    "eval `wget -qO- x`", "bash < <(curl x)", "bash <<< \"$(curl x)\"",
    "(curl x) | bash", "{ curl x; } | bash", "curl x | (bash)", "curl x |& bash",
    "curl x | while read l; do bash; done", "sh -c 'curl x | bash'", "sh -c 'curl x' | bash",
    "timeout 5 curl x | nice bash", "bash <<EOF\n$(curl x)\nEOF", "curl x |\nbash", "curl x | xargs -0 bash -c",
    "/usr/bin/curl x | /bin/bash", "exec bash <(curl x)",
    "curl x | . /dev/stdin", "curl x | busybox sh", "if true; then curl x | bash; fi",
  ])
  func `a pipeline is a rule whatever stands between its ends`(script: String) {
    let found = Samples.open.judge(script: script)
    #expect(
      found.contains {
        $0.rule == "commands/forbid" && ($0.message.contains("curl | bash") || $0.message.contains("wget | bash"))
      }
    )
  }

  @Test func `a match says which command and why, on one short line`() throws {
    let push = try #require(Samples.rules.judge(script: "ls\ngit   push\torigin main").first)
    #expect(
      push
        == .init(rule: "commands/approve", effect: .requireApproval, message: "'git push origin main' needs approval")
    )
    let rm = try #require(Samples.open.judge(script: "rm -rf \(String(repeating: "x", count: 500))\u{1B}").first)
    #expect(rm.effect == .block)
    #expect(rm.message.hasPrefix("'rm -rf xxx") && rm.message.hasSuffix("…' is forbidden by 'rm -rf'"))
    #expect(rm.message.utf8.count < 140)
    #expect(Samples.rules.judge(script: "nmap x").map(\.message) == ["'nmap x' is not on the list of allowed commands"])
    #expect(
      Samples.rules.judge(script: "\"$x\" y").map(\.message) == [
        "'\"$x\" y' is not known before it runs: its program is not named"
      ]
    )
  }

  @Test func `unknown commands are let pass, asked about or refused as the rules say`() {
    for (unknown, effect) in [
      (CommandRules.Unknown.allow, nil), (.approve, .requireApproval), (.block, Decision.Effect.block),
    ] {
      let rules = CommandRules(forbid: ["sudo"], unknown: unknown)
      #expect(rules.judge(script: "$x").first?.effect == effect)
    }
  }

  @Test func `at most twenty matches are told, and the strongest are among them`() {
    let script =
      String(repeating: "git push\n$x y\n", count: 300) + (0..<40).map { "git push \($0)\n" }.joined() + "sudo ls\n"
    let found = Samples.open.judge(script: script)
    #expect(found.count == 20)
    #expect(found.contains { $0.effect == .block })
  }

  @Test func `an environment that decides what runs is not known`() {
    #expect(Samples.rules.judge(script: "ls", environment: ["BASH_ENV": "x"]).map(\.rule) == ["commands/unknown"])
    #expect(Samples.rules.judge(script: "ls $((N))", environment: ["N": "a[$(x)]"]).map(\.rule) == ["commands/unknown"])
    #expect(Samples.rules.judge(script: "ls $((N))", environment: ["N": "3", "M": "x"]) == [])
  }

  @Test func `no rules say nothing`() { #expect(CommandRules().judge(script: "$(") == []) }

  @Test func `the programs of an allow-list are told once, without builtins`() {
    let programs = ["ls", "cat", "grep", "ps", "top", "df", "git", "npm", "pytest", "docker"]
    #expect(Samples.rules.programs == programs)
    #expect(Samples.open.programs == nil)
    #expect(
      CommandRules(allow: ["cd", "echo hi", "/opt/x/tool run", "'my tool'"]).programs == ["/opt/x/tool", "my tool"]
    )
  }

  @Test func `rules that cannot be read are told with their places`() {
    let rules = CommandRules(
      allow: ["ls", "cat | grep", "DROP TABLE", "$x"],
      forbid: ["rm -rf", "", "text:", "'x", "ls; cat", "text:hello world"],
      approve: ["git push > x", "curl | bash", "-x"]
    )
    #expect(
      CommandRules.mistakes(in: rules).map(\.path) == [
        "allow/1", "allow/2", "allow/3", "forbid/1", "forbid/2", "forbid/3", "forbid/4", "approve/0", "approve/2",
      ]
    )
    #expect(CommandRules.mistakes(in: Samples.rules).isEmpty)
  }

  @Test func `a rule with a path means that path`() {
    let rules = CommandRules(allow: ["/opt/tools/run"], forbid: [])
    #expect(Samples.judge("/opt/tools/run x", rules) == [])
    #expect(Samples.judge("/opt/./tools//run x", rules) == [])
    #expect(!Samples.judge("/tmp/run x", rules).isEmpty)
    #expect(!Samples.judge("run x", rules).isEmpty)
  }

  @Test func `an interpreter that is listed may be given code, but nothing through a pipe`() {
    let rules = CommandRules(allow: ["python3", "bash", "cat", "awk"], unknown: .block)
    for script in ["python3 x.py", "python3 -c 'x'", "bash x.sh", "python3 <<EOF\nx\nEOF"] {
      #expect(Samples.judge(script, rules) == [], "\(script)")
    }
    for script in ["cat x | python3", "cat x | bash", "bash -c \"$x\"", "awk 'BEGIN{system(\"x\")}'"] {
      #expect(Samples.judge(script, rules).contains("unknown"), "\(script)")
    }
  }
}
