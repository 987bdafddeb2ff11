import Foundation
import Testing

@testable import Policy

/// Scripts that bash really runs, with programs that only write down how they were called: whatever ran must be known to
/// have been there, or unknown.
@Suite struct CommandDifferentialTests {
  @Test func `whatever bash runs of scripts that hide commands was found, or unknown`() throws {
    let scripts = Self.corpus
    #expect(scripts.count >= 150)
    let runs = try BashRuns(scripts)
    check(scripts, runs)
    let ambiguous = CommandCorpus.ambiguities.map(Self.harmless)
    for (script, isScript) in zip(scripts, runs.accepted) where isScript && !ambiguous.contains(script) {
      let reasons = ShellReader.read(Array(script.utf8)).doubts.map(\.reason)
      #expect(reasons != [ShellStop.syntax.reason], "bash reads it: \(script)")
    }
    // The test would say nothing if little ran, or if nothing were ever known.
    #expect(runs.calls.count { !$0.isEmpty } >= 130)
    let known = zip(scripts, runs.calls).count { !$1.isEmpty && !Self.isUnknown($0) }
    #expect(known >= 100, "\(known) of \(scripts.count) are known")
  }

  @Test func `whatever bash runs of random scripts was found, or unknown`() throws {
    for seed in [1, 2] as [UInt64] {
      var random = RandomScript(seed: seed)
      let scripts = (0..<120).map { _ in random.script() }
      let runs = try BashRuns(scripts)
      check(scripts, runs)
      #expect(runs.calls.count { !$0.isEmpty } >= 60, "seed \(seed)")
    }
  }

  private func check(_ scripts: [String], _ runs: BashRuns) {
    for (script, calls) in zip(scripts, runs.calls) {
      for call in calls {
        for rule in Self.rules(matching: call) {
          let found = CommandRules(forbid: [rule], unknown: .block).judge(script: script)
          #expect(!found.isEmpty, "\(call) ran, and '\(rule)' does not hold it back: \(script)")
        }
      }
    }
  }

  /// The program, and the program with each of its options, and with its first word where that surely is no option's.
  private static func rules(matching call: [String]) -> [String] {
    let options = call.dropFirst().prefix { $0 != "--" }.filter {
      $0.hasPrefix("-") && $0.dropFirst().allSatisfy(\.isLetter) && $0.count > 1
    }
    var rules = [call[0]] + options.map { "\(call[0]) \($0)" }
    if call.count > 1, !call[1].isEmpty, call[1].allSatisfy({ $0.isLetter && $0.isLowercase }) {
      rules.append("\(call[0]) \(call[1])")
    }
    return rules
  }

  private static func isUnknown(_ script: String) -> Bool {
    CommandRules(forbid: ["nothing"], unknown: .block).judge(script: script).contains { $0.rule == "commands/unknown" }
  }

  /// The scripts of the other tests with a harmless program in place of `rm`, as far as nothing in them could reach a real
  /// one, and some more.
  static var corpus: [String] {
    let unsafe = [
      "/bin", "/usr", "/proc", "/lib", "/dev", "-delete", "find /", "chroot", "rm", "command -p", "\\time", "sleep",
      "/tmp",
    ]
    let hidden =
      CommandCorpus.constructs + CommandCorpus.wrappers + CommandCorpus.ambiguities + CommandCorpus.expansions
    return (hidden.map(harmless) + more).filter { script in !unsafe.contains { script.contains($0) } }
  }

  private static func harmless(_ script: String) -> String {
    script.replacing("rm -rf /", with: "alpha -rf one").replacing("rm", with: "alpha")
  }

  private static let more: [String] = [
    #"a""lpha one"#, #"\alpha one"#, #"al\pha 'one two'"#, #"$'\x61lpha' one"#, "al\\\npha one", #""alpha" -r"#,
    "{alpha,-r,one}", "{,alpha} one",
    "alpha {-r,-f} {a,b}{c,d}", "a{lpha,} one", "x=alpha; $x one", "${x:-alpha} one", "set -- alpha one; \"$@\"",
    "a=(alpha one); \"${a[@]}\"",
    "x='alpha one'; eval $x", "eval 'x() { alpha; }'; x", "alpha | beta | gamma", "alpha; beta & gamma; wait",
    "! alpha && beta || gamma",
    "for x in alpha beta; do $x one; done", "while read l; do $l; done <<< 'alpha'",
    "echo alpha | while read l; do $l; done",
    "echo 'alpha one' | sh", "printf 'alpha\\n' | bash", "printf '%s %s\\n' alpha one | bash",
    "cat <<'X' | sh\nalpha 'one'\nX", "bash <<X\nalpha \\$x\nX",
    "bash <<'X'\nalpha \"\\\"; beta \"\nX", "bash <<X\necho \\\"; alpha\\\"\nX", "x=a[\\$\\(alpha\\)]; echo $((x))",
    "x='a[$(alpha)]'; ((x))", "x='a[$(alpha)]'; [[ x -eq 1 ]]",
    "x='a[$(alpha)]'; declare -i y; y=x", "x='a[$(alpha)]'; let y=x", "x='a[$(alpha)]'; echo ${z:x}",
    "x='a[$(alpha)]'; echo ${z[x]}", "x='$(alpha)'; echo \"${x@P}\"",
    "x='a[$(alpha)]'; echo ${!x}", "[[ -v a[$(alpha)] ]]", "test -v 'a[$(alpha)]'", "unset 'a[$(alpha)]'",
    "printf -v 'a[$(alpha)]' x", "PS4='$(alpha)'; set -x; :",
    "trap alpha EXIT", "trap 'alpha one' DEBUG; :", "f() { \"$@\"; }; f alpha one", "alpha() { beta; }; alpha",
    "alpha() { beta; }; command alpha one",
    "shopt -s expand_aliases\nalias x='alpha one'\nx", "shopt -s expand_aliases\nalias e=\"echo '\"\ne ';alpha # '",
    "env alpha -r", "env -S 'alpha -r one'", "env -i alpha",
    "env x=1 bash -c 'alpha $0' beta", "xargs alpha -r <<< one", "echo one | xargs -I{} alpha {}",
    "echo alpha | xargs -I{} sh -c {}", "echo alpha | xargs bash -c",
    "find . -exec alpha {} \\;", "find . -maxdepth 0 -execdir alpha -r {} +", "nohup nice -n 1 timeout 5 alpha one",
    "timeout -s TERM 5 alpha", "stdbuf -oL alpha", "setsid -w alpha",
    "bash -c 'bash -c \"alpha one\"'", "bash -ec alpha", "bash -c -e alpha", "sh -c 'alpha; [[ x && alpha ]]'",
    "dash -c '((alpha one) )'", "dash -c 'x=1; [[ 1 && beta'",
    "exec alpha one", "(exec -a beta alpha one)", "command alpha", "coproc alpha; wait", "coproc alpha one; wait",
    "time alpha", "time -p alpha one", "echo $(alpha) `beta`",
    "cat < <(alpha)", "echo >(alpha); wait", "alpha <<X\n$(beta)\nX", "alpha <<'X'\n$(beta)\nX",
    "alpha <<-X\n\t`beta`\n\tX\ngamma", "cat <<A - <<B\nx\nA\n$(alpha)\nB\nbeta",
    "case alpha in a*) alpha ;;& *a) beta ;& x) gamma ;; esac", "case x in (x) alpha;; esac",
    "if alpha; then beta; else gamma; fi", "until alpha; do beta; done",
    "((1)) && alpha", "((alpha) ; (beta))", "echo $((1+1)) $( (alpha) )", "echo $( ( (alpha) ) )",
    "echo \"$(echo \"$(alpha \"one\")\")\"", "echo ${x:-$(alpha)} ${y:=`beta`}",
    "a[1 #]=$(alpha)", "a=([1]=$(alpha) `beta`)", "a[$(alpha)]=1", "declare x=$(alpha) y=`beta`",
    "export x=\"$(alpha)\"; local y=$(beta)", "x=$(alpha) y=1 beta -r",
    "alpha # ; beta\ngamma", "alpha#beta; gamma", "alpha \\#; beta", "alpha '#' ; beta", "alpha $'\\'' ; beta",
    "alpha $'it\\'s' \"a\\\"b\" ; beta", "alpha \"`echo \\\"x\\\"`\"; beta",
    "if true; then alpha\nfi;beta", "{ alpha; };beta", "{ alpha;}\nbeta", "alpha;\n\n\nbeta\n", "alpha &&\n\n beta",
    "alpha |\n# comment\nbeta", "f()\n{\nalpha\n}\nf", "function f { alpha; }; f",
    "f() for x in 1; do alpha; done; f", "f() [[ -n $(alpha) ]]; f", "f() ((1)); f; alpha",
    "for ((i=0; i<2; i++)) { alpha $i; }", "select x in one; do alpha; break; done <<< 1",
    "shopt -s extglob\ncase alpha in @(alpha|beta)) gamma;; esac", "[[ alpha =~ ^(a|b)(.*)$ ]] && beta",
    "[[ x == [[:alpha:]] ]] && beta", "[[ ( x == x ) && ! -e y ]] && alpha",
    "alpha 2>&1 >/dev/null", "2>one alpha", "alpha >|one <one", "alpha &>one", "{fd}>one alpha", "alpha {x}>one",
    "alpha >&2; beta", "alpha 3<<<x 4<&0 ; beta",
    "x='alpha one' ; $x", "IFS=,; x=alpha,one; $x", "PATH=.:$PATH alpha", "hash -p ./nothing beta; alpha",
    "alpha <<X | beta\none\nX\ngamma", "alpha <<X &\none\nX\nbeta; wait",
    "alpha \"${x:-\"}\"}\" ; beta", "alpha ${x:-'}'} ; beta", "alpha \"${x:-'}\" ; beta", "alpha ${x:-{a}} ; beta",
    "alpha ${#x} ${x#\\}} ; beta", "alpha $# ; beta", "alpha ${#} ${##} ; beta",
    "alpha $[1+1] ; beta", "alpha a=(b", "alpha one\r\nbeta", "\u{FEFF}alpha; beta", "alpha \u{A0}; beta",
    "alpha && { beta; } && (gamma)", "[ alpha ] && beta", "alpha ]] ; beta",
    "echo alpha | { read x; $x; }", "alpha $(case x in x) beta;; esac)", "alpha $(cat <<X\n)\nX\n) ; beta",
    "alpha \"$(cat <<'X'\n\"\nX\n)\" ; beta", "alpha `cat <<X\n'\nX\n` ; beta",
    "eval \"alpha\" '; beta'", "eval \"$(echo alpha)\"", ". <(echo alpha)", "source /dev/stdin <<< alpha",
    "mapfile -C alpha -c 1 x <<< one", "alpha $((x=1,y=2)) ; beta",
    "builtin eval alpha", "command eval 'alpha; beta'", "alpha\\\n -r\\\n -f", "alpha -\\\nr", "echo x |\\\n alpha",
    "tr=alpha; \"$tr\"", "f() { alpha; }; export -f f; bash -c f",
  ]
}

/// What bash did with each of some scripts.
struct BashRuns {
  /// The calls of programs that each script made: name and arguments.
  private(set) var calls: [[[String]]] = []
  /// Whether `bash -n` takes it for a script.
  private(set) var accepted: [Bool] = []

  static let programs = ["alpha", "beta", "gamma", "ls"]
  private static let real = [
    "env", "xargs", "find", "nohup", "nice", "timeout", "stdbuf", "setsid", "sh", "bash", "dash", "base64", "cat",
    "sleep",
  ]

  /// Runs each script for a moment in an empty folder of its own, where no program is found but those that write
  /// down their words, and those that start others.
  init(_ scripts: [String]) throws {
    let files = FileManager.default
    let root = files.temporaryDirectory.appendingPathComponent("bulkhead-shell-\(UUID().uuidString)")
    // Safety: what cannot be removed stays in the folder for temporary files.
    defer { try? files.removeItem(at: root) }
    for folder in ["scripts", "real", "calls", "accepted"] {
      try files.createDirectory(at: root.appendingPathComponent(folder), withIntermediateDirectories: true)
    }
    for (index, script) in scripts.enumerated() {
      try Data(script.utf8).write(to: root.appendingPathComponent("scripts/\(index)"))
    }
    try Data(Self.driver.utf8).write(to: root.appendingPathComponent("driver"))
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/bash")
    process.arguments = [root.appendingPathComponent("driver").path, root.path, String(scripts.count)]
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failed(status: process.terminationStatus) }
    for index in scripts.indices {
      // Safety: a script that called nothing has no file.
      let data = (try? Data(contentsOf: root.appendingPathComponent("calls/\(index)"))) ?? Data()
      let lines = String(decoding: data, as: UTF8.self).split(separator: "\u{1E}", omittingEmptySubsequences: true)
      calls.append(
        lines.map { $0.split(separator: "\u{1F}", omittingEmptySubsequences: false).dropLast().map(String.init) }
      )
      accepted.append(files.fileExists(atPath: root.appendingPathComponent("accepted/\(index)").path))
    }
  }

  struct Failed: Error { var status: Int32 }

  /// A program's own path tells which script called it, whatever that did to the environment.
  private static let driver = """
    set -u
    root=$1 count=$2
    for name in \(real.joined(separator: " ")); do ln -s "$(type -P "$name")" "$root/real/$name" || exit 3; done
    printf '%s\\n' '#!/bin/sh' 'folder=${0%/*} name=${0##*/}' \\
      'record=$(printf "%s\\037" "$name" "$@")' \\
      'printf "%s\\036" "$record" >>"${folder%/bin/*}/calls/${folder##*/}"' >"$root/stub"
    chmod 755 "$root/stub"
    mkdir "$root/bin" "$root/cwd" "$root/programs"
    for name in \(programs.joined(separator: " ")); do ln "$root/stub" "$root/programs/$name"; done
    for ((index = 0; index < count; index++)); do
      mkdir "$root/bin/$index" "$root/cwd/$index"
      ln "$root/programs"/* "$root/bin/$index"
      if bash -n "$root/scripts/$index" 2>/dev/null; then : >"$root/accepted/$index"; fi
      (cd "$root/cwd/$index" && exec timeout -k 0.2 0.8 env -i FUNCNEST=20 HOME="$root/cwd/$index" \\
        PATH="$root/bin/$index:$root/real" bash --norc --noprofile -c "$(<"$root/scripts/$index")")
    done </dev/null >/dev/null 2>&1
    exit 0
    """
}

/// Scripts of nested constructs around harmless calls, some of them broken. The same seed makes the same scripts.
struct RandomScript {
  private var state: UInt64
  private static let signs = Array("\"'\\`$(){}[]<>|&;#!\n *?=")

  init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  private mutating func next(_ bound: Int) -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Int(state % UInt64(bound))
  }

  private mutating func one(_ list: [String]) -> String { list[next(list.count)] }

  mutating func script() -> String {
    var text = list(3)
    // One in three is broken in a place or two: quotes, parentheses and their like come or go.
    guard next(3) == 0 else { return text }
    for _ in 0...next(2) {
      var characters = Array(text)
      guard !characters.isEmpty else { return text }
      let place = next(characters.count)
      if next(2) == 0 {
        characters.remove(at: place)
      } else {
        characters.insert(Self.signs[next(Self.signs.count)], at: place)
      }
      text = String(characters)
    }
    return text
  }

  private mutating func list(_ depth: Int) -> String {
    var text = command(depth)
    for _ in 0..<next(3) { text += one(["; ", "\n", " && ", " || ", " | ", " & ", ";", "|&"]) + command(depth) }
    return text
  }

  private mutating func call() -> String {
    let name = one([
      "alpha", "beta", "gamma", "a\"lph\"a", "\\beta", "'gamma'", "$'\\x61lpha'", "al\\\npha", "{alpha,one}", "$x",
      "${y:-beta}",
    ])
    return (0..<next(4)).reduce(name) { text, _ in text + " " + word(1) }
  }

  private mutating func word(_ depth: Int) -> String {
    switch next(depth > 0 ? 14 : 8) {
    case 0: "-r"
    case 1: "one"
    case 2: "'two three'"
    case 3: "\"a b\""
    case 4: "$x"
    case 5: "{-r,-f}"
    case 6: "$'\\n'#"
    case 7: "\\;"
    case 8: "$(\(list(depth - 1)))"
    case 9: "\"$(\(list(depth - 1)))\""
    case 10: "`\(one(["alpha", "beta 'x'", "gamma \\`alpha\\`"]))`"
    case 11: "${z:-$(\(list(depth - 1)))}"
    case 12: "$((1 + \(next(9))))"
    default: "<(\(list(depth - 1)))"
    }
  }

  private mutating func command(_ depth: Int) -> String {
    guard depth > 0 else { return call() }
    let inner = depth - 1
    switch next(22) {
    case 0: return "(\(list(inner)))"
    case 1: return "{ \(list(inner)); }"
    case 2: return "if \(list(inner)); then \(list(inner)); else \(list(inner)); fi"
    case 3: return "for x in 1 2; do \(list(inner)); done"
    case 4: return "case x in (x) \(list(inner));; *) \(call());; esac"
    case 5: return "f() { \(list(inner)); }; f"
    case 6: return "[[ -n \(word(inner)) && x == x ]]"
    case 7: return "cat <<X\n\(word(inner)) \(word(0))\nX\n"
    case 8: return "cat <<'X'\n$(\(call()))\nX\n"
    case 9: return "env \(one(["", "-i", "A=b", "-u A"])) \(call())"
    case 10: return "bash -c '\(one(["alpha one", "beta; gamma -r", "alpha $(beta)", "for x in 1; do gamma; done"]))'"
    case 11: return "eval \(one(["'alpha one; beta'", "alpha -r", "\"$x\"", "'x=1; gamma'"]))"
    case 12: return "x=\(word(inner)) \(call())"
    case 13: return "a=(\(word(inner)) \(word(inner)))"
    case 14: return "! \(call()) \(one([">one", "2>&1", "<<< \(word(inner))", "&>one"]))"
    case 15: return "while \(call()); do \(list(inner)); break; done"
    case 16: return "echo \(one(["'alpha one'", "beta", "gamma -r"])) | sh"
    case 17: return "xargs \(call()) <<< one"
    case 18: return "trap '\(one(["alpha one", "beta"]))' EXIT"
    case 19: return "((1 + 1)) && \(call())"
    case 20: return "coproc \(call())"
    default: return call()
    }
  }
}
