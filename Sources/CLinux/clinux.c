// Wrappers for what Swift cannot call: variadic functions.
#include "CLinux.h"

int bulkhead_prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d) {
  return prctl(option, a, b, c, d);
}
