// From the reaper to the program: a child that borrows the reaper's memory and descriptor table until exec.
//
// Sharing the table is what lets the listener of the seccomp filter reach the reaper without a system call that the
// filter would have to allow: the child installs the filter, the listener's number is the same in both, exec gives the
// child a table of its own without it.
#define _GNU_SOURCE
#include "jail.h"
#include "kernel.h"
#include "runtime.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(sizeof(struct bh_jail_bpf) == sizeof(struct sock_filter), "the policy carries the kernel's instructions");
_Static_assert(offsetof(struct bh_jail_bpf, k) == offsetof(struct sock_filter, k), "same layout");

static char *arguments[BH_JAIL_MAX_ARGV + 1];
static char *environment[BH_JAIL_MAX_ENV + 1];
static char stack[64 * 1024] __attribute__((aligned(16)));

static int load_filter(struct bh_jail *jail) {
  struct sock_fprog program = {
      .len = (unsigned short)jail->policy.bpf_count,
      .filter = (struct sock_filter *)jail->policy.bpf,
  };
  if (program.len == 0) return 0;
  if (!(jail->policy.config->flags & BH_JAIL_NOTIFY)) return bh_seccomp_load(0, &program);
  // Killable: once the call is being answered, no signal handler runs in between and the answer is not lost.
  int listener = bh_seccomp_load(SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program);
  if (listener == -EINVAL) listener = bh_seccomp_load(SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
  if (listener < 0) return listener;
  jail->listener = listener;
  return 0;
}

// Everything else is as who started us left it, which is the default: nothing of ours has a handler yet.
static int set_signals(void) {
  // A file that grows past the limit gives its writer an errno, not a death.
  struct sigaction action = {.sa_handler = SIG_IGN};
  if (sigaction(SIGXFSZ, &action, NULL) < 0) return -errno;
  sigset_t none;
  sigemptyset(&none);
  return sigprocmask(SIG_SETMASK, &none, NULL) < 0 ? -errno : 0;
}

// Lowering only: an inherited hard limit below ours stays. Those of descriptors and the others at different times.
static int set_limits(struct bh_jail *jail, int of_descriptors) {
  for (uint32_t i = 0; i < jail->policy.rlimit_count; i++) {
    const struct bh_jail_rlimit *limit = &jail->policy.rlimits[i];
    if ((limit->resource == RLIMIT_NOFILE) != of_descriptors) continue;
    struct rlimit64 value = {.rlim_cur = limit->soft, .rlim_max = limit->hard};
    struct rlimit64 now;
    if (getrlimit64((int)limit->resource, &now) < 0) return bh_fail(jail, BH_STAGE_RLIMITS, (int)limit->resource, -errno);
    if (value.rlim_max > now.rlim_max) value.rlim_max = now.rlim_max;
    if (value.rlim_cur > value.rlim_max) value.rlim_cur = value.rlim_max;
    if (setrlimit64((int)limit->resource, &value) < 0) return bh_fail(jail, BH_STAGE_RLIMITS, (int)limit->resource, -errno);
  }
  return 0;
}

static int prepare(struct bh_jail *jail) {
  const struct bh_jail_config *config = jail->policy.config;
  if (!(config->flags & BH_JAIL_SAME_SESSION) && setsid() < 0) return bh_fail(jail, BH_STAGE_SESSION, 0, -errno);
  umask(config->umask);
  if (set_limits(jail, 0) != 0) return -jail->error;
  const char *cwd = bh_string(jail, config->cwd);
  if (cwd[0] != '\0' && chdir(cwd) < 0) return bh_fail(jail, BH_STAGE_WORKING_FOLDER, 0, -errno);
  int error = set_signals();
  if (error != 0) return bh_fail(jail, BH_STAGE_SESSION, 1, error);
  // Everything but what the program keeps goes at exec, in its table only.
  error = bh_close_range(config->kept_descriptors, ~0u, 1u << 2 /* CLOSE_RANGE_CLOEXEC */);
  if (error != 0) return bh_fail(jail, BH_STAGE_SESSION, 2, error);
  return 0;
}

static int child(void *argument) {
  struct bh_jail *jail = argument;
  int error = prepare(jail);
  if (error != 0) _exit(125);
  if (bh_apply_landlock(jail) != 0) _exit(125);
  error = load_filter(jail);
  if (error != 0) {
    bh_fail(jail, BH_STAGE_SECCOMP, 0, error);
    _exit(125);
  }
  // After the last descriptor of ours, which this table holds too; every filter permits a process its own limits.
  if (set_limits(jail, 1) != 0) _exit(125);
  execve(bh_string(jail, jail->policy.config->program), arguments, environment);
  bh_fail(jail, BH_STAGE_EXEC, 0, -errno);
  _exit(127);
}

int bh_start_program(struct bh_jail *jail) {
  for (uint32_t i = 0; i < jail->policy.argv_count; i++) arguments[i] = (char *)bh_string(jail, jail->policy.argv[i]);
  for (uint32_t i = 0; i < jail->policy.env_count; i++) environment[i] = (char *)bh_string(jail, jail->policy.env[i]);
  int pid = bh_clone(CLONE_VM | CLONE_VFORK | CLONE_FILES | SIGCHLD, stack + sizeof stack, child, jail);
  if (pid < 0) return bh_fail(jail, BH_STAGE_START, 0, pid);
  if (jail->stage != BH_STAGE_NONE) return -jail->error;
  return pid;
}
