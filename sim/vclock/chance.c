// Repeatable chance for a program in virtual time.
//
// ESPHome seeds its generator from /dev/urandom and shifts its interval timers by it; two runs would differ in every
// timer. In virtual time that file is a stream seeded by HEARTHWARD_SEED (default 1). In real time chance stays chance.
#define _GNU_SOURCE
#include "vclock.h"

#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// SplitMix64 (Steele, Lea, Flood 2014): a counter through a mixing function; every seed gives a full period.
static uint64_t next_word(uint64_t *state) {
  uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static ssize_t read_chance(void *state, char *out, size_t size) {
  for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
    const uint64_t word = next_word(state);
    const size_t rest = size - at;
    memcpy(out + at, &word, rest < sizeof word ? rest : sizeof word);
  }
  return (ssize_t)size;
}

static FILE *open_chance(void) {
  // One stream for the life of the program: opening it again goes on where the last reader stopped.
  static uint64_t state;
  static int seeded;
  if (!seeded) {
    const char *seed = getenv("HEARTHWARD_SEED");
    state = seed != NULL ? strtoull(seed, NULL, 10) : 1;
    seeded = 1;
  }
  FILE *file = fopencookie(&state, "r", (cookie_io_functions_t){.read = read_chance});
  // Reading ahead would take more from the stream than was asked for.
  if (file != NULL)
    setvbuf(file, NULL, _IONBF, 0);
  return file;
}

FILE *fopen(const char *restrict path, const char *restrict mode) {
  static FILE *(*next)(const char *, const char *);
  if (next == NULL)
    *(void **)&next = dlsym(RTLD_NEXT, "fopen");
  if (strcmp(path, "/dev/urandom") == 0 && vclock_is_virtual())
    return open_chance();
  return next(path, mode);
}
