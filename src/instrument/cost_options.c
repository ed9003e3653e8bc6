/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "instrument/cost.h"
#include "instrument/tracing.h"

static cspan_status check(const cspan_trace_options *options, cspan_error **error) {
  if ((unsigned)options->cost > CSPAN_SWITCH_OFF ||
      (unsigned)options->cost_transfer_out > CSPAN_SWITCH_OFF) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "cspan_trace_append: cost or cost_transfer_out is not one of the values "
                           "of trace.h");
  }
  return CSPAN_OK;
}

cspan_status cspan_cost_configure(cspan_tracing *tracing, const cspan_trace_options *options,
                                  cspan_error **error) {
  cspan_status status = check(options, error);
  if (status == CSPAN_OK && options->cost == CSPAN_SWITCH_ON) {
    status = cspan_prices_load(options->price_file, &tracing->prices, error);
  }
  if (status != CSPAN_OK) {
    return status;
  }
  if (tracing->prices != NULL) {
    cspan_prices_count_transfer(tracing->prices, options->cost_transfer_out == CSPAN_SWITCH_ON);
  }
  return cspan_allocation_tags_copy(options->allocation_tags, &tracing->allocation_tags, error);
}
