/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/flow.h"

#include <string.h>

#include "viewer/columns.h"

static const char *sequence(cspan_style style) {
  switch (style) {
  case CSPAN_STYLE_BOLD:
    return "\x1b[1m";
  case CSPAN_STYLE_DIM:
    return "\x1b[2m";
  case CSPAN_STYLE_RED:
    return "\x1b[31m";
  case CSPAN_STYLE_BOLD_RED:
    return "\x1b[1;31m";
  case CSPAN_STYLE_GREEN:
    return "\x1b[32m";
  case CSPAN_STYLE_YELLOW:
    return "\x1b[33m";
  case CSPAN_STYLE_BLUE:
    return "\x1b[34m";
  case CSPAN_STYLE_CYAN:
    return "\x1b[36m";
  case CSPAN_STYLE_MAGENTA:
    return "\x1b[35m";
  case CSPAN_STYLE_PLAIN:
    break;
  }
  return "";
}

void cspan_style_begin(cspan_buf *out, cspan_style style, bool color) {
  if (color) {
    cspan_buf_str(out, sequence(style));
  }
}

void cspan_style_end(cspan_buf *out, cspan_style style, bool color) {
  if (color && style != CSPAN_STYLE_PLAIN) {
    cspan_buf_str(out, "\x1b[0m");
  }
}

void cspan_flow_begin(cspan_flow *flow, const char *separator, size_t hang, size_t max_lines) {
  flow->separator = separator;
  flow->separator_columns = cspan_columns_of(separator, strlen(separator), false);
  flow->hang = hang;
  flow->max_lines = max_lines;
  flow->lines = 0;
  flow->column = 0;
  flow->after_item = false;
  flow->full = false;
}

static void open_line(cspan_flow *flow) {
  cspan_style_begin(flow->out, CSPAN_STYLE_DIM, flow->color);
  cspan_buf_str(flow->out, flow->prefix);
  cspan_style_end(flow->out, CSPAN_STYLE_DIM, flow->color);
  size_t hang = flow->lines ? flow->hang : 0;
  cspan_columns_pad(flow->out, hang);
  flow->column = flow->prefix_columns + hang;
  flow->after_item = false;
  flow->lines++;
}

static void put_styled(cspan_flow *flow, cspan_style style, const char *text, size_t len) {
  size_t room = flow->width > flow->column ? flow->width - flow->column : 0;
  cspan_style_begin(flow->out, style, flow->color);
  flow->column += cspan_columns_put(flow->out, text, len, room, flow->ascii);
  cspan_style_end(flow->out, style, flow->color);
}

/* Ends the last line that is allowed: the ellipsis may take the last columns. */
static void close_full(cspan_flow *flow) {
  flow->full = true;
  if (flow->column + 2 <= flow->width) {
    put_styled(flow, CSPAN_STYLE_DIM, flow->ascii ? " ~" : " \xe2\x80\xa6", flow->ascii ? 2 : 4);
  }
}

void cspan_flow_item(cspan_flow *flow, cspan_style style, const char *text, size_t len) {
  if (flow->full || len == 0) {
    return;
  }
  if (flow->column == 0) {
    open_line(flow);
  }
  if (flow->after_item) {
    size_t need = flow->separator_columns + cspan_columns_of(text, len, flow->ascii);
    if (flow->column + need <= flow->width) {
      bool blank = flow->separator[0] == ' ' && flow->separator[1] == '\0';
      put_styled(flow, blank ? CSPAN_STYLE_PLAIN : CSPAN_STYLE_DIM, flow->separator,
                 strlen(flow->separator));
    } else if (flow->lines < flow->max_lines) {
      cspan_buf_char(flow->out, '\n');
      open_line(flow);
    } else {
      close_full(flow);
      return;
    }
  }
  put_styled(flow, style, text, len);
  flow->after_item = true;
}

void cspan_flow_words(cspan_flow *flow, cspan_style style, const char *text, size_t len) {
  size_t at = 0;
  while (at < len && !flow->full) {
    size_t end = at;
    while (end < len && text[end] != ' ') {
      end++;
    }
    cspan_flow_item(flow, style, text + at, end - at);
    at = end;
    while (at < len && text[at] == ' ') {
      at++;
    }
  }
}

void cspan_flow_end(cspan_flow *flow) {
  if (flow->column) {
    cspan_buf_char(flow->out, '\n');
    flow->column = 0;
  }
}
