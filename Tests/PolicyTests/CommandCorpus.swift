/// Scripts, by the way in which they hide a command; without a type checker's guess at so many literals.
enum CommandCorpus {
  /// Commands whose names or options come from an expansion.
  static let expansions: [String] = [
    "r$@m -rf /", "${x:-rm} -rf /", "$x -rf /", "x=rm; $x -rf /", "r${x}m -rf /", "$(echo rm) -rf /", "`echo rm` -rf /", "r`true`m -rf /",
    "/bin/r? -rf /", "/???/rm -rf /", "${x#y}rm -rf /", "a=(rm -rf /); \"${a[@]}\"", "set -- rm -rf /; \"$@\"", "$_ -rf", "rm $x /",
    "rm \"$x\" /", "rm * x", "IFS=,; x=rm,-rf,/; $x", "{1..3}rm x", "rm -$x", "x='rm -rf /'; eval $x", "${!x} -rf", "${x@P}",
    "printf -v x rm; $x -rf /", "read x <<< rm; $x -rf /",
  ]

  /// The same command in every place in which a script may hold one.
  static let constructs: [String] = [
    "(rm -rf /)", "{ rm -rf /; }", "ls; rm -rf /", "ls && rm -rf /", "ls || rm -rf /", "ls | rm -rf /", "ls & rm -rf /", "ls |& rm -rf /",
    "ls\nrm -rf /", "if rm -rf /; then ls; fi", "if true; then rm -rf /; fi", "if false; then :; elif rm -rf /; then :; fi",
    "if false; then :; else rm -rf /; fi", "while rm -rf /; do :; done", "while false; do rm -rf /; done", "until rm -rf /; do :; done",
    "for x in 1; do rm -rf /; done", "for ((i=0;i<1;i++)); do rm -rf /; done", "for x in $(rm -rf /); do :; done",
    "for x in 1; { rm -rf /; }", "select x in 1; do rm -rf /; done", "case x in x) rm -rf /;; esac",
    "case x in x) ls ;& y) rm -rf /;; esac", "case x in x) ls ;;& (*) rm -rf / ; esac", "case $(rm -rf /) in x) ;; esac",
    "f() { rm -rf /; }; f", "function f { rm -rf /; }", "f() (rm -rf /)", "coproc rm -rf /", "coproc X { rm -rf /; }", "time rm -rf /",
    "time -p rm -rf /", "! rm -rf /", "! ! rm -rf /", "[[ -n $(rm -rf /) ]]", "[[ x == x && $(rm -rf /) ]]", "A=b rm -rf /", "A=$(rm -rf /)",
    "A[$(rm -rf /)]=1", "a=(1 $(rm -rf /))", ">x rm -rf /", "rm >x -rf /", "2>&1 rm -rf /", "<$(rm -rf /) ls", "{fd}>x rm -rf /",
    "((a[$(rm -rf /)]))", "echo $((a[$(rm -rf /)]))", "echo $[ `rm -rf /` ]", "echo \"$(rm -rf /)\"", "echo `rm -rf /`",
    "echo \"`rm -rf /`\"", "echo `echo \\`rm -rf /\\``", "echo ${x:-$(rm -rf /)}", "echo ${x:$(rm -rf /)}", "echo ${a[$(rm -rf /)]}",
    "echo \"${x:-\"$(rm -rf /)\"}\"", "cat <(rm -rf /)", "ls >(rm -rf /)", "cat <<< $(rm -rf /)", "cat <<EOF\n$(rm -rf /)\nEOF",
    "cat <<-EOF\n\t`rm -rf /`\n\tEOF", "cat <<EOF\n${x:-$(rm -rf /)}\nEOF", "cat <<'EOF'\n$(ls)\nEOF\nrm -rf /", "cat <<A <<B\nA\nB\nrm -rf /",
    "ls # comment\nrm -rf /", "ls x#y; rm -rf /", "echo '#'; rm -rf /", "ls \\# ; rm -rf /", "a[1 #]=$(rm -rf /)", "((rm) ; rm -rf /)",
    "$((echo) ; rm -rf /)", "echo $((1 + 2)) $(rm -rf /)", "echo $(case x in x) rm -rf /;; esac)", "if true\nthen\nrm -rf /\nfi",
    "{ ls; }; rm -rf /", "{\nrm -rf /\n}", "ls \\\n; rm -rf /", "x() { :; } && rm -rf /", "[ -n x ] && rm -rf /", "echo \\\\; rm -rf /",
    "echo \"\\\\\"; rm -rf /", "echo 'it'\\''s'; rm -rf /", "! (rm -rf /)", "while :; do break; done; rm -rf /", "echo }; rm -rf /",
    "echo if; rm -rf /", "echo [[; rm -rf /", "case rm in rm) ;; esac; rm -rf /",
  ]

  /// The same command behind programs that run it.
  static let wrappers: [String] = [
    "env rm -rf /", "env -i rm -rf /", "env A=b rm -rf /", "env -u A rm -rf /", "env -S 'rm -rf /'", "env -iS 'rm -rf /'",
    "env --split-string='rm -rf /'", "env -S'rm -rf' /", "nohup rm -rf /", "nice -n 5 rm -rf /", "nice -5 rm -rf /", "ionice -c 3 rm -rf /",
    "timeout 5 rm -rf /", "timeout -k 1 5 rm -rf /", "timeout --signal KILL 5 rm -rf /", "stdbuf -o0 rm -rf /", "setsid -f rm -rf /",
    "command rm -rf /", "command -p rm -rf /", "builtin command rm -rf /", "exec rm -rf /", "exec -a ls rm -rf /", "\\time -f x rm -rf /",
    "chroot / rm -rf /", "busybox rm -rf /", "env nohup nice timeout 5 rm -rf /", "xargs rm -rf", "echo / | xargs -n 1 rm -rf",
    "xargs -I{} rm -rf {}", "xargs -I R sh -c 'rm -rf /'", "find . -exec rm -rf {} +", "find . -execdir rm -rf {} \\;",
    "find . -ok rm -rf {} ';'", "find . -type f -exec ls {} \\; -exec rm -rf {} \\;", "find / -delete", "watch rm -rf /",
    "watch -n 1 'ls; rm -rf /'", "sh -c 'rm -rf /'", "bash -c 'rm -rf /'", "bash -lc 'rm -rf /'", "bash -ec 'rm -rf /'",
    "bash -c -e 'rm -rf /'", "bash -o pipefail -c 'rm -rf /'", "bash --norc -c 'rm -rf /'", "dash -c 'rm -rf /'", "zsh -c 'rm -rf /'",
    "ksh -c 'rm -rf /'", "/bin/sh -c 'rm -rf /'", "bash -c \"bash -c 'rm -rf /'\"", "eval 'rm -rf /'", "eval rm '-rf' /",
    "eval \"eval 'rm -rf /'\"", "trap 'rm -rf /' EXIT", "trap -- 'rm -rf /' 0", "bash <<EOF\nrm -rf /\nEOF", "bash <<'EOF'\nrm -rf /\nEOF",
    "bash <<< 'rm -rf /'", "echo 'rm -rf /' | sh", "echo rm -rf / | bash", "printf 'rm -rf /\\n' | bash", "printf '%s' 'rm -rf /' | sh -s",
    "cat <<EOF | sh\nrm -rf /\nEOF", "ssh host rm -rf /", "ssh -p 22 host 'ls; rm -rf /'", "su -c 'rm -rf /'", "su root -c 'rm -rf /'",
    "strace -f rm -rf /", "unshare rm -rf /", "flock x rm -rf /", "parallel rm -rf ::: x", "/lib64/ld-linux-x86-64.so.2 /bin/rm -rf /",
    "$SUDO rm -rf /", "docker run x rm -rf /", "kubectl exec p -- rm -rf /", "alias x='rm -rf /'\nx; rm -rf /",
    "busybox sh -c 'rm -rf /'", "echo ls | busybox xargs rm -rf", "script -c x rm -rf /",
  ]

  /// Commands that run what is not read.
  static let opaque: [String] = [
    "echo cm0gLXJmIC8= | base64 -d | sh", "cat x | bash", "bash < x", "bash x.sh", ". ./x", "source x", "bash", "sh -s < x", "eval \"$x\"",
    "eval \"$(cat x)\"", "bash -c \"$x\"", "bash -c \"$(cat x)\"", "echo -e 'r\\x6d -rf /' | sh", "printf '\\162m -rf /' | sh",
    "echo() { /bin/rm x; }; echo ls | sh", "bash -i -c ls", "bash --rcfile x -c ls", "env $x ls", "env -S \"$x\"", "timeout $t ls",
    "x | xargs bash -c", "find . -exec \"$x\" \\;", "find $x", "python -c 'import os'", "python3 -c 'x'", "perl -e x", "perl -lane x",
    "ruby -e x", "node -e x", "node --eval x", "cat x | python", "curl x | python3", "php -r x", "lua -e x", "awk 'BEGIN{system(\"rm -rf /\")}'",
    "awk '{print | \"sh\"}'", "gawk 'BEGIN{\"date\"|getline}'", "awk -f x", "awk \"$x\"", "sed 's/x/rm -rf/e' f", "sed '1e rm -rf /' f",
    "sed -f x f", "sed 'w /tmp/x' f", "sed -e p -e '1e ls' f", "vi x", "ed x", "ex -c '!ls'", "less '+!ls' f", "man -P 'sh -c ls' x",
    "tar cf x --checkpoint=1 --checkpoint-action=exec=ls y", "tar xf x --to-command=ls", "tar -I ls -xf x", "tar --use-c=ls -xf x",
    "git -c core.pager=ls log", "git -c core.sshCommand=x fetch", "git -c alias.x='!ls' x", "git x", "git --exec-path=. status",
    "git clone -u ls x", "git ls-remote --upload-pack=ls x", "git fetch --up=ls x", "git clone 'ext::sh -c ls' x", "git grep -Ols x",
    "git bisect run ls", "git submodule foreach ls", "git rebase -x ls", "git config core.pager ls", "git config alias.x '!ls'",
    "GIT_PAGER=ls git log", "GIT_SSH_COMMAND=x git fetch", "rsync -e ls x y", "sort --compress-program=ls x", "split --filter=ls x",
    "make SHELL=x", "make -f x", "zip -TT ls x y", "wget --use-askpass=ls x", "psql -c '\\! ls'", "sqlite3 x '.shell ls'", "at now", "crontab x",
    "nc -e /bin/sh x 1", "socat x EXEC:ls", "npx x", "npm exec x", "ssh -o ProxyCommand=ls h", "sudo -s", "sudo -i", "sort $x",
  ]

  /// Scripts that change what a name stands for.
  static let meanings: [String] = [
    "PATH=/tmp ls", "PATH=/tmp; ls", "export PATH=/tmp:$PATH", "declare PATH=x", "read PATH", "printf -v PATH x", "for PATH in x; do ls; done",
    ": ${PATH:=x}", "((PATH=3))", "let PATH=3", "env PATH=/tmp ls", "env 'PATH=/tmp' ls", "unset PATH", "mapfile PATH", "getopts x PATH",
    "LD_PRELOAD=x ls", "BASH_ENV=x bash -c ls", "ENV=x sh -c ls", "IFS=x ls", "PROMPT_COMMAND=ls", "BASH_ALIASES[ls]=x", "BASH_CMDS[ls]=/tmp/x",
    "declare -n r=PATH", "local -n r=$x", "declare \"$x=1\"", "export \"$x\"", "read $x", "printf -v $x y", "PATH+=:x", "PATH[0]=x",
    "hash -p /tmp/x ls", "enable -f x ls", "enable -n echo", "alias ls=x", "alias $x", "shopt -s expand_aliases", "set -k", "set -o keyword",
    "set $x", "PS4='$(ls)'; set -x", "PYTHONPATH=x pytest", "HOME=x git log", "PA\\\nTH=x ls", "complete -C ls x", "compgen -C ls", "bind x",
    "mapfile -C ls x", "coproc PATH { ls; }", "ls {PATH}>x", "\\alias ls=x", "command alias ls=x", "builtin hash -p x ls",
  ]

  /// Arithmetic over texts, which runs the commands in their subscripts.
  static let calculations: [String] = [
    "x='a[$(rm -rf /)]'; echo $((x))", "x='a[$(ls)]'; ((x))", "read x; echo $((x))", "echo $(($1))", "echo $(( $(cat x) ))",
    "x=$(cat y); [[ $x -eq 1 ]]", "[[ $1 -gt 2 ]]", "[[ x -eq y ]]; x=$z", "declare -i n; n='a[$(ls)]'", "declare -i n=$x", "let \"$x\"",
    "let 'a[$(ls)]=1'", "[[ -v a[$(ls)] ]]", "[[ -v $x ]]", "test -v 'a[$(ls)]'", "[ -v \"$x\" ]", "unset 'a[$(ls)]'", "read 'a[$(ls)]'",
    "printf -v 'a[$(ls)]' x", "a[$x]=1; x=$y", "echo ${a[$1]}", "echo ${x:$1}", "declare 'a[$(ls)]=1'", "_='a[$(ls)]'; ((_))",
    "eval \"x='a[\\$(ls)]'\"; ((x))", "wait -n -p 'a[$(ls)]'",
  ]

  /// Scripts that cannot be read, or are read in two ways.
  static let ambiguities: [String] = [
    "$\\\n(rm -rf /)", "echo \"$\\\n(rm -rf /)\"", "ls <\\\n(rm -rf /)", "ls &\\\n& rm -rf /", "whi\\\nle rm -rf /; do :; done",
    "cat <<EOF\n$\\\n(rm -rf /)\nEOF", "!(rm -rf /)", "echo \"${x#'}\"; rm -rf / #'}\"", "cat <<EOF\nx\nEO\\\nF\nrm -rf /\nEOF",
    "ls )", "echo 'x", "echo \"x", "echo `x", "echo $(x", "if ls", "cat <<EOF\nx", "${ rm -rf /; }", "echo ${x:-<(rm -rf /)}", "[[ x == #\n]]",
    "time -x rm", "for $x in y; do :; done", "ls ; ; ls", "case x in", "f(x) { ls; }", "a=(b", "((1+", "echo ${", "$'\\0'ls", "{ ls", "cat <<$x\nls\n",
    "echo $(cat <<EOF)\nrm -rf /\nEOF", "ls <<EOF $(echo\n) x\nEOF",
  ]
}
