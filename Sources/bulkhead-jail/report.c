// Messages to the parent: one datagram each, sent without waiting for a reader.
#define _GNU_SOURCE
#include "jail.h"
#include "runtime.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int bh_fail(struct bh_jail *jail, int stage, int index, int error) {
  jail->stage = stage;
  jail->index = index;
  jail->error = error < 0 ? -error : error;
  return error < 0 ? error : -error;
}

struct bh_jail_message bh_message(int kind) {
  struct bh_jail_message message;
  memset(&message, 0, sizeof message);
  message.magic = BH_JAIL_MAGIC;
  message.kind = (uint16_t)kind;
  return message;
}

void bh_send(const struct bh_jail *jail, const struct bh_jail_message *message, const int *descriptors, int count) {
  struct iovec part = {.iov_base = (void *)message, .iov_len = sizeof *message};
  union {
    char bytes[CMSG_SPACE(BH_MAX_SENT * sizeof(int))];
    struct cmsghdr aligned;
  } control;
  memset(&control, 0, sizeof control);
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
  while (sendmsg(jail->status, &envelope, MSG_NOSIGNAL) < 0 && errno == EINTR) {
  }
}

void bh_send_failure(const struct bh_jail *jail) {
  struct bh_jail_message message = bh_message(BH_MESSAGE_FAILED);
  message.stage = (uint16_t)jail->stage;
  message.error = jail->error;
  message.code = jail->index;
  bh_send(jail, &message, NULL, 0);
}

uint64_t bh_now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void bh_read_io(int file, uint64_t *read_bytes, uint64_t *written_bytes) {
  char text[512];
  ssize_t count = file < 0 ? -1 : pread(file, text, sizeof text - 1, 0);
  if (count <= 0) return;
  text[count] = '\0';
  const char *at = strstr(text, "rchar:");
  if (at == NULL) return;
  at += 6;
  *read_bytes = bh_take_number(&at);
  at = strstr(at, "wchar:");
  if (at == NULL) return;
  at += 6;
  *written_bytes = bh_take_number(&at);
}
