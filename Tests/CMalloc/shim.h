// glibc's allocator statistics, which the Glibc module leaves out.
#include <malloc.h>
