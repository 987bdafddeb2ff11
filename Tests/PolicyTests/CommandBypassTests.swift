import Testing

@testable import Policy

/// Ways in which a command hides, each by name: it is found, or it is unknown, and never nothing.
@Suite struct CommandBypassTests {
  /// `forbid`, or `forbid` beside something else.
  private func isForbidden(_ script: String, _ rules: CommandRules = Samples.open) -> Bool {
    Samples.judge(script, rules).contains("forbid")
  }

  private func isHeld(_ script: String) -> Bool { !Samples.judge(script).isEmpty }

  @Test(arguments: [
    "rm -rf /", "rm -r -f x", "rm -fr x", "rm x -rf", "rm --recursive --force x", "rm -Rf x", "rm -R --force x",
    "rm --recu --fo x",
    "rm -vrf x", "rm -r x -f", "/bin/rm -rf x", "/usr/bin/rm -rf x", "/bin/../bin//rm -rf x", "//usr//bin/./rm -rf /",
    "  rm\t-rf /",
    "RM -RF /", "./rm -rf x", "../../bin/rm -rf x", "/proc/self/root/bin/rm -rf x",
  ])
  func `options in any order and any path of a program are its rule's`(script: String) { #expect(isForbidden(script)) }

  @Test(arguments: [
    #"r""m -rf /"#, #"\rm -rf /"#, #"r\m -r\f /"#, #"'rm' "-rf" /"#, #"$'\x72m' -rf /"#, #"$'\162\155' -rf /"#,
    #"$'\u0072m' -rf /"#,
    #"$"rm" -rf /"#, #"rm $'-rf' /"#, #"r''m -r""f /"#, "r\\\nm -rf /", "rm \\\n -rf /", "rm -r\\\nf /",
  ])
  func `quotes, escapes and continued lines hide no command`(script: String) { #expect(isForbidden(script)) }

  @Test(arguments: [
    "{rm,-rf,/}", "{rm,-r,-f} /", "rm {-r,-f} /", "rm -{r,f} /", "{,rm} -rf /", "r{m,x} -rf /", "{{rm,-r},-f} /",
  ])
  func `braces hide no command`(script: String) { #expect(isForbidden(script)) }

  @Test(arguments: CommandCorpus.expansions)
  func `what is expanded is unknown`(script: String) { #expect(Samples.judge(script).contains("unknown")) }

  @Test(arguments: CommandCorpus.constructs)
  func `no construct hides a command`(script: String) { #expect(isForbidden(script)) }

  @Test(arguments: CommandCorpus.wrappers)
  func `what runs another program is seen through`(script: String) { #expect(isForbidden(script)) }

  @Test(arguments: CommandCorpus.opaque)
  func `what cannot be seen through is unknown`(script: String) {
    #expect(!Samples.judge(script).isDisjoint(with: ["unknown", "forbid"]))
  }

  @Test(arguments: CommandCorpus.meanings)
  func `what changes the meaning of names makes what is behind it unknown`(script: String) {
    #expect(Samples.judge(script).contains("unknown"))
  }

  @Test(arguments: CommandCorpus.calculations)
  func `a text that is calculated with may run anything`(script: String) {
    #expect(Samples.judge(script).contains("unknown"))
  }

  @Test(arguments: [
    "rｍ -rf /", "ｒｍ -rf /", "rm -rf /".replacing("m", with: "м"), "r\u{200B}m -rf /", "r\u{AD}m -rf /",
    "rm \u{2013}rf /", "rm\u{FE0F} -rf /",
  ])
  func `look-alikes and invisible characters are what they look like`(script: String) { #expect(isForbidden(script)) }

  @Test(arguments: ["lѕ", "ls\u{200B}", "ls\r", "$'ls\\n'", "ls\u{7F}", "ｌｓ"])
  func `a program that looks like an allowed one is not allowed`(script: String) {
    #expect(!Samples.judge(script, Samples.rules).isEmpty)
  }

  @Test(arguments: [
    "./ls", "/tmp/ls", "../bin/ls", "bin/ls", "~/ls", "ln -s /bin/rm ls; ./ls -rf /", "/usr/../tmp/ls",
    "/tmp/../bin/ls", "/proc/self/root/bin/ls",
    "/dev/fd/3", "/bin/x/../ls", "/home/x/bin/ls",
  ])
  func `a program outside the system's folders is unknown`(script: String) {
    #expect(!Samples.judge(script, Samples.rules).isEmpty)
    #expect(Samples.judge("ls; \(script)", Samples.rules).isDisjoint(with: ["forbid"]) || script.contains("-rf"))
  }

  @Test(arguments: CommandCorpus.ambiguities)
  func `what shells read in two ways, or not at all, is unknown`(script: String) {
    #expect(!Samples.judge(script).isEmpty)
    #expect(isHeld(script))
  }

  // MARK: Evasions

  /// Rules under which a script that runs `touch` must not pass, whatever it is called.
  private func passes(_ script: String) -> Bool {
    CommandRules(forbid: ["touch", "git push"], unknown: .block).judge(script: script).isEmpty
  }

  @Test(arguments: CommandEvasions.prefixes)
  func `a builtin behind others and their options is that builtin`(script: String) { #expect(!passes(script)) }

  @Test(arguments: CommandEvasions.lists)
  func `a text in parentheses that becomes an array is not known`(script: String) { #expect(!passes(script)) }

  @Test(arguments: CommandEvasions.numbers)
  func `variables that are numbers from birth calculate`(script: String) { #expect(!passes(script)) }

  @Test(arguments: CommandEvasions.subscripts)
  func `subscripts calculate, whichever builtin reads them`(script: String) { #expect(!passes(script)) }

  @Test(arguments: CommandEvasions.inputs)
  func `the last redirection of a shell's input wins`(script: String) { #expect(!passes(script)) }

  @Test(arguments: CommandEvasions.shells)
  func `options of a shell take as many words as they do`(script: String) { #expect(!passes(script)) }

  @Test(arguments: CommandEvasions.patterns)
  func `the parentheses of patterns hide no substitution`(script: String) { #expect(!passes(script)) }

  @Test(arguments: CommandEvasions.wrappers)
  func `options of a wrapper take as many words as they do`(script: String) { #expect(!passes(script)) }

  @Test(arguments: CommandEvasions.others)
  func `no other way hides a command`(script: String) { #expect(!passes(script)) }

  @Test(arguments: CommandEvasions.ordinary)
  func `ordinary scripts that look like evasions are known`(script: String) { #expect(passes(script)) }

  /// What the lists say is so: the scripts do run the program that the rules forbid, and ordinary ones do not.
  @Test func `bash runs what the evasions hide`() throws {
    let scripts = CommandEvasions.all
    let effects = try BashEffects(scripts + CommandEvasions.ordinary)
    let ran = zip(scripts, effects.touched).filter(\.1).count
    // Some need a version of a program, or the right to do what it does.
    #expect(ran * 10 >= scripts.count * 8, "\(ran) of \(scripts.count) ran")
    for (script, touched) in zip(CommandEvasions.ordinary, effects.touched.dropFirst(scripts.count)) {
      #expect(!touched, "it is not ordinary: \(script)")
    }
  }
}
