/* SPDX-License-Identifier: Apache-2.0 */
/* xoshiro256** by Blackman and Vigna: fast, and its 256 bits of state make equal
 * trace ids in two processes as good as impossible. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/sys.h"
#include "base/text.h"

typedef struct generator {
  uint64_t s[4];
  unsigned epoch; /* 0: not seeded */
} generator;

static _Thread_local generator local;

/* Counts forks, so that a child does not go on with its parent's numbers. */
static atomic_uint fork_epoch = 1;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;

static void in_child(void) {
  atomic_fetch_add_explicit(&fork_epoch, 1, memory_order_relaxed);
}

static void watch_forks(void) {
  pthread_atfork(NULL, NULL, in_child);
}

static uint64_t splitmix(uint64_t *state) {
  uint64_t z = (*state += 0x9e3779b97f4a7c15U);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31);
}

static bool from_kernel(void *out, size_t size) {
  size_t have = 0;
  while (have < size) {
    ssize_t got = getrandom((char *)out + have, size - have, 0);
    if (got < 0 && errno != EINTR) {
      return false;
    }
    if (got > 0) {
      have += (size_t)got;
    }
  }
  return true;
}

static void seed(generator *g) {
  pthread_once(&fork_once, watch_forks);
  if (!from_kernel(g->s, sizeof g->s)) {
    /* A sandbox without getrandom: time, process and thread still differ. */
    uint64_t state = (uint64_t)cspan_unix_ns() ^ ((uint64_t)cspan_now_ns() << 20) ^
                     ((uint64_t)getpid() << 40) ^ (uint64_t)(uintptr_t)g;
    for (size_t i = 0; i < 4; i++) {
      g->s[i] = splitmix(&state);
    }
  }
  g->s[0] |= 1; /* all zero is the one state it never leaves */
  g->epoch = atomic_load_explicit(&fork_epoch, memory_order_relaxed);
}

static uint64_t rotl(uint64_t x, int k) {
  return (x << k) | (x >> (64 - k));
}

static uint64_t next(uint64_t s[4]) {
  uint64_t result = rotl(s[1] * 5, 7) * 9;
  uint64_t t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotl(s[3], 45);
  return result;
}

static generator *seeded(void) {
  generator *g = &local;
  if (g->epoch != atomic_load_explicit(&fork_epoch, memory_order_relaxed)) {
    seed(g);
  }
  return g;
}

uint64_t cspan_random_u64(void) {
  return next(seeded()->s);
}

/* Not inlined: without the call for a thread's variables all is in registers. */
static __attribute__((noinline)) void make(uint64_t state[4], uint64_t *out, size_t count) {
  uint64_t s[4] = {state[0], state[1], state[2], state[3]};
  for (size_t i = 0; i < count; i++) {
    out[i] = next(s);
  }
  state[0] = s[0];
  state[1] = s[1];
  state[2] = s[2];
  state[3] = s[3];
}

void cspan_random_words(uint64_t *out, size_t count) {
  make(seeded()->s, out, count);
}

double cspan_random_unit(void) {
  return (double)(cspan_random_u64() >> 11) * 0x1.0p-53;
}

void cspan_random_uuid(char out[37]) {
  static const uint8_t groups[] = {4, 2, 2, 2, 6};
  uint64_t words[2];
  uint8_t bytes[16];
  cspan_random_words(words, 2);
  memcpy(bytes, words, sizeof bytes);
  bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
  bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
  size_t at = 0;
  for (size_t i = 0; i < sizeof groups; i++) {
    cspan_hex_encode(bytes + at, groups[i], out);
    at += groups[i];
    out += (ptrdiff_t)2 * groups[i];
    *out++ = '-';
  }
  out[-1] = '\0';
}
