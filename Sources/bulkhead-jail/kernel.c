#define _GNU_SOURCE
#include "kernel.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

static int result(long value) { return value < 0 ? -errno : (int)value; }

int bh_clone3(struct bh_clone_args *arguments) { return result(syscall(SYS_clone3, arguments, sizeof *arguments)); }

int bh_open_tree(int folder, const char *path, unsigned flags) {
  return result(syscall(SYS_open_tree, folder, path, flags));
}

int bh_mount_setattr(int folder, const char *path, unsigned flags, const struct bh_mount_attr *attributes) {
  return result(syscall(SYS_mount_setattr, folder, path, flags, attributes, sizeof *attributes));
}

int bh_move_mount(int from, int to) {
  return result(syscall(SYS_move_mount, from, "", to, "", BH_MOVE_FROM_EMPTY | BH_MOVE_TO_EMPTY));
}

int bh_openat2(int folder, const char *path, const struct bh_open_how *how) {
  return result(syscall(SYS_openat2, folder, path, how, sizeof *how));
}

int bh_pivot_root(const char *new_root, const char *put_old) {
  return result(syscall(SYS_pivot_root, new_root, put_old));
}

int bh_close_range(unsigned first, unsigned last, unsigned flags) {
  return result(syscall(SYS_close_range, first, last, flags));
}

int bh_landlock_abi(void) {
  return result(syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, BH_LANDLOCK_VERSION));
}

int bh_landlock_create(const struct bh_landlock_ruleset *ruleset, size_t size) {
  return result(syscall(SYS_landlock_create_ruleset, ruleset, size, 0u));
}

int bh_landlock_add_path(int ruleset, const struct bh_landlock_path *rule) {
  return result(syscall(SYS_landlock_add_rule, ruleset, BH_LANDLOCK_RULE_PATH, rule, 0u));
}

int bh_landlock_add_port(int ruleset, const struct bh_landlock_port *rule) {
  return result(syscall(SYS_landlock_add_rule, ruleset, BH_LANDLOCK_RULE_PORT, rule, 0u));
}

int bh_landlock_restrict(int ruleset) { return result(syscall(SYS_landlock_restrict_self, ruleset, 0u)); }

int bh_seccomp_load(unsigned flags, const void *program) {
  return result(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, program));
}

int bh_enter_namespace(int file, int kind) { return result(syscall(SYS_setns, file, kind)); }

int bh_pidfd_open(int pid) { return result(syscall(SYS_pidfd_open, pid, 0u)); }
