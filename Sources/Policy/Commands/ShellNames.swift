/// Names that mean something to the shell.
enum ShellNames {
  static let reserved: Set<String> = [
    "!", "{", "}", "[[", "case", "coproc", "do", "done", "elif", "else", "esac", "fi", "for", "function", "if",
    "select",
    "then", "time", "until", "while",
  ]

  /// Reserved words that end a list.
  static let closing: Set<String> = ["}", "do", "done", "elif", "else", "esac", "fi", "then"]

  static let shells: Set<String> = [
    "ash", "bash", "csh", "dash", "fish", "hush", "ksh", "ksh93", "mksh", "rbash", "sh", "tcsh", "yash", "zsh",
  ]

  /// Builtins that change nothing but the shell itself and what it writes: an allow-list need not name them.
  static let harmless: Set<String> = [
    ":", "[", "break", "builtin", "cd", "command", "continue", "declare", "dirs", "disown", "echo", "eval", "exit",
    "export", "false", "getopts", "hash", "jobs", "let", "local", "logout", "mapfile", "popd", "printf", "pushd", "pwd",
    "read", "readarray", "readonly", "return", "set", "shift", "shopt", "test", "times", "trap", "true", "type",
    "typeset",
    "ulimit", "umask", "unalias", "unset", "wait", "alias", "exec",
  ]

  /// Settings of `set -o` and `shopt` that change neither what is read nor what runs.
  private static let settings: Set<String> = [
    "allexport", "errexit", "errtrace", "functrace", "hashall", "ignoreeof", "monitor", "noclobber", "noexec", "noglob",
    "nolog", "notify", "nounset", "onecmd", "physical", "pipefail", "posix", "privileged", "verbose", "xtrace",
    "nullglob", "globstar", "dotglob", "failglob", "nocaseglob", "nocasematch", "lastpipe", "inherit_errexit",
    "extglob", "checkwinsize", "globasciiranges", "globskipdots",
  ]

  static func isHarmless(setting word: ShellWord) -> Bool { word.literal.map(settings.contains) ?? false }

  /// All that bash does by itself: no programs that a jail must hold.
  static let builtins: Set<String> = harmless.union([
    ".", "bg", "bind", "caller", "compgen", "complete", "compopt", "enable", "fc", "fg", "history", "kill", "source",
    "suspend", "time", "coproc",
  ])

  /// Whether a variable decides which program a name stands for, or what programs do at their start.
  static func isSensitive(_ name: String) -> Bool {
    sensitive.contains(name) || prefixes.contains { name.hasPrefix($0) }
  }

  private static let sensitive: Set<String> = [
    "BROWSER", "CDPATH", "EDITOR", "ENV", "EXECIGNORE", "FPATH", "GCONV_PATH", "GLOBIGNORE", "HOME", "IFS", "INPUTRC",
    "LESS", "LESSCLOSE", "LESSOPEN", "LOCPATH", "LV2_PATH", "MAKEFLAGS", "MANPAGER", "NODE_OPTIONS", "NODE_PATH",
    "PAGER",
    "PATH", "POSIXLY_CORRECT", "PROMPT_COMMAND", "PS0", "PS1", "PS2", "PS3", "PS4", "RSYNC_RSH", "SHELL", "SHELLOPTS",
    "TAR_OPTIONS", "TERMINFO", "TEXTDOMAIN", "TEXTDOMAINDIR", "VISUAL", "XDG_CONFIG_HOME", "ZDOTDIR", "GREP_OPTIONS",
    "JAVA_TOOL_OPTIONS",
    "_JAVA_OPTIONS", "CLASSPATH", "GREP_COLORS", "TMPPREFIX", "KUBECONFIG", "MANPATH", "PARALLEL",
  ]

  private static let prefixes = [
    "BASH", "LD_", "DYLD_", "GIT_", "PYTHON", "PERL", "RUBY", "NPM_CONFIG_", "npm_config_", "LUA_", "PHP", "DOCKER_",
    "GLIBC_", "MALLOC_", "SSH_", "SUDO_", "TF_CLI_",
  ]
}
