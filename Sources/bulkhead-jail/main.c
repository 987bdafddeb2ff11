// bulkhead-jail: applies a prepared jail to one program and stays as the jail's pid 1.
//
// Usage: bulkhead-jail POLICY STATUS [USER MOUNTS], descriptor numbers: a file (a memfd) with the prepared policy, a
// sequenced-packet Unix socket to the parent, and for a policy that says so the namespaces of a template (template.c).
// The program gets descriptors 0 ..< `kept_descriptors` of ours.
//
// Theory of operation. Three processes:
//
//   launcher  outside the namespaces. Reads and checks the policy, gives up root if it has it, clones the reaper into
//             the new namespaces, sends the parent a pidfd of it, waits. When the reaper is gone the whole tree is, and
//             then wait4 and /proc/self/io hold the receipt of all of it.
//   reaper    pid 1 inside. Maps its ids, builds the private root and pivots into it, gives up every capability and
//             the right to new ones, starts the program from a child that borrows its memory. Forgets the policy (it
//             may hold secrets), closes all but the status socket, /proc and the counted tmpfs, is not dumpable, and
//             waits: for the program, for a limit, or for the parent's end of the socket to close.
//   program   session, rlimits, Landlock, seccomp, the limit of descriptors, exec: in this order, each needing what a
//             later one takes away.
//
// Fail closed: a stage that fails sends {stage, errno} and ends the jail before the program's first instruction.
//
// Who dies with whom. Parent gone → the status socket hangs up → the reaper exits → the kernel kills the namespace →
// the launcher exits. (A parent-death signal would fire when the spawning thread ends, the socket does not.) Launcher
// killed → parent-death signal to the reaper. Program gone → the reaper exits, so no grandchild outlives the run.
//
// Everything is static or on the stack; one thread; no library, not even the C library's start (runtime.c says why).
#define _GNU_SOURCE
#include "jail.h"
#include "kernel.h"
#include "runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct bh_jail jail = {.listener = -1, .proxy = -1, .workspace = -1, .io = -1, .outer_proc = -1, .proc = -1};
static void *mapping;
static size_t mapping_size;

static int load_policy(void) {
  struct stat status;
  if (fstat(jail.policy_fd, &status) < 0) return bh_fail(&jail, BH_STAGE_POLICY, 0, -errno);
  if (status.st_size <= 0 || status.st_size > (off_t)BH_JAIL_MAX_BYTES) {
    return bh_fail(&jail, BH_STAGE_POLICY, 1, -EFBIG);
  }
  mapping_size = (size_t)status.st_size;
  mapping = mmap(NULL, mapping_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, jail.policy_fd, 0);
  if (mapping == MAP_FAILED) return bh_fail(&jail, BH_STAGE_POLICY, 2, -errno);
  close(jail.policy_fd);
  int error = bh_jail_decode(mapping, mapping_size, &jail.policy);
  if (error != 0) return bh_fail(&jail, BH_STAGE_POLICY, 3, error);
  const struct bh_jail_config *config = jail.policy.config;
  jail.limits.wall_ms = config->wall_ms;
  jail.limits.cpu_ms = config->cpu_ms;
  jail.limits.memory_bytes = config->memory_bytes;
  jail.limits.processes = config->processes;
  jail.limits.open_files = config->open_files;
  jail.limits.tick_ms = config->tick_ms;
  jail.waits = (config->flags & BH_JAIL_WAITS) != 0;
  return 0;
}

static uint64_t namespace_flags(uint32_t namespaces) {
  static const struct {
    uint32_t ours;
    uint64_t kernels;
  } table[] = {
      {BH_NS_USER, CLONE_NEWUSER}, {BH_NS_MOUNT, CLONE_NEWNS}, {BH_NS_PID, CLONE_NEWPID},
      {BH_NS_IPC, CLONE_NEWIPC},   {BH_NS_UTS, CLONE_NEWUTS},  {BH_NS_NET, CLONE_NEWNET},
      {BH_NS_CGROUP, CLONE_NEWCGROUP},
  };
  uint64_t flags = 0;
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    if (namespaces & table[i].ours) flags |= table[i].kernels;
  }
  return flags;
}

// Keeps exactly `kept` (ascending, −1 entries ignored) and closes every other descriptor.
static void close_all_but(const int *kept, int count) {
  unsigned from = 0;
  for (int i = 0; i < count; i++) {
    if (kept[i] < 0) continue;
    if ((unsigned)kept[i] > from) bh_close_range(from, (unsigned)kept[i] - 1, 0);
    from = (unsigned)kept[i] + 1;
  }
  bh_close_range(from, ~0u, 0);
}

static void sort(int *list, int count) {
  for (int i = 1; i < count; i++) {
    for (int j = i; j > 0 && list[j - 1] > list[j]; j--) {
      int swapped = list[j];
      list[j] = list[j - 1];
      list[j - 1] = swapped;
    }
  }
}

// Pid 1 holds no memory of the policy and no descriptor that it does not use.
static void forget_policy(void) {
  int kept[3 + BH_MAX_COUNTED], count = 0;
  kept[count++] = jail.status;
  kept[count++] = jail.io;
  kept[count++] = jail.proc;
  for (int i = 0; i < jail.counted_count; i++) kept[count++] = jail.counted[i];
  sort(kept, count);
  close_all_but(kept, count);
  memset(&jail.policy, 0, sizeof jail.policy);
  munmap(mapping, mapping_size);
}

static _Noreturn void fail_and_exit(void) {
  bh_send_failure(&jail);
  _exit(125);
}

static _Noreturn void reaper_main(uint32_t uid, uint32_t gid) {
  const struct bh_jail_config *config = jail.policy.config;
  // A process that is not dumpable may only read it.
  jail.io = jail.outer_proc < 0 ? open("/proc/self/io", O_RDONLY | O_CLOEXEC)
                                : openat(jail.outer_proc, "self/io", O_RDONLY | O_CLOEXEC);
  if (bh_settle(&jail, uid, gid) != 0) fail_and_exit();
  if (jail.outer_proc >= 0) close(jail.outer_proc);
  if (!(config->flags & BH_JAIL_DUMPABLE_REAPER)) prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  // After the credentials, a change of which clears it. A launcher that died before this is seen on the socket.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) {
    bh_fail(&jail, BH_STAGE_REAPER, 0, -errno);
    fail_and_exit();
  }
  if (config->flags & BH_JAIL_FROM_TEMPLATE) {
    if (bh_furnish_root(&jail) != 0) fail_and_exit();
  } else if ((config->flags & BH_JAIL_PRIVATE_ROOT) && bh_build_root(&jail) != 0) {
    fail_and_exit();
  }
  if (config->flags & BH_JAIL_TEMPLATE) {
    if (bh_send_template(&jail) != 0) fail_and_exit();
    _exit(0);
  }
  const char *hostname = bh_string(&jail, config->hostname);
  if ((config->namespaces & BH_NS_UTS) && sethostname(hostname, strlen(hostname)) < 0) {
    bh_fail(&jail, BH_STAGE_HOSTNAME, 0, -errno);
    fail_and_exit();
  }
  if (!(config->namespaces & BH_NS_PID) && prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) {
    bh_fail(&jail, BH_STAGE_REAPER, 1, -errno);
    fail_and_exit();
  }
  if (!(config->namespaces & BH_NS_PID)) jail.proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (jail.limits.tick_ms != 0 && jail.proc < 0) {
    bh_fail(&jail, BH_STAGE_WATCHDOG, 0, -ENOENT);
    fail_and_exit();
  }
  // While the capability for it is there.
  if ((config->flags & BH_JAIL_LISTENS) && bh_listen(&jail) != 0) fail_and_exit();
  // Before the program starts: from its first instruction on there is nothing to gain from the reaper.
  if (bh_drop_privileges(&jail) != 0) fail_and_exit();
  int program = bh_start_program(&jail);
  if (program < 0) fail_and_exit();

  struct bh_jail_message message = bh_message(BH_MESSAGE_READY);
  int descriptors[BH_MAX_SENT], count = 0;
  if (jail.listener >= 0) {
    message.code |= BH_READY_LISTENER;
    descriptors[count++] = jail.listener;
  }
  if (jail.workspace >= 0) {
    message.code |= BH_READY_WORKSPACE;
    descriptors[count++] = jail.workspace;
  }
  // It cannot be reaped before we wait for it, so the number is still its own. Without the descriptor the parent waits
  // for the end of the tree, as for any other.
  int program_fd = jail.waits ? bh_pidfd_open(program) : -1;
  if (program_fd >= 0) {
    message.code |= BH_READY_PROGRAM;
    descriptors[count++] = program_fd;
  }
  if (jail.proxy >= 0) {
    message.code |= BH_READY_PROXY;
    descriptors[count++] = jail.proxy;
  }
  bh_send(&jail, &message, descriptors, count);
  forget_policy();
  bh_reap(&jail, program);
}

// Waits for the reaper and sends what the whole tree has used. Children that the kernel reaped for pid 1 are included.
static void send_receipt(pid_t reaper, int io, uint64_t started_us) {
  uint64_t read_before = 0, written_before = 0, read_after = 0, written_after = 0;
  bh_read_io(io, &read_before, &written_before);
  struct rusage usage;
  int status = 0;
  while (wait4(reaper, &status, __WALL, &usage) < 0 && errno == EINTR) {
  }
  bh_read_io(io, &read_after, &written_after);
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  struct bh_jail_message message = bh_message(BH_MESSAGE_RECEIPT);
  message.values[0] = (uint64_t)usage.ru_utime.tv_sec * 1000000u + (uint64_t)usage.ru_utime.tv_usec;
  message.values[1] = (uint64_t)usage.ru_stime.tv_sec * 1000000u + (uint64_t)usage.ru_stime.tv_usec;
  message.values[2] = (uint64_t)usage.ru_maxrss;
  message.values[3] = (uint64_t)now.tv_sec * 1000000u + (uint64_t)now.tv_nsec / 1000u - started_us;
  message.values[4] = read_after - read_before;
  message.values[5] = written_after - written_before;
  message.values[7] = (uint64_t)(uint32_t)status;
  bh_send(&jail, &message, NULL, 0);
}

int main(int argc, char **argv) {
  if (argc != 3 && argc != 5) {
    static const char usage[] =
        "usage: bulkhead-jail POLICY-DESCRIPTOR STATUS-DESCRIPTOR [USER-NAMESPACE MOUNT-NAMESPACE]\n";
    return write(2, usage, sizeof usage - 1) < 0 ? 70 : 64;
  }
  struct timespec start;
  clock_gettime(CLOCK_BOOTTIME, &start);
  jail.started_ms = bh_now_ms();
  const char *policy = argv[1], *status = argv[2];
  jail.policy_fd = (int)bh_take_number(&policy);
  jail.status = (int)bh_take_number(&status);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, NULL);
  if (fcntl(jail.status, F_SETFD, FD_CLOEXEC) < 0) return 64;
  if (load_policy() != 0 || bh_become(&jail) != 0) {
    bh_send_failure(&jail);
    return 125;
  }
  // Whoever started us asked for this, and a change of credentials takes it back. Without it a launcher that somebody
  // has stopped outlives a coordinator that was killed.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) {
    bh_fail(&jail, BH_STAGE_REAPER, 0, -errno);
    bh_send_failure(&jail);
    return 125;
  }

  int io = open("/proc/self/io", O_RDONLY | O_CLOEXEC);
  int needs_template = (jail.policy.config->flags & BH_JAIL_FROM_TEMPLATE) != 0;
  if (needs_template != (argc == 5)) {
    bh_fail(&jail, BH_STAGE_TEMPLATE, 7, -EINVAL);
    bh_send_failure(&jail);
    return 125;
  }
  uint32_t uid = geteuid(), gid = getegid();
  if (needs_template) {
    const char *user = argv[3], *mounts = argv[4];
    if (bh_enter_template(&jail, (int)bh_take_number(&user), (int)bh_take_number(&mounts)) != 0) {
      bh_send_failure(&jail);
      return 125;
    }
  }
  int pidfd = -1;
  struct bh_clone_args arguments = {
      .flags = namespace_flags(jail.policy.config->namespaces) | CLONE_PIDFD,
      .pidfd = (uint64_t)(uintptr_t)&pidfd,
      .exit_signal = SIGCHLD,
  };
  int reaper = bh_clone3(&arguments);
  if (reaper == 0) reaper_main(uid, gid);
  if (reaper < 0) {
    bh_fail(&jail, BH_STAGE_NAMESPACES, 0, reaper);
    bh_send_failure(&jail);
    return 125;
  }
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  struct bh_jail_message message = bh_message(BH_MESSAGE_REAPER);
  bh_send(&jail, &message, &pidfd, 1);
  int kept[] = {jail.status, io};
  sort(kept, 2);
  close_all_but(kept, 2);
  munmap(mapping, mapping_size);
  send_receipt(reaper, io, (uint64_t)start.tv_sec * 1000000u + (uint64_t)start.tv_nsec / 1000u);
  return 0;
}
