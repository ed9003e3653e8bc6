/* SPDX-License-Identifier: Apache-2.0 */
/* Coloured text on a terminal, and items that flow over as many lines as they need. */
#ifndef VIEWER_FLOW_H
#define VIEWER_FLOW_H

#include "base/text.h"

typedef enum cspan_style {
  CSPAN_STYLE_PLAIN = 0,
  CSPAN_STYLE_BOLD,
  CSPAN_STYLE_DIM,
  CSPAN_STYLE_RED,
  CSPAN_STYLE_BOLD_RED,
  CSPAN_STYLE_GREEN,
  CSPAN_STYLE_YELLOW,
  CSPAN_STYLE_BLUE,
  CSPAN_STYLE_CYAN,
  CSPAN_STYLE_MAGENTA
} cspan_style;

typedef struct cspan_flow {
  cspan_buf *out;
  size_t width; /* columns of the terminal that may be used */
  bool color;
  bool ascii;
  const char *prefix; /* starts every line; ours, so not escaped */
  size_t prefix_columns;
  /* Private: the paragraph being written. */
  const char *separator;
  size_t separator_columns;
  size_t hang;
  size_t max_lines;
  size_t lines;
  size_t column; /* 0: no line is open */
  bool after_item;
  bool full;
} cspan_flow;

/* Escape sequences, or nothing without colour. */
void cspan_style_begin(cspan_buf *out, cspan_style style, bool color);
void cspan_style_end(cspan_buf *out, cspan_style style, bool color);

/* Starts a paragraph. The separator (ours; dim) stands between items on a line;
 * lines after the first are indented by `hang` more columns. What does not fit in
 * max_lines is left out, with an ellipsis. */
void cspan_flow_begin(cspan_flow *flow, const char *separator, size_t hang, size_t max_lines);
/* An item is kept on one line, cut when it is longer than that. */
void cspan_flow_item(cspan_flow *flow, cspan_style style, const char *text, size_t len);
/* Each word an item. */
void cspan_flow_words(cspan_flow *flow, cspan_style style, const char *text, size_t len);
/* Ends the paragraph's last line. */
void cspan_flow_end(cspan_flow *flow);

#endif
