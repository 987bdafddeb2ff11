// A finished root that runs share: the part of a view that is the same for every run, built once.
//
// Most of a run's mounts are the same each time, and letting go of the old root waits for every processor. So one jail
// builds the root up to, but not including, what is a run's own (its tmpfs and its /proc), hands out descriptors of its
// user and mount namespaces and ends. The launcher of a later run enters both before it clones the reaper, whose
// namespaces are copies: the mounts in them, and their read-only, nosuid, nodev and noexec flags, belong to the more
// privileged namespace and cannot be changed or taken away from the copy, not even by the reaper.
//
// What runs share by it: a tmpfs with a few links and two files that nobody can write, since superblock and mount are
// read-only, and a /proc of a process namespace that is dead, which every run covers with its own (the kernel lets a
// user namespace mount a /proc only where one is in full view). No process is in the template, and no path leads there.
#define _GNU_SOURCE
#include "jail.h"
#include "kernel.h"
#include "runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

int bh_send_template(struct bh_jail *jail) {
  if (jail->proc < 0) return bh_fail(jail, BH_STAGE_TEMPLATE, 0, -ENOENT);
  if (mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, NULL) < 0) {
    return bh_fail(jail, BH_STAGE_TEMPLATE, 1, -errno);
  }
  int namespaces[2];
  namespaces[0] = openat(jail->proc, "self/ns/user", O_RDONLY | O_CLOEXEC);
  if (namespaces[0] < 0) return bh_fail(jail, BH_STAGE_TEMPLATE, 2, -errno);
  namespaces[1] = openat(jail->proc, "self/ns/mnt", O_RDONLY | O_CLOEXEC);
  if (namespaces[1] < 0) return bh_fail(jail, BH_STAGE_TEMPLATE, 3, -errno);
  // Where a filter refuses this, runs must not rely on it.
  int error = bh_enter_namespace(namespaces[1], CLONE_NEWNS);
  if (error != 0) return bh_fail(jail, BH_STAGE_TEMPLATE, 8, error);
  struct bh_jail_message message = bh_message(BH_MESSAGE_TEMPLATE);
  bh_send(jail, &message, namespaces, 2);
  return 0;
}

int bh_enter_template(struct bh_jail *jail, int user, int mounts) {
  // The template's own /proc knows no process, and the reaper has its ids to write.
  jail->outer_proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (jail->outer_proc < 0) return bh_fail(jail, BH_STAGE_TEMPLATE, 4, -errno);
  // First the owner of the other, which gives the right to enter it.
  int error = bh_enter_namespace(user, CLONE_NEWUSER);
  if (error != 0) return bh_fail(jail, BH_STAGE_TEMPLATE, 5, error);
  error = bh_enter_namespace(mounts, CLONE_NEWNS);
  if (error != 0) return bh_fail(jail, BH_STAGE_TEMPLATE, 6, error);
  close(user);
  close(mounts);
  return 0;
}
