// Starting a process: the one place where C runs between clone and exec.
//
// Theory of operation. The caller prepares everything (paths, arguments, environment, descriptors, limits) and calls
// `bulkhead_spawn`. It blocks all signals and clones with CLONE_VM | CLONE_VFORK on a stack of its own, as posix_spawn
// does: the child borrows the parent's memory and the calling thread sleeps until the child has called exec or ended, so
// the cost does not grow with the parent's heap. CLONE_PIDFD gives a descriptor for the child that no pid reuse can
// mislead. (clone rather than clone3: the C library has no wrapper for the latter, and a new stack then needs assembler;
// the flags are the same.)
//
// In the child only these are called, all async-signal-safe and free of locks and allocation: sigaction, sigprocmask,
// fcntl, dup2, close_range, setsid, chdir, setgroups, setgid, setuid, setrlimit, prctl, getppid, write, execve, _exit.
// The child reports a failed step by writing the step and errno into `bulkhead_spawn_result`, which lies in the shared
// memory; there is no pipe to drain. A child that fails never reaches exec.
#ifndef BULKHEAD_CSPAWN_H
#define BULKHEAD_CSPAWN_H

#include <stddef.h>
#include <sys/types.h>

struct bulkhead_rlimit {
  int resource;
  unsigned long long soft;
  unsigned long long hard;
};

struct bulkhead_spawn_plan {
  const char *path;                      // absolute
  char *const *arguments;                // null-terminated
  char *const *environment;              // null-terminated
  const char *directory;                 // null: inherit
  const int *descriptors;                // become 0 … count-1; all others are closed
  int descriptor_count;                  // at least 3, at most 16
  const struct bulkhead_rlimit *limits;
  int limit_count;
  int changes_credentials;               // nonzero: become uid and gid, no supplementary groups
  uid_t uid;
  gid_t gid;
  int new_session;
  int no_new_privileges;
  int control_group;                     // descriptor of a cgroup.procs file to enter before exec; negative: none
  int dies_with_parent;                  // SIGKILL when the spawning *thread* ends: spawn from a permanent one
};

enum bulkhead_spawn_step {
  BULKHEAD_SPAWN_NONE = 0,
  BULKHEAD_SPAWN_STACK,
  BULKHEAD_SPAWN_CLONE,
  BULKHEAD_SPAWN_CONTROL_GROUP,
  BULKHEAD_SPAWN_SESSION,
  BULKHEAD_SPAWN_DESCRIPTORS,
  BULKHEAD_SPAWN_LIMITS,
  BULKHEAD_SPAWN_CREDENTIALS,
  BULKHEAD_SPAWN_DIRECTORY,
  BULKHEAD_SPAWN_PRIVILEGES,
  BULKHEAD_SPAWN_PARENT,
  BULKHEAD_SPAWN_EXEC,
};

struct bulkhead_spawn_result {
  pid_t pid;
  int pidfd;
  int step;    // enum bulkhead_spawn_step that failed
  int error;   // errno of that step
};

/// Returns 0 and fills pid and pidfd, or −errno and fills step. A child that failed has already been reaped.
int bulkhead_spawn(const struct bulkhead_spawn_plan *plan, struct bulkhead_spawn_result *result);

#endif
