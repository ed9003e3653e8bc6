/* SPDX-License-Identifier: Apache-2.0 */
/**
 * telemetry_inline.h: the bodies of telemetry.h's functions that are marked CSPAN_INLINE.
 * Included by telemetry.h.
 *
 * A span that does not record costs a test of its handle here, and the sizes of string
 * literals are counted by the compiler.
 */
#ifndef CLOUDSPAN_TELEMETRY_INLINE_H
#define CLOUDSPAN_TELEMETRY_INLINE_H

#include <cloudspan/telemetry.h>
#include <string.h>

CSPAN_BEGIN_DECLS

/* Private: the lowest bit of a handle's generation says that the span records. */
#define CSPAN_SPAN_RECORDS(span) (((span).generation & 1U) != 0)
#define CSPAN_TEXT_SIZE(text)    ((text) != NULL ? strlen(text) : 0)

/* -------------------------------------------------------------- attributes */

/** Private: an attribute without its value. */
CSPAN_INLINE cspan_attr cspan_attr_of(const char *key, cspan_attr_type type, size_t count) {
  cspan_attr attr;
  const size_t key_size = CSPAN_TEXT_SIZE(key);
  attr.key = key;
  attr.type = type;
  attr.key_size = key_size < UINT32_MAX ? (uint32_t)key_size : 0;
  attr.value.int64 = 0;
  attr.count = count;
  return attr;
}

CSPAN_INLINE cspan_attr cspan_attr_string_n(const char *key, const char *value, size_t size_bytes) {
  cspan_attr attr = cspan_attr_of(key, CSPAN_ATTR_STRING, value != NULL ? size_bytes : 0);
  attr.value.string = value != NULL ? value : "";
  return attr;
}

CSPAN_INLINE cspan_attr cspan_attr_string(const char *key, const char *value) {
  return cspan_attr_string_n(key, value, CSPAN_TEXT_SIZE(value));
}

CSPAN_INLINE cspan_attr cspan_attr_bool(const char *key, bool value) {
  cspan_attr attr = cspan_attr_of(key, CSPAN_ATTR_BOOL, 0);
  attr.value.boolean = value;
  return attr;
}

CSPAN_INLINE cspan_attr cspan_attr_int64(const char *key, int64_t value) {
  cspan_attr attr = cspan_attr_of(key, CSPAN_ATTR_INT64, 0);
  attr.value.int64 = value;
  return attr;
}

CSPAN_INLINE cspan_attr cspan_attr_double(const char *key, double value) {
  cspan_attr attr = cspan_attr_of(key, CSPAN_ATTR_DOUBLE, 0);
  attr.value.number = value;
  return attr;
}

CSPAN_INLINE cspan_attr cspan_attr_strings(const char *key, const char *const *values,
                                           size_t count) {
  cspan_attr attr = cspan_attr_of(key, CSPAN_ATTR_STRING_ARRAY, values != NULL ? count : 0);
  attr.value.strings = values;
  return attr;
}

CSPAN_INLINE cspan_attr cspan_attr_bools(const char *key, const bool *values, size_t count) {
  cspan_attr attr = cspan_attr_of(key, CSPAN_ATTR_BOOL_ARRAY, values != NULL ? count : 0);
  attr.value.booleans = values;
  return attr;
}

CSPAN_INLINE cspan_attr cspan_attr_int64s(const char *key, const int64_t *values, size_t count) {
  cspan_attr attr = cspan_attr_of(key, CSPAN_ATTR_INT64_ARRAY, values != NULL ? count : 0);
  attr.value.int64s = values;
  return attr;
}

CSPAN_INLINE cspan_attr cspan_attr_doubles(const char *key, const double *values, size_t count) {
  cspan_attr attr = cspan_attr_of(key, CSPAN_ATTR_DOUBLE_ARRAY, values != NULL ? count : 0);
  attr.value.numbers = values;
  return attr;
}

/* ------------------------------------------------------------------- spans */

CSPAN_INLINE cspan_span cspan_span_start(cspan_tracer *tracer, const cspan_context *context,
                                         const char *name, const cspan_span_options *options) {
  if (tracer == NULL) {
    const cspan_span none = {NULL, 0};
    return none;
  }
  return cspan_span_begin(tracer, context, name, CSPAN_TEXT_SIZE(name), options);
}

CSPAN_INLINE void cspan_span_set(cspan_span span, cspan_attr attribute) {
  if (CSPAN_SPAN_RECORDS(span)) {
    cspan_span_put(span, &attribute);
  }
}

CSPAN_INLINE void cspan_span_set_string(cspan_span span, const char *key, const char *value) {
  if (CSPAN_SPAN_RECORDS(span)) {
    cspan_span_put_string(span, key, CSPAN_TEXT_SIZE(key), value, CSPAN_TEXT_SIZE(value));
  }
}

CSPAN_INLINE void cspan_span_set_bool(cspan_span span, const char *key, bool value) {
  if (CSPAN_SPAN_RECORDS(span)) {
    cspan_span_put_bool(span, key, CSPAN_TEXT_SIZE(key), value);
  }
}

CSPAN_INLINE void cspan_span_set_int64(cspan_span span, const char *key, int64_t value) {
  if (CSPAN_SPAN_RECORDS(span)) {
    cspan_span_put_int64(span, key, CSPAN_TEXT_SIZE(key), value);
  }
}

CSPAN_INLINE void cspan_span_set_double(cspan_span span, const char *key, double value) {
  if (CSPAN_SPAN_RECORDS(span)) {
    cspan_span_put_double(span, key, CSPAN_TEXT_SIZE(key), value);
  }
}

CSPAN_INLINE void cspan_span_add_event(cspan_span span, const char *name, int64_t time_unix_ns,
                                       const cspan_attr *attributes, size_t attribute_count) {
  if (CSPAN_SPAN_RECORDS(span)) {
    cspan_span_put_event(span, name, CSPAN_TEXT_SIZE(name), time_unix_ns, attributes,
                         attribute_count);
  }
}

CSPAN_INLINE void cspan_span_set_status(cspan_span span, cspan_span_status status,
                                        const char *description) {
  if (CSPAN_SPAN_RECORDS(span)) {
    cspan_span_put_status(span, status, description, CSPAN_TEXT_SIZE(description));
  }
}

CSPAN_INLINE void cspan_span_update_name(cspan_span span, const char *name) {
  if (CSPAN_SPAN_RECORDS(span) && name != NULL) {
    cspan_span_put_name(span, name, CSPAN_TEXT_SIZE(name));
  }
}

CSPAN_INLINE void cspan_span_end(cspan_span span) {
  if (span.slot != NULL) {
    cspan_span_end_at(span, 0);
  }
}

CSPAN_END_DECLS

#endif
