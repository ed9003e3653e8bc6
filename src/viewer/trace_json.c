/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/trace_json.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "telemetry/attrs.h"
#include "telemetry/json_text.h"
#include "viewer/attr_text.h"
#include "viewer/columns.h"
#include "viewer/tree.h"

/* Beyond this many attributes a repeated key is written twice rather than searched for. */
enum { MAX_SEARCHED = 256 };

static void key(cspan_buf *out, bool *first, const char *name) {
  cspan_buf_str(out, *first ? "\"" : ",\"");
  cspan_buf_str(out, name);
  cspan_buf_str(out, "\":");
  *first = false;
}

static void text_member(cspan_buf *out, bool *first, const char *name, const char *value) {
  key(out, first, name);
  cspan_columns_json(out, value ? value : "", value ? strlen(value) : 0);
}

static void text_if(cspan_buf *out, bool *first, const char *name, const char *value) {
  if (value && *value) {
    text_member(out, first, name, value);
  }
}

static void time_member(cspan_buf *out, bool *first, const char *name, int64_t unix_ns) {
  key(out, first, name);
  cspan_buf_printf(out, "\"%" PRId64 "\"", unix_ns);
}

static void count_if(cspan_buf *out, bool *first, const char *name, size_t count) {
  if (count) {
    key(out, first, name);
    cspan_buf_printf(out, "%zu", count);
  }
}

static void id_member(cspan_buf *out, bool *first, const char *name, const uint8_t *id,
                      size_t len) {
  char hex[33];
  cspan_hex_encode(id, len, hex);
  text_member(out, first, name, hex);
}

static void write_value(cspan_buf *out, const cspan_attr *attr) {
  switch (attr->type) {
  case CSPAN_ATTR_STRING:
    cspan_columns_json(out, attr->value.string, attr->count);
    return;
  case CSPAN_ATTR_BOOL:
    cspan_buf_str(out, attr->value.boolean ? "true" : "false");
    return;
  case CSPAN_ATTR_INT64:
    cspan_buf_printf(out, "%" PRId64, attr->value.int64);
    return;
  case CSPAN_ATTR_DOUBLE:
    cspan_json_double(out, attr->value.number);
    return;
  case CSPAN_ATTR_STRING_ARRAY:
  case CSPAN_ATTR_BOOL_ARRAY:
  case CSPAN_ATTR_INT64_ARRAY:
  case CSPAN_ATTR_DOUBLE_ARRAY:
    break;
  }
  cspan_buf_char(out, '[');
  for (size_t i = 0; i < attr->count; i++) {
    cspan_buf_str(out, i ? "," : "");
    const cspan_attr element = cspan_attr_element(attr, i);
    write_value(out, &element);
  }
  cspan_buf_char(out, ']');
}

/* The last value of a key is the one that counts. */
static bool comes_again(const cspan_attr *attrs, size_t count, size_t i) {
  return i + 1 < count && count <= MAX_SEARCHED &&
         cspan_attrs_find(attrs + i + 1, count - i - 1, attrs[i].key) != NULL;
}

static void attributes_if(cspan_buf *out, bool *first, const char *name, const cspan_attr *attrs,
                          size_t count) {
  if (count == 0) {
    return;
  }
  key(out, first, name);
  cspan_buf_char(out, '{');
  bool first_attr = true;
  for (size_t i = 0; i < count; i++) {
    if (!comes_again(attrs, count, i)) {
      cspan_buf_str(out, first_attr ? "" : ",");
      first_attr = false;
      cspan_columns_json(out, attrs[i].key, strlen(attrs[i].key));
      cspan_buf_char(out, ':');
      write_value(out, &attrs[i]);
    }
  }
  cspan_buf_char(out, '}');
}

static void write_event(cspan_buf *out, const cspan_event_view *event) {
  bool first = true;
  cspan_buf_char(out, '{');
  time_member(out, &first, "timeUnixNano", event->time_unix_ns);
  text_member(out, &first, "name", event->name);
  attributes_if(out, &first, "attributes", event->attributes, event->attribute_count);
  count_if(out, &first, "droppedAttributesCount", event->dropped_attributes);
  cspan_buf_char(out, '}');
}

static void write_link(cspan_buf *out, const cspan_link *link) {
  bool first = true;
  cspan_buf_char(out, '{');
  id_member(out, &first, "traceId", link->context.trace_id, 16);
  id_member(out, &first, "spanId", link->context.span_id, 8);
  text_if(out, &first, "traceState", link->context.trace_state);
  attributes_if(out, &first, "attributes", link->attributes, link->attribute_count);
  cspan_buf_char(out, '}');
}

static void write_events_and_links(cspan_buf *out, bool *first, const cspan_span_view *view) {
  if (view->event_count) {
    key(out, first, "events");
    for (size_t i = 0; i < view->event_count; i++) {
      cspan_buf_char(out, i ? ',' : '[');
      write_event(out, &view->events[i]);
    }
    cspan_buf_char(out, ']');
  }
  count_if(out, first, "droppedEventsCount", view->dropped_events);
  if (view->link_count) {
    key(out, first, "links");
    for (size_t i = 0; i < view->link_count; i++) {
      cspan_buf_char(out, i ? ',' : '[');
      write_link(out, &view->links[i]);
    }
    cspan_buf_char(out, ']');
  }
  count_if(out, first, "droppedLinksCount", view->dropped_links);
}

static void write_status(cspan_buf *out, bool *first, const cspan_span_view *view) {
  bool first_member = true;
  if (view->status == CSPAN_SPAN_UNSET) {
    return;
  }
  key(out, first, "status");
  cspan_buf_char(out, '{');
  key(out, &first_member, "code");
  cspan_buf_printf(out, "%d", (int)view->status);
  text_if(out, &first_member, "message", view->status_message);
  cspan_buf_char(out, '}');
}

static void write_origin(cspan_buf *out, bool *first, const cspan_span_view *view) {
  bool first_member = true;
  key(out, first, "scope");
  cspan_buf_char(out, '{');
  text_member(out, &first_member, "name", view->scope_name);
  text_if(out, &first_member, "version", view->scope_version);
  text_if(out, &first_member, "schemaUrl", view->schema_url);
  cspan_buf_char(out, '}');
  attributes_if(out, first, "resource", view->resource, view->resource_count);
}

static void write_span(cspan_buf *out, const cspan_span_view *view) {
  bool first = true;
  cspan_buf_char(out, '{');
  id_member(out, &first, "traceId", view->trace_id, 16);
  id_member(out, &first, "spanId", view->span_id, 8);
  if (!cspan_span_view_is_root(view)) {
    id_member(out, &first, "parentSpanId", view->parent_span_id, 8);
  }
  text_if(out, &first, "traceState", view->trace_state);
  count_if(out, &first, "flags", view->flags);
  text_member(out, &first, "name", view->name);
  key(out, &first, "kind");
  cspan_buf_printf(out, "%d", (int)view->kind + 1); /* OTLP: 0 is "unspecified" */
  time_member(out, &first, "startTimeUnixNano", view->start_time_unix_ns);
  time_member(out, &first, "endTimeUnixNano", view->end_time_unix_ns);
  write_status(out, &first, view);
  attributes_if(out, &first, "attributes", view->attributes, view->attribute_count);
  count_if(out, &first, "droppedAttributesCount", view->dropped_attributes);
  write_events_and_links(out, &first, view);
  write_origin(out, &first, view);
  cspan_buf_char(out, '}');
}

static void write_head(cspan_buf *out, const cspan_trace_record *record, const cspan_tree *tree) {
  bool first = true;
  const cspan_span_view *root = cspan_tree_root(record, tree);
  id_member(out, &first, "traceId", record->trace_id, 16);
  text_member(out, &first, "name", root ? root->name : "");
  cspan_str service = {NULL, 0};
  if (root) {
    service = cspan_attr_text(root->resource, root->resource_count, "service.name");
  }
  key(out, &first, "serviceName");
  cspan_columns_json(out, service.data, service.len);
  time_member(out, &first, "startTimeUnixNano", tree->start_ns);
  time_member(out, &first, "endTimeUnixNano", tree->end_ns);
  key(out, &first, "spanCount");
  cspan_buf_printf(out, "%zu", tree->count);
  key(out, &first, "errorCount");
  cspan_buf_printf(out, "%zu", tree->errors);
  key(out, &first, "droppedSpanCount");
  cspan_buf_printf(out, "%zu", record->dropped_spans);
}

cspan_status cspan_trace_json(const cspan_trace_record *record, cspan_buf *out) {
  cspan_tree tree;
  cspan_status status = cspan_tree_build(record, &tree);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_buf_char(out, '{');
  write_head(out, record, &tree);
  cspan_buf_str(out, ",\"spans\":[");
  for (size_t i = 0; i < record->span_count && cspan_buf_status(out) == CSPAN_OK; i++) {
    cspan_buf_str(out, i ? "," : "");
    write_span(out, record->spans[i]);
  }
  cspan_buf_str(out, "]}\n");
  cspan_tree_free(&tree);
  return cspan_buf_status(out);
}
