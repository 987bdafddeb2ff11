// One look at every process of the jail: processor time and memory of the tree, processes and open files.
//
// Memory = unique anonymous and shared-anonymous bytes (Pss, so that what forked children still share counts once) plus
// what the counted tmpfs hold; page cache of files does not count. The sum of resident sizes is read first, and the
// exact but dearer figure only when that sum comes near the limit. Processor time = living processes with what they
// have reaped, plus what the reaper has reaped; a process that has its children reaped automatically hides theirs.
#define _GNU_SOURCE
#include "jail.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

struct census {
  uint64_t ticks;     // processor time in clock ticks
  uint64_t resident;  // bytes
  uint64_t exact;     // bytes, when asked for
  unsigned processes;
  int files_at_limit;
};

static ssize_t read_at(int proc, const char *path, char *buffer, size_t size) {
  int file = openat(proc, path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return -1;
  ssize_t count = read(file, buffer, size - 1);
  close(file);
  if (count >= 0) buffer[count] = '\0';
  return count;
}

// Adds fields 14 … 17 (utime, stime, cutime, cstime) and 24 (rss in pages) of /proc/PID/stat.
static void add_stat(const char *text, struct census *census) {
  const char *at = strrchr(text, ')');  // the name before it may hold anything
  if (at == NULL) return;
  at++;
  for (int field = 3; field <= 24; field++) {
    while (*at == ' ') at++;
    if (*at == '\0') return;
    if (field >= 14 && field <= 17) census->ticks += strtoull(at, NULL, 10);
    if (field == 24) census->resident += strtoull(at, NULL, 10) * 4096u;
    while (*at != ' ' && *at != '\0') at++;
  }
}

static uint64_t kilobytes_after(const char *text, const char *name) {
  const char *at = strstr(text, name);
  return at == NULL ? 0 : strtoull(at + strlen(name), NULL, 10);
}

// False when the process does not let us look (gone, or not dumpable).
static int add_exact(int proc, const char *pid, struct census *census) {
  char path[32], text[2048];
  snprintf(path, sizeof path, "%.10s/smaps_rollup", pid);
  if (read_at(proc, path, text, sizeof text) <= 0) return 0;
  census->exact += (kilobytes_after(text, "Pss_Anon:") + kilobytes_after(text, "Pss_Shmem:")) * 1024u;
  return 1;
}

// Without a pid namespace /proc shows everybody. All of ours descend from the reaper, since orphans are adopted by it;
// parents are walked upwards. A process that is replaced meanwhile is miscounted for one look.
static int is_ours(int proc, long pid) {
  if (getpid() == 1) return 1;
  for (int steps = 0; pid > 1 && steps < 64; steps++) {
    if (pid == getpid()) return 1;
    char path[32], text[1024];
    snprintf(path, sizeof path, "%ld/stat", pid);
    if (read_at(proc, path, text, sizeof text) <= 0) return 0;
    const char *at = strrchr(text, ')');
    if (at == NULL || strlen(at) < 5) return 0;
    pid = strtol(at + 4, NULL, 10);
  }
  return 0;
}

static void take(struct bh_jail *jail, DIR *folder, int exactly, struct census *census) {
  memset(census, 0, sizeof *census);
  rewinddir(folder);
  for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
    if (entry->d_name[0] < '0' || entry->d_name[0] > '9' || strtol(entry->d_name, NULL, 10) == getpid()) {
      continue;
    }
    if (!is_ours(jail->proc, strtol(entry->d_name, NULL, 10))) continue;
    char path[32], text[1024];
    snprintf(path, sizeof path, "%.10s/stat", entry->d_name);
    uint64_t before = census->resident;
    if (read_at(jail->proc, path, text, sizeof text) <= 0) continue;
    census->processes++;
    add_stat(text, census);
    if (exactly && !add_exact(jail->proc, entry->d_name, census)) census->exact += census->resident - before;
    if (jail->limits.open_files == 0 || census->files_at_limit) continue;
    // Since 6.2 the size of this folder is the number of open descriptors; before it is 0.
    struct stat status;
    snprintf(path, sizeof path, "%.10s/fd", entry->d_name);
    if (fstatat(jail->proc, path, &status, 0) == 0 && (uint64_t)status.st_size >= jail->limits.open_files) {
      census->files_at_limit = 1;
    }
  }
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

static void notice(struct bh_jail *jail, int limit, uint64_t observed) {
  if (jail->noticed & (1u << limit)) return;
  jail->noticed |= 1u << limit;
  struct bh_jail_message message = bh_message(BH_MESSAGE_LIMIT);
  message.code = limit;
  message.values[0] = observed;
  bh_send(jail, &message, NULL, 0);
}

int bh_watch_tick(struct bh_jail *jail) {
  static DIR *folder;
  if (folder == NULL) {
    int copy = openat(jail->proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    folder = copy < 0 ? NULL : fdopendir(copy);
    if (folder == NULL) return 0;
  }
  struct census census;
  take(jail, folder, 0, &census);
  uint64_t files = tmpfs_bytes(jail);
  uint64_t memory = census.resident + files;
  if (jail->limits.memory_bytes != 0 && memory > jail->limits.memory_bytes) {
    take(jail, folder, 1, &census);
    memory = census.exact + files;
  }
  if (memory > jail->peak_bytes) jail->peak_bytes = memory;
  if (jail->limits.processes != 0 && census.processes >= jail->limits.processes) {
    notice(jail, BH_LIMIT_PROCESSES, census.processes);
  }
  // Near the limit the tree is short-lived and its size changes fast: look more often until it is seen.
  jail->is_crowded = jail->limits.processes != 0 && !(jail->noticed & (1u << BH_LIMIT_PROCESSES)) &&
                     census.processes * 2 >= jail->limits.processes;
  if (census.files_at_limit) notice(jail, BH_LIMIT_OPEN_FILES, jail->limits.open_files);
  if (jail->limits.memory_bytes != 0 && memory > jail->limits.memory_bytes) {
    notice(jail, BH_LIMIT_MEMORY, memory);
    return BH_LIMIT_MEMORY;
  }
  if (jail->limits.cpu_ms != 0) {
    struct rusage reaped;
    getrusage(RUSAGE_CHILDREN, &reaped);
    uint64_t ms = census.ticks * 1000u / (uint64_t)sysconf(_SC_CLK_TCK) +
                  (uint64_t)(reaped.ru_utime.tv_sec + reaped.ru_stime.tv_sec) * 1000u +
                  (uint64_t)(reaped.ru_utime.tv_usec + reaped.ru_stime.tv_usec) / 1000u;
    if (ms > jail->limits.cpu_ms + jail->waited_cpu_us / 1000u) {
      notice(jail, BH_LIMIT_CPU, ms);
      return BH_LIMIT_CPU;
    }
  }
  return 0;
}

void bh_wall_passed(struct bh_jail *jail) { notice(jail, BH_LIMIT_WALL, bh_now_ms() - jail->started_ms); }
