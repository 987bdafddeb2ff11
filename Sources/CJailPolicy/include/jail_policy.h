// The prepared policy: the flat binary form in which a jail travels from the Jail module to bulkhead-jail,
// and the status messages that travel back. The only definition of both; native byte order, one machine.
//
// Layout: header, section table, sections. Every offset counts from the start of the policy and is 8-aligned;
// every string is an offset into the strings section, which ends with a NUL. Foreign bytes never trap: the
// decoder refuses what does not fit, and bulkhead-jail then reports the stage `policy`.
#ifndef BULKHEAD_JAIL_POLICY_H
#define BULKHEAD_JAIL_POLICY_H

#include <stddef.h>
#include <stdint.h>

#define BH_JAIL_MAGIC 0x314A4842u  // "BHJ1"
#define BH_JAIL_VERSION 1u
#define BH_JAIL_NO_ID UINT32_MAX

// Limits of the decoder; the encoder refuses more.
#define BH_JAIL_MAX_BYTES (64u << 20)
#define BH_JAIL_MAX_MOUNTS 1024u
#define BH_JAIL_MAX_RULES 1024u
#define BH_JAIL_MAX_BPF 4096u
#define BH_JAIL_MAX_ARGV 4096u
#define BH_JAIL_MAX_ENV 1024u
#define BH_JAIL_MAX_RLIMITS 16u

enum bh_jail_section_kind {
  BH_SECTION_CONFIG = 1,   // one struct bh_jail_config
  BH_SECTION_STRINGS = 2,  // bytes, the last one NUL
  BH_SECTION_MOUNTS = 3,   // struct bh_jail_mount[]
  BH_SECTION_RULES = 4,    // struct bh_jail_rule[]
  BH_SECTION_BPF = 5,      // struct bh_jail_bpf[]
  BH_SECTION_ARGV = 6,     // uint32_t[] string offsets
  BH_SECTION_ENV = 7,      // uint32_t[] string offsets
  BH_SECTION_RLIMITS = 8,  // struct bh_jail_rlimit[]
  BH_SECTION_DATA = 9,     // bytes of files to write
  BH_SECTION_LAST = 9
};

struct bh_jail_header {
  uint32_t magic, version, size, sections;
};

struct bh_jail_section {
  uint32_t kind, offset, length, reserved;
};

// bh_jail_config.flags
#define BH_JAIL_PRIVATE_ROOT 1u     // build a root of our own and pivot into it
#define BH_JAIL_NOTIFY 2u           // the filter has user-notification answers: send the listener out
#define BH_JAIL_KEEP_BOUNDING 4u    // unused by product profiles; a control removes exactly this wall
#define BH_JAIL_KEEP_CAPS 8u        // likewise
#define BH_JAIL_NO_NEW_PRIVS 16u
#define BH_JAIL_DUMPABLE_REAPER 32u  // likewise
#define BH_JAIL_SAME_SESSION 64u    // likewise
#define BH_JAIL_ROOT_ALLOWED 128u   // likewise: kernel uid 0 inside
#define BH_JAIL_TEMPLATE 512u       // start no program: send the namespaces with the finished root, and end
#define BH_JAIL_FROM_TEMPLATE 1024u  // the root is a template's, whose namespaces come as two more descriptors
#define BH_JAIL_LISTENS 2048u         // send out a socket that listens on `port` of the new network namespace's loopback
#define BH_JAIL_WAITS 256u          // limits of time and memory count from BH_MESSAGE_BEGIN on, not from the start

// bh_jail_config.namespaces; user is implied by any other
#define BH_NS_USER 1u
#define BH_NS_MOUNT 2u
#define BH_NS_PID 4u
#define BH_NS_IPC 8u
#define BH_NS_UTS 16u
#define BH_NS_NET 32u
#define BH_NS_CGROUP 64u

struct bh_jail_config {
  uint32_t flags, namespaces;
  uint32_t uid, gid;              // when started as root: switch to these first; else BH_JAIL_NO_ID
  uint32_t inner_uid, inner_gid;  // ids inside the user namespace; BH_JAIL_NO_ID keeps the number
  uint32_t kept_descriptors;      // descriptors 0 ..< n reach the program; the others do not
  uint32_t umask;
  uint32_t hostname, cwd, program, staging;  // strings; 0 = none; staging is the folder that the new root is built over
  uint32_t landlock_minimum;                 // refuse a kernel with an older ABI than this; 0 = no Landlock at all
  uint32_t tick_ms;                          // period of the watchdog over the tree
  uint64_t landlock_files, landlock_network, landlock_scoped;  // handled rights; those the ABI lacks are dropped
  uint64_t wall_ms, cpu_ms, memory_bytes;    // 0 = no limit
  uint32_t processes, open_files;            // watched only; enforced by rlimits
  uint32_t port, reserved;                   // the one TCP port that Landlock leaves open; 0 = none
  uint64_t port_access;                      // and for what: rights of landlock_network
};

enum bh_jail_mount_op {
  BH_MOUNT_FOLDER = 1,   // mkdir target (mode)
  BH_MOUNT_SYMLINK = 2,  // symlink source → target
  BH_MOUNT_FILE = 3,     // write data to target (mode)
  BH_MOUNT_BIND = 4,     // bind source over target (flags), which must exist
  BH_MOUNT_TMPFS = 5,    // size-limited tmpfs over target (size, inodes, mode, flags)
  BH_MOUNT_PROC = 6      // a /proc of the jail's own over target
};

// bh_jail_mount.flags
#define BH_MOUNT_READ_ONLY 1u
#define BH_MOUNT_NO_EXEC 2u
#define BH_MOUNT_DEVICES 4u    // leave device nodes usable (bind of /dev/null and its like)
#define BH_MOUNT_OPTIONAL 8u   // a missing source is not an error
#define BH_MOUNT_COUNTED 16u   // tmpfs: its bytes count as the run's memory
#define BH_MOUNT_WORKSPACE 32u  // tmpfs: send a descriptor of it to the parent
#define BH_MOUNT_PID_ONLY 64u   // proc: only the processes, no kernel tables
#define BH_MOUNT_SUID 128u      // control only: leave setuid bits effective

struct bh_jail_mount {
  uint16_t op, flags;
  uint32_t source, target;  // strings; targets are relative to the new root, without "..", "." or a leading "/"
  uint32_t mode;
  uint32_t data_offset, data_length;  // into the data section
  uint64_t size, inodes;
};

struct bh_jail_rule {
  uint64_t access;
  uint32_t path;   // string, resolved inside the new root
  uint32_t flags;  // BH_MOUNT_OPTIONAL
};

struct bh_jail_bpf {
  uint16_t code;
  uint8_t jt, jf;
  uint32_t k;
};

struct bh_jail_rlimit {
  uint32_t resource, reserved;
  uint64_t soft, hard;
};

// A checked policy: pointers into the caller's bytes, which must outlive it.
struct bh_jail_policy {
  const struct bh_jail_config *config;
  const char *strings;
  uint32_t strings_length;
  const struct bh_jail_mount *mounts;
  uint32_t mount_count;
  const struct bh_jail_rule *rules;
  uint32_t rule_count;
  const struct bh_jail_bpf *bpf;
  uint32_t bpf_count;
  const uint32_t *argv;
  uint32_t argv_count;
  const uint32_t *env;
  uint32_t env_count;
  const struct bh_jail_rlimit *rlimits;
  uint32_t rlimit_count;
  const uint8_t *data;
  uint32_t data_length;
};

// Checks `bytes` and fills `policy`. Returns 0 or −errno (EBADMSG not a policy, EPROTO wrong version, EINVAL a value
// out of range). `bytes` must be 8-aligned.
int bh_jail_decode(const uint8_t *bytes, size_t length, struct bh_jail_policy *policy);

// Stages, in the order in which they are applied.
enum bh_jail_stage {
  BH_STAGE_NONE = 0,
  BH_STAGE_POLICY,
  BH_STAGE_CREDENTIALS,
  BH_STAGE_NAMESPACES,
  BH_STAGE_IDENTITIES,
  BH_STAGE_SOURCES,
  BH_STAGE_ROOT,
  BH_STAGE_MOUNT,
  BH_STAGE_PIVOT,
  BH_STAGE_HOSTNAME,
  BH_STAGE_WATCHDOG,
  BH_STAGE_REAPER,
  BH_STAGE_START,
  BH_STAGE_SESSION,
  BH_STAGE_RLIMITS,
  BH_STAGE_CAPABILITIES,
  BH_STAGE_NO_NEW_PRIVS,
  BH_STAGE_LANDLOCK,
  BH_STAGE_SECCOMP,
  BH_STAGE_WORKING_FOLDER,
  BH_STAGE_EXEC,
  BH_STAGE_TEMPLATE,
  BH_STAGE_NETWORK
};

enum bh_jail_message_kind {
  BH_MESSAGE_READY = 1,    // the program runs; descriptors: listener?, workspace?, a pidfd of the program?,
                           // a listening socket? (bits in `code`)
  BH_MESSAGE_REAPER = 2,   // descriptor: a pidfd of the reaper
  BH_MESSAGE_FAILED = 3,   // stage, error, code = index of the mount or rule
  BH_MESSAGE_LIMIT = 4,    // code = enum bh_jail_limit, values[0] = observed, values[1] = whether it ends the run
  BH_MESSAGE_EXIT = 5,     // code = wait status of the program
  BH_MESSAGE_RECEIPT = 6,  // the whole tree is gone: values = user µs, system µs, peak RSS KiB of one process,
                           // wall µs, bytes read, bytes written, peak bytes of the tree, wait status of the reaper
  BH_MESSAGE_BEGIN = 7,    // parent → reaper, once, with BH_JAIL_WAITS: values[0] = wall ms that are left, 0 = as the
                           // policy says; values[1] = processor µs that the program used while it waited
  BH_MESSAGE_TEMPLATE = 8,  // descriptors: the user and the mount namespace of a finished root
  BH_MESSAGE_GONE = 9      // every process but the reaper is dead and reaped: values as of BH_MESSAGE_RECEIPT, of them
                           // all; stage is 1 if code is the program's wait
                           // status; values[6] = peak bytes of the tree. The namespaces go when the reaper does
};

#define BH_READY_LISTENER 1
#define BH_READY_WORKSPACE 2
#define BH_READY_PROXY 8    // of a jail that listens: the socket
#define BH_READY_PROGRAM 4  // of a jail that waits: its use can then be read while it lives

enum bh_jail_limit {
  BH_LIMIT_WALL = 1,
  BH_LIMIT_CPU = 2,
  BH_LIMIT_MEMORY = 3,
  BH_LIMIT_PROCESSES = 4,   // seen at a tick; ends the run only where no user namespace limits them
  BH_LIMIT_OPEN_FILES = 5   // likewise
};

struct bh_jail_message {
  uint32_t magic;
  uint16_t kind, stage;
  int32_t error, code;
  uint64_t values[8];
};

#endif
