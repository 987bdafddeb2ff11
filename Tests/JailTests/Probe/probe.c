// jail-probe: tries one thing that a jail should refuse, and says what came of it on standard output:
// `ok`, or `errno N`. A probe never decides whether that was right; bombs are bounded.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int report(long value) {
  if (value < 0) {
    printf("errno %d\n", errno);
  } else {
    printf("ok\n");
  }
  fflush(stdout);
  return 0;
}

static long number(const char *text) { return strtol(text, NULL, 0); }

// call NUMBER ARGS…: any system call with plain numbers.
static int probe_call(int argc, char **argv) {
  long a[7] = {0};
  for (int i = 0; i < argc && i < 7; i++) a[i] = (long)strtoul(argv[i], NULL, 0);
  return report(syscall(a[0], a[1], a[2], a[3], a[4], a[5], a[6]));
}

static int probe_open(int argc, char **argv) {
  int flags = argc > 1 ? (int)number(argv[1]) : O_RDONLY;
  return report(open(argv[0], flags, 0600));
}

static int probe_read(int argc, char **argv) {
  (void)argc;
  int file = open(argv[0], O_RDONLY);
  char byte;
  return report(file < 0 ? file : read(file, &byte, 1));
}

static int probe_list(int argc, char **argv) {
  (void)argc;
  return report(open(argv[0], O_RDONLY | O_DIRECTORY));
}

static int probe_exec(int argc, char **argv) {
  (void)argc;
  char *const environment[] = {NULL};
  execve(argv[0], argv, environment);
  return report(-1);
}

// Copies a program to a folder, makes it executable, runs it.
static int probe_copy_exec(int argc, char **argv) {
  (void)argc;
  char path[512];
  snprintf(path, sizeof path, "%s/copied", argv[1]);
  int from = open(argv[0], O_RDONLY), to = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0755);
  char buffer[65536];
  ssize_t count;
  if (from < 0 || to < 0) return report(-1);
  while ((count = read(from, buffer, sizeof buffer)) > 0) {
    if (write(to, buffer, (size_t)count) != count) return report(-1);
  }
  close(to);
  char *const environment[] = {NULL};
  execve(path, argv + 1, environment);
  return report(-1);
}

// Maps a file of the folder executable, as the loader would.
static int probe_map_exec(int argc, char **argv) {
  (void)argc;
  char path[512];
  snprintf(path, sizeof path, "%s/mapped", argv[0]);
  int file = open(path, O_RDWR | O_CREAT, 0700);
  if (file < 0 || ftruncate(file, 4096) < 0) return report(-1);
  void *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, file, 0);
  return report(at == MAP_FAILED ? -1 : 0);
}

static int probe_connect_unix(int argc, char **argv) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int is_abstract = argv[0][0] == '@';
  strncpy(address.sun_path + is_abstract, argv[0] + is_abstract, sizeof address.sun_path - 2);
  int file = socket(AF_UNIX, SOCK_STREAM, 0);
  if (file < 0) return report(-1);
  socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(argv[0]) + (is_abstract ? 0 : 1));
  (void)argc;
  return report(connect(file, (struct sockaddr *)&address, length));
}

static int probe_connect_tcp(int argc, char **argv) {
  (void)argc;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)number(argv[0]))};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int file = socket(AF_INET, SOCK_STREAM, 0);
  return report(file < 0 ? -1 : connect(file, (struct sockaddr *)&address, sizeof address));
}

static int probe_bind_tcp(int argc, char **argv) {
  (void)argc, (void)argv;
  struct sockaddr_in address = {.sin_family = AF_INET};
  int file = socket(AF_INET, SOCK_STREAM, 0);
  return report(file < 0 ? -1 : bind(file, (struct sockaddr *)&address, sizeof address));
}

static int probe_kill(int argc, char **argv) {
  (void)argc;
  return report(kill((pid_t)number(argv[0]), (int)number(argv[1])));
}

// Survives the signal to pid 1 and says so.
static int probe_kill_reaper(int argc, char **argv) {
  (void)argc;
  int result = kill(1, (int)number(argv[0]));
  usleep(50000);
  return report(result < 0 ? -1 : 0);
}

static int probe_ptrace(int argc, char **argv) {
  (void)argc;
  return report(ptrace(PTRACE_SEIZE, (pid_t)number(argv[0]), NULL, NULL));
}

static int probe_traceme(int argc, char **argv) {
  (void)argc, (void)argv;
  return report(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int probe_fork_bomb(int argc, char **argv) {
  (void)argc;
  int limit = (int)number(argv[0]);
  for (int i = 0; i < limit; i++) {
    pid_t child = fork();
    if (child < 0) return report(-1);
    if (child == 0) {
      sleep(20);
      _exit(0);
    }
  }
  return report(0);
}

// Touches memory page by page in `count` processes; sleeps so that a watchdog can look.
static int probe_memory(int argc, char **argv) {
  (void)argc;
  size_t bytes = strtoul(argv[1], NULL, 0);
  int kind = argv[0][0], processes = (int)number(argv[2]);
  for (int i = 1; i < processes; i++) {
    pid_t child = fork();
    if (child < 0) return report(-1);
    if (child == 0) break;
  }
  char *at = MAP_FAILED;
  if (kind == 'p') at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (kind == 's') at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (kind == 'f') {
    int file = open("/workspace/memory", O_RDWR | O_CREAT, 0600);
    if (file < 0 || ftruncate(file, (off_t)bytes) < 0) return report(-1);
    at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  }
  if (at == MAP_FAILED) return report(-1);
  for (size_t i = 0; i < bytes; i += 4096) at[i] = 1;
  usleep(500000);
  return report(0);
}

// hog BYTES PROCESSES: touches memory as fast as it can. How many pages is counted in a file of the workspace, which is
// there when the processes are not.
static int probe_hog(int argc, char **argv) {
  (void)argc;
  size_t bytes = strtoul(argv[0], NULL, 0);
  int file = open("/workspace/touched", O_RDWR | O_CREAT, 0600);
  if (file < 0 || ftruncate(file, 4096) < 0) return report(-1);
  _Atomic uint64_t *touched = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (touched == MAP_FAILED) return report(-1);
  for (int i = 1; i < (int)number(argv[1]); i++) {
    if (fork() == 0) break;
  }
  char *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) return report(-1);
  // By the largest pages there are: a fault for 2 MiB costs little more than their clearing.
  int is_huge = madvise(at, bytes, MADV_HUGEPAGE) == 0;
  at = (char *)(((uintptr_t)at + (2 << 20) - 1) & ~(uintptr_t)((2 << 20) - 1));
  size_t step = is_huge ? 2 << 20 : 4096;
  for (size_t i = 0; i + (4 << 20) < bytes; i += step) {
    for (size_t page = 0; page < step; page += 4096) at[i + page] = 1;
    *touched += step / 4096;
  }
  usleep(500000);
  return report(0);
}

static int probe_fill(int argc, char **argv) {
  (void)argc;
  size_t bytes = strtoul(argv[1], NULL, 0);
  int file = open(argv[0], O_WRONLY | O_CREAT | O_TRUNC, 0600);
  static char block[65536];
  if (file < 0) return report(-1);
  for (size_t i = 0; i < bytes; i += sizeof block) {
    ssize_t count = write(file, block, sizeof block);
    if (count < 0) return report(-1);
  }
  return report(0);
}

static int probe_many_files(int argc, char **argv) {
  (void)argc;
  char path[512];
  long count = number(argv[1]);
  for (long i = 0; i < count; i++) {
    snprintf(path, sizeof path, "%s/f%ld", argv[0], i);
    int file = open(path, O_WRONLY | O_CREAT, 0600);
    if (file < 0) return report(-1);
    close(file);
  }
  return report(0);
}

static int probe_descriptors(int argc, char **argv) {
  (void)argc;
  long count = number(argv[0]);
  for (long i = 0; i < count; i++) {
    if (dup(0) < 0) {
      usleep(300000);
      return report(-1);
    }
  }
  return report(0);
}

static int probe_sparse(int argc, char **argv) {
  (void)argc;
  int file = open(argv[0], O_WRONLY | O_CREAT, 0600);
  return report(file < 0 ? -1 : ftruncate(file, (off_t)strtoull(argv[1], NULL, 0)));
}

static int probe_spin(int argc, char **argv) {
  (void)argc;
  int processes = (int)number(argv[0]);
  double limit = strtod(argv[1], NULL);
  for (int i = 1; i < processes; i++) {
    if (fork() == 0) break;
  }
  // Its own processor time, so that a busy machine changes nothing.
  struct timespec now;
  do {
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  } while ((double)now.tv_sec + (double)now.tv_nsec / 1e9 < limit);
  return report(0);
}

// spin-unreaped COUNT SECONDS: children that use so much processor time each and are reaped by nobody, one after another.
static int probe_spin_unreaped(int argc, char **argv) {
  (void)argc;
  signal(SIGCHLD, SIG_IGN);
  for (int i = 0; i < (int)number(argv[0]); i++) {
    if (fork() == 0) {
      char *one[] = {"1", argv[1]};
      return probe_spin(2, one);
    }
    wait(NULL);  // returns when there is no child any more
  }
  return report(0);
}

static int probe_sleep(int argc, char **argv) {
  (void)argc;
  sleep((unsigned)number(argv[0]));
  return report(0);
}

static int probe_flood(int argc, char **argv) {
  (void)argc;
  static char block[65536];
  memset(block, 'x', sizeof block);
  for (size_t left = strtoul(argv[0], NULL, 0); left > 0;) {
    ssize_t count = write(1, block, left < sizeof block ? left : sizeof block);
    if (count <= 0) return 1;
    left -= (size_t)count;
  }
  return 0;
}

// A double fork into a new session that keeps the pipe; the main program exits at once.
static int probe_daemon(int argc, char **argv) {
  (void)argc;
  if (fork() == 0) {
    setsid();
    if (fork() == 0) {
      sleep((unsigned)number(argv[0]));
      _exit(0);
    }
    _exit(0);
  }
  return report(0);
}

static int probe_descriptor_open(int argc, char **argv) {
  (void)argc;
  return report(fcntl((int)number(argv[0]), F_GETFD));
}

static int probe_rlimit(int argc, char **argv) {
  (void)argc;
  struct rlimit limit;
  if (getrlimit((__rlimit_resource_t)number(argv[0]), &limit) < 0) return report(-1);
  limit.rlim_cur = limit.rlim_max = limit.rlim_max + 1;
  return report(setrlimit((__rlimit_resource_t)number(argv[0]), &limit));
}

static int probe_core(int argc, char **argv) {
  (void)argc, (void)argv;
  raise(SIGSEGV);
  return report(0);
}

// write PATH: replaces the contents of an existing file.
static int probe_write(int argc, char **argv) {
  (void)argc;
  int file = open(argv[0], O_WRONLY);
  return report(file < 0 ? -1 : write(file, "0", 1));
}

// Reopens a read-only descriptor for writing through /proc/self/fd.
static int probe_reopen(int argc, char **argv) {
  (void)argc;
  char path[64];
  int file = open(argv[0], O_RDONLY);
  if (file < 0) return report(-1);
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  return report(open(path, O_WRONLY));
}

static int probe_link(int argc, char **argv) {
  (void)argc;
  return report(link(argv[0], argv[1]));
}

// Renames there and back.
static int probe_rename(int argc, char **argv) {
  (void)argc;
  int result = rename(argv[0], argv[1]);
  if (result == 0) rename(argv[1], argv[0]);
  return report(result);
}

static int probe_symlink(int argc, char **argv) {
  (void)argc;
  return report(symlink(argv[0], argv[1]));
}

static int probe_environment(int argc, char **argv) {
  (void)argc;
  const char *value = getenv(argv[0]);
  errno = ENOENT;
  return report(value == NULL ? -1 : 0);
}

static int probe_controlling_terminal(int argc, char **argv) {
  (void)argc, (void)argv;
  return report(open("/dev/tty", O_RDWR));
}

static int probe_effective_capabilities(int argc, char **argv) {
  (void)argc, (void)argv;
  char line[256];
  FILE *file = fopen("/proc/self/status", "r");
  unsigned long long all = 0, value;
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    if (sscanf(line, "Cap%*3c:\t%llx", &value) == 1) all |= value;
  }
  errno = EPERM;
  return report(all == 0 ? -1 : 0);
}

static int probe_uid_zero(int argc, char **argv) {
  (void)argc, (void)argv;
  errno = EPERM;
  return report(getuid() == 0 || geteuid() == 0 ? 0 : -1);
}

static int probe_raw_x32(int argc, char **argv) {
  (void)argc, (void)argv;
  return report(syscall(0x40000000 + 39));
}

static int probe_int80(int argc, char **argv) {
  (void)argc, (void)argv;
#ifdef __x86_64__
  long result;
  __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory");
  return report(result < 0 ? -1 : 0);
#else
  return report(0);
#endif
}

// Same process group or session as the one that started the jail?
static int probe_session_leader(int argc, char **argv) {
  (void)argc, (void)argv;
  errno = EPERM;
  return report(getsid(0) == getpid() ? -1 : 0);
}

static const struct {
  const char *name;
  int (*run)(int, char **);
  int arguments;
} probes[] = {
    {"call", probe_call, 1}, {"open", probe_open, 1}, {"read", probe_read, 1}, {"list", probe_list, 1},
    {"exec", probe_exec, 1}, {"copy-exec", probe_copy_exec, 2}, {"map-exec", probe_map_exec, 1},
    {"connect-unix", probe_connect_unix, 1}, {"connect-tcp", probe_connect_tcp, 1}, {"bind-tcp", probe_bind_tcp, 0},
    {"kill", probe_kill, 2}, {"kill-reaper", probe_kill_reaper, 1}, {"ptrace", probe_ptrace, 1},
    {"traceme", probe_traceme, 0}, {"fork-bomb", probe_fork_bomb, 1}, {"memory", probe_memory, 3},
    {"fill", probe_fill, 2}, {"many-files", probe_many_files, 2}, {"descriptors", probe_descriptors, 1},
    {"sparse", probe_sparse, 2}, {"spin", probe_spin, 2},
    {"spin-unreaped", probe_spin_unreaped, 2}, {"hog", probe_hog, 2}, {"sleep", probe_sleep, 1}, {"flood", probe_flood, 1},
    {"daemon", probe_daemon, 1}, {"descriptor-open", probe_descriptor_open, 1}, {"rlimit", probe_rlimit, 1},
    {"core", probe_core, 0}, {"write", probe_write, 1}, {"reopen", probe_reopen, 1}, {"link", probe_link, 2}, {"rename", probe_rename, 2},
    {"symlink", probe_symlink, 2}, {"environment", probe_environment, 1},
    {"terminal", probe_controlling_terminal, 0}, {"capabilities", probe_effective_capabilities, 0},
    {"uid-zero", probe_uid_zero, 0}, {"x32", probe_raw_x32, 0}, {"int80", probe_int80, 0},
    {"session", probe_session_leader, 0},
};

int main(int argc, char **argv) {
  for (size_t i = 0; argc > 1 && i < sizeof probes / sizeof probes[0]; i++) {
    if (strcmp(argv[1], probes[i].name) == 0 && argc - 2 >= probes[i].arguments) {
      return probes[i].run(argc - 2, argv + 2);
    }
  }
  fprintf(stderr, "usage: jail-probe PROBE ARGUMENTS\n");
  return 64;
}
