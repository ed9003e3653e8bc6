/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/bar.h"

#include <stdio.h>
#include <string.h>

#include "viewer/columns.h"
#include "viewer/record.h"

/* A bar is painted in half columns. */
enum { EMPTY = 0, SOLID = 1, WAIT = 2 };
enum { MAX_MARKED_EVENTS = 1000 };

typedef struct canvas {
  unsigned char half[2 * CSPAN_BAR_MAX_COLUMNS];
  bool mark[CSPAN_BAR_MAX_COLUMNS];
  size_t halves;
} canvas;

/* Where a time is, in half columns from the start. */
static size_t position(const cspan_bar_scale *scale, int64_t time_ns) {
  size_t halves = scale->columns * 2;
  if (time_ns <= scale->start_ns || scale->total_ns <= 0) {
    return 0;
  }
  int64_t offset = time_ns - scale->start_ns;
  if (offset >= scale->total_ns) {
    return halves;
  }
  return (size_t)((double)offset / (double)scale->total_ns * (double)halves);
}

static void paint(canvas *c, size_t from, size_t to, unsigned char what) {
  for (size_t i = from; i < to && i < c->halves; i++) {
    c->half[i] = what;
  }
}

bool cspan_bar_has_retries(const cspan_span_view *view) {
  for (size_t i = 0; i < view->event_count; i++) {
    if (strcmp(view->events[i].name, CSPAN_RETRY_EVENT) == 0) {
      return true;
    }
  }
  return false;
}

static int64_t backoff_ns(const cspan_event_view *event) {
  const cspan_attr *attr =
      cspan_attrs_find(event->attributes, event->attribute_count, CSPAN_RETRY_BACKOFF);
  if (!attr || attr->type != CSPAN_ATTR_INT64 || attr->value.int64 <= 0) {
    return 0;
  }
  return attr->value.int64 < 86400000 ? attr->value.int64 * 1000000 : 86400000000000;
}

static void paint_retries(canvas *c, const cspan_bar_scale *scale, const cspan_span_view *view,
                          size_t from, size_t to) {
  size_t marked = 0;
  for (size_t i = 0; i < view->event_count && marked < MAX_MARKED_EVENTS; i++) {
    const cspan_event_view *event = &view->events[i];
    if (strcmp(event->name, CSPAN_RETRY_EVENT) != 0) {
      continue;
    }
    marked++;
    int64_t at_ns = event->time_unix_ns > 0 ? event->time_unix_ns : 0;
    size_t at = position(scale, at_ns);
    at = at < from ? from : at >= to ? to - 1 : at;
    int64_t wait = backoff_ns(event);
    size_t until = position(scale, at_ns < INT64_MAX - wait ? at_ns + wait : INT64_MAX);
    paint(c, at, until < to ? until : to, WAIT);
    c->mark[at / 2] = true;
  }
}

typedef enum cell_kind { CELL_EMPTY, CELL_SOLID, CELL_WAIT, CELL_MARK } cell_kind;

static cell_kind kind_of(const canvas *c, size_t cell) {
  unsigned char left = c->half[2 * cell];
  unsigned char right = c->half[2 * cell + 1];
  if (c->mark[cell]) {
    return CELL_MARK;
  }
  if (left == SOLID || right == SOLID) {
    return CELL_SOLID;
  }
  return left == WAIT || right == WAIT ? CELL_WAIT : CELL_EMPTY;
}

static const char *glyph_of(const canvas *c, size_t cell, cell_kind kind, bool ascii) {
  if (ascii) {
    return kind == CELL_SOLID ? "#" : kind == CELL_WAIT ? "." : kind == CELL_MARK ? "x" : " ";
  }
  bool left = c->half[2 * cell] == SOLID;
  bool right = c->half[2 * cell + 1] == SOLID;
  switch (kind) {
  case CELL_MARK:
    return "\xe2\x9c\x95"; /* multiplication x */
  case CELL_WAIT:
    return "\xe2\x96\x91"; /* light shade */
  case CELL_SOLID:
    return left && right ? "\xe2\x96\x88" : left ? "\xe2\x96\x8c" : "\xe2\x96\x90";
  case CELL_EMPTY:
    break;
  }
  return " ";
}

static cspan_style solid_style(const cspan_span_view *view) {
  if (view->status == CSPAN_SPAN_ERROR) {
    return CSPAN_STYLE_RED;
  }
  switch (view->kind) {
  case CSPAN_SPAN_CLIENT:
    return CSPAN_STYLE_CYAN;
  case CSPAN_SPAN_SERVER:
    return CSPAN_STYLE_GREEN;
  case CSPAN_SPAN_PRODUCER:
  case CSPAN_SPAN_CONSUMER:
    return CSPAN_STYLE_MAGENTA;
  case CSPAN_SPAN_INTERNAL:
    break;
  }
  return CSPAN_STYLE_BLUE;
}

static cspan_style style_of(const cspan_span_view *view, cell_kind kind) {
  switch (kind) {
  case CELL_SOLID:
    return solid_style(view);
  case CELL_WAIT:
    return CSPAN_STYLE_YELLOW;
  case CELL_MARK:
    return CSPAN_STYLE_BOLD_RED;
  case CELL_EMPTY:
    break;
  }
  return CSPAN_STYLE_PLAIN;
}

void cspan_bar_put(cspan_buf *out, const cspan_bar_scale *scale, const cspan_span_view *view) {
  canvas c;
  memset(&c, 0, sizeof c);
  c.halves = scale->columns * 2;
  size_t from = position(scale, cspan_span_view_start(view));
  size_t to = position(scale, cspan_span_view_end(view));
  from = from < c.halves ? from : c.halves - 1;
  to = to > from ? to : from + 1; /* the shortest span still shows */
  paint(&c, from, to, SOLID);
  paint_retries(&c, scale, view, from, to);

  cspan_style style = CSPAN_STYLE_PLAIN;
  for (size_t cell = 0; cell <= (to - 1) / 2; cell++) {
    cell_kind kind = kind_of(&c, cell);
    cspan_style next = style_of(view, kind);
    if (next != style) {
      cspan_style_end(out, style, scale->color);
      cspan_style_begin(out, next, scale->color);
      style = next;
    }
    cspan_buf_str(out, glyph_of(&c, cell, kind, scale->ascii));
  }
  cspan_style_end(out, style, scale->color);
}

/* -------------------------------------------------------------------- axis */

typedef struct unit {
  double ns;
  const char *name;
} unit;

static unit unit_for(int64_t total_ns) {
  static const unit units[] = {{1, "ns"},  {1e3, "us"},   {1e6, "ms"},
                               {1e9, "s"}, {6e10, "min"}, {3.6e12, "h"}};
  size_t u = 0;
  while (u + 1 < sizeof units / sizeof *units &&
         (double)total_ns >= (u >= 3 ? 3 : 1) * units[u + 1].ns) {
    u++;
  }
  return units[u];
}

/* The least of 1, 2, 5, 10, 20... that is at least `least`; in tenths where that is under 1. */
static double nice_step(double least) {
  double power = 0.001;
  for (;;) {
    for (int m = 1; m <= 5; m += m == 1 ? 1 : 3) {
      if (power * m >= least * (1 - 1e-9)) {
        return power * m;
      }
    }
    power *= 10;
  }
}

/* Writes the text over `line` at `column`, when there is room with a blank before it. */
static void put_label(char *line, size_t columns, size_t column, size_t *free_from,
                      const char *text) {
  size_t len = strlen(text);
  if (column >= *free_from && column + len <= columns) {
    for (size_t i = 0; i < len; i++) {
      line[column + i] = text[i];
    }
    *free_from = column + len + 2;
  }
}

/* Labels hold an ASCII stand-in for the micro sign, so that a byte is a column. */
static void put_line(cspan_buf *out, const char *line, size_t columns, const char *micro) {
  size_t end = columns;
  while (end > 0 && line[end - 1] == ' ') {
    end--;
  }
  for (size_t i = 0; i < end; i++) {
    if (line[i] == 'u') {
      cspan_buf_str(out, micro);
    } else {
      cspan_buf_char(out, line[i]);
    }
  }
}

static void put_ticks(cspan_buf *out, const bool *tick, size_t columns, bool ascii) {
  for (size_t i = 0; i < columns; i++) {
    if (ascii) {
      cspan_buf_char(out, tick[i] || i + 1 == columns ? '+' : '-');
    } else if (i == 0) {
      cspan_buf_str(out, "\xe2\x94\x9c");
    } else if (i + 1 == columns) {
      cspan_buf_str(out, "\xe2\x94\xa4");
    } else {
      cspan_buf_str(out, tick[i] ? "\xe2\x94\xac" : "\xe2\x94\x80");
    }
  }
}

void cspan_bar_axis(cspan_buf *out, const cspan_bar_scale *scale, size_t indent) {
  char line[CSPAN_BAR_MAX_COLUMNS];
  bool tick[CSPAN_BAR_MAX_COLUMNS] = {false};
  memset(line, ' ', sizeof line);
  unit u = unit_for(scale->total_ns);
  double total = (double)scale->total_ns / u.ns;
  double step = nice_step(total * 10 / (double)scale->columns);
  size_t free_from = 0;
  put_label(line, scale->columns, 0, &free_from, "0");
  tick[0] = true;
  for (int k = 1; total > 0 && k * step < total; k++) {
    size_t column = (size_t)(k * step / total * (double)scale->columns);
    char label[32];
    snprintf(label, sizeof label, "%.6g %s", k * step, u.name);
    if (column < scale->columns) {
      tick[column] = true;
      put_label(line, scale->columns, column, &free_from, label);
    }
  }
  cspan_style_begin(out, CSPAN_STYLE_DIM, scale->color);
  cspan_columns_pad(out, indent);
  put_line(out, line, scale->columns, scale->ascii ? "u" : "\xc2\xb5");
  cspan_buf_char(out, '\n');
  cspan_columns_pad(out, indent);
  put_ticks(out, tick, scale->columns, scale->ascii);
  cspan_style_end(out, CSPAN_STYLE_DIM, scale->color);
  cspan_buf_char(out, '\n');
}
