// Raw system calls and structures that Debian 12's headers lack or declare without a wrapper. All return −errno on error.
#ifndef BULKHEAD_JAIL_KERNEL_H
#define BULKHEAD_JAIL_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#ifndef CLONE_PIDFD
#define CLONE_PIDFD 0x1000
#endif
#ifndef CLONE_NEWCGROUP
#define CLONE_NEWCGROUP 0x02000000
#endif

// linux/sched.h, clone3(2); the first version of the structure, 5.3.
struct bh_clone_args {
  uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
};

// linux/mount.h, 5.12.
#define BH_OPEN_TREE_CLONE 1u
#define BH_OPEN_TREE_CLOEXEC 02000000u
#define BH_AT_RECURSIVE 0x8000u
#define BH_AT_EMPTY_PATH 0x1000u
#define BH_MOVE_FROM_EMPTY 0x4u
#define BH_MOVE_TO_EMPTY 0x40u
#define BH_ATTR_RDONLY 0x1u
#define BH_ATTR_NOSUID 0x2u
#define BH_ATTR_NODEV 0x4u
#define BH_ATTR_NOEXEC 0x8u

struct bh_mount_attr {
  uint64_t attr_set, attr_clr, propagation, userns_fd;
};

// linux/openat2.h, 5.6.
#define BH_RESOLVE_NO_XDEV 0x1u
#define BH_RESOLVE_NO_MAGICLINKS 0x2u
#define BH_RESOLVE_NO_SYMLINKS 0x4u
#define BH_RESOLVE_BENEATH 0x8u

struct bh_open_how {
  uint64_t flags, mode, resolve;
};

// linux/landlock.h up to ABI 6 (6.12); Debian 12's stops at ABI 2.
struct bh_landlock_ruleset {
  uint64_t handled_access_fs, handled_access_net, scoped;
};
struct bh_landlock_path {
  uint64_t allowed_access;
  int32_t parent_fd;
} __attribute__((packed));
struct bh_landlock_port {
  uint64_t allowed_access, port;
};
#define BH_LANDLOCK_RULE_PATH 1u
#define BH_LANDLOCK_RULE_PORT 2u
#define BH_LANDLOCK_VERSION 1u

int bh_enter_namespace(int file, int kind);
// A descriptor of a process that is our child.
int bh_pidfd_open(int pid);
int bh_clone3(struct bh_clone_args *arguments);
int bh_open_tree(int folder, const char *path, unsigned flags);
int bh_mount_setattr(int folder, const char *path, unsigned flags, const struct bh_mount_attr *attributes);
int bh_move_mount(int from, int to);
int bh_openat2(int folder, const char *path, const struct bh_open_how *how);
int bh_pivot_root(const char *new_root, const char *put_old);
int bh_close_range(unsigned first, unsigned last, unsigned flags);
// ABI number, or −errno (ENOSYS not built in, EOPNOTSUPP switched off at boot).
int bh_landlock_abi(void);
int bh_landlock_create(const struct bh_landlock_ruleset *ruleset, size_t size);
int bh_landlock_add_path(int ruleset, const struct bh_landlock_path *rule);
int bh_landlock_add_port(int ruleset, const struct bh_landlock_port *rule);
int bh_landlock_restrict(int ruleset);
// Returns 0, or the listener's descriptor when the flags ask for one.
int bh_seccomp_load(unsigned flags, const void *program);

#endif
