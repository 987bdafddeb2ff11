// Who the jail runs as, and giving up every capability.
#define _GNU_SOURCE
#include "jail.h"
#include "kernel.h"
#include "runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int bh_become(struct bh_jail *jail) {
  const struct bh_jail_config *config = jail->policy.config;
  if (geteuid() == 0 && config->uid != BH_JAIL_NO_ID) {
    if (config->uid == 0 || config->gid == BH_JAIL_NO_ID) return bh_fail(jail, BH_STAGE_CREDENTIALS, 0, -EINVAL);
    if (setgroups(0, NULL) < 0 || setresgid(config->gid, config->gid, config->gid) < 0 ||
        setresuid(config->uid, config->uid, config->uid) < 0) {
      return bh_fail(jail, BH_STAGE_CREDENTIALS, 0, -errno);
    }
  }
  uid_t real, effective, saved;
  getresuid(&real, &effective, &saved);
  // The kernel's uid inside a jail is never 0.
  if ((real == 0 || effective == 0 || saved == 0) && !(config->flags & BH_JAIL_ROOT_ALLOWED)) {
    return bh_fail(jail, BH_STAGE_CREDENTIALS, 1, -EPERM);
  }
  // The change above made us non-dumpable, and then /proc/self/uid_map belongs to root. Until the maps are written
  // this process must look like its owner's.
  if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) < 0) return bh_fail(jail, BH_STAGE_CREDENTIALS, 2, -errno);
  return 0;
}

// Of our own /proc folder, opened once: each look-up of /proc/self makes it anew.
static int write_file(int folder, const char *name, const char *text, int length) {
  int file = openat(folder, name, O_WRONLY | O_CLOEXEC);
  if (file < 0) return -errno;
  int error = write(file, text, (size_t)length) == length ? 0 : -errno;
  close(file);
  return error;
}

static int write_map(int folder, const char *name, uint32_t inner, uint32_t outer) {
  char bytes[64];
  struct bh_text text = bh_text_in(bytes, sizeof bytes);
  bh_add_number(&text, inner, 10);
  bh_add(&text, " ");
  bh_add_number(&text, outer, 10);
  bh_add(&text, " 1");
  return write_file(folder, name, bytes, (int)text.length);
}

static int map_identities(struct bh_jail *jail, int folder, uint32_t uid, uint32_t gid) {
  const struct bh_jail_config *config = jail->policy.config;
  uint32_t inner_uid = config->inner_uid == BH_JAIL_NO_ID ? uid : config->inner_uid;
  uint32_t inner_gid = config->inner_gid == BH_JAIL_NO_ID ? gid : config->inner_gid;
  int error = write_map(folder, "uid_map", inner_uid, uid);
  if (error != 0) return bh_fail(jail, BH_STAGE_IDENTITIES, 0, error);
  // Without this an unprivileged gid map is refused: dropping a group could widen access.
  error = write_file(folder, "setgroups", "deny", 4);
  if (error != 0) return bh_fail(jail, BH_STAGE_IDENTITIES, 1, error);
  error = write_map(folder, "gid_map", inner_gid, gid);
  return error != 0 ? bh_fail(jail, BH_STAGE_IDENTITIES, 2, error) : 0;
}

int bh_settle(struct bh_jail *jail, uint32_t uid, uint32_t gid) {
  int folder = jail->outer_proc < 0 ? open("/proc/self", O_PATH | O_DIRECTORY | O_CLOEXEC)
                                    : openat(jail->outer_proc, "self", O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) return bh_fail(jail, BH_STAGE_IDENTITIES, 3, -errno);
  // Should the host run short of memory, jails go first; best effort.
  (void)write_file(folder, "oom_score_adj", "800", 3);
  int error = 0;
  if (jail->policy.config->namespaces & BH_NS_USER) error = map_identities(jail, folder, uid, gid);
  close(folder);
  return error;
}

static int drop_capabilities(const struct bh_jail_config *config) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  struct __user_cap_data_struct held[2];
  if (syscall(SYS_capget, &header, held) < 0) return -errno;
  int may_set = (held[CAP_SETPCAP / 32].effective >> (CAP_SETPCAP % 32)) & 1;
  if (!(config->flags & BH_JAIL_KEEP_BOUNDING) && may_set) {
    // Stops at the first number that this kernel does not know.
    for (int capability = 0; capability < 64; capability++) {
      if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0) {
        if (errno == EINVAL) break;
        return -errno;
      }
    }
    if (prctl(PR_SET_SECUREBITS,
              SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED |
                  SECBIT_KEEP_CAPS_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE | SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED,
              0, 0, 0) < 0) {
      return -errno;
    }
  }
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) return -errno;
  struct __user_cap_data_struct none[2] = {{0}};
  if (syscall(SYS_capset, &header, none) < 0) return -errno;
  return 0;
}

int bh_drop_privileges(struct bh_jail *jail) {
  const struct bh_jail_config *config = jail->policy.config;
  int error = (config->flags & BH_JAIL_KEEP_CAPS) ? 0 : drop_capabilities(config);
  if (error != 0) return bh_fail(jail, BH_STAGE_CAPABILITIES, 0, error);
  if ((config->flags & BH_JAIL_NO_NEW_PRIVS) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
    return bh_fail(jail, BH_STAGE_NO_NEW_PRIVS, 0, -errno);
  }
  return 0;
}
