/* SPDX-License-Identifier: Apache-2.0 */
/* An OTLP request to traces to text: whatever comes over the network, nothing but
 * printable characters reaches the terminal, and no line is longer than it is wide. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cloudspan/ext/exporter.h>

#include "viewer/assemble.h"
#include "viewer/columns.h"
#include "viewer/summary.h"
#include "viewer/trace_json.h"
#include "viewer/waterfall.h"

enum { MAX_TEXT = 1 << 24 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
  if (!condition) {
    abort();
  }
}

static void check_text(const cspan_buf *text, size_t width, bool ascii) {
  const char *at = cspan_buf_text(text);
  const char *end = at + text->len;
  while (at < end) {
    const char *line_end = memchr(at, '\n', (size_t)(end - at));
    require(line_end != NULL);
    for (const char *c = at; c < line_end; c++) {
      require((unsigned char)*c >= 0x20 && *c != 0x7f);
      require(!ascii || (unsigned char)*c < 0x80);
      require(!((unsigned char)c[0] == 0xc2 && (unsigned char)c[1] < 0xa0));
    }
    require(width == 0 || cspan_columns_of(at, (size_t)(line_end - at), ascii) < width);
    at = line_end + 1;
  }
}

static void draw(const cspan_trace_record *record, uint8_t mode) {
  cspan_buf out;
  cspan_waterfall_options options = {
      .width = 60 + (size_t)(mode >> 2) * 3, .ascii = (mode & 1) != 0, .brief = (mode & 2) != 0};
  cspan_buf_init(&out, MAX_TEXT);
  if (cspan_waterfall_render(record, &options, &out) == CSPAN_OK) {
    check_text(&out, options.width, options.ascii);
  }
  cspan_buf_clear(&out);
  if (cspan_trace_json(record, &out) == CSPAN_OK) {
    check_text(&out, 0, false);
    require(memchr(out.data, '\n', out.len) == out.data + out.len - 1);
  }
  cspan_buf_free(&out);
}

static void summarize(const cspan_span_list *list, uint8_t mode) {
  cspan_buf out;
  cspan_summary_options options = {.width = 60 + (size_t)(mode >> 2) * 3, .ascii = (mode & 1) != 0};
  cspan_summary *summary = cspan_summary_create();
  cspan_buf_init(&out, MAX_TEXT);
  for (size_t i = 0; summary && i < cspan_span_list_count(list); i++) {
    cspan_summary_add(summary, cspan_span_list_at(list, i));
  }
  if (summary && cspan_summary_render(summary, &options, &out) == CSPAN_OK) {
    check_text(&out, options.width, options.ascii);
  }
  cspan_buf_free(&out);
  cspan_summary_free(summary);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cspan_span_list *list = NULL;
  if (size == 0 || cspan_span_list_decode(data + 1, size - 1, &list, NULL) != CSPAN_OK) {
    return 0;
  }
  cspan_assembler *assembler = cspan_assembler_create(NULL);
  if (assembler) {
    cspan_assembler_add_list(assembler, list, 0);
    cspan_trace_record *record;
    while ((record = cspan_assembler_take(assembler, 0, true)) != NULL) {
      draw(record, data[0]);
      cspan_trace_record_free(record);
    }
    cspan_assembler_free(assembler);
  }
  summarize(list, data[0]);
  cspan_span_list_free(list);
  return 0;
}
