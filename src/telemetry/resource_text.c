/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/resource_text.h"

#include "telemetry/core.h"
#include "telemetry/otlp_wire.h"

/* Fields of Resource, KeyValue and AnyValue. */
enum { ATTRIBUTE = 1, KEY = 1, VALUE = 2, STRING_VALUE = 1 };

static bool string_of(const cspan_pb_field *value, cspan_str *out) {
  cspan_pb_reader reader = cspan_pb_read(value->data, value->len);
  cspan_pb_field field;
  while (cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, STRING_VALUE, WIRE_BYTES)) {
      *out = (cspan_str){(const char *)field.data, field.len};
      return true;
    }
  }
  return false;
}

/* The key comes before the value, as the library writes it. */
static bool value_of(const cspan_pb_field *attribute, const char *key, cspan_str *out) {
  cspan_pb_reader reader = cspan_pb_read(attribute->data, attribute->len);
  cspan_pb_field field;
  bool is_it = false;
  while (cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, KEY, WIRE_BYTES)) {
      is_it = cspan_str_eq((cspan_str){(const char *)field.data, field.len}, key);
    } else if (is_it && cspan_pb_is(&field, VALUE, WIRE_BYTES)) {
      return string_of(&field, out);
    }
  }
  return false;
}

bool cspan_tracer_resource_text(const cspan_tracer *tracer, const char *key, cspan_str *out) {
  const cspan_published *published =
      tracer != NULL && tracer->provider != NULL ? atomic_load(&tracer->provider->resource) : NULL;
  if (published == NULL) {
    return false;
  }
  cspan_pb_reader reader = cspan_pb_read(published->resource.bytes, published->resource.size_bytes);
  cspan_pb_field field;
  while (cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, ATTRIBUTE, WIRE_BYTES) && value_of(&field, key, out)) {
      return true;
    }
  }
  return false;
}
