/* SPDX-License-Identifier: Apache-2.0 */
/* ExportTraceServiceRequest to a list of spans. Message and field numbers are
 * those of opentelemetry/proto/trace/v1/trace.proto. */
#include "telemetry/decode.h"

/* ------------------------------------------------------------------ events */

static bool decode_event(cspan_decoder *decoder, const cspan_pb_field *message,
                         cspan_event_view *out) {
  cspan_pb_reader reader = cspan_pb_read(message->data, message->len);
  cspan_pb_field field;
  out->name = "";
  while (cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, 1, WIRE_FIXED64)) {
      out->time_unix_ns = cspan_decode_time(field.value);
    } else if (cspan_pb_is(&field, 2, WIRE_BYTES)) {
      if (!cspan_decode_text(decoder, &field, &out->name)) {
        return false;
      }
    } else if (cspan_pb_is(&field, 4, WIRE_VARINT)) {
      out->dropped_attributes = (uint32_t)field.value;
    }
  }
  return cspan_decode_end(decoder, &reader) &&
         cspan_decode_attributes(decoder, message->data, message->len, 3, &out->attributes,
                                 &out->attribute_count);
}

static bool decode_link(cspan_decoder *decoder, const cspan_pb_field *message, cspan_link *out,
                        cspan_decoded_link *more) {
  cspan_pb_reader reader = cspan_pb_read(message->data, message->len);
  cspan_pb_field field;
  bool ok = true;
  out->context.trace_state = "";
  while (ok && cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, 1, WIRE_BYTES)) {
      ok = cspan_decode_id(decoder, &field, 16, out->context.trace_id);
    } else if (cspan_pb_is(&field, 2, WIRE_BYTES)) {
      ok = cspan_decode_id(decoder, &field, 8, out->context.span_id);
    } else if (cspan_pb_is(&field, 3, WIRE_BYTES)) {
      ok = cspan_decode_text(decoder, &field, &out->context.trace_state);
    } else if (cspan_pb_is(&field, 5, WIRE_VARINT)) {
      more->dropped_attributes = (uint32_t)field.value;
    } else if (cspan_pb_is(&field, 6, WIRE_FIXED32)) {
      more->flags = (uint32_t)field.value;
    }
  }
  out->context.trace_flags = (uint8_t)more->flags;
  out->context.is_remote = (more->flags & CSPAN_OTLP_IS_REMOTE) != 0;
  return ok && cspan_decode_end(decoder, &reader) &&
         cspan_decode_attributes(decoder, message->data, message->len, 4, &out->attributes,
                                 &out->attribute_count);
}

/* ------------------------------------------------------------------- spans */

enum { SPAN_ATTRIBUTES = 9, SPAN_EVENTS = 11, SPAN_LINKS = 13 };

static bool decode_status(cspan_decoder *decoder, const cspan_pb_field *message,
                          cspan_span_view *view) {
  cspan_pb_reader reader = cspan_pb_read(message->data, message->len);
  cspan_pb_field field;
  while (cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, 2, WIRE_BYTES)) {
      if (!cspan_decode_text(decoder, &field, &view->status_message)) {
        return false;
      }
    } else if (cspan_pb_is(&field, 3, WIRE_VARINT)) {
      view->status = field.value == 1   ? CSPAN_SPAN_OK
                     : field.value == 2 ? CSPAN_SPAN_ERROR
                                        : CSPAN_SPAN_UNSET;
    }
  }
  return cspan_decode_end(decoder, &reader);
}

/* OTLP counts from 1, 0 being "unspecified". */
static cspan_span_kind kind_of(uint64_t value) {
  return value >= 1 && value <= 5 ? (cspan_span_kind)(value - 1) : CSPAN_SPAN_INTERNAL;
}

static bool decode_span_text(cspan_decoder *decoder, const cspan_pb_field *field,
                             cspan_span_view *view) {
  switch (field->number) {
  case 1:
    return cspan_decode_id(decoder, field, 16, view->trace_id);
  case 2:
    return cspan_decode_id(decoder, field, 8, view->span_id);
  case 3:
    return cspan_decode_text(decoder, field, &view->trace_state);
  case 4:
    return cspan_decode_id(decoder, field, 8, view->parent_span_id);
  case 5:
    return cspan_decode_text(decoder, field, &view->name);
  case SPAN_EVENTS:
    view->event_count++;
    return true;
  case SPAN_LINKS:
    view->link_count++;
    return true;
  case 15:
    return decode_status(decoder, field, view);
  default:
    return true;
  }
}

static void decode_span_number(const cspan_pb_field *field, cspan_span_view *view) {
  if (cspan_pb_is(field, 6, WIRE_VARINT)) {
    view->kind = kind_of(field->value);
  } else if (cspan_pb_is(field, 7, WIRE_FIXED64)) {
    view->start_time_unix_ns = cspan_decode_time(field->value);
  } else if (cspan_pb_is(field, 8, WIRE_FIXED64)) {
    view->end_time_unix_ns = cspan_decode_time(field->value);
  } else if (cspan_pb_is(field, 10, WIRE_VARINT)) {
    view->dropped_attributes = (uint32_t)field->value;
  } else if (cspan_pb_is(field, 12, WIRE_VARINT)) {
    view->dropped_events = (uint32_t)field->value;
  } else if (cspan_pb_is(field, 14, WIRE_VARINT)) {
    view->dropped_links = (uint32_t)field->value;
  } else if (cspan_pb_is(field, 16, WIRE_FIXED32)) {
    view->flags = (uint32_t)field->value;
  }
}

/* The counts of events and links are known by now. */
static bool decode_span_lists(cspan_decoder *decoder, const cspan_pb_field *message,
                              cspan_decoded_span *span) {
  cspan_span_view *view = &span->view;
  cspan_event_view *events = cspan_decode_alloc(decoder, view->event_count, sizeof *events);
  cspan_link *links = cspan_decode_alloc(decoder, view->link_count, sizeof *links);
  cspan_decoded_link *more = cspan_decode_alloc(decoder, view->link_count, sizeof *more);
  if (!events || !links || !more) {
    return false;
  }
  view->events = events;
  view->links = links;
  span->links = more;
  cspan_pb_reader reader = cspan_pb_read(message->data, message->len);
  cspan_pb_field field;
  while (cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, SPAN_EVENTS, WIRE_BYTES)) {
      if (!decode_event(decoder, &field, events++)) {
        return false;
      }
    } else if (cspan_pb_is(&field, SPAN_LINKS, WIRE_BYTES)) {
      if (!decode_link(decoder, &field, links++, more++)) {
        return false;
      }
    }
  }
  return true;
}

static bool decode_span(cspan_decoder *decoder, const cspan_pb_field *message,
                        const cspan_decoded_scope *scope, cspan_decoded_span *span) {
  cspan_span_view *view = &span->view;
  cspan_pb_reader reader = cspan_pb_read(message->data, message->len);
  cspan_pb_field field;
  span->scope = scope;
  view->name = view->trace_state = view->status_message = "";
  view->scope_name = scope->name;
  view->scope_attributes = scope->attributes;
  view->scope_attribute_count = scope->attribute_count;
  view->scope_version = scope->version;
  view->schema_url = scope->schema_url[0] ? scope->schema_url : scope->resource->schema_url;
  view->resource = scope->resource->attributes;
  view->resource_count = scope->resource->attribute_count;
  while (cspan_pb_next(&reader, &field)) {
    if (field.type != WIRE_BYTES) {
      decode_span_number(&field, view);
    } else if (!decode_span_text(decoder, &field, view)) {
      return false;
    }
  }
  return cspan_decode_end(decoder, &reader) &&
         cspan_decode_attributes(decoder, message->data, message->len, SPAN_ATTRIBUTES,
                                 &view->attributes, &view->attribute_count) &&
         decode_span_lists(decoder, message, span);
}

/* ----------------------------------------------------------------- requests */

static void *begin_list(cspan_decoder *decoder, size_t count) {
  cspan_span_list *list = cspan_decode_alloc(decoder, 1, sizeof *list);
  if (!list) {
    return NULL;
  }
  list->arena = decoder->arena;
  list->spans = cspan_decode_alloc(decoder, count, sizeof *list->spans);
  return list->spans ? list : NULL;
}

static bool add_span(cspan_decoder *decoder, const cspan_pb_field *message,
                     const cspan_decoded_scope *scope, void *into) {
  cspan_span_list *list = into;
  return decode_span(decoder, message, scope, &list->spans[list->count++]);
}

const cspan_decode_signal cspan_decode_traces = {
    .name = "trace", .items = "spans", .begin = begin_list, .add = add_span};

cspan_status cspan_span_list_decode(const uint8_t *request, size_t request_size_bytes,
                                    cspan_span_list **out, cspan_error **error) {
  void *list = NULL;
  cspan_status status =
      cspan_decode_request(&cspan_decode_traces, request, request_size_bytes, &list, error);
  *out = list;
  return status;
}
