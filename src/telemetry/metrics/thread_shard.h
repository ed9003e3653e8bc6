/* SPDX-License-Identifier: Apache-2.0 */
/* A number of the calling thread, by which threads count in places of their own: two of them
 * rarely write to the same cache line. */
#ifndef TELEMETRY_METRICS_THREAD_SHARD_H
#define TELEMETRY_METRICS_THREAD_SHARD_H

#include <stdint.h>

extern _Thread_local uint32_t cspan_thread_shard_number; /* 0: none yet */

uint32_t cspan_thread_shard_assign(void);

static inline uint32_t cspan_thread_shard(void) {
  uint32_t number = cspan_thread_shard_number;
  return number != 0 ? number : cspan_thread_shard_assign();
}

#endif
