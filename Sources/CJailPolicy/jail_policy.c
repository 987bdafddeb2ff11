// Decoder of the prepared policy: checks every offset, count and string once, so that nobody later has to.
#include "jail_policy.h"

#include <errno.h>
#include <string.h>

// A target stays below the new root: relative, no empty, "." or ".." component.
static int target_is_plain(const char *path) {
  if (path[0] == '\0' || path[0] == '/') return 0;
  const char *part = path;
  for (;;) {
    const char *end = strchr(part, '/');
    size_t length = end != NULL ? (size_t)(end - part) : strlen(part);
    if (length == 0 || (length == 1 && part[0] == '.') || (length == 2 && part[0] == '.' && part[1] == '.')) return 0;
    if (end == NULL) return 1;
    part = end + 1;
  }
}

static int string_is_valid(const struct bh_jail_policy *policy, uint32_t offset) {
  return offset < policy->strings_length;  // the section ends with a NUL
}

static int decode_section(const uint8_t *bytes, const struct bh_jail_section *section, struct bh_jail_policy *policy) {
  const void *start = bytes + section->offset;
  uint32_t length = section->length;
#define BH_TABLE(field, counter, type, limit)                                            \
  do {                                                                                   \
    if (policy->field != NULL) return -EBADMSG;                                          \
    if (length % sizeof(type) != 0 || length / sizeof(type) > (limit)) return -EINVAL;   \
    policy->field = start;                                                               \
    policy->counter = length / (uint32_t)sizeof(type);                                   \
    return 0;                                                                            \
  } while (0)
  switch (section->kind) {
    case BH_SECTION_CONFIG:
      if (policy->config != NULL || length != sizeof(struct bh_jail_config)) return -EBADMSG;
      policy->config = start;
      return 0;
    case BH_SECTION_STRINGS:
      if (policy->strings != NULL || length == 0 || bytes[section->offset + length - 1] != 0) return -EBADMSG;
      policy->strings = start;
      policy->strings_length = length;
      return 0;
    case BH_SECTION_MOUNTS: BH_TABLE(mounts, mount_count, struct bh_jail_mount, BH_JAIL_MAX_MOUNTS);
    case BH_SECTION_RULES: BH_TABLE(rules, rule_count, struct bh_jail_rule, BH_JAIL_MAX_RULES);
    case BH_SECTION_BPF: BH_TABLE(bpf, bpf_count, struct bh_jail_bpf, BH_JAIL_MAX_BPF);
    case BH_SECTION_ARGV: BH_TABLE(argv, argv_count, uint32_t, BH_JAIL_MAX_ARGV);
    case BH_SECTION_ENV: BH_TABLE(env, env_count, uint32_t, BH_JAIL_MAX_ENV);
    case BH_SECTION_RLIMITS: BH_TABLE(rlimits, rlimit_count, struct bh_jail_rlimit, BH_JAIL_MAX_RLIMITS);
    case BH_SECTION_DATA: BH_TABLE(data, data_length, uint8_t, BH_JAIL_MAX_BYTES);
    default: return -EBADMSG;
  }
#undef BH_TABLE
}

static int check_mounts(const struct bh_jail_policy *policy) {
  uint32_t workspaces = 0;
  for (uint32_t i = 0; i < policy->mount_count; i++) {
    const struct bh_jail_mount *mount = &policy->mounts[i];
    if (mount->op < BH_MOUNT_FOLDER || mount->op > BH_MOUNT_PROC) return -EINVAL;
    if (!string_is_valid(policy, mount->source) || !string_is_valid(policy, mount->target)) return -EINVAL;
    if (!target_is_plain(policy->strings + mount->target)) return -EINVAL;
    if (mount->data_length > policy->data_length || mount->data_offset > policy->data_length - mount->data_length) {
      return -EINVAL;
    }
    if (mount->mode > 07777 || (mount->op == BH_MOUNT_TMPFS && mount->size == 0)) return -EINVAL;
    if (mount->op == BH_MOUNT_BIND && policy->strings[mount->source] != '/') return -EINVAL;
    if (mount->flags & BH_MOUNT_WORKSPACE) workspaces++;
  }
  return workspaces <= 1 ? 0 : -EINVAL;
}

static int check_config(const struct bh_jail_policy *policy) {
  const struct bh_jail_config *config = policy->config;
  const uint32_t known = BH_NS_USER | BH_NS_MOUNT | BH_NS_PID | BH_NS_IPC | BH_NS_UTS | BH_NS_NET | BH_NS_CGROUP;
  if (config->namespaces & ~known) return -EINVAL;
  if (config->namespaces != 0 && !(config->namespaces & BH_NS_USER)) return -EINVAL;
  if ((config->flags & BH_JAIL_PRIVATE_ROOT) && !(config->namespaces & BH_NS_MOUNT)) return -EINVAL;
  if (!(config->flags & BH_JAIL_PRIVATE_ROOT) && policy->mount_count != 0) return -EINVAL;
  const uint32_t templates = BH_JAIL_TEMPLATE | BH_JAIL_FROM_TEMPLATE;
  if ((config->flags & templates) == templates) return -EINVAL;
  if ((config->flags & templates) && !(config->flags & BH_JAIL_PRIVATE_ROOT)) return -EINVAL;
  if ((config->flags & BH_JAIL_LISTENS) && (!(config->namespaces & BH_NS_NET) || config->port == 0)) return -EINVAL;
  if (config->port > 65535 || config->reserved != 0) return -EINVAL;
  if (config->kept_descriptors > 64 || config->umask > 0777) return -EINVAL;
  if (config->tick_ms > 60000) return -EINVAL;
  const uint32_t strings[] = {config->hostname, config->cwd, config->program, config->staging};
  for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
    if (!string_is_valid(policy, strings[i])) return -EINVAL;
  }
  if (policy->strings[config->program] != '/' || policy->argv_count == 0) return -EINVAL;
  if ((config->flags & BH_JAIL_NOTIFY) && policy->bpf_count == 0) return -EINVAL;
  return 0;
}

int bh_jail_decode(const uint8_t *bytes, size_t length, struct bh_jail_policy *policy) {
  memset(policy, 0, sizeof *policy);
  const struct bh_jail_header *header = (const struct bh_jail_header *)bytes;
  if (length < sizeof *header || length > BH_JAIL_MAX_BYTES) return -EBADMSG;
  if (header->magic != BH_JAIL_MAGIC || header->size != length) return -EBADMSG;
  if (header->version != BH_JAIL_VERSION) return -EPROTO;
  if (header->sections > 2 * BH_SECTION_LAST) return -EBADMSG;
  size_t table_end = sizeof *header + header->sections * sizeof(struct bh_jail_section);
  if (table_end > length) return -EBADMSG;
  const struct bh_jail_section *sections = (const struct bh_jail_section *)(bytes + sizeof *header);
  for (uint32_t i = 0; i < header->sections; i++) {
    const struct bh_jail_section *section = &sections[i];
    if (section->offset % 8 != 0 || section->offset < table_end || section->offset > length) return -EBADMSG;
    if (section->length > length - section->offset) return -EBADMSG;
    int error = decode_section(bytes, section, policy);
    if (error != 0) return error;
  }
  if (policy->config == NULL || policy->strings == NULL) return -EBADMSG;
  int error = check_config(policy);
  if (error == 0) error = check_mounts(policy);
  if (error != 0) return error;
  for (uint32_t i = 0; i < policy->rule_count; i++) {
    if (!string_is_valid(policy, policy->rules[i].path)) return -EINVAL;
  }
  for (uint32_t i = 0; i < policy->argv_count; i++) {
    if (!string_is_valid(policy, policy->argv[i])) return -EINVAL;
  }
  for (uint32_t i = 0; i < policy->env_count; i++) {
    if (!string_is_valid(policy, policy->env[i])) return -EINVAL;
  }
  return 0;
}
