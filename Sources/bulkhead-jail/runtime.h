// What runtime.c offers beyond the usual names: numbers and text without formatting, folders without streams.
#ifndef BULKHEAD_JAIL_RUNTIME_H
#define BULKHEAD_JAIL_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

// Text of bounded size; what does not fit is cut, and `is_cut` says so.
struct bh_text {
  char *bytes;
  size_t size, length;
  int is_cut;
};
struct bh_text bh_text_in(char *bytes, size_t size);
void bh_add(struct bh_text *text, const char *string);
void bh_add_number(struct bh_text *text, uint64_t number, unsigned base);

// The unsigned decimal number at *at, after blanks; moves *at behind it. 0 when there is none.
uint64_t bh_take_number(const char **at);

// Calls `body` for each name of a folder; stops when it returns nonzero. Rewinds first.
int bh_each_name(int folder, int (*body)(void *context, const char *name), void *context);

// clone(2) with a stack of its own for the child, which calls `run` and exits with its result. Pid or −errno.
int bh_clone(unsigned long flags, void *stack_top, int (*run)(void *), void *argument);

#endif
