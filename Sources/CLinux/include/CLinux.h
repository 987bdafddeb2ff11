// Linux interfaces that Swift's Glibc module leaves out. Declarations only.
// _GNU_SOURCE must not be defined here: the Glibc module is built without it, and both must agree on shared types.
#ifndef BULKHEAD_CLINUX_H
#define BULKHEAD_CLINUX_H

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>

/// What SO_PEERCRED fills in: struct ucred, which the system headers hide without _GNU_SOURCE.
struct bulkhead_peer_credentials {
  int pid;
  unsigned int uid;
  unsigned int gid;
};

// Hidden without _GNU_SOURCE; the declarations are those of their manual pages.
int pipe2(int descriptors[2], int flags);
int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);

int renameat2(int old_folder, const char *old_name, int new_folder, const char *new_name, unsigned int flags);

void *memmem(const void *text, size_t text_length, const void *wanted, size_t wanted_length);

int pthread_setname_np(pthread_t thread, const char *name);

/// prctl(2) with its variadic arguments spelt out.
int bulkhead_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d);

/// Refuses exec to every thread of this process for good, with EPERM (seccomp(2)). Returns 0 or −errno.
int bulkhead_refuse_exec(void);

/// openat2(2), for which the C library has no wrapper: a descriptor or −errno. Always close-on-exec.
int bulkhead_openat2(int folder, const char *path, int flags, unsigned int mode, unsigned long resolve);

/// Flags of openat2's `resolve` (linux/openat2.h) and of renameat2.
enum {
  BULKHEAD_RESOLVE_NO_MAGICLINKS = 0x02,
  BULKHEAD_RESOLVE_NO_SYMLINKS = 0x04,
  BULKHEAD_RESOLVE_BENEATH = 0x08,
  BULKHEAD_RENAME_NOREPLACE = 1,
};

/// sendmsg(2) without waiting, with up to 4 descriptors beside the bytes. Returns 0 or −errno.
int bulkhead_send_with_descriptors(int socket, const void *bytes, size_t length, const int *descriptors, int count);

/// recvmsg(2) of one packet without waiting; what descriptors came, at most 4, close-on-exec. Returns the packet's length
/// (0: the other side is closed), or −errno, −EMSGSIZE for a packet longer than `capacity` or with more descriptors; then
/// none is left open.
long bulkhead_receive_with_descriptors(int socket, void *bytes, size_t capacity, int descriptors[4], int *count);

/// waitid's P_PIDFD, an enumerator that Swift does not import under its name.
enum { BULKHEAD_P_PIDFD = 3 };

/// Columns and lines of the terminal behind a descriptor, ioctl_tty(2) TIOCGWINSZ; 0, or -1 with errno.
int bulkhead_terminal_size(int descriptor, unsigned short *columns, unsigned short *lines);

/// The ioctl that names the user namespace of a process's namespace descriptor's owner: NS_GET_USERNS (linux/nsfs.h).
enum { BULKHEAD_NS_GET_USERNS = 0xb701 };

#endif
