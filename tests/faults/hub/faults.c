// A disk that is slow to sync and a clock that is wrong, for a process that preloads this.
// FAULT_SYNC_MS: how long each sync takes; FAULT_CLOCK: a file with the seconds that the clock is ahead.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void delay(void) {
  const char *ms = getenv("FAULT_SYNC_MS");
  if (ms != NULL)
    usleep(atoi(ms) * 1000);
}

int fsync(int fd) {
  int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
  delay();
  return real(fd);
}

int fdatasync(int fd) {
  int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
  delay();
  return real(fd);
}

int clock_gettime(clockid_t id, struct timespec *now) {
  int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
  int result = real(id, now);
  const char *file = getenv("FAULT_CLOCK");
  char text[32] = "0";
  if (id == CLOCK_REALTIME && file != NULL) {
    int fd = open(file, O_RDONLY);
    if (fd >= 0) {
      ssize_t size = read(fd, text, sizeof text - 1);
      text[size > 0 ? size : 0] = 0;
      close(fd);
      now->tv_sec += atoll(text);
    }
  }
  return result;
}
