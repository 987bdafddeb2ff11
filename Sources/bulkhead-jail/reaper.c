// Pid 1 of the jail: reaps, watches the limits and the parent, reports how the program ended, and takes the rest of
// the tree with it. When it exits, the kernel kills whatever is left in its pid namespace.
#define _GNU_SOURCE
#include "jail.h"
#include "runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void on_child(int number) { (void)number; }

// Without a pid namespace the tree is ours by adoption only: kill children until none is left. What a killed child had
// started becomes our child in turn.
static void end_adopted(void) {
  char path[64], text[4096];
  struct bh_text name = bh_text_in(path, sizeof path);
  bh_add(&name, "/proc/self/task/");
  bh_add_number(&name, (uint64_t)getpid(), 10);
  bh_add(&name, "/children");
  for (int round = 0; round < 1000; round++) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t count = file < 0 ? -1 : read(file, text, sizeof text - 1);
    if (file >= 0) close(file);
    if (count <= 0) return;
    text[count] = '\0';
    for (const char *at = text; *at != '\0';) {
      uint64_t pid = bh_take_number(&at);
      if (pid <= 1) break;
      kill((pid_t)pid, SIGKILL);
    }
    while (waitpid(-1, NULL, __WALL | WNOHANG) > 0) {
    }
    struct timespec pause = {.tv_nsec = 500000};
    nanosleep(&pause, NULL);
  }
}

// Ends and reaps what is left, so that its use is in the receipt: what the kernel kills when pid 1 exits is not. As pid 1
// no child left means no process left, since whoever loses its parent becomes our child.
static void end_tree(void) {
  if (getpid() != 1) {
    end_adopted();
    return;
  }
  kill(-1, SIGKILL);
  pid_t pid;
  while ((pid = waitpid(-1, NULL, __WALL)) > 0 || (pid < 0 && errno == EINTR)) {
  }
}

// The last message: how the program ended and what all of the tree have used. The namespaces still stand, and go with
// us. One message, since each wakes the parent.
static void report_gone(const struct bh_jail *jail, int has_status, int status) {
  struct rusage usage;
  getrusage(RUSAGE_CHILDREN, &usage);
  struct bh_jail_message message = bh_message(BH_MESSAGE_GONE);
  message.values[0] =
      (uint64_t)usage.ru_utime.tv_sec * 1000000u + (uint64_t)usage.ru_utime.tv_usec + jail->lost_cpu_ms * 1000u;
  message.values[1] = (uint64_t)usage.ru_stime.tv_sec * 1000000u + (uint64_t)usage.ru_stime.tv_usec;
  message.values[2] = (uint64_t)usage.ru_maxrss;
  message.values[3] = (bh_now_ms() - jail->started_ms) * 1000u;
  uint64_t read_bytes = 0, written_bytes = 0;
  bh_read_io(jail->io, &read_bytes, &written_bytes);
  message.values[4] = read_bytes - jail->read_before;
  message.values[5] = written_bytes - jail->written_before;
  message.values[6] = jail->peak_bytes;
  message.stage = (uint16_t)has_status;
  message.code = status;
  bh_send(jail, &message, NULL, 0);
}

static _Noreturn void finish(struct bh_jail *jail, int has_status, int status) {
  end_tree();
  if (getpid() == 1) {
    report_gone(jail, has_status, status);
  } else if (has_status) {
    struct bh_jail_message message = bh_message(BH_MESSAGE_EXIT);
    message.code = status;
    message.values[0] = jail->peak_bytes;
    bh_send(jail, &message, NULL, 0);
  }
  _exit(0);
}

// Milliseconds until something is due; −1 when nothing is.
static int next_due(const struct bh_jail *jail, uint64_t now, uint64_t tick_at) {
  if (jail->waits) return -1;
  uint64_t due = UINT64_MAX;
  if (jail->limits.tick_ms != 0) due = tick_at;
  if (jail->limits.wall_ms != 0 && jail->started_ms + jail->limits.wall_ms < due) {
    due = jail->started_ms + jail->limits.wall_ms;
  }
  if (due == UINT64_MAX) return -1;
  if (due <= now) return 0;
  return due - now > 60000 ? 60000 : (int)(due - now);
}

// Takes the one message that a parent may send: from now on the limits count. Returns 0 if this was none, or the end.
static int begin(struct bh_jail *jail) {
  struct bh_jail_message message;
  ssize_t length = recv(jail->status, &message, sizeof message, MSG_DONTWAIT);
  if (length != (ssize_t)sizeof message || message.magic != BH_JAIL_MAGIC || message.kind != BH_MESSAGE_BEGIN) return 0;
  if (!jail->waits) return 0;
  jail->waits = 0;
  jail->started_ms = bh_now_ms();
  if (message.values[0] != 0) jail->limits.wall_ms = message.values[0];
  jail->waited_cpu_us = message.values[1];
  return 1;
}

void bh_reap(struct bh_jail *jail, int program) {
  struct sigaction action = {.sa_handler = on_child};
  sigaction(SIGCHLD, &action, NULL);
  sigset_t waiting;
  sigfillset(&waiting);
  sigdelset(&waiting, SIGCHLD);
  uint64_t tick_at = bh_now_ms() + jail->limits.tick_ms;
  bh_read_io(jail->io, &jail->read_before, &jail->written_before);
  for (;;) {
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, __WALL | WNOHANG)) > 0;) {
      if (pid == program) finish(jail, 1, status);
    }
    uint64_t now = bh_now_ms();
    if (!jail->waits && jail->limits.wall_ms != 0 && now - jail->started_ms >= jail->limits.wall_ms) {
      bh_wall_passed(jail);
      finish(jail, 0, 0);
    }
    if (!jail->waits && jail->limits.tick_ms != 0 && now >= tick_at) {
      if (bh_watch_tick(jail) != 0) finish(jail, 0, 0);
      tick_at = bh_now_ms() + (jail->is_crowded && jail->limits.tick_ms > 2 ? 2 : jail->limits.tick_ms);
      continue;
    }
    // The parent says at most one thing, `begin`; that it is gone, or closes its sending side, asks for the end.
    struct pollfd parent = {.fd = jail->status, .events = POLLIN};
    int timeout = next_due(jail, now, tick_at);
    struct timespec span = {.tv_sec = timeout / 1000, .tv_nsec = (long)(timeout % 1000) * 1000000};
    int ready = ppoll(&parent, 1, timeout < 0 ? NULL : &span, &waiting);
    if (ready <= 0) continue;
    if (!(parent.revents & POLLIN) || !begin(jail)) finish(jail, 0, 0);
    tick_at = jail->started_ms + jail->limits.tick_ms;
  }
}
