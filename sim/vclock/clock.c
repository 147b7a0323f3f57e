// A virtual clock for programs of ESPHome's `host` platform, as a library to preload.
//
// Without HEARTHWARD_CLOCK in the environment time is real; only the monotonic clock starts anew with the program, as
// on a microcontroller. With it, time stands still while the program computes and moves only when the program waits.
// The simulator, listening on the unix stream socket of that name, decides how far it may move:
//
//   program to simulator   report {monotonic now, count of waits}     "I have used up my time"
//   simulator to program   grant  {monotonic until, wall clock at 0}  "you may live until then"
//
// all as native 64-bit integers in nanoseconds (both ends are on one machine). The wall clock is the simulator's and
// may be wrong or lost.
//
// The outside is heard only at the beginning of a grant, before time moves; between its report and the next grant the
// program does nothing at all. So program and simulator act strictly in turn, a run depends on what was sent at which
// grant and on nothing else, and a live API client stays connected at any speed.
//
// Only the main thread may wait: ESPHome's host platform has no other, and uses no condition variables.
#define _GNU_SOURCE
#include "vclock.h"

#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_US INT64_C(1000)
#define NS_PER_MS INT64_C(1000000)

// A microcontroller reaches its first line of code a moment after power-on; some code takes 0 for "never".
#define START_NS (100 * NS_PER_MS)
// Waiting for no time at all takes some, or a loop that polls would never end.
#define SHORTEST_WAIT_NS (100 * NS_PER_US)
// A program that reads the clock this often without waiting spins until it has moved; so move it.
#define SPINNING_READS 200000
#define SPIN_STEP_NS NS_PER_MS
// A socket that is ready for ever (a peer's close that nobody reads) must not stop time for ever.
#define MAX_HEARD_PER_GRANT 1000

struct report {
  int64_t now_ns;
  uint64_t waits;
};

struct grant {
  int64_t until_ns;
  int64_t wall_at_zero_ns;
};

static bool started;
static bool is_virtual;
static int clock_fd = -1;
static int64_t real_start_ns;
static int64_t now_ns = START_NS;
static int64_t until_ns = START_NS;
static int64_t wall_at_zero_ns;
static uint64_t waits;
static bool reported;
static bool hearing;
static unsigned heard_this_grant;
static unsigned reads_since_wait;

static struct timespec to_timespec(int64_t ns) {
  return (struct timespec){.tv_sec = ns / NS_PER_S, .tv_nsec = ns % NS_PER_S};
}

static int64_t from_timespec(const struct timespec *t) { return t->tv_sec * NS_PER_S + t->tv_nsec; }

static void die(const char *what) {
  dprintf(STDERR_FILENO, "vclock: %s: %s\n", what, strerror(errno));
  _exit(1);
}

// The simulator is gone: end as on SIGTERM, so that the program can save its preferences. Time runs free meanwhile,
// or a wait during the shutdown would never end.
static void orphan(void) {
  close(clock_fd);
  clock_fd = -1;
  until_ns = INT64_MAX;
  raise(SIGTERM);
}

static bool transfer(ssize_t (*io)(int, void *, size_t), void *data, size_t size) {
  char *at = data;
  while (size > 0) {
    ssize_t done = io(clock_fd, at, size);
    if (done < 0 && errno == EINTR)
      continue;
    if (done <= 0)
      return false;
    at += done;
    size -= (size_t)done;
  }
  return true;
}

static ssize_t send_some(int fd, void *data, size_t size) { return send(fd, data, size, MSG_NOSIGNAL); }
static ssize_t recv_some(int fd, void *data, size_t size) { return recv(fd, data, size, 0); }

static void send_report(void) {
  if (reported || clock_fd < 0)
    return;
  struct report report = {now_ns, waits};
  if (!transfer(send_some, &report, sizeof report)) {
    orphan();
    return;
  }
  reported = true;
}

static void take_grant(void) {
  struct grant grant;
  if (!transfer(recv_some, &grant, sizeof grant)) {
    orphan();
    return;
  }
  until_ns = grant.until_ns;
  wall_at_zero_ns = grant.wall_at_zero_ns;
  reported = false;
  hearing = true;
  heard_this_grant = 0;
}

static int64_t real_monotonic(void) {
  struct timespec now;
  syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
  return from_timespec(&now);
}

static void start(void) {
  started = true;
  real_start_ns = real_monotonic() - START_NS;
  const char *path = getenv("HEARTHWARD_CLOCK");
  if (path == NULL || *path == '\0')
    return;
  is_virtual = true;
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    die(path);
  }
  strcpy(address.sun_path, path);
  clock_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (clock_fd < 0)
    die("socket");
  if (connect(clock_fd, (struct sockaddr *)&address, sizeof address) != 0)
    die(path);
  // The first grant brings the wall clock, before anyone can ask for it.
  send_report();
  take_grant();
}

bool vclock_is_virtual(void) {
  if (!started)
    start();
  return is_virtual;
}

// Move time by up to `ns`, as far as granted. Return what is left to wait.
static int64_t advance(int64_t ns) {
  if (ns <= until_ns - now_ns) {
    now_ns += ns;
    return 0;
  }
  ns -= until_ns - now_ns;
  now_ns = until_ns;
  return ns;
}

// Wait for new time. Return false on a signal, and when the simulator is gone.
static bool await_grant(void) {
  send_report();
  if (clock_fd < 0)
    return false;
  struct pollfd clock = {.fd = clock_fd, .events = POLLIN};
  // Unlike a read, this is never restarted after a signal.
  if (syscall(SYS_ppoll, &clock, 1, NULL, NULL, 0) < 0)
    return false;
  take_grant();
  return clock_fd >= 0;
}

// Look at the sockets, as long as there is something new since the grant. Return the number that are ready.
static int hear(struct pollfd *fds, nfds_t count) {
  if (!hearing || count == 0)
    return 0;
  const struct timespec at_once = {0};
  const int ready = (int)syscall(SYS_ppoll, fds, count, &at_once, NULL, 0);
  if (ready > 0 && ++heard_this_grant < MAX_HEARD_PER_GRANT)
    return ready;
  hearing = false;
  return 0;
}

// Wait for the sockets or `ns` of time; a negative time is for ever.
static int wait_ready(struct pollfd *fds, nfds_t count, int64_t ns) {
  waits++;
  reads_since_wait = 0;
  int64_t left = ns < 0 ? INT64_MAX / 2 : ns < SHORTEST_WAIT_NS ? SHORTEST_WAIT_NS : ns;
  for (;;) {
    const int ready = hear(fds, count);
    if (ready > 0)
      return ready;
    left = advance(left);
    if (left == 0)
      break;
    if (!await_grant()) {
      errno = EINTR;
      return -1;
    }
  }
  for (nfds_t i = 0; i < count; i++)
    fds[i].revents = 0;
  return 0;
}

static void sleep_ns(int64_t ns) {
  waits++;
  reads_since_wait = 0;
  // A sleep hears nobody, and its rest is slept after a signal too.
  while ((ns = advance(ns)) > 0 && clock_fd >= 0)
    await_grant();
}

static int64_t read_clock(void) {
  if (++reads_since_wait >= SPINNING_READS)
    sleep_ns(SPIN_STEP_NS);
  return now_ns;
}

int clock_gettime(clockid_t id, struct timespec *out) {
  const bool in_virtual_time = vclock_is_virtual();
  switch (id) {
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME:
      *out = to_timespec(in_virtual_time ? read_clock() : real_monotonic() - real_start_ns);
      return 0;
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE:
      if (!in_virtual_time)
        return (int)syscall(SYS_clock_gettime, id, out);
      *out = to_timespec(wall_at_zero_ns + read_clock());
      return 0;
    default:
      return (int)syscall(SYS_clock_gettime, id, out);
  }
}

time_t time(time_t *out) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (out != NULL)
    *out = now.tv_sec;
  return now.tv_sec;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone) {
  (void)zone;
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  *out = (struct timeval){.tv_sec = now.tv_sec, .tv_usec = now.tv_nsec / NS_PER_US};
  return 0;
}

// A simulated node sets no clock: neither the machine's, which it could when run by root, nor the simulator's.
int settimeofday(const struct timeval *value, const struct timezone *zone) {
  (void)value;
  (void)zone;
  errno = EPERM;
  return -1;
}

int clock_settime(clockid_t id, const struct timespec *value) {
  (void)id;
  (void)value;
  errno = EPERM;
  return -1;
}

int nanosleep(const struct timespec *length, struct timespec *rest) {
  if (!vclock_is_virtual())
    return (int)syscall(SYS_nanosleep, length, rest);
  sleep_ns(from_timespec(length));
  return 0;
}

int clock_nanosleep(clockid_t id, int flags, const struct timespec *when, struct timespec *rest) {
  int64_t length = from_timespec(when);
  if ((flags & TIMER_ABSTIME) != 0) {
    struct timespec now;
    clock_gettime(id, &now);
    length -= from_timespec(&now);
  }
  if (length <= 0)
    return 0;
  // This one returns the error instead of setting errno.
  const struct timespec relative = to_timespec(length);
  return nanosleep(&relative, rest) == 0 ? 0 : errno;
}

int usleep(useconds_t length) {
  const struct timespec t = to_timespec(length * NS_PER_US);
  return nanosleep(&t, NULL);
}

int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout, const sigset_t *mask) {
  if (!vclock_is_virtual()) {
    // The kernel writes the rest of the time back, the C library's function does not.
    struct timespec copy = timeout != NULL ? *timeout : (struct timespec){0};
    return (int)syscall(SYS_ppoll, fds, count, timeout != NULL ? &copy : NULL, mask, _NSIG / 8);
  }
  return wait_ready(fds, count, timeout != NULL ? from_timespec(timeout) : -1);
}

int poll(struct pollfd *fds, nfds_t count, int timeout_ms) {
  const struct timespec t = to_timespec(timeout_ms * NS_PER_MS);
  return ppoll(fds, count, timeout_ms < 0 ? NULL : &t, NULL);
}

static nfds_t to_pollfds(int limit, const fd_set *read, const fd_set *write, struct pollfd *fds) {
  nfds_t count = 0;
  for (int fd = 0; fd < limit; fd++) {
    short events = 0;
    if (read != NULL && FD_ISSET(fd, read))
      events |= POLLIN;
    if (write != NULL && FD_ISSET(fd, write))
      events |= POLLOUT;
    if (events != 0)
      fds[count++] = (struct pollfd){.fd = fd, .events = events};
  }
  return count;
}

static int to_fd_sets(const struct pollfd *fds, nfds_t count, fd_set *read, fd_set *write) {
  int bits = 0;
  for (nfds_t i = 0; i < count; i++) {
    const short revents = fds[i].revents;
    if ((fds[i].events & POLLIN) != 0 && (revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
      FD_SET(fds[i].fd, read);
      bits++;
    }
    if ((fds[i].events & POLLOUT) != 0 && (revents & (POLLOUT | POLLERR)) != 0) {
      FD_SET(fds[i].fd, write);
      bits++;
    }
  }
  return bits;
}

static void clear(fd_set *set) {
  if (set != NULL)
    FD_ZERO(set);
}

static int real_select(int limit, fd_set *read, fd_set *write, fd_set *except, struct timeval *timeout) {
  struct timespec t = {0};
  if (timeout != NULL)
    t = (struct timespec){.tv_sec = timeout->tv_sec, .tv_nsec = timeout->tv_usec * NS_PER_US};
  return (int)syscall(SYS_pselect6, limit, read, write, except, timeout != NULL ? &t : NULL, NULL);
}

int select(int limit, fd_set *read, fd_set *write, fd_set *except, struct timeval *timeout) {
  if (!vclock_is_virtual())
    return real_select(limit, read, write, except, timeout);
  int64_t ns = -1;
  if (timeout != NULL)
    ns = timeout->tv_sec * NS_PER_S + timeout->tv_usec * NS_PER_US;
  // ESPHome's main loop comes here some sixty times a second and mostly within its grant: no system call then.
  if (!hearing && write == NULL && ns >= SHORTEST_WAIT_NS && ns <= until_ns - now_ns) {
    waits++;
    reads_since_wait = 0;
    now_ns += ns;
    clear(read);
    clear(except);
    return 0;
  }
  struct pollfd fds[FD_SETSIZE];
  const nfds_t count = to_pollfds(limit, read, write, fds);
  const int ready = wait_ready(fds, count, ns);
  if (ready < 0)
    return -1;
  clear(read);
  clear(write);
  clear(except);
  return ready == 0 ? 0 : to_fd_sets(fds, count, read, write);
}

int pselect(int limit, fd_set *read, fd_set *write, fd_set *except, const struct timespec *timeout,
            const sigset_t *mask) {
  (void)mask;
  if (timeout == NULL)
    return select(limit, read, write, except, NULL);
  struct timeval t = {.tv_sec = timeout->tv_sec, .tv_usec = timeout->tv_nsec / NS_PER_US};
  return select(limit, read, write, except, &t);
}
