// Wrappers for what Swift cannot call: variadic functions, and headers made of macros.
#define _GNU_SOURCE  // syscall(2), MSG_CMSG_CLOEXEC
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#if defined(__x86_64__)
#define BULKHEAD_NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define BULKHEAD_NATIVE_ARCH AUDIT_ARCH_AARCH64
#else
#error "the filter knows x86-64 and aarch64"
#endif

int bulkhead_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
  return prctl(option, a, b, c, d);
}

// Answers execve and execveat with EPERM for every thread of this process, from now on and in what it starts. The filter
// looks at nothing but the number: no argument can be changed behind its back.
int bulkhead_refuse_exec(void) {
  static struct sock_filter program[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, BULKHEAD_NATIVE_ARCH, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#if defined(__x86_64__)
      // x32 has numbers of its own for both.
      BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000u, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
#endif
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execve, 1, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execveat, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {.len = sizeof program / sizeof program[0], .filter = program};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -errno;
  long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &filter);
  if (result > 0) return -ESRCH;  // a thread with a filter of its own
  return result < 0 ? -errno : 0;
}

int bulkhead_terminal_size(int descriptor, unsigned short *columns, unsigned short *lines) {
  struct winsize size;
  if (ioctl(descriptor, TIOCGWINSZ, &size) == -1) return -1;
  *columns = size.ws_col;
  *lines = size.ws_row;
  return 0;
}

int bulkhead_openat2(int folder, const char *path, int flags, unsigned int mode, unsigned long resolve) {
  struct {
    uint64_t flags, mode, resolve;
  } how = {(uint64_t)(unsigned)flags | O_CLOEXEC, mode, resolve};
  // EAGAIN: a rename or a mount anywhere on the machine while `..` was followed; the kernel asks to try again.
  long file = -1;
  for (int tries = 0; tries < 1000; tries++) {
    file = syscall(437 /* openat2, on every architecture */, folder, path, &how, sizeof how);
    if (file >= 0 || errno != EAGAIN) break;
  }
  return file < 0 ? -errno : (int)file;
}

int bulkhead_send_with_descriptors(int socket, const void *bytes, size_t length, const int *descriptors, int count) {
  union {
    char bytes[CMSG_SPACE(4 * sizeof(int))];
    struct cmsghdr aligned;
  } control;
  if (count < 0 || count > 4) return -EINVAL;
  memset(&control, 0, sizeof control);
  struct iovec part = {.iov_base = (void *)bytes, .iov_len = length};
  struct msghdr envelope = {.msg_iov = &part, .msg_iovlen = 1};
  if (count > 0) {
    envelope.msg_control = control.bytes;
    envelope.msg_controllen = CMSG_SPACE((size_t)count * sizeof(int));
    struct cmsghdr *header = CMSG_FIRSTHDR(&envelope);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN((size_t)count * sizeof(int));
    memcpy(CMSG_DATA(header), descriptors, (size_t)count * sizeof(int));
  }
  ssize_t sent;
  do {
    sent = sendmsg(socket, &envelope, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? -errno : 0;
}

long bulkhead_receive_with_descriptors(int socket, void *bytes, size_t capacity, int descriptors[4], int *count) {
  union {
    char bytes[CMSG_SPACE(4 * sizeof(int))];
    struct cmsghdr aligned;
  } control;
  struct iovec part = {.iov_base = bytes, .iov_len = capacity};
  struct msghdr envelope = {
      .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
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
      if (*count < 4) {
        descriptors[(*count)++] = file;
      } else {
        close(file);
      }
    }
  }
  if ((envelope.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0) return received;
  while (*count > 0) close(descriptors[--*count]);
  return -EMSGSIZE;
}
