/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/display.h"

#include <pthread.h>

#include "base/alloc.h"
#include "base/log.h"
#include "viewer/trace_json.h"

/* Most that one trace may take on the screen or as a line. */
#define MAX_TEXT ((size_t)1 << 30)

struct cspan_display {
  cspan_display_options options;
  pthread_mutex_t lock;
  cspan_assembler *assembler;
  cspan_summary *summary;
  cspan_buf text;
  cspan_display_stats stats;
};

cspan_display *cspan_display_create(const cspan_display_options *options) {
  cspan_display *display = cspan_calloc(1, sizeof *display);
  if (!display) {
    return NULL;
  }
  display->options = *options;
  cspan_buf_init(&display->text, MAX_TEXT);
  display->assembler = cspan_assembler_create(&options->assembler);
  display->summary = cspan_summary_create();
  if (!display->assembler || !display->summary || pthread_mutex_init(&display->lock, NULL) != 0) {
    cspan_assembler_free(display->assembler);
    cspan_summary_free(display->summary);
    cspan_free(display);
    return NULL;
  }
  return display;
}

void cspan_display_free(cspan_display *display) {
  if (display) {
    pthread_mutex_destroy(&display->lock);
    cspan_assembler_free(display->assembler);
    cspan_summary_free(display->summary);
    cspan_buf_free(&display->text);
    cspan_free(display);
  }
}

void cspan_display_add(cspan_display *display, const cspan_span_list *list, int64_t now_ns) {
  pthread_mutex_lock(&display->lock);
  size_t dropped = 0;
  size_t count = cspan_span_list_count(list);
  for (size_t i = 0; i < count; i++) {
    const cspan_span_view *view = cspan_span_list_at(list, i);
    bool shown = cspan_assembler_add(display->assembler, view, now_ns) == CSPAN_OK;
    bool counted = cspan_summary_add(display->summary, view) == CSPAN_OK;
    dropped += !shown || !counted;
  }
  pthread_mutex_unlock(&display->lock);
  if (dropped) {
    cspan_log(CSPAN_LOG_WARN, "%zu of %zu spans are not shown: out of memory, or over a limit",
              dropped, count);
  }
}

/* Writes one trace; the lock is held. */
static void write_trace(cspan_display *display, const cspan_trace_record *record) {
  cspan_buf *text = &display->text;
  cspan_buf_clear(text);
  cspan_status status = display->options.json
                            ? cspan_trace_json(record, text)
                            : cspan_waterfall_render(record, &display->options.waterfall, text);
  if (status != CSPAN_OK) {
    display->stats.traces_failed++;
    cspan_log(CSPAN_LOG_WARN, "a trace of %zu span%s cannot be shown: %s", record->span_count,
              cspan_plural(record->span_count), cspan_status_name(status));
    cspan_buf_free(text);
    return;
  }
  if (display->options.write(display->options.user, cspan_buf_text(text), text->len)) {
    display->stats.traces_written++;
  } else {
    display->stats.write_failed = true;
  }
}

void cspan_display_tick(cspan_display *display, int64_t now_ns, bool flush) {
  pthread_mutex_lock(&display->lock);
  cspan_trace_record *record;
  while ((record = cspan_assembler_take(display->assembler, now_ns, flush)) != NULL) {
    if (!display->stats.write_failed) {
      write_trace(display, record);
    }
    cspan_trace_record_free(record);
  }
  pthread_mutex_unlock(&display->lock);
}

cspan_status cspan_display_summary(cspan_display *display, cspan_buf *out) {
  cspan_summary_options options = {.width = display->options.waterfall.width,
                                   .color = display->options.waterfall.color,
                                   .ascii = display->options.waterfall.ascii};
  pthread_mutex_lock(&display->lock);
  cspan_status status = cspan_summary_render(display->summary, &options, out);
  pthread_mutex_unlock(&display->lock);
  return status;
}

void cspan_display_stats_get(cspan_display *display, cspan_display_stats *out) {
  pthread_mutex_lock(&display->lock);
  *out = display->stats;
  cspan_assembler_stats_get(display->assembler, &out->assembler);
  pthread_mutex_unlock(&display->lock);
}
