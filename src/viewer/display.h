/* SPDX-License-Identifier: Apache-2.0 */
/* From received spans to text: puts them together into traces and writes each finished
 * one, drawn or as JSON. Thread-safe; the write function is called by one thread at a
 * time. */
#ifndef VIEWER_DISPLAY_H
#define VIEWER_DISPLAY_H

#include "viewer/assemble.h"
#include "viewer/summary.h"
#include "viewer/waterfall.h"

typedef struct cspan_display cspan_display;

/* Writes a whole trace; false: it could not (a closed pipe), which ends the output. */
typedef bool (*cspan_display_write_fn)(void *user, const char *text, size_t len);

typedef struct cspan_display_options {
  cspan_assembler_options assembler;
  cspan_waterfall_options waterfall;
  bool json;
  cspan_display_write_fn write;
  void *user;
} cspan_display_options;

/* NULL: out of memory. */
cspan_display *cspan_display_create(const cspan_display_options *options);
void cspan_display_free(cspan_display *display);

/* Takes copies of the spans. `now_ns` is on any one clock (cspan_now_ns()). */
void cspan_display_add(cspan_display *display, const cspan_span_list *list, int64_t now_ns);
/* Writes the traces that are finished by now; with `flush`, all. To be called now and
 * then (cspan_receiver_options.on_tick). */
void cspan_display_tick(cspan_display *display, int64_t now_ns, bool flush);

/* Appends the table of all spans received so far. */
cspan_status cspan_display_summary(cspan_display *display, cspan_buf *out);

typedef struct cspan_display_stats {
  cspan_assembler_stats assembler;
  uint64_t traces_written;
  uint64_t traces_failed; /* no memory to draw them, or too large */
  bool write_failed;
} cspan_display_stats;
void cspan_display_stats_get(cspan_display *display, cspan_display_stats *out);

#endif
