/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of `cloudspan cost`. */
#ifndef CLI_COST_H
#define CLI_COST_H

#include "cli/cli.h"
#include "viewer/cost_sum.h"

typedef struct cspan_cli_cost_values {
  const char *by;
  const char *output;
  const char *since;
  bool prices;
} cspan_cli_cost_values;

/* What a report shows: its dimensions in the order of --by. */
typedef struct cspan_cli_cost_columns {
  cspan_cost_dimension items[CSPAN_COST_DIMENSIONS];
  size_t count;
} cspan_cli_cost_columns;

/* Adds the calls of a file of OTLP/JSON that began at `since_ns` or later: documents one after the
 * other, as the file exporter writes them, or a single one; "-" is the standard input. */
cspan_status cspan_cli_cost_read_file(const char *path, int64_t since_ns, cspan_cost_sum *sum,
                                      cspan_error **error);
/* Adds what a running `cloudspan view` says; `url` is its OTLP/HTTP address. */
cspan_status cspan_cli_cost_read_view(const char *url, const cspan_context *context,
                                      cspan_cost_sum *sum, cspan_error **error);

typedef enum cspan_cli_cost_form {
  CSPAN_CLI_COST_TABLE,
  CSPAN_CLI_COST_CSV,
  CSPAN_CLI_COST_JSON,      /* one document */
  CSPAN_CLI_COST_JSON_LINES /* an object a line, the total last */
} cspan_cli_cost_form;

/* Check the buffer. */
void cspan_cli_cost_put(cspan_buf *out, cspan_cost_sum *sum, const cspan_cli_cost_columns *columns,
                        cspan_cli_cost_form form);

#endif
