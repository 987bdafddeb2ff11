// Wrappers for what Swift cannot call: variadic functions.
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>

int bulkhead_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
  return prctl(option, a, b, c, d);
}

int bulkhead_terminal_size(int descriptor, unsigned short *columns, unsigned short *lines) {
  struct winsize size;
  if (ioctl(descriptor, TIOCGWINSZ, &size) == -1) return -1;
  *columns = size.ws_col;
  *lines = size.ws_row;
  return 0;
}

long syscall(long number, ...);

int bulkhead_openat2(int folder, const char *path, int flags, unsigned int mode, unsigned long resolve) {
  struct {
    uint64_t flags, mode, resolve;
  } how = {(uint64_t)(unsigned)flags | O_CLOEXEC, mode, resolve};
  long file = syscall(437 /* openat2, on every architecture */, folder, path, &how, sizeof how);
  return file < 0 ? -errno : (int)file;
}
