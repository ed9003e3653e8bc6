/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/waterfall.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "viewer/attr_text.h"
#include "viewer/bar.h"
#include "viewer/columns.h"
#include "viewer/details.h"
#include "viewer/tree.h"

enum {
  MIN_WIDTH = 60,
  MAX_WIDTH = 300,
  DEFAULT_WIDTH = 100,
  MARGIN = 1,
  INDENT = 3,
  DURATION_COLUMNS = 8,
  MIN_NAME = 12,
  MAX_NAME = 64,
  MAX_DEPTH = 32,
  PREFIX_CAPACITY = 256
};

/* Everything that the parts of one rendering share. */
typedef struct waterfall {
  cspan_buf *out;
  const cspan_trace_record *record;
  cspan_tree tree;
  const cspan_span_view *root;
  size_t width; /* of lines: one less than the terminal's, as some wrap a full line */
  size_t name_columns;
  size_t mark_columns;
  size_t max_depth; /* deeper spans are indented like this */
  bool color;
  bool ascii;
  bool brief;
  cspan_bar_scale scale;
  bool more[MAX_DEPTH + 1]; /* by depth: whether the span on the way there has a next sibling */
} waterfall;

static const char *line_char(const waterfall *w) {
  return w->ascii ? "=" : "\xe2\x94\x81";
}

static void styled(const waterfall *w, cspan_style style, const char *text) {
  cspan_style_begin(w->out, style, w->color);
  cspan_buf_str(w->out, text);
  cspan_style_end(w->out, style, w->color);
}

/* ----------------------------------------------------------------- heading */

static cspan_style heading_style(const waterfall *w) {
  return w->tree.errors ? CSPAN_STYLE_RED : CSPAN_STYLE_GREEN;
}

static void repeat(const waterfall *w, const char *text, size_t count) {
  cspan_style_begin(w->out, heading_style(w), w->color);
  for (size_t i = 0; i < count; i++) {
    cspan_buf_str(w->out, text);
  }
  cspan_style_end(w->out, heading_style(w), w->color);
}

/* == root name ================================== 412 ms == */
static void put_title(const waterfall *w) {
  char duration[CSPAN_DURATION_CAPACITY];
  cspan_format_duration(w->tree.end_ns - w->tree.start_ns, w->ascii, duration);
  size_t duration_columns = cspan_columns_of(duration, strlen(duration), w->ascii);
  const char *name = *w->root->name ? w->root->name : "(no name)";
  repeat(w, line_char(w), 2);
  cspan_buf_char(w->out, ' ');
  cspan_style_begin(w->out, CSPAN_STYLE_BOLD, w->color);
  size_t fixed = 2 + 1 + 1 + 2 + 1 + duration_columns + 1 + 2;
  size_t used = cspan_columns_put(w->out, name, strlen(name), w->width - fixed, w->ascii);
  cspan_style_end(w->out, CSPAN_STYLE_BOLD, w->color);
  cspan_buf_char(w->out, ' ');
  repeat(w, line_char(w), w->width - fixed - used + 2);
  cspan_buf_char(w->out, ' ');
  styled(w, CSPAN_STYLE_BOLD, duration);
  cspan_buf_char(w->out, ' ');
  repeat(w, line_char(w), 2);
  cspan_buf_char(w->out, '\n');
}

/* 2026-10-01 12:00:00.123 UTC */
static void format_start(int64_t unix_ns, char *out, size_t capacity) {
  char seconds[21];
  cspan_format_iso8601((time_t)(unix_ns / 1000000000), seconds);
  snprintf(out, capacity, "%.10s %.8s.%03d UTC", seconds, seconds + 11,
           (int)(unix_ns / 1000000 % 1000));
}

static void put_count(cspan_flow *flow, cspan_style style, size_t count, const char *what) {
  char text[64];
  int len = snprintf(text, sizeof text, "%zu %s%s", count, what, count == 1 ? "" : "s");
  cspan_flow_item(flow, style, text, len > 0 ? (size_t)len : 0);
}

static void put_dropped(cspan_flow *flow, size_t count) {
  char text[64];
  if (count) {
    int len = snprintf(text, sizeof text, "%zu more not kept", count);
    cspan_flow_item(flow, CSPAN_STYLE_YELLOW, text, len > 0 ? (size_t)len : 0);
  }
}

static cspan_flow flow_of(const waterfall *w, const char *prefix, size_t prefix_columns) {
  cspan_flow flow = {.out = w->out,
                     .width = w->width,
                     .color = w->color,
                     .ascii = w->ascii,
                     .prefix = prefix,
                     .prefix_columns = prefix_columns};
  return flow;
}

static void put_heading(const waterfall *w) {
  char start[48];
  char trace[40] = "trace ";
  format_start(w->tree.start_ns, start, sizeof start);
  cspan_trace_id_hex(w->record->trace_id, trace + 6);
  cspan_str service = cspan_attr_text(w->root->resource, w->root->resource_count, "service.name");
  put_title(w);
  cspan_flow flow = flow_of(w, "   ", 3);
  cspan_flow_begin(&flow, cspan_details_separator(w->ascii), 0, 4);
  cspan_flow_item(&flow, CSPAN_STYLE_CYAN, service.data, service.len);
  cspan_flow_item(&flow, CSPAN_STYLE_PLAIN, start, strlen(start));
  put_count(&flow, CSPAN_STYLE_PLAIN, w->tree.count, "span");
  put_count(&flow, w->tree.errors ? CSPAN_STYLE_RED : CSPAN_STYLE_PLAIN, w->tree.errors, "error");
  put_dropped(&flow, w->record->dropped_spans);
  cspan_flow_item(&flow, CSPAN_STYLE_DIM, trace, strlen(trace));
  cspan_flow_end(&flow);
  cspan_buf_char(w->out, '\n');
}

/* -------------------------------------------------------------------- rows */

static size_t shown_depth(const waterfall *w, size_t index) {
  size_t depth = w->tree.nodes[index].depth;
  return depth < w->max_depth ? depth : w->max_depth;
}

static void add_text(char *prefix, const char *text) {
  size_t used = strlen(prefix);
  snprintf(prefix + used, PREFIX_CAPACITY - used, "%s", text);
}

/* The lines of the tree that run through a row; `branch`: the row of the span itself,
 * else one below it. Returns the columns. */
static size_t make_prefix(const waterfall *w, size_t index, bool branch, char *prefix) {
  const cspan_tree_node *node = &w->tree.nodes[index];
  const char *through = w->ascii ? "|  " : "\xe2\x94\x82  ";
  const char *fork = w->ascii ? "|- " : "\xe2\x94\x9c\xe2\x94\x80 ";
  const char *last = w->ascii ? "`- " : "\xe2\x94\x94\xe2\x94\x80 ";
  size_t depth = shown_depth(w, index);
  prefix[0] = '\0';
  add_text(prefix, " ");
  for (size_t level = 1; level < depth; level++) {
    add_text(prefix, w->more[level] ? through : "   ");
  }
  if (depth > 0 && branch) {
    add_text(prefix, w->more[depth] ? fork : last);
  } else if (depth > 0) {
    add_text(prefix, w->more[depth] ? through : "   ");
  }
  if (branch) {
    return MARGIN + INDENT * depth;
  }
  bool below = node->first_child != CSPAN_TREE_NONE && depth < w->max_depth;
  add_text(prefix, below ? through : "   ");
  return MARGIN + INDENT * (depth + 1);
}

static cspan_style name_style(const cspan_span_view *view) {
  return view->status == CSPAN_SPAN_ERROR ? CSPAN_STYLE_BOLD_RED : CSPAN_STYLE_BOLD;
}

static void put_mark(const waterfall *w, const cspan_span_view *view) {
  if (view->status == CSPAN_SPAN_OK) {
    styled(w, CSPAN_STYLE_GREEN, w->ascii ? "ok " : "\xe2\x9c\x93");
  } else if (view->status == CSPAN_SPAN_ERROR) {
    styled(w, CSPAN_STYLE_BOLD_RED, w->ascii ? "ERR" : "\xe2\x9c\x97");
  } else {
    cspan_columns_pad(w->out, w->mark_columns);
  }
}

static void put_row(const waterfall *w, size_t index) {
  const cspan_span_view *view = w->record->spans[index];
  const char *name = *view->name ? view->name : "(no name)";
  char prefix[PREFIX_CAPACITY];
  char duration[CSPAN_DURATION_CAPACITY];
  size_t indent = make_prefix(w, index, true, prefix);
  size_t room = MARGIN + w->name_columns - indent;
  styled(w, CSPAN_STYLE_DIM, prefix);
  cspan_style_begin(w->out, name_style(view), w->color);
  size_t used = cspan_columns_put(w->out, name, strlen(name), room, w->ascii);
  cspan_style_end(w->out, name_style(view), w->color);
  cspan_format_duration(cspan_span_view_end(view) - cspan_span_view_start(view), w->ascii,
                        duration);
  size_t columns = cspan_columns_of(duration, strlen(duration), w->ascii);
  size_t gap = room - used + 1;
  cspan_columns_pad(w->out, columns < DURATION_COLUMNS ? gap + DURATION_COLUMNS - columns : gap);
  cspan_buf_str(w->out, duration);
  cspan_buf_char(w->out, ' ');
  put_mark(w, view);
  cspan_buf_char(w->out, ' ');
  cspan_bar_put(w->out, &w->scale, view);
  cspan_buf_char(w->out, '\n');
}

static void put_rows(waterfall *w) {
  cspan_details details = {
      .record = w->record, .tree = &w->tree, .root = w->root, .brief = w->brief};
  char prefix[PREFIX_CAPACITY];
  for (size_t n = 0; n < w->tree.count && cspan_buf_status(w->out) == CSPAN_OK; n++) {
    size_t index = w->tree.order[n];
    size_t depth = shown_depth(w, index);
    w->more[depth] = w->tree.nodes[index].next_sibling != CSPAN_TREE_NONE;
    put_row(w, index);
    size_t columns = make_prefix(w, index, false, prefix);
    cspan_flow flow = flow_of(w, prefix, columns);
    cspan_details_put(&flow, &details, index);
  }
}

static void put_legend(const waterfall *w) {
  for (size_t i = 0; i < w->tree.count; i++) {
    if (cspan_bar_has_retries(w->record->spans[i])) {
      const char *text = w->ascii ? " x a failed attempt   . waiting for the next one\n"
                                  : " \xe2\x9c\x95 a failed attempt   \xe2\x96\x91 waiting for "
                                    "the next one\n";
      cspan_buf_char(w->out, '\n');
      styled(w, CSPAN_STYLE_DIM, text);
      return;
    }
  }
}

/* ------------------------------------------------------------------ layout */

/* The name column is as wide as the names, up to two fifths of the line. */
static void lay_out(waterfall *w) {
  size_t limit = w->width * 2 / 5 < MAX_NAME ? w->width * 2 / 5 : MAX_NAME;
  w->max_depth = (limit - MIN_NAME) / INDENT < MAX_DEPTH ? (limit - MIN_NAME) / INDENT : MAX_DEPTH;
  w->name_columns = MIN_NAME;
  for (size_t i = 0; i < w->tree.count; i++) {
    const char *name = w->record->spans[i]->name;
    size_t need = INDENT * shown_depth(w, i) + cspan_columns_of(name, strlen(name), w->ascii);
    w->name_columns = need > w->name_columns ? need : w->name_columns;
  }
  w->name_columns = w->name_columns < limit ? w->name_columns : limit;
  w->mark_columns = w->ascii ? 3 : 1;
  size_t left = MARGIN + w->name_columns + 1 + DURATION_COLUMNS + 1 + w->mark_columns + 1;
  w->scale.columns = w->width - left;
  w->scale.start_ns = w->tree.start_ns;
  w->scale.total_ns = w->tree.end_ns - w->tree.start_ns;
  w->scale.ascii = w->ascii;
  w->scale.color = w->color;
}

static size_t clamp_width(size_t width) {
  width = width ? width : DEFAULT_WIDTH;
  return width < MIN_WIDTH ? MIN_WIDTH : width > MAX_WIDTH ? MAX_WIDTH : width;
}

cspan_status cspan_waterfall_render(const cspan_trace_record *record,
                                    const cspan_waterfall_options *options, cspan_buf *out) {
  waterfall w = {.out = out, .record = record};
  w.width = clamp_width(options ? options->width : 0) - 1;
  w.color = options && options->color;
  w.ascii = options && options->ascii;
  w.brief = options && options->brief;
  cspan_status status = cspan_tree_build(record, &w.tree);
  if (status != CSPAN_OK) {
    return status;
  }
  w.root = cspan_tree_root(record, &w.tree);
  if (w.root) {
    lay_out(&w);
    put_heading(&w);
    cspan_bar_axis(out, &w.scale, w.width - w.scale.columns);
    put_rows(&w);
    put_legend(&w);
    cspan_buf_char(out, '\n');
  }
  cspan_tree_free(&w.tree);
  return cspan_buf_status(out);
}
