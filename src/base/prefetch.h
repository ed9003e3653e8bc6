/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that will be written before long, and that other memory has pushed out of the caches since
 * it was last used: asked for ahead of time, so that nobody waits for it then. */
#ifndef BASE_PREFETCH_H
#define BASE_PREFETCH_H

enum { CSPAN_CACHE_LINE = 64 };

/* The line that has `memory`, which may be any address: nothing is read or written. */
static inline __attribute__((always_inline)) void cspan_prefetch_to_write(const void *memory) {
#if defined(__x86_64__)
  /* Compilers write another one for the oldest of these processors, on which this one does
   * nothing: it takes the line from other processors as well. */
  __asm__ volatile("prefetchw %0" : : "m"(*(const char *)memory));
#else
  __builtin_prefetch(memory, 1);
#endif
}

#endif
