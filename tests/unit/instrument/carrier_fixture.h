/* SPDX-License-Identifier: Apache-2.0 */
/* A context to be carried, and documents written as JSON with single quotes. */
#ifndef UNIT_INSTRUMENT_CARRIER_FIXTURE_H
#define UNIT_INSTRUMENT_CARRIER_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "instrument/carriers/carried.h"

#define TRACE_ID    "0af7651916cd43dd8448eb211c80319c"
#define SPAN_ID     "b7ad6b7169203331"
#define TRACEPARENT "00-" TRACE_ID "-" SPAN_ID "-01"
#define XRAY        "Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=" SPAN_ID ";Sampled=1"

typedef struct fixture {
  cspan_arena *arena;
  cspan_memory memory;
  cspan_propagator *propagator;
  cspan_baggage *baggage;
  cspan_context context;
  cspan_carried carried;
  cspan_document *documents[16];
  size_t document_count;
} fixture;

static inline void *fixture_alloc(void *arena, size_t size) {
  return cspan_arena_alloc(arena, size);
}

static inline cspan_span fixture_span(const char *state) {
  cspan_span_context context = {.trace_flags = 1, .trace_state = state};
  static const uint8_t trace_id[] = {0x0a, 0xf7, 0x65, 0x19, 0x16, 0xcd, 0x43, 0xdd,
                                     0x84, 0x48, 0xeb, 0x21, 0x1c, 0x80, 0x31, 0x9c};
  static const uint8_t span_id[] = {0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31};
  memcpy(context.trace_id, trace_id, sizeof trace_id);
  memcpy(context.span_id, span_id, sizeof span_id);
  return cspan_span_from_context(&context);
}

/* `names` as in OTEL_PROPAGATORS; `state` and `member` (of baggage, with the value "7") may be
 * NULL. */
static inline void fixture_open(fixture *f, const char *names, const char *state,
                                const char *member) {
  memset(f, 0, sizeof *f);
  f->arena = cspan_arena_create(64U << 20);
  f->memory = (cspan_memory){fixture_alloc, f->arena};
  f->propagator = cspan_propagator_from_names(names, NULL);
  assert_true(f->arena != NULL && f->propagator != NULL);
  f->context.span = fixture_span(state);
  if (member != NULL) {
    f->baggage = cspan_baggage_with(NULL, member, "7", NULL);
    f->context.baggage = f->baggage;
  }
  assert_true(cspan_carried_collect(f->propagator, &f->context, &f->memory, &f->carried));
}

static inline void fixture_close(fixture *f) {
  for (size_t i = 0; i < f->document_count; i++) {
    cspan_document_free(f->documents[i]);
  }
  cspan_span_end(f->context.span);
  cspan_baggage_free(f->baggage);
  cspan_propagator_free(f->propagator);
  cspan_arena_free(f->arena);
}

static inline const cspan_value *parse_plain(fixture *f, const char *json, size_t size) {
  assert_true(f->document_count < sizeof f->documents / sizeof f->documents[0]);
  cspan_document **document = &f->documents[f->document_count++];
  if (cspan_document_parse_json(json, size, document, NULL) != CSPAN_OK) {
    fail_msg("no JSON: %s", json);
  }
  return cspan_document_value(*document);
}

/* Single quotes become double ones. */
static inline const cspan_value *parse(fixture *f, const char *json) {
  size_t size = strlen(json);
  char *copy = malloc(size + 1);
  assert_non_null(copy);
  for (size_t i = 0; i <= size; i++) {
    copy[i] = (char)(json[i] == '\'' ? '"' : json[i]);
  }
  const cspan_value *value = parse_plain(f, copy, size);
  free(copy);
  return value;
}

static inline void assert_json(const cspan_value *value, const char *want, const char *where) {
  char *json = NULL;
  assert_int_equal(cspan_value_to_json(value, CSPAN_JSON_COMPACT, &json, NULL, NULL), CSPAN_OK);
  size_t size = strlen(want);
  char *copy = malloc(size + 1);
  assert_non_null(copy);
  for (size_t i = 0; i <= size; i++) {
    copy[i] = (char)(want[i] == '\'' ? '"' : want[i]);
  }
  if (strcmp(json, copy) != 0) {
    fail_msg("%s: %s is not %s", where, json, copy);
  }
  free(copy);
  cspan_free(json);
}

static inline const cspan_value *text_member(const cspan_value *map, const char *name,
                                             const char *want) {
  const cspan_value *value = cspan_value_get(map, name);
  const char *text = cspan_value_text(value, NULL);
  if (text == NULL || strcmp(text, want) != 0) {
    fail_msg("%s is \"%s\", not \"%s\"", name, text != NULL ? text : "(none)", want);
  }
  return value;
}

#endif
