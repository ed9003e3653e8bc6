/* SPDX-License-Identifier: Apache-2.0 */
/* A list of spans to OTLP/JSON. Fields with default values are left out, as
 * protobuf's JSON mapping does. */
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "telemetry/decode.h"
#include "telemetry/json_text.h"
#include "telemetry/otlp_json.h"

/* A key, with a comma before it unless it is the first one of its object. */
static void key(cspan_buf *out, const char *name) {
  if (out->len && out->data[out->len - 1] != '{') {
    cspan_buf_char(out, ',');
  }
  cspan_buf_printf(out, "\"%s\":", name);
}

static void separate(cspan_buf *out, size_t index) {
  if (index > 0) {
    cspan_buf_char(out, ',');
  }
}

static void text_field(cspan_buf *out, const char *name, const char *text) {
  if (text && text[0]) {
    key(out, name);
    cspan_json_string(out, text, strlen(text));
  }
}

static void uint_field(cspan_buf *out, const char *name, uint32_t value) {
  if (value) {
    key(out, name);
    cspan_buf_printf(out, "%" PRIu32, value);
  }
}

static void time_field(cspan_buf *out, const char *name, int64_t value) {
  if (value) {
    key(out, name);
    cspan_buf_printf(out, "\"%" PRId64 "\"", value);
  }
}

static void id_field(cspan_buf *out, const char *name, const uint8_t *id, size_t size) {
  static const uint8_t none[16] = {0};
  char hex[33];
  if (memcmp(id, none, size) != 0) {
    key(out, name);
    cspan_hex_encode(id, size, hex);
    cspan_buf_printf(out, "\"%s\"", hex);
  }
}

/* -------------------------------------------------------------- attributes */

static void string_value(cspan_buf *out, const char *text, size_t len) {
  cspan_buf_str(out, "{\"stringValue\":");
  cspan_json_string(out, text, len);
  cspan_buf_char(out, '}');
}

static void bool_value(cspan_buf *out, bool value) {
  cspan_buf_printf(out, "{\"boolValue\":%s}", value ? "true" : "false");
}

static void int_value(cspan_buf *out, int64_t value) {
  cspan_buf_printf(out, "{\"intValue\":\"%" PRId64 "\"}", value);
}

static void double_value(cspan_buf *out, double value) {
  cspan_buf_str(out, "{\"doubleValue\":");
  cspan_json_double(out, value);
  cspan_buf_char(out, '}');
}

static void element_value(cspan_buf *out, const cspan_attr *attribute, size_t index) {
  switch (attribute->type) {
  case CSPAN_ATTR_BOOL_ARRAY:
    bool_value(out, attribute->value.booleans[index]);
    break;
  case CSPAN_ATTR_INT64_ARRAY:
    int_value(out, attribute->value.int64s[index]);
    break;
  case CSPAN_ATTR_DOUBLE_ARRAY:
    double_value(out, attribute->value.numbers[index]);
    break;
  default: {
    const char *text = attribute->value.strings[index];
    string_value(out, text, strlen(text));
  }
  }
}

static void array_value(cspan_buf *out, const cspan_attr *attribute) {
  cspan_buf_str(out, "{\"arrayValue\":{\"values\":[");
  for (size_t i = 0; i < attribute->count; i++) {
    separate(out, i);
    element_value(out, attribute, i);
  }
  cspan_buf_str(out, "]}}");
}

static void attribute_value(cspan_buf *out, const cspan_attr *attribute) {
  switch (attribute->type) {
  case CSPAN_ATTR_STRING:
    string_value(out, attribute->value.string, attribute->count);
    break;
  case CSPAN_ATTR_BOOL:
    bool_value(out, attribute->value.boolean);
    break;
  case CSPAN_ATTR_INT64:
    int_value(out, attribute->value.int64);
    break;
  case CSPAN_ATTR_DOUBLE:
    double_value(out, attribute->value.number);
    break;
  default:
    array_value(out, attribute);
  }
}

static void attributes_field(cspan_buf *out, const cspan_attr *attributes, size_t count) {
  if (count == 0) {
    return;
  }
  key(out, "attributes");
  cspan_buf_char(out, '[');
  for (size_t i = 0; i < count; i++) {
    separate(out, i);
    cspan_buf_str(out, "{\"key\":");
    cspan_json_string(out, attributes[i].key, strlen(attributes[i].key));
    cspan_buf_str(out, ",\"value\":");
    attribute_value(out, &attributes[i]);
    cspan_buf_char(out, '}');
  }
  cspan_buf_char(out, ']');
}

/* ------------------------------------------------------------------- spans */

static void events_field(cspan_buf *out, const cspan_span_view *view) {
  if (view->event_count == 0) {
    return;
  }
  key(out, "events");
  cspan_buf_char(out, '[');
  for (size_t i = 0; i < view->event_count; i++) {
    const cspan_event_view *event = &view->events[i];
    separate(out, i);
    cspan_buf_char(out, '{');
    time_field(out, "timeUnixNano", event->time_unix_ns);
    text_field(out, "name", event->name);
    attributes_field(out, event->attributes, event->attribute_count);
    uint_field(out, "droppedAttributesCount", event->dropped_attributes);
    cspan_buf_char(out, '}');
  }
  cspan_buf_char(out, ']');
}

static void links_field(cspan_buf *out, const cspan_decoded_span *span) {
  if (span->view.link_count == 0) {
    return;
  }
  key(out, "links");
  cspan_buf_char(out, '[');
  for (size_t i = 0; i < span->view.link_count; i++) {
    const cspan_link *link = &span->view.links[i];
    separate(out, i);
    cspan_buf_char(out, '{');
    id_field(out, "traceId", link->context.trace_id, 16);
    id_field(out, "spanId", link->context.span_id, 8);
    text_field(out, "traceState", link->context.trace_state);
    attributes_field(out, link->attributes, link->attribute_count);
    uint_field(out, "droppedAttributesCount", span->links[i].dropped_attributes);
    uint_field(out, "flags", span->links[i].flags);
    cspan_buf_char(out, '}');
  }
  cspan_buf_char(out, ']');
}

static void span_object(cspan_buf *out, const cspan_decoded_span *span) {
  const cspan_span_view *view = &span->view;
  cspan_buf_char(out, '{');
  id_field(out, "traceId", view->trace_id, 16);
  id_field(out, "spanId", view->span_id, 8);
  text_field(out, "traceState", view->trace_state);
  id_field(out, "parentSpanId", view->parent_span_id, 8);
  uint_field(out, "flags", view->flags);
  text_field(out, "name", view->name);
  uint_field(out, "kind", (uint32_t)view->kind + 1);
  time_field(out, "startTimeUnixNano", view->start_time_unix_ns);
  time_field(out, "endTimeUnixNano", view->end_time_unix_ns);
  attributes_field(out, view->attributes, view->attribute_count);
  uint_field(out, "droppedAttributesCount", view->dropped_attributes);
  events_field(out, view);
  uint_field(out, "droppedEventsCount", view->dropped_events);
  links_field(out, span);
  uint_field(out, "droppedLinksCount", view->dropped_links);
  key(out, "status");
  cspan_buf_char(out, '{');
  text_field(out, "message", view->status_message);
  uint_field(out, "code", (uint32_t)view->status);
  cspan_buf_str(out, "}}");
}

/* The spans from `from` on that share a scope; returns the index after them. */
static size_t scope_object(cspan_buf *out, const cspan_span_list *list, size_t from) {
  const cspan_decoded_scope *scope = list->spans[from].scope;
  size_t i = from;
  cspan_buf_str(out, "{\"scope\":{");
  text_field(out, "name", scope->name);
  text_field(out, "version", scope->version);
  attributes_field(out, scope->attributes, scope->attribute_count);
  uint_field(out, "droppedAttributesCount", scope->dropped_attributes);
  cspan_buf_str(out, "},\"spans\":[");
  for (; i < list->count && list->spans[i].scope == scope; i++) {
    separate(out, i - from);
    span_object(out, &list->spans[i]);
  }
  cspan_buf_char(out, ']');
  text_field(out, "schemaUrl", scope->schema_url);
  cspan_buf_char(out, '}');
  return i;
}

static size_t resource_object(cspan_buf *out, const cspan_span_list *list, size_t from) {
  const cspan_decoded_resource *resource = list->spans[from].scope->resource;
  size_t i = from;
  cspan_buf_str(out, "{\"resource\":{");
  attributes_field(out, resource->attributes, resource->attribute_count);
  uint_field(out, "droppedAttributesCount", resource->dropped_attributes);
  cspan_buf_str(out, "},\"scopeSpans\":[");
  while (i < list->count && list->spans[i].scope->resource == resource) {
    separate(out, i - from);
    i = scope_object(out, list, i);
  }
  cspan_buf_char(out, ']');
  text_field(out, "schemaUrl", resource->schema_url);
  cspan_buf_char(out, '}');
  return i;
}

cspan_status cspan_span_list_encode_json(const cspan_span_list *list, cspan_buf *out) {
  cspan_buf_str(out, "{\"resourceSpans\":[");
  for (size_t i = 0; i < cspan_span_list_count(list);) {
    separate(out, i);
    i = resource_object(out, list, i);
  }
  return cspan_buf_str(out, "]}");
}
