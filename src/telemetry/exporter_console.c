/* SPDX-License-Identifier: Apache-2.0 */
/* Spans as text for a person: a line for the span, one for its attributes, one an
 * event and one a link, and one for what was left out. */
#include <inttypes.h>
#include <string.h>

#include <cloudspan/ext/exporter.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "telemetry/console_text.h"
#include "telemetry/core.h"
#include "telemetry/decode.h"
#include "telemetry/json_text.h"

enum { TEXT_FACTOR = 32, TEXT_BASE = 4096 };

typedef struct console_exporter {
  int fd;
} console_exporter;

static const char *const kind_names[] = {"INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"};

static void put_time(cspan_buf *out, int64_t unix_ns) {
  char text[21];
  cspan_format_iso8601((time_t)(unix_ns / 1000000000), text);
  cspan_buf_printf(out, "%.19s.%06dZ", text, (int)(unix_ns % 1000000000 / 1000));
}

/* Milliseconds with three digits after the point. */
static void put_duration(cspan_buf *out, int64_t ns) {
  int64_t us = ns / 1000;
  if (us < 0) {
    cspan_buf_char(out, '-');
    us = -us;
  }
  cspan_buf_printf(out, "%" PRId64 ".%03d ms", us / 1000, (int)(us % 1000));
}

static void put_head(cspan_buf *out, const cspan_span_view *span) {
  static const uint8_t none[8] = {0};
  char trace[33];
  char id[17];
  put_time(out, span->start_time_unix_ns);
  cspan_buf_char(out, ' ');
  cspan_console_name(out, span->name);
  cspan_buf_printf(out, " %s ", kind_names[span->kind]);
  put_duration(out, cspan_duration_ns(span->start_time_unix_ns, span->end_time_unix_ns));
  if (span->status == CSPAN_SPAN_OK)
    cspan_buf_str(out, " OK");
  if (span->status == CSPAN_SPAN_ERROR) {
    cspan_buf_str(out, " ERROR ");
    cspan_json_string(out, span->status_message, strlen(span->status_message));
  }
  cspan_hex_encode(span->trace_id, sizeof span->trace_id, trace);
  cspan_hex_encode(span->span_id, sizeof span->span_id, id);
  cspan_buf_printf(out, " trace=%s span=%s", trace, id);
  if (memcmp(span->parent_span_id, none, sizeof none) != 0) {
    cspan_hex_encode(span->parent_span_id, sizeof span->parent_span_id, id);
    cspan_buf_printf(out, " parent=%s", id);
  }
  cspan_buf_str(out, " scope=");
  cspan_console_name(out, span->scope_name);
  cspan_buf_char(out, '\n');
}

/* "2 events", behind what was said before; nothing for 0. */
static void put_dropped(cspan_buf *out, uint32_t count, const char *what, const char **before) {
  if (count > 0) {
    cspan_buf_printf(out, "%s%" PRIu32 " %s%s", *before, count, what, cspan_plural(count));
    *before = ", ";
  }
}

static void put_dropped_attributes(cspan_buf *out, uint32_t count) {
  const char *before = " dropped: ";
  put_dropped(out, count, "attribute", &before);
}

static void put_dropped_of_span(cspan_buf *out, const cspan_span_view *span) {
  const char *const first = "  dropped: ";
  const char *before = first;
  put_dropped(out, span->dropped_attributes, "attribute", &before);
  put_dropped(out, span->dropped_events, "event", &before);
  put_dropped(out, span->dropped_links, "link", &before);
  if (before != first) {
    cspan_buf_char(out, '\n');
  }
}

static void put_event(cspan_buf *out, const cspan_span_view *span, const cspan_event_view *event) {
  cspan_buf_str(out, "  event +");
  put_duration(out, cspan_duration_ns(span->start_time_unix_ns, event->time_unix_ns));
  cspan_buf_char(out, ' ');
  cspan_console_name(out, event->name);
  cspan_console_attributes(out, event->attributes, event->attribute_count);
  put_dropped_attributes(out, event->dropped_attributes);
  cspan_buf_char(out, '\n');
}

static void put_link(cspan_buf *out, const cspan_link *link, const cspan_decoded_link *more) {
  char trace[33];
  char id[17];
  cspan_hex_encode(link->context.trace_id, sizeof link->context.trace_id, trace);
  cspan_hex_encode(link->context.span_id, sizeof link->context.span_id, id);
  cspan_buf_printf(out, "  link trace=%s span=%s", trace, id);
  cspan_console_attributes(out, link->attributes, link->attribute_count);
  put_dropped_attributes(out, more->dropped_attributes);
  cspan_buf_char(out, '\n');
}

static void put_span(cspan_buf *out, const cspan_decoded_span *decoded) {
  const cspan_span_view *span = &decoded->view;
  put_head(out, span);
  if (span->attribute_count) {
    cspan_buf_char(out, ' ');
    cspan_console_attributes(out, span->attributes, span->attribute_count);
    cspan_buf_char(out, '\n');
  }
  for (size_t i = 0; i < span->event_count; i++)
    put_event(out, span, &span->events[i]);
  for (size_t i = 0; i < span->link_count; i++)
    put_link(out, &span->links[i], &decoded->links[i]);
  put_dropped_of_span(out, span);
}

static cspan_status console_export(void *self, const cspan_context *context,
                                   const cspan_export_batch *batch, size_t *rejected_spans,
                                   cspan_error **error) {
  const console_exporter *console = self;
  cspan_span_list *list;
  (void)context;
  *rejected_spans = 0;
  cspan_status status =
      cspan_span_list_decode(batch->request, batch->request_size_bytes, &list, error);
  if (status != CSPAN_OK)
    return status;
  cspan_buf text;
  cspan_buf_init(&text, batch->request_size_bytes * TEXT_FACTOR + TEXT_BASE);
  for (size_t i = 0; i < list->count; i++)
    put_span(&text, &list->spans[i]);
  status = cspan_console_write(console->fd, &text, "spans", error);
  cspan_buf_free(&text);
  cspan_span_list_free(list);
  return status;
}

static void console_free(void *self) {
  cspan_free(self);
}

static const cspan_exporter_vtable console_vtable = {
    .size = sizeof console_vtable,
    .export_spans = console_export,
    .free = console_free,
};

cspan_span_exporter *cspan_exporter_console(int fd) {
  console_exporter *console = cspan_malloc(sizeof *console);
  if (!console)
    return NULL;
  console->fd = fd;
  return cspan_exporter_create(&console_vtable, console);
}
