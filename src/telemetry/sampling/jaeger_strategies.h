/* SPDX-License-Identifier: Apache-2.0 */
/* The answer of Jaeger's remote sampling API (JSON over HTTP), and deciding by it. No I/O. */
#ifndef TELEMETRY_SAMPLING_JAEGER_STRATEGIES_H
#define TELEMETRY_SAMPLING_JAEGER_STRATEGIES_H

#include "telemetry/sampling/rate_limit.h"
#include "telemetry/sampling/samplers.h"

/* Operations beyond these are sampled as those that are not named. */
enum { CSPAN_JAEGER_OPERATIONS_MAX = 2000 };

typedef struct cspan_jaeger_strategies cspan_jaeger_strategies;

/* CSPAN_ERR_PROTOCOL, with an error that quotes nothing of it, when it is no such answer. */
cspan_status cspan_jaeger_parse(const char *json, size_t size, cspan_clock_fn clock,
                                cspan_jaeger_strategies **out, cspan_error **error);
/* One sampler for all, which it takes; NULL when out of memory. */
cspan_jaeger_strategies *cspan_jaeger_single(cspan_sampler *sampler);
void cspan_jaeger_free(cspan_jaeger_strategies *strategies);

/* Several threads may do so at once. */
void cspan_jaeger_sample(cspan_jaeger_strategies *strategies, const cspan_sampling_input *input,
                         cspan_sampling_result *result);

#endif
