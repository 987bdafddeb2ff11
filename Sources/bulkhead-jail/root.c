// The jail's private root: a read-only tmpfs with binds, size-limited tmpfs and a /proc of its own.
//
// Every bind source is opened, as a detached copy, before anything is mounted: so the new root may be built over any
// folder, and no path is resolved twice. Targets are resolved beneath the new root without following a link.
#define _GNU_SOURCE
#include "jail.h"
#include "kernel.h"
#include "runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_target(const char *target, int flags) {
  struct bh_open_how how = {
      .flags = (uint64_t)(flags | O_CLOEXEC),
      .resolve = BH_RESOLVE_BENEATH | BH_RESOLVE_NO_SYMLINKS | BH_RESOLVE_NO_MAGICLINKS,
  };
  return bh_openat2(AT_FDCWD, target, &how);
}

static uint64_t attributes_of(const struct bh_jail_mount *mount) {
  uint64_t set = 0;
  if (!(mount->flags & BH_MOUNT_SUID)) set |= BH_ATTR_NOSUID;
  if (!(mount->flags & BH_MOUNT_DEVICES)) set |= BH_ATTR_NODEV;
  if (mount->flags & BH_MOUNT_READ_ONLY) set |= BH_ATTR_RDONLY;
  if (mount->flags & BH_MOUNT_NO_EXEC) set |= BH_ATTR_NOEXEC;
  return set;
}

static unsigned long legacy_flags(const struct bh_jail_mount *mount) {
  unsigned long flags = MS_NOSUID | MS_NODEV;
  if (mount->flags & BH_MOUNT_READ_ONLY) flags |= MS_RDONLY;
  if (mount->flags & BH_MOUNT_NO_EXEC) flags |= MS_NOEXEC;
  return flags;
}

static int open_source(const struct bh_jail *jail, const struct bh_jail_mount *mount) {
  // Recursive: a mount that we inherited may not be shown without what was mounted over it.
  int tree = bh_open_tree(AT_FDCWD, bh_string(jail, mount->source),
                          BH_OPEN_TREE_CLONE | BH_OPEN_TREE_CLOEXEC | BH_AT_RECURSIVE);
  if (tree < 0) return tree;
  struct bh_mount_attr attributes = {.attr_set = attributes_of(mount), .propagation = MS_PRIVATE};
  int error = bh_mount_setattr(tree, "", BH_AT_EMPTY_PATH | BH_AT_RECURSIVE, &attributes);
  if (error != 0) {
    close(tree);
    return error;
  }
  return tree;
}

static int add_bind(int tree, const char *target) {
  int at = open_target(target, O_PATH);
  if (at < 0) return at;
  int error = bh_move_mount(tree, at);
  close(at);
  return error;
}

static int add_file(const struct bh_jail *jail, const struct bh_jail_mount *mount, const char *target) {
  struct bh_open_how how = {
      .flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
      .mode = mount->mode,
      .resolve = BH_RESOLVE_BENEATH | BH_RESOLVE_NO_SYMLINKS | BH_RESOLVE_NO_MAGICLINKS,
  };
  int file = bh_openat2(AT_FDCWD, target, &how);
  if (file < 0) return file;
  const uint8_t *bytes = jail->policy.data + mount->data_offset;
  size_t left = mount->data_length;
  int error = 0;
  while (left > 0 && error == 0) {
    ssize_t count = write(file, bytes, left);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) error = -errno;
    if (count > 0) {
      bytes += count;
      left -= (size_t)count;
    }
  }
  close(file);
  return error;
}

static int add_tmpfs(struct bh_jail *jail, const struct bh_jail_mount *entry, const char *target) {
  char options[128];
  struct bh_text text = bh_text_in(options, sizeof options);
  bh_add(&text, "size=");
  bh_add_number(&text, entry->size, 10);
  bh_add(&text, ",nr_inodes=");
  bh_add_number(&text, entry->inodes != 0 ? entry->inodes : 4096, 10);
  bh_add(&text, ",mode=");
  bh_add_number(&text, entry->mode, 8);
  if (mount(NULL, target, "tmpfs", legacy_flags(entry), options) < 0) return -errno;
  if (entry->flags & BH_MOUNT_COUNTED) {
    if (jail->counted_count == BH_MAX_COUNTED) return -EINVAL;
    int folder = open_target(target, O_PATH | O_DIRECTORY);
    if (folder < 0) return folder;
    jail->counted[jail->counted_count++] = folder;
  }
  if (entry->flags & BH_MOUNT_WORKSPACE) {
    jail->workspace = open_target(target, O_RDONLY | O_DIRECTORY);
    if (jail->workspace < 0) return jail->workspace;
  }
  return 0;
}

static int add_proc(struct bh_jail *jail, const struct bh_jail_mount *entry, const char *target) {
  const char *options = (entry->flags & BH_MOUNT_PID_ONLY) ? "subset=pid" : NULL;
  unsigned long flags = (legacy_flags(entry) | MS_NOEXEC);
  if (mount(NULL, target, "proc", flags, options) < 0) return -errno;
  jail->proc = open_target(target, O_RDONLY | O_DIRECTORY);
  return jail->proc < 0 ? jail->proc : 0;
}

static int apply(struct bh_jail *jail, const struct bh_jail_mount *mount, int tree) {
  const char *target = bh_string(jail, mount->target);
  switch (mount->op) {
    case BH_MOUNT_FOLDER:
      // A folder that an earlier bind brought along is as good.
      return mkdir(target, mount->mode) < 0 && errno != EEXIST ? -errno : 0;
    case BH_MOUNT_SYMLINK: return symlink(bh_string(jail, mount->source), target) < 0 ? -errno : 0;
    case BH_MOUNT_FILE: return add_file(jail, mount, target);
    case BH_MOUNT_BIND: return tree < 0 ? 0 : add_bind(tree, target);
    case BH_MOUNT_TMPFS: return add_tmpfs(jail, mount, target);
    case BH_MOUNT_PROC: return add_proc(jail, mount, target);
    default: return -EINVAL;
  }
}

int bh_furnish_root(struct bh_jail *jail) {
  umask(0);
  for (uint32_t i = 0; i < jail->policy.mount_count; i++) {
    const struct bh_jail_mount *mount = &jail->policy.mounts[i];
    int error = mount->op == BH_MOUNT_BIND ? -EINVAL : apply(jail, mount, -1);
    if (error != 0) return bh_fail(jail, BH_STAGE_MOUNT, (int)i, error);
  }
  return 0;
}

int bh_build_root(struct bh_jail *jail) {
  static int trees[BH_JAIL_MAX_MOUNTS];
  const struct bh_jail_mount *mounts = jail->policy.mounts;
  for (uint32_t i = 0; i < jail->policy.mount_count; i++) {
    trees[i] = -1;
    if (mounts[i].op != BH_MOUNT_BIND) continue;
    trees[i] = open_source(jail, &mounts[i]);
    int is_missing = trees[i] == -ENOENT && (mounts[i].flags & BH_MOUNT_OPTIONAL);
    if (trees[i] < 0 && !is_missing) return bh_fail(jail, BH_STAGE_SOURCES, (int)i, trees[i]);
  }

  // Nothing that happens here may reach the mounts we came from.
  if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) return bh_fail(jail, BH_STAGE_ROOT, 0, -errno);
  const char *staging = bh_string(jail, jail->policy.config->staging);
  if (mount(NULL, staging, "tmpfs", MS_NOSUID | MS_NODEV, "size=66m,nr_inodes=4096,mode=755") < 0) {
    return bh_fail(jail, BH_STAGE_ROOT, 1, -errno);
  }
  if (chdir(staging) < 0) return bh_fail(jail, BH_STAGE_ROOT, 2, -errno);
  umask(0);
  for (uint32_t i = 0; i < jail->policy.mount_count; i++) {
    int error = apply(jail, &mounts[i], trees[i]);
    if (error != 0) return bh_fail(jail, BH_STAGE_MOUNT, (int)i, error);
    if (trees[i] >= 0) close(trees[i]);
  }

  // The old root ends up mounted over the new one at the same place, and is then let go.
  int error = bh_pivot_root(".", ".");
  if (error != 0) return bh_fail(jail, BH_STAGE_PIVOT, 0, error);
  if (umount2(".", MNT_DETACH) < 0) return bh_fail(jail, BH_STAGE_PIVOT, 1, -errno);
  if (chdir("/") < 0) return bh_fail(jail, BH_STAGE_PIVOT, 2, -errno);
  struct bh_mount_attr read_only = {.attr_set = BH_ATTR_RDONLY};
  error = bh_mount_setattr(AT_FDCWD, "/", 0, &read_only);
  if (error != 0) return bh_fail(jail, BH_STAGE_PIVOT, 3, error);
  return 0;
}
