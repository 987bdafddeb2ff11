#define _GNU_SOURCE
#include "jail_calls.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

int bh_call_memfd(const char *name) {
  int file = memfd_create(name, MFD_CLOEXEC);
  return file < 0 ? -errno : file;
}

int bh_call_open_beneath(int folder, const char *path, int flags) {
  struct {
    uint64_t flags, mode, resolve;
  } how = {(uint64_t)(unsigned)flags | O_CLOEXEC | O_NOFOLLOW, 0, 0x1 | 0x2 | 0x4 | 0x8};
  long file = syscall(SYS_openat2, folder, path, &how, sizeof how);
  return file < 0 ? -errno : (int)file;
}

long bh_call_receive(int socket, void *buffer, size_t length, int *descriptors, int capacity, int *count) {
  union {
    char bytes[CMSG_SPACE(8 * sizeof(int))];
    struct cmsghdr aligned;
  } control;
  if (capacity > 8) capacity = 8;
  struct iovec part = {.iov_base = buffer, .iov_len = length};
  struct msghdr envelope = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = CMSG_SPACE((size_t)capacity * sizeof(int))};
  *count = 0;
  ssize_t received;
  do {
    received = recvmsg(socket, &envelope, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (received < 0 && errno == EINTR);
  if (received < 0) return -errno;
  for (struct cmsghdr *header = CMSG_FIRSTHDR(&envelope); header != NULL; header = CMSG_NXTHDR(&envelope, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    int held = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    for (int i = 0; i < held; i++) {
      int file;
      memcpy(&file, CMSG_DATA(header) + (size_t)i * sizeof(int), sizeof file);
      if (*count < capacity) {
        descriptors[(*count)++] = file;
      } else {
        close(file);
      }
    }
  }
  return received;
}

int bh_call_next_notification(int listener, struct bh_call_notification *notification) {
  struct seccomp_notif received;
  memset(&received, 0, sizeof received);  // the kernel insists
  if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &received) < 0) return -errno;
  notification->id = received.id;
  notification->pid = received.pid;
  notification->arch = received.data.arch;
  notification->number = received.data.nr;
  for (int i = 0; i < 6; i++) notification->arguments[i] = received.data.args[i];
  return 0;
}

int bh_call_refuse(int listener, uint64_t id, int error) {
  struct seccomp_notif_resp response = {.id = id, .error = -error};
  return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) < 0 ? -errno : 0;
}

int bh_call_unread(int pipe) {
  int count = 0;
  return ioctl(pipe, FIONREAD, &count) < 0 ? -errno : count;
}

int bh_call_landlock_abi(void) {
  long abi = syscall(444 /* landlock_create_ruleset */, NULL, (size_t)0, 1u /* version */);
  return abi < 0 ? -errno : (int)abi;
}

int bh_call_has_notifications(void) {
  uint32_t action = SECCOMP_RET_USER_NOTIF;
  return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

int bh_call_unshare(void) {
  return unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) < 0 ? -errno : 0;
}

int bh_call_interface_is_up(int socket, const char *name) {
  struct ifreq request;
  memset(&request, 0, sizeof request);
  if (strlen(name) >= sizeof request.ifr_name) return -ENAMETOOLONG;
  strcpy(request.ifr_name, name);
  if (ioctl(socket, SIOCGIFFLAGS, &request) < 0) return -errno;
  return (request.ifr_flags & IFF_UP) != 0;
}

int bh_call_socketpair_packets(int descriptors[2]) {
  return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, descriptors) < 0 ? -errno : 0;
}
