// Landlock: the second wall around files, and the only one around TCP ports, signals and abstract sockets.
#define _GNU_SOURCE
#include "jail.h"
#include "kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

// File rights by ABI: 1 = 13 bits, 2 adds refer, 3 truncate, 5 device ioctl.
static uint64_t known_file_rights(int abi) {
  if (abi >= 5) return 0xffff;
  if (abi >= 3) return 0x7fff;
  if (abi == 2) return 0x3fff;
  return 0x1fff;
}

// Rights that a rule on a file (not a folder) may name: execute, write, read, truncate, ioctl.
#define BH_RIGHTS_OF_FILES 0xc007u

int bh_apply_landlock(struct bh_jail *jail) {
  const struct bh_jail_config *config = jail->policy.config;
  if (config->landlock_minimum == 0) return 0;
  int abi = bh_landlock_abi();
  if (abi < 0) return bh_fail(jail, BH_STAGE_LANDLOCK, 0, abi);
  if ((uint32_t)abi < config->landlock_minimum) return bh_fail(jail, BH_STAGE_LANDLOCK, 1, -EOPNOTSUPP);

  struct bh_landlock_ruleset handled = {
      .handled_access_fs = config->landlock_files & known_file_rights(abi),
      .handled_access_net = abi >= 4 ? config->landlock_network : 0,
      .scoped = abi >= 6 ? config->landlock_scoped : 0,
  };
  if (handled.handled_access_fs == 0 && handled.handled_access_net == 0 && handled.scoped == 0) return 0;
  size_t size = abi >= 6 ? sizeof handled : abi >= 4 ? 16 : 8;
  int ruleset = bh_landlock_create(&handled, size);
  if (ruleset < 0) return bh_fail(jail, BH_STAGE_LANDLOCK, 2, ruleset);
  for (uint32_t i = 0; i < jail->policy.rule_count; i++) {
    const struct bh_jail_rule *rule = &jail->policy.rules[i];
    struct bh_landlock_path path = {.allowed_access = rule->access & handled.handled_access_fs};
    path.parent_fd = open(bh_string(jail, rule->path), O_PATH | O_CLOEXEC);
    if (path.parent_fd < 0) {
      if (errno == ENOENT && (rule->flags & BH_MOUNT_OPTIONAL)) continue;
      return bh_fail(jail, BH_STAGE_LANDLOCK, (int)i + 16, -errno);
    }
    struct stat status;
    if (fstat(path.parent_fd, &status) < 0) return bh_fail(jail, BH_STAGE_LANDLOCK, (int)i + 16, -errno);
    if (!S_ISDIR(status.st_mode)) path.allowed_access &= BH_RIGHTS_OF_FILES;
    int error = path.allowed_access != 0 ? bh_landlock_add_path(ruleset, &path) : 0;
    close(path.parent_fd);
    if (error != 0) return bh_fail(jail, BH_STAGE_LANDLOCK, (int)i + 16, error);
  }
  struct bh_landlock_port port = {.allowed_access = config->port_access & handled.handled_access_net, .port = config->port};
  int error = 0;
  if (config->port != 0 && port.allowed_access != 0) error = bh_landlock_add_port(ruleset, &port);
  if (error != 0) {
    close(ruleset);
    return bh_fail(jail, BH_STAGE_LANDLOCK, 4, error);
  }
  error = bh_landlock_restrict(ruleset);
  close(ruleset);
  return error != 0 ? bh_fail(jail, BH_STAGE_LANDLOCK, 3, error) : 0;
}
