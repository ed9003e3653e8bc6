/* SPDX-License-Identifier: Apache-2.0 */
/* What the calls of AWS cost by their spans (cloudspan.cost.usd): sums by any of a few dimensions.
 * Not thread-safe. */
#ifndef VIEWER_COST_SUM_H
#define VIEWER_COST_SUM_H

#include <cloudspan/telemetry.h>

#include "base/buf.h"

typedef enum cspan_cost_dimension {
  CSPAN_COST_SERVICE = 0,
  CSPAN_COST_OPERATION,
  CSPAN_COST_BUCKET,
  CSPAN_COST_TABLE,
  CSPAN_COST_SERVICE_NAME, /* of the resource: who made the call */
  CSPAN_COST_DIMENSIONS
} cspan_cost_dimension;

/* "service", "operation", "bucket", "table", "service-name". */
extern const char *const cspan_cost_dimension_names[CSPAN_COST_DIMENSIONS];

enum { CSPAN_COST_MAX_LINES = 10000, CSPAN_COST_MAX_JSON = 64 << 20 };

typedef struct cspan_cost_line {
  const char *texts[CSPAN_COST_DIMENSIONS]; /* "": it has none, or it is not asked for */
  uint64_t calls;
  uint64_t unpriced; /* of those, calls whose span says no cost */
  double usd;
} cspan_cost_line;

typedef struct cspan_cost_sum cspan_cost_sum;

/* `dimensions` is bits, 1 << CSPAN_COST_*. NULL: out of memory. */
cspan_cost_sum *cspan_cost_sum_create(unsigned dimensions);
void cspan_cost_sum_free(cspan_cost_sum *sum);

/* Counts a span if it is a call (rpc.system.name or rpc.system is "aws-api", or it has a cost). Past
 * 10,000 lines the rest counts under "(other)". CSPAN_ERR_NOMEM: it was not counted. */
cspan_status cspan_cost_sum_add_span(cspan_cost_sum *sum, const cspan_span_view *view);
cspan_status cspan_cost_sum_add(cspan_cost_sum *sum, const cspan_cost_line *line);

size_t cspan_cost_sum_count(const cspan_cost_sum *sum);
/* The dearest first, then by the texts. Lives until something is added. */
const cspan_cost_line *cspan_cost_sum_at(cspan_cost_sum *sum, size_t index);
/* All of them together. */
cspan_cost_line cspan_cost_sum_total(const cspan_cost_sum *sum);

/* One line as a JSON object, with those dimensions. */
void cspan_cost_line_write(const cspan_cost_line *line, const cspan_cost_dimension *dimensions,
                           size_t count, cspan_buf *out);
/* {"lines":[{"service":"S3",...,"calls":1,"unpriced":0,"usd":0.000005}]} without a line end,
 * appended; what a text could do to a terminal is escaped. Check the buffer. */
void cspan_cost_sum_write(cspan_cost_sum *sum, cspan_buf *out);
/* Adds what that wrote. CSPAN_ERR_PROTOCOL: it is something else. */
cspan_status cspan_cost_sum_read(cspan_cost_sum *sum, const char *json, size_t size,
                                 cspan_error **error);

#endif
