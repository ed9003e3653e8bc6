/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "viewer/columns.h"
#include "viewer/flow.h"
#include "viewer/summary.h"

enum { MIN_WIDTH = 60, MAX_WIDTH = 300, DEFAULT_WIDTH = 100, MIN_NAME = 10, CELL = 24 };

enum { CALLS, ERRORS, RETRIES, P50, P99, SENT, RECEIVED, CELLS };

/* Of each column of numbers: its heading, and the columns that it takes. */
static const struct {
  const char *name;
  size_t columns;
} cells[CELLS] = {{"calls", 7}, {"errors", 7}, {"retries", 8},  {"p50", 9},
                  {"p99", 9},   {"sent", 11},  {"received", 11}};

typedef struct table {
  cspan_buf *out;
  size_t name_columns;
  size_t last_cell; /* narrow: the bytes are left out */
  bool color;
  bool ascii;
} table;

static void put_cell(const table *t, size_t cell, cspan_style style, const char *text) {
  size_t columns = cspan_columns_of(text, strlen(text), t->ascii);
  cspan_columns_pad(t->out, columns < cells[cell].columns ? cells[cell].columns - columns : 1);
  cspan_style_begin(t->out, style, t->color);
  cspan_buf_str(t->out, text);
  cspan_style_end(t->out, style, t->color);
}

static void put_name(const table *t, cspan_style style, const char *name) {
  cspan_buf_char(t->out, ' ');
  cspan_style_begin(t->out, style, t->color);
  size_t used = cspan_columns_put(t->out, name, strlen(name), t->name_columns, t->ascii);
  cspan_style_end(t->out, style, t->color);
  cspan_columns_pad(t->out, t->name_columns - used);
}

static void put_headings(const table *t, const char *title) {
  put_name(t, CSPAN_STYLE_BOLD, title);
  for (size_t i = 0; i <= t->last_cell; i++) {
    put_cell(t, i, CSPAN_STYLE_DIM, cells[i].name);
  }
  cspan_buf_char(t->out, '\n');
}

static cspan_style style_for(size_t cell, uint64_t value) {
  if (value == 0 && cell != CALLS) {
    return CSPAN_STYLE_DIM;
  }
  return cell == ERRORS    ? CSPAN_STYLE_RED
         : cell == RETRIES ? CSPAN_STYLE_YELLOW
                           : CSPAN_STYLE_PLAIN;
}

static void put_count(const table *t, size_t cell, uint64_t value) {
  char text[CELL];
  snprintf(text, sizeof text, "%" PRIu64, value);
  put_cell(t, cell, style_for(cell, value), text);
}

static void put_duration(const table *t, size_t cell, int64_t ns) {
  char text[CSPAN_DURATION_CAPACITY];
  cspan_format_duration(ns, t->ascii, text);
  put_cell(t, cell, CSPAN_STYLE_PLAIN, text);
}

static void put_bytes(const table *t, size_t cell, int64_t bytes) {
  char text[CSPAN_BYTES_CAPACITY];
  cspan_format_bytes(bytes, text);
  put_cell(t, cell, style_for(cell, (uint64_t)bytes), text);
}

static void put_line(const table *t, const cspan_summary_line *line) {
  put_name(t, line->errors ? CSPAN_STYLE_RED : CSPAN_STYLE_PLAIN, line->name);
  put_count(t, CALLS, line->calls);
  put_count(t, ERRORS, line->errors);
  put_count(t, RETRIES, line->retries);
  put_duration(t, P50, line->p50_ns);
  put_duration(t, P99, line->p99_ns);
  if (t->last_cell >= RECEIVED) {
    put_bytes(t, SENT, line->sent_bytes);
    put_bytes(t, RECEIVED, line->received_bytes);
  }
  cspan_buf_char(t->out, '\n');
}

static size_t cells_columns(size_t last) {
  size_t columns = 0;
  for (size_t i = 0; i <= last; i++) {
    columns += cells[i].columns;
  }
  return columns;
}

/* The name column is as wide as the names, as far as there is room; where there is little,
 * the bytes go. */
static void lay_out(cspan_summary *summary, table *t, size_t width) {
  cspan_summary_line line;
  size_t need = MIN_NAME;
  for (size_t i = 0; cspan_summary_at(summary, i, &line); i++) {
    size_t columns = cspan_columns_of(line.name, strlen(line.name), t->ascii);
    need = columns > need ? columns : need;
  }
  t->last_cell = width >= 2 + need + cells_columns(RECEIVED) || width >= 90 ? RECEIVED : P99;
  size_t room = width - 2 - cells_columns(t->last_cell);
  t->name_columns = need < room ? need : room;
}

cspan_status cspan_summary_render(cspan_summary *summary, const cspan_summary_options *options,
                                  cspan_buf *out) {
  size_t width = options && options->width ? options->width : DEFAULT_WIDTH;
  width = width < MIN_WIDTH ? MIN_WIDTH : width > MAX_WIDTH ? MAX_WIDTH : width;
  table t = {.out = out, .color = options && options->color, .ascii = options && options->ascii};
  lay_out(summary, &t, width);
  cspan_summary_line line;
  bool first = true;
  bool api_call = false;
  for (size_t i = 0; cspan_summary_at(summary, i, &line); i++) {
    if (first || line.api_call != api_call) {
      cspan_buf_str(out, first ? "" : "\n");
      put_headings(&t, line.api_call ? "API call" : "operation");
    }
    first = false;
    api_call = line.api_call;
    put_line(&t, &line);
  }
  return cspan_buf_status(out);
}
