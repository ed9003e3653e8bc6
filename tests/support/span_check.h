/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing spans with what they should be: the attributes exactly, by value and type, none
 * missing and none besides. */
#ifndef SUPPORT_SPAN_CHECK_H
#define SUPPORT_SPAN_CHECK_H

#include <cloudspan/telemetry.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef struct want_attr {
  const char *key;
  cspan_attr_type type;
  bool any;         /* only the type is known beforehand */
  bool optional;    /* may be absent */
  const char *text; /* of a string */
  int64_t number;   /* of an int; of a bool, 0 or 1 */
} want_attr;

/* clang-format off */
#define WANT_STRING(key, value) {(key), CSPAN_ATTR_STRING, false, false, (value), 0}
#define WANT_INT(key, value) {(key), CSPAN_ATTR_INT64, false, false, NULL, (value)}
#define WANT_BOOL(key, value) {(key), CSPAN_ATTR_BOOL, false, false, NULL, (value)}
#define WANT_ANY(key, type) {(key), (type), true, false, NULL, 0}
#define WANT_MAYBE(key, type) {(key), (type), true, true, NULL, 0}
/* clang-format on */

static inline void check_value(const cspan_attr *attr, const want_attr *want, const char *where) {
  if (attr->type != want->type) {
    fail_msg("%s: %s has the type %d, not %d", where, want->key, (int)attr->type, (int)want->type);
  }
  if (want->any) {
    if (attr->type == CSPAN_ATTR_INT64 && attr->value.int64 < 0) {
      fail_msg("%s: %s is negative", where, want->key);
    }
    return;
  }
  if (attr->type == CSPAN_ATTR_STRING &&
      (attr->count != strlen(want->text) || memcmp(attr->value.string, want->text, attr->count))) {
    fail_msg("%s: %s is \"%.*s\", not \"%s\"", where, want->key, (int)attr->count,
             attr->value.string, want->text);
  }
  if (attr->type == CSPAN_ATTR_INT64 && attr->value.int64 != want->number) {
    fail_msg("%s: %s is %lld, not %lld", where, want->key, (long long)attr->value.int64,
             (long long)want->number);
  }
  if (attr->type == CSPAN_ATTR_BOOL && attr->value.boolean != (want->number != 0)) {
    fail_msg("%s: %s is %d", where, want->key, attr->value.boolean);
  }
}

static inline void check_attrs(const cspan_attr *attrs, size_t count, const want_attr *want,
                               size_t want_count, const char *where) {
  for (size_t i = 0; i < want_count; i++) {
    const cspan_attr *attr = cspan_attrs_find(attrs, count, want[i].key);
    if (attr) {
      check_value(attr, &want[i], where);
    } else if (!want[i].optional) {
      fail_msg("%s: %s is missing", where, want[i].key);
    }
  }
  for (size_t i = 0; i < count; i++) {
    bool known = false;
    for (size_t j = 0; j < want_count; j++) {
      known = known || strcmp(attrs[i].key, want[j].key) == 0;
    }
    if (!known) {
      fail_msg("%s: %s should not be there", where, attrs[i].key);
    }
  }
}

#define CHECK_SPAN_ATTRS(span, want)                                                               \
  check_attrs((span)->attributes, (span)->attribute_count, (want), sizeof(want) / sizeof(want)[0], \
              (span)->name)
#define CHECK_EVENT_ATTRS(event, want)                                                             \
  check_attrs((event)->attributes, (event)->attribute_count, (want),                               \
              sizeof(want) / sizeof(want)[0], (event)->name)

/* The n-th span of that name; fails the test when there is none. */
static inline const cspan_span_view *get_span(const cspan_span_list *list, const char *name,
                                              size_t n) {
  const cspan_span_view *span = cspan_span_list_find(list, name, n);
  if (!span) {
    fail_msg("there is no span %s (number %zu)", name, n);
  }
  return span;
}

static inline size_t count_spans(const cspan_span_list *list, const char *name) {
  size_t n = 0;
  while (cspan_span_list_find(list, name, n)) {
    n++;
  }
  return n;
}

static inline void check_parent(const cspan_span_view *child, const cspan_span_view *parent) {
  if (memcmp(child->parent_span_id, parent->span_id, sizeof parent->span_id) != 0 ||
      memcmp(child->trace_id, parent->trace_id, sizeof parent->trace_id) != 0) {
    fail_msg("%s is not a child of %s", child->name, parent->name);
  }
  if (child->start_time_unix_ns < parent->start_time_unix_ns ||
      child->end_time_unix_ns > parent->end_time_unix_ns) {
    fail_msg("%s is not inside of the time of %s", child->name, parent->name);
  }
}

static inline void check_status(const cspan_span_view *span, cspan_span_status status,
                                const char *message) {
  const char *told = span->status_message ? span->status_message : "";
  if (span->status != status || strcmp(told, message) != 0) {
    fail_msg("%s: the status is %d \"%s\", not %d \"%s\"", span->name, (int)span->status, told,
             (int)status, message);
  }
}

static inline int64_t get_int(const cspan_span_view *span, const char *key) {
  const cspan_attr *attr = cspan_attrs_find(span->attributes, span->attribute_count, key);
  if (!attr || attr->type != CSPAN_ATTR_INT64) {
    fail_msg("%s: %s is missing or no int", span->name, key);
  }
  return attr->value.int64;
}

#endif
