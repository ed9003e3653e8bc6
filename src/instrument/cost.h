/* SPDX-License-Identifier: Apache-2.0 */
/* What a call costs, by a table of prices. */
#ifndef INSTRUMENT_COST_H
#define INSTRUMENT_COST_H

#include <cloudspan/trace.h>

typedef struct cspan_prices cspan_prices;

/* `path` NULL: the file that was installed with the library. CSPAN_ERR_IO, or CSPAN_ERR_CONFIG
 * naming line and column. */
cspan_status cspan_prices_load(const char *path, cspan_prices **out, cspan_error **error);
cspan_status cspan_prices_parse(const char *json, size_t size_bytes, const char *name,
                                cspan_prices **out, cspan_error **error);
void cspan_prices_free(cspan_prices *prices);

/* Of a call that has ended, all attempts that were billed: sets cloudspan.cost.usd and
 * cloudspan.cost.basis where there is a price. */
void cspan_cost_set(const cspan_prices *prices, const struct cspan_call *call, cspan_span span);

#endif
