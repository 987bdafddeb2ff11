// Wrappers for what Swift cannot call: variadic functions.
#include "CLinux.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <unistd.h>

int bulkhead_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
  return prctl(option, a, b, c, d);
}

int bulkhead_open_beneath(int folder, const char *path) {
  struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
  return (int)syscall(SYS_openat2, folder, path, &how, sizeof how);
}
