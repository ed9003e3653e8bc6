/* SPDX-License-Identifier: Apache-2.0 */
/* What a call costs, by a table of prices. */
#ifndef INSTRUMENT_COST_H
#define INSTRUMENT_COST_H

#include <cloudspan/trace.h>

#include "instrument/emitted.h"
#include "instrument/rules.h"

typedef struct cspan_prices cspan_prices;

enum { CSPAN_MAX_ALLOCATION_TAGS = 16 };

/* `path` NULL: what CLOUDSPAN_PRICES names, else the file that was installed with the library.
 * CSPAN_ERR_IO, or CSPAN_ERR_CONFIG naming line and column. */
cspan_status cspan_prices_load(const char *path, cspan_prices **out, cspan_error **error);
/* `name` is the file's, for errors. */
cspan_status cspan_prices_parse(const char *json, size_t size_bytes, const char *name,
                                cspan_prices **out, cspan_error **error);
void cspan_prices_free(cspan_prices *prices);
/* Whether the prices of transfer out of AWS count; they do not by default. Before any call. */
void cspan_prices_count_transfer(cspan_prices *prices, bool counted);

/* The prices of an operation, kept with its plan. */
typedef struct cspan_plan_prices cspan_plan_prices;
/* `prices` may be NULL. NULL in *out where there is none. CSPAN_ERR_NOMEM. */
cspan_status cspan_prices_of(const cspan_prices *prices, const char *service, const char *operation,
                             cspan_plan_prices **out);
void cspan_plan_prices_free(cspan_plan_prices *prices);

/* Attempts before the last one that AWS may bill. */
typedef struct cspan_billed_attempts {
  uint32_t answered;   /* by a status below 500 */
  uint32_t successful; /* by one of 200 to 299 */
} cspan_billed_attempts;

void cspan_billed_attempts_add(cspan_billed_attempts *billed, int http_status);

/* Of a call that has ended, all attempts that were billed: sets cloudspan.cost.usd and
 * cloudspan.cost.basis where there is a price, unless `own_rules` leaves them out. */
void cspan_cost_set(const cspan_plan_prices *prices, const struct cspan_call *call,
                    const cspan_billed_attempts *before, const cspan_own_rules *own_rules,
                    cspan_span span);

/* The values of the tags (options' allocation_tags) as attributes, at most `capacity`; they are
 * borrowed from the context's baggage and from the resource of `tracer`'s provider. */
size_t cspan_allocation_attrs(char *const *tags, const struct cspan_call *call,
                              const cspan_tracer *tracer, cspan_attr *out, size_t capacity);
/* Copies and checks them; *out is NULL where there are none. */
cspan_status cspan_allocation_tags_copy(const char *const *tags, char ***out, cspan_error **error);
void cspan_allocation_tags_free(char **tags);

/* Takes prices and tags into `tracing` as the options say. */
struct cspan_tracing;
cspan_status cspan_cost_configure(struct cspan_tracing *tracing, const cspan_trace_options *options,
                                  cspan_error **error);

/* What is set here, for what is made of the tables. NULL past the end. */
const cspan_emitted *cspan_emitted_cost_at(size_t index);

#endif
