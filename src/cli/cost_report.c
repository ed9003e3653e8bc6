/* SPDX-License-Identifier: Apache-2.0 */
/* A report of costs as a table, CSV or JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "cli/cost.h"
#include "viewer/columns.h"

enum { MAX_TEXT_COLUMNS = 60, NUMBER = 32 };

/* ------------------------------------------------------------------- table */

/* Requests cost fractions of a millionth. */
static void format_usd(double usd, char out[NUMBER]) {
  (void)snprintf(out, NUMBER, "%.9f", usd);
}

static void format_count(uint64_t count, char out[NUMBER]) {
  (void)snprintf(out, NUMBER, "%" PRIu64, count);
}

typedef struct table {
  cspan_buf *out;
  const cspan_cli_cost_columns *columns;
  size_t widths[CSPAN_COST_DIMENSIONS];
} table;

static const char *text_of(const cspan_cost_line *line, cspan_cost_dimension d) {
  return line->texts[d][0] != '\0' ? line->texts[d] : "-";
}

static void widen(size_t *width, const char *text) {
  size_t columns = cspan_columns_of(text, strlen(text), false);
  columns = columns < MAX_TEXT_COLUMNS ? columns : MAX_TEXT_COLUMNS;
  *width = columns > *width ? columns : *width;
}

static void put_text(const table *t, size_t column, const char *text) {
  size_t width = t->widths[column];
  size_t used = cspan_columns_put(t->out, text, strlen(text), width, false);
  cspan_columns_pad(t->out, width - used + 2);
}

static void put_numbers(const table *t, const char *calls, const char *unpriced, const char *usd) {
  cspan_buf_printf(t->out, "%10s  %10s  %18s\n", calls, unpriced, usd);
}

static void put_line(const table *t, const cspan_cost_line *line) {
  char calls[NUMBER];
  char unpriced[NUMBER];
  char usd[NUMBER];
  format_count(line->calls, calls);
  format_count(line->unpriced, unpriced);
  format_usd(line->usd, usd);
  put_numbers(t, calls, unpriced, usd);
}

static void put_table(cspan_buf *out, cspan_cost_sum *sum, const cspan_cli_cost_columns *columns) {
  table t = {.out = out, .columns = columns};
  const cspan_cost_line *line;
  const cspan_cost_line total = cspan_cost_sum_total(sum);
  for (size_t c = 0; c < columns->count; c++) {
    widen(&t.widths[c], cspan_cost_dimension_names[columns->items[c]]);
    widen(&t.widths[c], "total");
    for (size_t i = 0; (line = cspan_cost_sum_at(sum, i)) != NULL; i++) {
      widen(&t.widths[c], text_of(line, columns->items[c]));
    }
    put_text(&t, c, cspan_cost_dimension_names[columns->items[c]]);
  }
  put_numbers(&t, "calls", "unpriced", "USD");
  for (size_t i = 0; (line = cspan_cost_sum_at(sum, i)) != NULL; i++) {
    for (size_t c = 0; c < columns->count; c++) {
      put_text(&t, c, text_of(line, columns->items[c]));
    }
    put_line(&t, line);
  }
  for (size_t c = 0; c < columns->count; c++) {
    put_text(&t, c, c == 0 ? "total" : "");
  }
  put_line(&t, &total);
}

/* --------------------------------------------------------------------- CSV
 * RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe in front. */

static void put_csv_text(cspan_buf *out, const char *text) {
  bool is_formula = text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL;
  bool is_quoted = is_formula || strpbrk(text, ",\"\r\n") != NULL;
  if (is_quoted) {
    cspan_buf_str(out, is_formula ? "\"'" : "\"");
  }
  for (; *text != '\0'; text++) {
    if (*text == '"') {
      cspan_buf_char(out, '"');
    }
    cspan_buf_char(out, *text);
  }
  if (is_quoted) {
    cspan_buf_char(out, '"');
  }
}

static void put_csv(cspan_buf *out, cspan_cost_sum *sum, const cspan_cli_cost_columns *columns) {
  const cspan_cost_line *line;
  for (size_t c = 0; c < columns->count; c++) {
    cspan_buf_printf(out, "%s,", cspan_cost_dimension_names[columns->items[c]]);
  }
  cspan_buf_str(out, "calls,unpriced,usd\r\n");
  for (size_t i = 0; (line = cspan_cost_sum_at(sum, i)) != NULL; i++) {
    for (size_t c = 0; c < columns->count; c++) {
      put_csv_text(out, line->texts[columns->items[c]]);
      cspan_buf_char(out, ',');
    }
    cspan_buf_printf(out, "%" PRIu64 ",%" PRIu64 ",", line->calls, line->unpriced);
    cspan_write_double(out, line->usd);
    cspan_buf_str(out, "\r\n");
  }
}

/* -------------------------------------------------------------------- JSON */

static void put_object(cspan_buf *out, const cspan_cost_line *line,
                       const cspan_cli_cost_columns *columns) {
  cspan_cost_line_write(line, columns != NULL ? columns->items : NULL,
                        columns != NULL ? columns->count : 0, out);
}

static void put_json_lines(cspan_buf *out, cspan_cost_sum *sum,
                           const cspan_cli_cost_columns *columns) {
  const cspan_cost_line *line;
  const cspan_cost_line total = cspan_cost_sum_total(sum);
  for (size_t i = 0; (line = cspan_cost_sum_at(sum, i)) != NULL; i++) {
    put_object(out, line, columns);
    cspan_buf_char(out, '\n');
  }
  cspan_buf_str(out, "{\"total\":");
  put_object(out, &total, NULL);
  cspan_buf_str(out, "}\n");
}

static void put_json(cspan_buf *out, cspan_cost_sum *sum, const cspan_cli_cost_columns *columns) {
  const cspan_cost_line *line;
  const cspan_cost_line total = cspan_cost_sum_total(sum);
  cspan_buf_str(out, "{\n    \"lines\": [");
  for (size_t i = 0; (line = cspan_cost_sum_at(sum, i)) != NULL; i++) {
    cspan_buf_str(out, i != 0 ? ",\n        " : "\n        ");
    put_object(out, line, columns);
  }
  cspan_buf_str(out, cspan_cost_sum_count(sum) != 0 ? "\n    ],\n" : "],\n");
  cspan_buf_str(out, "    \"total\": ");
  put_object(out, &total, NULL);
  cspan_buf_str(out, "\n}\n");
}

void cspan_cli_cost_put(cspan_buf *out, cspan_cost_sum *sum, const cspan_cli_cost_columns *columns,
                        cspan_cli_cost_form form) {
  switch (form) {
  case CSPAN_CLI_COST_TABLE:
    put_table(out, sum, columns);
    break;
  case CSPAN_CLI_COST_CSV:
    put_csv(out, sum, columns);
    break;
  case CSPAN_CLI_COST_JSON:
    put_json(out, sum, columns);
    break;
  case CSPAN_CLI_COST_JSON_LINES:
    put_json_lines(out, sum, columns);
    break;
  }
}
