// Where a node of ESPHome's `host` platform listens, in real and in virtual time.
//
// A simulated node speaks an unencrypted API, so whatever it listens on is bound to the loopback address. One compiled
// program serves many nodes: the ports that ESPHome compiles in by default are replaced by those of the environment.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define DEFAULT_API_PORT 6053
#define DEFAULT_OTA_PORT 8082

static in_port_t mapped(in_port_t port) {
  const char *name = NULL;
  if (ntohs(port) == DEFAULT_API_PORT)
    name = "HEARTHWARD_API_PORT";
  else if (ntohs(port) == DEFAULT_OTA_PORT)
    name = "HEARTHWARD_OTA_PORT";
  const char *text = name != NULL ? getenv(name) : NULL;
  if (text == NULL)
    return port;
  char *end;
  const long value = strtol(text, &end, 10);
  return *text != '\0' && *end == '\0' && value > 0 && value <= UINT16_MAX ? htons((uint16_t)value) : port;
}

static int real_bind(int fd, const struct sockaddr *address, socklen_t size) {
  static int (*next)(int, const struct sockaddr *, socklen_t);
  if (next == NULL)
    *(void **)&next = dlsym(RTLD_NEXT, "bind");
  return next(fd, address, size);
}

int bind(int fd, const struct sockaddr *address, socklen_t size) {
  if (address->sa_family == AF_INET && size >= sizeof(struct sockaddr_in)) {
    struct sockaddr_in local;
    memcpy(&local, address, sizeof local);
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    local.sin_port = mapped(local.sin_port);
    return real_bind(fd, (struct sockaddr *)&local, sizeof local);
  }
  if (address->sa_family == AF_INET6 && size >= sizeof(struct sockaddr_in6)) {
    struct sockaddr_in6 local;
    memcpy(&local, address, sizeof local);
    // The IPv4 loopback as an IPv6 address: clients of a simulated node speak IPv4.
    if (inet_pton(AF_INET6, "::ffff:127.0.0.1", &local.sin6_addr) != 1) {
      errno = EINVAL;
      return -1;
    }
    local.sin6_port = mapped(local.sin6_port);
    return real_bind(fd, (struct sockaddr *)&local, sizeof local);
  }
  return real_bind(fd, address, size);
}
