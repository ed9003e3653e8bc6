/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/batch.h"

enum { QUEUE_SIZE_MAX = 1000000 };
#define MILLISECONDS_MAX INT64_C(86400000)

static size_t count_option(size_t given, const char *name, size_t fallback) {
  if (given > 0) {
    return given < QUEUE_SIZE_MAX ? given : QUEUE_SIZE_MAX;
  }
  return (size_t)cspan_setting(name, fallback, 1, QUEUE_SIZE_MAX);
}

static int64_t time_option(int64_t given, const char *name, int64_t fallback) {
  if (given > 0) {
    return given < MILLISECONDS_MAX ? given : MILLISECONDS_MAX;
  }
  return (int64_t)cspan_setting(name, (uint64_t)fallback, 0, (uint64_t)MILLISECONDS_MAX);
}

void cspan_batch_options_fill(cspan_batch_options *out, const cspan_batch_options *given) {
  const cspan_batch_options none = {0};
  given = given != NULL ? given : &none;
  out->max_queue_size = count_option(given->max_queue_size, "OTEL_BSP_MAX_QUEUE_SIZE", 2048);
  out->max_export_batch_size =
      count_option(given->max_export_batch_size, "OTEL_BSP_MAX_EXPORT_BATCH_SIZE", 512);
  out->schedule_delay_ms = time_option(given->schedule_delay_ms, "OTEL_BSP_SCHEDULE_DELAY", 5000);
  out->export_timeout_ms = time_option(given->export_timeout_ms, "OTEL_BSP_EXPORT_TIMEOUT", 30000);
  if (out->export_timeout_ms == 0) {
    out->export_timeout_ms = MILLISECONDS_MAX; /* the specification: no limit */
  }
  if (out->max_export_batch_size > out->max_queue_size) {
    out->max_export_batch_size = out->max_queue_size;
  }
  size_t at_once = CSPAN_HAS(given, max_concurrent_exports) ? given->max_concurrent_exports : 0;
  at_once = at_once > 0 ? at_once : 1;
  out->max_concurrent_exports =
      at_once < CSPAN_BATCH_WORKERS_MAX ? at_once : CSPAN_BATCH_WORKERS_MAX;
}
