// What the parts of bulkhead-jail share. Functions return 0 (or a descriptor) or −errno unless they say otherwise.
#ifndef BULKHEAD_JAIL_H
#define BULKHEAD_JAIL_H

#include "jail_policy.h"

#include <stdint.h>

#define BH_MAX_COUNTED 8
#define BH_MAX_SENT 4

// One jail under construction. The program is started by a child that borrows this memory, so it reports through
// `stage`, `error` and `index`.
struct bh_jail {
  struct bh_jail_policy policy;
  int status;     // socket to the parent
  int policy_fd;
  int listener;   // seccomp notifications; −1 when none
  int proxy;      // listens for the run's connections; −1 when none
  int workspace;  // the workspace's folder; −1 when none
  int io;         // our own /proc/self/io; −1 when none
  int outer_proc;  // /proc as the launcher sees it, until the ids are written; −1 when the path will do
  int proc;       // the jail's own /proc; −1 when none
  int counted[BH_MAX_COUNTED];  // tmpfs whose bytes are memory
  int counted_count;
  int stage, error, index;
  uint64_t started_ms;  // CLOCK_BOOTTIME
  uint64_t peak_bytes;  // of the tree, as seen at the ticks
  uint64_t read_before, written_before;
  uint64_t last_memory; // at the last look
  // Processor time of the tree at the last look, the highest that two looks agreed on, and what is known to be missing.
  uint64_t last_cpu_ms, peak_cpu_ms, lost_cpu_ms;
  unsigned noticed;     // limits already reported, one bit each
  int is_crowded;       // close to the limit of processes, or of memory at the rate of the last look
  int waits;            // for BH_MESSAGE_BEGIN; until then no limit of time or memory counts
  uint64_t waited_cpu_us;  // processor time that the program had used by then
  // What the reaper needs of the policy, which it forgets once the program runs.
  struct {
    uint64_t wall_ms, cpu_ms, memory_bytes;
    uint32_t processes, open_files, tick_ms;
  } limits;
};

static inline const char *bh_string(const struct bh_jail *jail, uint32_t offset) {
  return jail->policy.strings + offset;
}

// Notes where it went wrong and returns `error` (negative) for the caller to pass on.
int bh_fail(struct bh_jail *jail, int stage, int index, int error);

// Sends one message with up to BH_MAX_SENT descriptors. A parent that is gone is not an error: its absence is seen by poll.
void bh_send(const struct bh_jail *jail, const struct bh_jail_message *message, const int *descriptors, int count);
struct bh_jail_message bh_message(int kind);
void bh_send_failure(const struct bh_jail *jail);
uint64_t bh_now_ms(void);
// Bytes read and written by this process and those it has reaped.
void bh_read_io(int file, uint64_t *read_bytes, uint64_t *written_bytes);

// root.c: opens the sources, builds the root, pivots.
int bh_build_root(struct bh_jail *jail);
// The same where the root is a template's already: only what is the run's own.
int bh_furnish_root(struct bh_jail *jail);

// template.c
int bh_send_template(struct bh_jail *jail);                           // the reaper, when its root is one
int bh_enter_template(struct bh_jail *jail, int user, int mounts);  // the launcher, before it clones the reaper

// network.c: brings up the loopback of a new network namespace and listens there.
int bh_listen(struct bh_jail *jail);

// program.c: starts the program; returns its pid.
int bh_start_program(struct bh_jail *jail);

// landlock.c: in the program, before seccomp.
int bh_apply_landlock(struct bh_jail *jail);

// privileges.c
int bh_drop_privileges(struct bh_jail *jail);   // capabilities and no_new_privs; for the reaper and what it starts
int bh_become(struct bh_jail *jail);            // when started as root
int bh_settle(struct bh_jail *jail, uint32_t uid, uint32_t gid);  // the reaper's ids in its new namespace

// watchdog.c: one look at the tree. Returns 0 or the enum bh_jail_limit that ends the run.
int bh_watch_tick(struct bh_jail *jail);
void bh_wall_passed(struct bh_jail *jail);

// reaper.c: waits until the program has ended, a limit or the parent ends it. Never returns.
_Noreturn void bh_reap(struct bh_jail *jail, int program);

#endif
