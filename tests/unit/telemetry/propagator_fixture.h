/* SPDX-License-Identifier: Apache-2.0 */
/* Headers in memory, as a carrier of several lines a name, and a span of another process. */
#ifndef TESTS_PROPAGATOR_FIXTURE_H
#define TESTS_PROPAGATOR_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include <cloudspan/ext/propagator.h>

#include "base/text.h"

enum { MAX_HEADERS = 80, HEADER_NAME_BYTES = 64, HEADER_VALUE_BYTES = 20000 };

typedef struct header_lines {
  struct {
    char name[HEADER_NAME_BYTES];
    char value[HEADER_VALUE_BYTES];
  } headers[MAX_HEADERS];
  size_t count;
} header_lines;

static header_lines headers;

static inline void set_header(void *to, const char *key, const char *value) {
  header_lines *c = to;
  assert_true(c->count < MAX_HEADERS);
  assert_true(strlen(key) < HEADER_NAME_BYTES && strlen(value) < HEADER_VALUE_BYTES);
  snprintf(c->headers[c->count].name, HEADER_NAME_BYTES, "%s", key);
  snprintf(c->headers[c->count].value, HEADER_VALUE_BYTES, "%s", value);
  c->count++;
}

static inline const char *header_line(void *from, const char *key, size_t index) {
  const header_lines *c = from;
  for (size_t i = 0; i < c->count; i++)
    if (strcasecmp(c->headers[i].name, key) == 0 && index-- == 0)
      return c->headers[i].value;
  return NULL;
}

static inline const char *get_header(void *from, const char *key) {
  return header_line(from, key, 0);
}

static inline const char *header_name(void *from, size_t index) {
  const header_lines *c = from;
  return index < c->count ? c->headers[index].name : NULL;
}

/* The ordinary carrier, and one that tells all it can. */
static const cspan_carrier_getter getter = {.get = get_header};
static const cspan_carrier_getter full_getter = {
    .get = get_header, .keys = header_name, .get_all = header_line};

static inline int clear_headers(void **state) {
  (void)state;
  headers.count = 0;
  return 0;
}

#define TRACE_ID "5759e988bd862e3fe1be46a994272793"
#define SPAN_ID  "53995c3f42cd8ad8"
#define IDS      TRACE_ID "-" SPAN_ID

static inline cspan_span remote_span(const char *trace_state, uint8_t flags) {
  cspan_span_context context = {.trace_flags = flags, .trace_state = trace_state};
  cspan_hex_decode(TRACE_ID, 32, context.trace_id);
  cspan_hex_decode(SPAN_ID, 16, context.span_id);
  return cspan_span_from_context(&context);
}

static inline void check_ids(const cspan_span_context *context) {
  char trace[33];
  char span[17];
  cspan_trace_id_hex(context->trace_id, trace);
  cspan_span_id_hex(context->span_id, span);
  assert_string_equal(trace, TRACE_ID);
  assert_string_equal(span, SPAN_ID);
  assert_true(context->is_remote);
}

#endif
