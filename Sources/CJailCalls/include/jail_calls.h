// System calls that the Jail module needs and Swift cannot reach (variadic, or without a wrapper in the C library).
// All return a result or −errno.
#ifndef BULKHEAD_JAIL_CALLS_H
#define BULKHEAD_JAIL_CALLS_H

#include <stddef.h>
#include <stdint.h>

/// A close-on-exec file in memory.
int bh_call_memfd(const char *name);

/// Opens `path` beneath `folder`, following no link and crossing no mount (openat2).
int bh_call_open_beneath(int folder, const char *path, int flags);

/// Receives one datagram and at most `capacity` descriptors (close-on-exec), without waiting. Returns the length, 0 at
/// the end; more descriptors than fit are closed by the kernel.
long bh_call_receive(int socket, void *buffer, size_t length, int *descriptors, int capacity, int *count);

/// The next refused call on a seccomp listener: its id, process, architecture, number and arguments.
struct bh_call_notification {
  uint64_t id;
  uint32_t pid, arch;
  int32_t number;
  uint64_t arguments[6];
};
int bh_call_next_notification(int listener, struct bh_call_notification *notification);

/// Answers a notification with `error` (an errno). Never lets the call continue.
int bh_call_refuse(int listener, uint64_t id, int error);

/// Bytes in a pipe, asked at either end.
int bh_call_unread(int pipe);

/// Newest Landlock ABI of the kernel.
int bh_call_landlock_abi(void);

/// Whether the kernel has SECCOMP_RET_USER_NOTIF.
int bh_call_has_notifications(void);

/// A connected pair of close-on-exec Unix sockets that keep message boundaries.
int bh_call_socketpair_packets(int descriptors[2]);

/// Moves the calling process, which must have one thread, into new user, mount, network, ipc and uts namespaces.
int bh_call_unshare(void);

/// Whether the network interface `name` is up: 1, 0 or −errno. `socket` may be of any kind.
int bh_call_interface_is_up(int socket, const char *name);

#endif
