/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/metrics/thread_shard.h"

#include <stdatomic.h>

_Thread_local uint32_t cspan_thread_shard_number;

uint32_t cspan_thread_shard_assign(void) {
  static _Atomic uint32_t last;
  uint32_t number;
  do {
    number = atomic_fetch_add_explicit(&last, 1, memory_order_relaxed) + 1;
  } while (number == 0);
  cspan_thread_shard_number = number;
  return number;
}
