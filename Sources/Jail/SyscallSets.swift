/// System calls by what they are for. A profile is a union of these; what is in none of its sets is refused.
enum SyscallSet {
  /// Files and descriptors: reading, writing, names, attributes.
  static let files = [
    "access", "faccessat", "faccessat2", "open", "openat", "openat2", "creat", "close", "close_range", "read", "write",
    "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2", "pwritev2", "lseek", "_llseek", "stat",
    "fstat", "lstat", "newfstatat", "statx", "statfs", "fstatfs", "getdents", "getdents64", "getcwd", "chdir", "fchdir",
    "rename", "renameat", "renameat2", "mkdir", "mkdirat", "rmdir", "link", "linkat", "unlink", "unlinkat", "symlink",
    "symlinkat", "readlink", "readlinkat", "chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat",
    "truncate", "ftruncate", "fallocate", "fadvise64", "readahead", "sync", "fsync", "fdatasync", "syncfs",
    "sync_file_range", "umask", "utime", "utimes", "utimensat", "futimesat", "dup", "dup2", "dup3", "fcntl", "flock",
    "sendfile", "copy_file_range", "splice", "tee", "vmsplice", "getxattr", "lgetxattr", "fgetxattr", "listxattr",
    "llistxattr", "flistxattr", "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr",
    "inotify_init", "inotify_init1", "inotify_add_watch", "inotify_rm_watch",
  ]

  /// Waiting and events.
  static let events = [
    "poll", "ppoll", "select", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait",
    "epoll_pwait2", "eventfd", "eventfd2", "signalfd", "signalfd4", "timerfd_create", "timerfd_settime",
    "timerfd_gettime", "pipe", "pipe2",
  ]

  /// Memory of one's own; anonymous files in memory are not here, since they escape per-process limits.
  static let memory = [
    "brk", "mmap", "munmap", "mprotect", "mremap", "madvise", "mincore", "msync", "mlock", "munlock", "mlock2",
    "mlockall", "munlockall", "get_mempolicy", "pkey_alloc", "pkey_free", "pkey_mprotect", "membarrier",
  ]

  /// Threads, signals, time, and a process's knowledge of itself.
  static let process = [
    "exit", "exit_group", "futex", "futex_waitv", "set_robust_list", "get_robust_list", "set_tid_address", "rseq",
    "gettid", "getpid", "getppid", "getpgid", "getpgrp", "getsid", "getuid", "geteuid", "getgid", "getegid",
    "getresuid", "getresgid", "getgroups", "getcpu", "capget", "arch_prctl", "sched_yield", "sched_getaffinity",
    "sched_getparam", "sched_getscheduler", "sched_getattr", "sched_get_priority_max", "sched_get_priority_min",
    "sched_rr_get_interval", "getpriority", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending",
    "rt_sigsuspend", "rt_sigtimedwait", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "sigaltstack", "kill", "tkill",
    "tgkill", "pause", "alarm", "getitimer", "setitimer", "timer_create", "timer_settime", "timer_gettime",
    "timer_getoverrun", "timer_delete", "nanosleep", "clock_nanosleep", "clock_gettime", "clock_getres",
    "gettimeofday", "time", "times", "getrusage", "getrlimit", "setrlimit", "sysinfo", "uname", "getrandom",
    "restart_syscall", "execve", "wait4", "waitid",
  ]

  /// Starting and steering other processes.
  static let children = ["fork", "vfork", "setsid", "setpgid", "pidfd_open", "pidfd_send_signal"]

  /// What works on a connected socket, a pair included.
  static let connected = [
    "sendto", "recvfrom", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg", "shutdown", "getsockname", "getpeername",
    "getsockopt", "setsockopt",
  ]

  /// Reaching and serving others.
  static let network = ["connect", "bind", "listen", "accept", "accept4"]

  /// Further confinement of oneself.
  static let confinement = ["seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"]

  /// Building jails: namespaces, mounts, capabilities of one's own namespace.
  static let jails = [
    "clone", "clone3", "unshare", "setns", "mount", "umount2", "pivot_root", "open_tree", "move_mount", "mount_setattr",
    "fsopen", "fsconfig", "fsmount", "fspick", "sethostname", "capset", "prctl", "memfd_create", "setgroups",
    "setresuid", "setresgid", "socketpair",
  ]

  /// Answered as if the kernel lacked them: libraries then fall back to calls that can be filtered.
  static let absent = ["clone3", "io_uring_setup", "io_uring_enter", "io_uring_register"]
}
