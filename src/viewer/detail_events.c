/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/detail_events.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "viewer/attr_text.h"
#include "viewer/columns.h"
#include "viewer/record.h"

enum { MAX_EVENTS = 12, MAX_LINES = 4, MAX_EVENT_ATTRS = 8, MAX_ITEM = 4096 };

static cspan_str event_text(const cspan_event_view *event, const char *key) {
  return cspan_attr_text(event->attributes, event->attribute_count, key);
}

static bool contains(const char *text, cspan_str part) {
  size_t len = strlen(text);
  for (size_t i = 0; i + part.len <= len; i++) {
    if (memcmp(text + i, part.data, part.len) == 0) {
      return true;
    }
  }
  return false;
}

static void item(cspan_flow *flow, cspan_style style, const char *text) {
  cspan_flow_item(flow, style, text, strlen(text));
}

/* Starts a line with a bullet, under whose text the next lines go on. */
static void begin(cspan_flow *flow, cspan_style style, const char *bullet, const char *ascii) {
  cspan_flow_begin(flow, " ", 2, MAX_LINES);
  item(flow, style, flow->ascii ? ascii : bullet);
}

/* "NoSuchKey:" */
static void put_type(cspan_flow *flow, cspan_style style, cspan_str type) {
  char text[256];
  size_t len = type.len < sizeof text - 1 ? type.len : sizeof text - 1;
  memcpy(text, type.data, len);
  text[len] = ':';
  cspan_flow_item(flow, style, text, len + 1);
}

static bool is_exception(const cspan_event_view *event) {
  return strcmp(event->name, "exception") == 0;
}

static bool is_retry(const cspan_event_view *event) {
  return strcmp(event->name, CSPAN_RETRY_EVENT) == 0;
}

static bool same_text(cspan_str a, cspan_str b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* Whether the status says what the exception says. */
static bool error_says(const cspan_span_view *view, const cspan_event_view *event) {
  const char *said = view->status_message ? view->status_message : "";
  cspan_str type = event_text(event, "exception.type");
  bool same_type =
      !type.len || contains(said, type) || same_text(type, cspan_view_text(view, "error.type"));
  return view->status == CSPAN_SPAN_ERROR && same_type &&
         cspan_str_eq(event_text(event, "exception.message"), said);
}

/* Whether one of the exceptions that get a line of their own has this type. */
static bool exception_has_type(const cspan_span_view *view, cspan_str type) {
  for (size_t i = 0; i < view->event_count && i < MAX_EVENTS; i++) {
    if (is_exception(&view->events[i]) && !error_says(view, &view->events[i]) &&
        same_text(event_text(&view->events[i], "exception.type"), type)) {
      return true;
    }
  }
  return false;
}

static void put_error(cspan_flow *flow, const cspan_span_view *view) {
  if (view->status != CSPAN_SPAN_ERROR) {
    return;
  }
  cspan_str type = cspan_view_text(view, "error.type");
  const char *message = view->status_message ? view->status_message : "";
  begin(flow, CSPAN_STYLE_BOLD_RED, "\xe2\x9c\x97", "!");
  if (!*message) {
    cspan_flow_words(flow, CSPAN_STYLE_RED, type.len ? type.data : "error",
                     type.len ? type.len : 5);
  } else {
    if (type.len && !contains(message, type) && !exception_has_type(view, type)) {
      put_type(flow, CSPAN_STYLE_BOLD_RED, type);
    }
    cspan_flow_words(flow, CSPAN_STYLE_RED, message, strlen(message));
  }
  cspan_flow_end(flow);
}

/* aws.retry attempt 1: SlowDown 503, backoff 37 ms */
static void put_retry(cspan_flow *flow, const cspan_span_view *view,
                      const cspan_event_view *event) {
  (void)view;
  int64_t attempt = 0;
  int64_t status = 0;
  int64_t backoff = 0;
  char text[64];
  cspan_str type = event_text(event, "error.type");
  size_t count = event->attribute_count;
  begin(flow, CSPAN_STYLE_BOLD_RED, "\xe2\x9c\x95", "x");
  item(flow, CSPAN_STYLE_YELLOW, CSPAN_RETRY_EVENT);
  if (cspan_attr_number(event->attributes, count, "aws.retry.attempt", &attempt)) {
    snprintf(text, sizeof text, "attempt %" PRId64 ":", attempt);
    item(flow, CSPAN_STYLE_YELLOW, text);
  }
  bool has_status =
      cspan_attr_number(event->attributes, count, "http.response.status_code", &status);
  bool has_backoff = cspan_attr_number(event->attributes, count, CSPAN_RETRY_BACKOFF, &backoff);
  if (type.len) {
    cspan_flow_item(flow, CSPAN_STYLE_YELLOW, type.data, type.len);
  }
  if (has_status) {
    snprintf(text, sizeof text, "%" PRId64 "%s", status, has_backoff ? "," : "");
    item(flow, CSPAN_STYLE_YELLOW, text);
  }
  if (has_backoff) {
    snprintf(text, sizeof text, "backoff %" PRId64 " ms", backoff);
    item(flow, CSPAN_STYLE_YELLOW, text);
  }
  cspan_flow_end(flow);
}

static void put_exception(cspan_flow *flow, const cspan_span_view *view,
                          const cspan_event_view *event) {
  if (error_says(view, event)) {
    return;
  }
  cspan_str type = event_text(event, "exception.type");
  cspan_str message = event_text(event, "exception.message");
  begin(flow, CSPAN_STYLE_RED, "!", "!");
  item(flow, CSPAN_STYLE_RED, "exception");
  if (type.len) {
    put_type(flow, CSPAN_STYLE_RED, type);
  }
  if (message.len) {
    cspan_flow_words(flow, CSPAN_STYLE_RED, message.data, message.len);
  }
  cspan_flow_end(flow);
}

/* name +12.3 ms key=value */
static void put_other(cspan_flow *flow, const cspan_span_view *view,
                      const cspan_event_view *event) {
  begin(flow, CSPAN_STYLE_DIM, "\xe2\x80\xa2", "*");
  item(flow, CSPAN_STYLE_DIM, *event->name ? event->name : "(event without a name)");
  int64_t start = cspan_span_view_start(view);
  if (event->time_unix_ns >= start) {
    char duration[CSPAN_DURATION_CAPACITY];
    char text[CSPAN_DURATION_CAPACITY + 2];
    cspan_format_duration(event->time_unix_ns - start, flow->ascii, duration);
    snprintf(text, sizeof text, "+%s", duration);
    item(flow, CSPAN_STYLE_DIM, text);
  }
  cspan_buf scratch;
  cspan_buf_init(&scratch, MAX_ITEM);
  for (size_t i = 0; i < event->attribute_count && i < MAX_EVENT_ATTRS; i++) {
    cspan_buf_printf(&scratch, "%.200s=", event->attributes[i].key);
    cspan_attr_write(&scratch, &event->attributes[i]);
    cspan_attr_flow(flow, CSPAN_STYLE_DIM, &scratch);
  }
  cspan_buf_free(&scratch);
  cspan_flow_end(flow);
}

typedef void (*put_fn)(cspan_flow *flow, const cspan_span_view *view,
                       const cspan_event_view *event);

static bool is_other(const cspan_event_view *event) {
  return !is_exception(event) && !is_retry(event);
}

/* The events of one sort, the first ones each with a line. */
static void put_events(cspan_flow *flow, const cspan_span_view *view,
                       bool (*is_wanted)(const cspan_event_view *event), put_fn put) {
  size_t found = 0;
  for (size_t i = 0; i < view->event_count; i++) {
    if (is_wanted(&view->events[i]) && ++found <= MAX_EVENTS) {
      put(flow, view, &view->events[i]);
    }
  }
  if (found > MAX_EVENTS) {
    char text[48];
    snprintf(text, sizeof text, "and %zu more", found - MAX_EVENTS);
    begin(flow, CSPAN_STYLE_DIM, "\xe2\x80\xa2", "*");
    item(flow, CSPAN_STYLE_DIM, text);
    cspan_flow_end(flow);
  }
}

void cspan_detail_error(cspan_flow *flow, const cspan_span_view *view) {
  put_error(flow, view);
  put_events(flow, view, is_exception, put_exception);
}

void cspan_detail_events(cspan_flow *flow, const cspan_span_view *view, bool brief) {
  put_events(flow, view, is_retry, put_retry);
  if (!brief) {
    put_events(flow, view, is_other, put_other);
  }
}
