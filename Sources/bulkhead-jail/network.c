// The one way out of a run that was granted hosts: a socket that listens on the loopback of the run's own network
// namespace. What connects to it is handed on from outside the jail; nothing else is there to be reached, no neighbour
// can come in, and no address or route leads further.
#define _GNU_SOURCE
#include "jail.h"
#include "kernel.h"
#include "runtime.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// Connections that wait to be taken; those beyond wait in their own connect(2).
#define BH_BACKLOG 128

int bh_listen(struct bh_jail *jail) {
  long file = syscall(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (file < 0) return bh_fail(jail, BH_STAGE_NETWORK, 0, -errno);
  struct ifreq interface;
  memset(&interface, 0, sizeof interface);
  memcpy(interface.ifr_name, "lo", 3);
  interface.ifr_flags = IFF_UP | IFF_RUNNING;
  if (syscall(SYS_ioctl, file, SIOCSIFFLAGS, &interface) < 0) return bh_fail(jail, BH_STAGE_NETWORK, 1, -errno);
  uint16_t port = (uint16_t)jail->policy.config->port;
  struct sockaddr_in address;
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = (uint16_t)(port >> 8 | port << 8);  // little-endian, as both instruction sets of ours are
  const uint8_t loopback[4] = {127, 0, 0, 1};
  memcpy(&address.sin_addr, loopback, sizeof loopback);
  if (syscall(SYS_bind, file, &address, sizeof address) < 0) return bh_fail(jail, BH_STAGE_NETWORK, 2, -errno);
  if (syscall(SYS_listen, file, BH_BACKLOG) < 0) return bh_fail(jail, BH_STAGE_NETWORK, 3, -errno);
  jail->proxy = (int)file;
  return 0;
}
