// Wrappers for what Swift cannot call: variadic functions.
#include "CLinux.h"

#include <sys/ioctl.h>

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
