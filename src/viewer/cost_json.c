/* SPDX-License-Identifier: Apache-2.0 */
/* Sums of costs as JSON, and back: how the viewer tells them to the command. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "viewer/columns.h"
#include "viewer/cost_sum.h"

void cspan_cost_line_write(const cspan_cost_line *line, const cspan_cost_dimension *dimensions,
                           size_t count, cspan_buf *out) {
  cspan_buf_char(out, '{');
  for (size_t i = 0; i < count; i++) {
    const char *text = line->texts[dimensions[i]];
    cspan_buf_printf(out, "\"%s\":", cspan_cost_dimension_names[dimensions[i]]);
    cspan_columns_json(out, text, strlen(text));
    cspan_buf_char(out, ',');
  }
  cspan_buf_printf(out, "\"calls\":%" PRIu64 ",\"unpriced\":%" PRIu64 ",\"usd\":", line->calls,
                   line->unpriced);
  cspan_write_double(out, line->usd);
  cspan_buf_char(out, '}');
}

void cspan_cost_sum_write(cspan_cost_sum *sum, cspan_buf *out) {
  const cspan_cost_line *line;
  cspan_cost_dimension all[CSPAN_COST_DIMENSIONS];
  for (size_t d = 0; d < CSPAN_COST_DIMENSIONS; d++) {
    all[d] = (cspan_cost_dimension)d;
  }
  cspan_buf_str(out, "{\"lines\":[");
  for (size_t i = 0; (line = cspan_cost_sum_at(sum, i)) != NULL; i++) {
    cspan_buf_append(out, ",", i != 0);
    cspan_cost_line_write(line, all, CSPAN_COST_DIMENSIONS, out);
  }
  cspan_buf_str(out, "]}");
}

static bool count_of(const cspan_value *line, const char *name, uint64_t *out) {
  int64_t count = cspan_value_int(cspan_value_get(line, name), -1);
  *out = count >= 0 ? (uint64_t)count : 0;
  return count >= 0;
}

static bool line_of(const cspan_value *value, cspan_cost_line *out) {
  bool good = count_of(value, "calls", &out->calls) && count_of(value, "unpriced", &out->unpriced);
  out->usd = cspan_value_double(cspan_value_get(value, "usd"), -1);
  for (size_t d = 0; d < CSPAN_COST_DIMENSIONS && good; d++) {
    out->texts[d] = cspan_value_text(cspan_value_get(value, cspan_cost_dimension_names[d]), NULL);
    good = out->texts[d] != NULL;
  }
  return good && isfinite(out->usd) && out->usd >= 0;
}

static cspan_status no_sums(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_PROTOCOL,
                         "the answer is not what cloudspan view says of "
                         "costs");
}

cspan_status cspan_cost_sum_read(cspan_cost_sum *sum, const char *json, size_t size,
                                 cspan_error **error) {
  cspan_document *document = NULL;
  cspan_status status = cspan_document_parse_json(json, size, &document, NULL);
  if (status == CSPAN_ERR_NOMEM) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  const cspan_value *lines = cspan_value_get(cspan_document_value(document), "lines");
  if (status == CSPAN_OK && cspan_value_get_kind(lines) != CSPAN_VALUE_LIST) {
    status = CSPAN_ERR_PROTOCOL;
  }
  for (size_t i = 0; i < cspan_value_count(lines) && status == CSPAN_OK; i++) {
    cspan_cost_line line;
    status = line_of(cspan_value_at(lines, i), &line) ? cspan_cost_sum_add(sum, &line)
                                                      : CSPAN_ERR_PROTOCOL;
  }
  cspan_document_free(document);
  if (status == CSPAN_ERR_NOMEM) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  return status == CSPAN_OK ? CSPAN_OK : no_sums(error);
}
