// See CSpawn.h for the theory of operation and for the calls that are allowed in the child.
#define _GNU_SOURCE
#include "CSpawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define BULKHEAD_MAX_DESCRIPTORS 16
#define BULKHEAD_STACK_BYTES (64 * 1024)

// The child shares the parent's thread state, so a sanitizer's bookkeeping must not run there.
#define BULKHEAD_CHILD __attribute__((disable_sanitizer_instrumentation, noinline))

// The thread sanitizer's `clone` takes every child for a fork with memory of its own, and fails its own checks in one that
// borrows ours; the C library's other name for the same function passes it by.
#if __has_feature(thread_sanitizer)
int __clone(int (*child)(void *), void *stack, int flags, void *argument, ...);
#define BULKHEAD_CLONE __clone
#else
#define BULKHEAD_CLONE clone
#endif

struct bulkhead_child_context {
  const struct bulkhead_spawn_plan *plan;
  struct bulkhead_spawn_result *result;
  pid_t parent;
};

BULKHEAD_CHILD static int bulkhead_child_fail(const struct bulkhead_child_context *context, int step) {
  context->result->step = step;
  context->result->error = errno;
  _exit(127);
}

BULKHEAD_CHILD static int bulkhead_child_descriptors(const struct bulkhead_spawn_plan *plan) {
  int moved[BULKHEAD_MAX_DESCRIPTORS];
  // First out of the way of the targets, so that no dup2 closes a source that is still needed.
  for (int i = 0; i < plan->descriptor_count; i++) {
    moved[i] = fcntl(plan->descriptors[i], F_DUPFD_CLOEXEC, BULKHEAD_MAX_DESCRIPTORS);
    if (moved[i] < 0) return -1;
  }
  for (int i = 0; i < plan->descriptor_count; i++) {
    if (dup2(moved[i], i) < 0) return -1;
  }
  return (int)syscall(SYS_close_range, (unsigned)plan->descriptor_count, ~0u, 0u);
}

BULKHEAD_CHILD static int bulkhead_child_main(void *argument) {
  const struct bulkhead_child_context *context = argument;
  const struct bulkhead_spawn_plan *plan = context->plan;

  // Handlers are ours, not the program's. Signals are still blocked, so none can run in the borrowed memory.
  struct sigaction action;
  action.sa_flags = 0;
  action.sa_handler = SIG_DFL;
  sigemptyset(&action.sa_mask);
  for (int number = 1; number < NSIG; number++) {
    if (number != SIGKILL && number != SIGSTOP) sigaction(number, &action, NULL);
  }

  // Before anything of it can start a process that would stay outside. "0" is whoever writes.
  if (plan->control_group >= 0 && write(plan->control_group, "0", 1) != 1) {
    bulkhead_child_fail(context, BULKHEAD_SPAWN_CONTROL_GROUP);
  }
  if (plan->new_session && setsid() < 0) bulkhead_child_fail(context, BULKHEAD_SPAWN_SESSION);
  if (bulkhead_child_descriptors(plan) < 0) bulkhead_child_fail(context, BULKHEAD_SPAWN_DESCRIPTORS);
  for (int i = 0; i < plan->limit_count; i++) {
    struct rlimit limit = {.rlim_cur = plan->limits[i].soft, .rlim_max = plan->limits[i].hard};
    if (setrlimit(plan->limits[i].resource, &limit) < 0) bulkhead_child_fail(context, BULKHEAD_SPAWN_LIMITS);
  }
  if (plan->changes_credentials) {
    // Groups before gid before uid: each step needs a privilege that the next one gives up. Raw calls, since the
    // library's wrappers change every thread of the process whose memory this is.
    if (syscall(SYS_setgroups, 0, NULL) < 0) bulkhead_child_fail(context, BULKHEAD_SPAWN_CREDENTIALS);
    if (syscall(SYS_setresgid, plan->gid, plan->gid, plan->gid) < 0) bulkhead_child_fail(context, BULKHEAD_SPAWN_CREDENTIALS);
    if (syscall(SYS_setresuid, plan->uid, plan->uid, plan->uid) < 0) bulkhead_child_fail(context, BULKHEAD_SPAWN_CREDENTIALS);
  }
  if (plan->directory && chdir(plan->directory) < 0) bulkhead_child_fail(context, BULKHEAD_SPAWN_DIRECTORY);
  if (plan->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
    bulkhead_child_fail(context, BULKHEAD_SPAWN_PRIVILEGES);
  }
  if (plan->dies_with_parent) {
    // After the last credential change, which clears it; then make sure that the parent had not ended before.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) bulkhead_child_fail(context, BULKHEAD_SPAWN_PARENT);
    if (getppid() != context->parent) {
      errno = ESRCH;
      bulkhead_child_fail(context, BULKHEAD_SPAWN_PARENT);
    }
  }

  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execve(plan->path, plan->arguments, plan->environment);
  return bulkhead_child_fail(context, BULKHEAD_SPAWN_EXEC);
}

int bulkhead_spawn(const struct bulkhead_spawn_plan *plan, struct bulkhead_spawn_result *result) {
  result->pid = -1;
  result->pidfd = -1;
  result->step = BULKHEAD_SPAWN_NONE;
  result->error = 0;
  if (plan->descriptor_count < 3 || plan->descriptor_count > BULKHEAD_MAX_DESCRIPTORS) {
    result->step = BULKHEAD_SPAWN_DESCRIPTORS;
    return -EINVAL;
  }

  char *stack = mmap(NULL, BULKHEAD_STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) {
    result->step = BULKHEAD_SPAWN_STACK;
    return -errno;
  }

  struct bulkhead_child_context context = {.plan = plan, .result = result, .parent = getpid()};
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, &before);
  int pidfd = -1;
  pid_t pid = BULKHEAD_CLONE(bulkhead_child_main, stack + BULKHEAD_STACK_BYTES, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD,
                    &context, &pidfd);
  int clone_error = errno;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  munmap(stack, BULKHEAD_STACK_BYTES);

  if (pid < 0) {
    result->step = BULKHEAD_SPAWN_CLONE;
    return -clone_error;
  }
  if (result->step != BULKHEAD_SPAWN_NONE) {
    int status;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {}
    close(pidfd);
    return -result->error;
  }
  result->pid = pid;
  result->pidfd = pidfd;
  return 0;
}
