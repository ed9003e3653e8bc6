/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/otlp_retry.h"

static const int64_t default_initial_ms = 1000;
static const int64_t default_max_ms = 5000;
static const double growth = 1.5;
static const double jitter = 0.2; /* a fifth more or less */

int64_t cspan_otlp_retry_delay_ms(const cspan_otlp_retry *retry, unsigned attempt, int64_t asked_ms,
                                  double random) {
  if (asked_ms > 0)
    return asked_ms;
  double max = (double)(retry->max_ms > 0 ? retry->max_ms : default_max_ms);
  double delay = (double)(retry->initial_ms > 0 ? retry->initial_ms : default_initial_ms);
  for (unsigned i = 1; i < attempt && delay < max; i++)
    delay *= growth;
  if (delay > max)
    delay = max;
  return (int64_t)(delay * (1.0 - jitter + 2.0 * jitter * random) + 0.5);
}
