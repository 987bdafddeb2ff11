// One look at every process of the jail: processor time and memory of the tree, processes and open files.
//
// Memory = unique anonymous and shared-anonymous bytes (Pss, so that what forked children still share counts once) plus
// what the counted tmpfs hold; page cache of files does not count. The sum of resident sizes is read first, and the
// exact but dearer figure only when that sum comes near the limit. Processor time = living processes with what they
// have reaped, plus what the reaper has reaped. A process that has its children reaped automatically hides theirs: what was
// there at two looks and is missing at the next two is counted as lost. Children too short-lived to be seen are not.
#define _GNU_SOURCE
#include "jail.h"
#include "runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

// USER_HZ: what /proc counts in, the same on every machine.
#define BH_CLOCK_TICKS 100u

struct census {
  uint64_t ticks;     // processor time in clock ticks
  uint64_t resident;  // bytes
  uint64_t exact;     // bytes, when asked for
  unsigned processes, threads;
  int files_at_limit;
};

// Reads /proc/PID/NAME.
static ssize_t read_at(int proc, uint64_t pid, const char *name, char *buffer, size_t size) {
  char path[48];
  struct bh_text text = bh_text_in(path, sizeof path);
  bh_add_number(&text, pid, 10);
  bh_add(&text, name);
  int file = openat(proc, path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return -1;
  ssize_t count = read(file, buffer, size - 1);
  close(file);
  if (count >= 0) buffer[count] = '\0';
  return count;
}

// Adds fields 14 … 17 (utime, stime, cutime, cstime), 20 (threads) and 24 (rss in pages) of /proc/PID/stat.
static void add_stat(const char *text, struct census *census) {
  const char *at = strrchr(text, ')');  // the name before it may hold anything
  if (at == NULL) return;
  at++;
  for (int field = 3; field <= 24; field++) {
    while (*at == ' ') at++;
    if (*at == '\0') return;
    const char *number = at;
    if (field >= 14 && field <= 17) census->ticks += bh_take_number(&number);
    if (field == 20) census->threads += (unsigned)bh_take_number(&number);
    if (field == 24) census->resident += bh_take_number(&number) * 4096u;
    while (*at != ' ' && *at != '\0') at++;
  }
}

static uint64_t kilobytes_after(const char *text, const char *name) {
  const char *at = strstr(text, name);
  if (at == NULL) return 0;
  at += strlen(name);
  return bh_take_number(&at);
}

// False when the process does not let us look (gone, or not dumpable).
static int add_exact(int proc, uint64_t pid, struct census *census) {
  char text[2048];
  if (read_at(proc, pid, "/smaps_rollup", text, sizeof text) <= 0) return 0;
  census->exact += (kilobytes_after(text, "Pss_Anon:") + kilobytes_after(text, "Pss_Shmem:")) * 1024u;
  return 1;
}

// Without a pid namespace /proc shows everybody. All of ours descend from the reaper, since orphans are adopted by it;
// parents are walked upwards. A process that is replaced meanwhile is miscounted for one look.
static int is_ours(int proc, uint64_t pid) {
  uint64_t self = (uint64_t)getpid();
  if (self == 1) return 1;
  for (int steps = 0; pid > 1 && steps < 64; steps++) {
    if (pid == self) return 1;
    char text[1024];
    if (read_at(proc, pid, "/stat", text, sizeof text) <= 0) return 0;
    const char *at = strrchr(text, ')');
    if (at == NULL || strlen(at) < 5) return 0;
    at += 4;  // ") S "
    pid = bh_take_number(&at);
  }
  return 0;
}

static int has_all_files_open(const struct bh_jail *jail, uint64_t pid) {
  // Since 6.2 the size of this folder is the number of open descriptors; before it is 0.
  char path[48];
  struct bh_text text = bh_text_in(path, sizeof path);
  bh_add_number(&text, pid, 10);
  bh_add(&text, "/fd");
  struct stat status;
  return fstatat(jail->proc, path, &status, 0) == 0 && (uint64_t)status.st_size >= jail->limits.open_files;
}

struct look {
  struct bh_jail *jail;
  struct census *census;
  int is_exact;
};

static int look_at(void *context, const char *name) {
  struct look *look = context;
  struct census *census = look->census;
  const char *at = name;
  uint64_t pid = bh_take_number(&at);
  if (at == name || pid == (uint64_t)getpid() || !is_ours(look->jail->proc, pid)) return 0;
  char text[1024];
  uint64_t before = census->resident;
  if (read_at(look->jail->proc, pid, "/stat", text, sizeof text) <= 0) return 0;
  census->processes++;
  add_stat(text, census);
  if (look->is_exact && !add_exact(look->jail->proc, pid, census)) census->exact += census->resident - before;
  if (look->jail->limits.open_files != 0 && !census->files_at_limit) {
    census->files_at_limit = has_all_files_open(look->jail, pid);
  }
  return 0;
}

static void take(struct bh_jail *jail, int is_exact, struct census *census) {
  memset(census, 0, sizeof *census);
  struct look look = {jail, census, is_exact};
  bh_each_name(jail->proc, look_at, &look);
}

static uint64_t tmpfs_bytes(const struct bh_jail *jail) {
  uint64_t bytes = 0;
  for (int i = 0; i < jail->counted_count; i++) {
    struct statfs status;
    if (fstatfs(jail->counted[i], &status) == 0) {
      bytes += (uint64_t)(status.f_blocks - status.f_bfree) * (uint64_t)status.f_bsize;
    }
  }
  return bytes;
}

static void notice(struct bh_jail *jail, int limit, uint64_t observed, int ends) {
  if (jail->noticed & (1u << limit)) return;
  jail->noticed |= 1u << limit;
  struct bh_jail_message message = bh_message(BH_MESSAGE_LIMIT);
  message.code = limit;
  message.values[0] = observed;
  message.values[1] = (uint64_t)ends;
  bh_send(jail, &message, NULL, 0);
}

// Two looks must agree, since one may see a process twice or not at all: living, and in what its parent has reaped.
static uint64_t with_lost(struct bh_jail *jail, uint64_t ms) {
  uint64_t last = jail->last_cpu_ms;
  uint64_t most = ms > last ? ms : last, least = ms < last ? ms : last;
  jail->last_cpu_ms = ms;
  if (most < jail->peak_cpu_ms) {
    jail->lost_cpu_ms += jail->peak_cpu_ms - most;
    jail->peak_cpu_ms = most;
  }
  if (least > jail->peak_cpu_ms) jail->peak_cpu_ms = least;
  return ms + jail->lost_cpu_ms;
}

int bh_watch_tick(struct bh_jail *jail) {
  struct census census;
  take(jail, 0, &census);
  uint64_t files = tmpfs_bytes(jail);
  uint64_t memory = census.resident + files;
  if (jail->limits.memory_bytes != 0 && memory > jail->limits.memory_bytes) {
    take(jail, 1, &census);
    memory = census.exact + files;
  }
  if (memory > jail->peak_bytes) jail->peak_bytes = memory;
  if (jail->limits.processes != 0 && census.processes >= jail->limits.processes) {
    notice(jail, BH_LIMIT_PROCESSES, census.processes, 0);
  }
  // In a user namespace of its own the kernel refuses a tree one more; elsewhere it would count all of the user's.
  if (jail->limits.processes != 0 && getpid() != 1 && census.threads > jail->limits.processes) {
    jail->noticed &= ~(1u << BH_LIMIT_PROCESSES);
    notice(jail, BH_LIMIT_PROCESSES, census.threads, 1);
    return BH_LIMIT_PROCESSES;
  }
  // Near the limit the tree is short-lived and its size changes fast: look more often until it is seen.
  jail->is_crowded = jail->limits.processes != 0 && !(jail->noticed & (1u << BH_LIMIT_PROCESSES)) &&
                     census.processes * 2 >= jail->limits.processes;
  // A tree that grows is looked at more often once its next step could pass the limit.
  uint64_t growth = memory > jail->last_memory ? memory - jail->last_memory : 0;
  jail->last_memory = memory;
  if (jail->limits.memory_bytes != 0 && memory + 2 * growth > jail->limits.memory_bytes) jail->is_crowded = 1;
  if (census.files_at_limit) notice(jail, BH_LIMIT_OPEN_FILES, jail->limits.open_files, 0);
  if (jail->limits.memory_bytes != 0 && memory > jail->limits.memory_bytes) {
    notice(jail, BH_LIMIT_MEMORY, memory, 1);
    return BH_LIMIT_MEMORY;
  }
  if (jail->limits.cpu_ms != 0) {
    struct rusage reaped;
    getrusage(RUSAGE_CHILDREN, &reaped);
    uint64_t ms = census.ticks * 1000u / BH_CLOCK_TICKS +
                  (uint64_t)(reaped.ru_utime.tv_sec + reaped.ru_stime.tv_sec) * 1000u +
                  (uint64_t)(reaped.ru_utime.tv_usec + reaped.ru_stime.tv_usec) / 1000u;
    ms = with_lost(jail, ms);
    if (ms > jail->limits.cpu_ms + jail->waited_cpu_us / 1000u) {
      notice(jail, BH_LIMIT_CPU, ms, 1);
      return BH_LIMIT_CPU;
    }
  }
  return 0;
}

void bh_wall_passed(struct bh_jail *jail) { notice(jail, BH_LIMIT_WALL, bh_now_ms() - jail->started_ms, 1); }
