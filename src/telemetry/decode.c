/* SPDX-License-Identifier: Apache-2.0 */
/* ExportTraceServiceRequest to a list of spans. Message and field numbers are
 * those of opentelemetry/proto/trace/v1/trace.proto. */
#include "telemetry/decode.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "telemetry/text_wire.h"

/* A decoded request may take this many times its size: ordinary spans take about
 * four times; only a request made of empty messages takes more. */
enum { BUDGET_FACTOR = 16, BUDGET_BASE = 1 << 20, ALLOC_OVERHEAD = 16 };

bool cspan_decode_begin(cspan_decoder *decoder, size_t request_size) {
  *decoder = (cspan_decoder){.arena = cspan_arena_create(0)};
  decoder->budget = request_size > (SIZE_MAX / 2 - BUDGET_BASE) / BUDGET_FACTOR
                        ? SIZE_MAX / 2
                        : request_size * BUDGET_FACTOR + BUDGET_BASE;
  return decoder->arena != NULL;
}

bool cspan_decode_fail(cspan_decoder *decoder, cspan_status status, const char *what) {
  if (decoder->status == CSPAN_OK) {
    decoder->status = status;
    decoder->what = what;
  }
  return false;
}

void *cspan_decode_alloc(cspan_decoder *decoder, size_t count, size_t size) {
  if (count > (SIZE_MAX / 2 - ALLOC_OVERHEAD) / size ||
      count * size + ALLOC_OVERHEAD > decoder->budget) {
    cspan_decode_fail(decoder, CSPAN_ERR_LIMIT, "it would take far more memory than its size");
    return NULL;
  }
  decoder->budget -= count * size + ALLOC_OVERHEAD;
  void *memory = cspan_arena_array(decoder->arena, count, size);
  if (!memory) {
    cspan_decode_fail(decoder, CSPAN_ERR_NOMEM, "out of memory");
  }
  return memory;
}

const char *cspan_decode_string(cspan_decoder *decoder, const uint8_t *data, size_t len,
                                size_t *out_len) {
  const char *text = (const char *)data;
  bool valid = cspan_utf8_valid(text, len);
  size_t size = valid ? len : cspan_text_repaired_size(text, len);
  char *copy = cspan_decode_alloc(decoder, size + 1, 1);
  if (!copy) {
    return NULL;
  }
  if (!valid) {
    cspan_text_repair((uint8_t *)copy, text, len);
  } else if (len) {
    memcpy(copy, text, len);
  }
  if (out_len) {
    *out_len = size;
  }
  return copy;
}

bool cspan_decode_end(cspan_decoder *decoder, const cspan_pb_reader *reader) {
  return !reader->bad ||
         cspan_decode_fail(decoder, CSPAN_ERR_PROTOCOL, "it is not a well-formed message");
}

static bool set_string(cspan_decoder *decoder, const cspan_pb_field *field, const char **out) {
  *out = cspan_decode_string(decoder, field->data, field->len, NULL);
  return *out != NULL;
}

static bool set_id(cspan_decoder *decoder, const cspan_pb_field *field, size_t size, uint8_t *out) {
  if (field->len == size) {
    memcpy(out, field->data, size);
  } else if (field->len != 0) {
    return cspan_decode_fail(decoder, CSPAN_ERR_PROTOCOL,
                             "a trace id is not 16 bytes or a span id is not 8 bytes long");
  }
  return true;
}

/* Unsigned on the wire; a time after the year 2262 cannot be told from the last. */
static int64_t time_of(uint64_t value) {
  return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

/* ------------------------------------------------------------------ events */

static bool decode_event(cspan_decoder *decoder, const cspan_pb_field *message,
                         cspan_event_view *out) {
  cspan_pb_reader reader = cspan_pb_read(message->data, message->len);
  cspan_pb_field field;
  out->name = "";
  while (cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, 1, WIRE_FIXED64)) {
      out->time_unix_ns = time_of(field.value);
    } else if (cspan_pb_is(&field, 2, WIRE_BYTES)) {
      if (!set_string(decoder, &field, &out->name)) {
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
      ok = set_id(decoder, &field, 16, out->context.trace_id);
    } else if (cspan_pb_is(&field, 2, WIRE_BYTES)) {
      ok = set_id(decoder, &field, 8, out->context.span_id);
    } else if (cspan_pb_is(&field, 3, WIRE_BYTES)) {
      ok = set_string(decoder, &field, &out->context.trace_state);
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
      if (!set_string(decoder, &field, &view->status_message)) {
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
    return set_id(decoder, field, 16, view->trace_id);
  case 2:
    return set_id(decoder, field, 8, view->span_id);
  case 3:
    return set_string(decoder, field, &view->trace_state);
  case 4:
    return set_id(decoder, field, 8, view->parent_span_id);
  case 5:
    return set_string(decoder, field, &view->name);
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
    view->start_time_unix_ns = time_of(field->value);
  } else if (cspan_pb_is(field, 8, WIRE_FIXED64)) {
    view->end_time_unix_ns = time_of(field->value);
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

/* ------------------------------------------------------ resources and scopes */

bool cspan_decode_resource(cspan_decoder *decoder, const cspan_pb_field *message,
                           cspan_decoded_resource *out) {
  cspan_pb_reader reader = cspan_pb_read(message->data, message->len);
  cspan_pb_field field;
  while (cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, 2, WIRE_VARINT)) {
      out->dropped_attributes = (uint32_t)field.value;
    }
  }
  return cspan_decode_end(decoder, &reader) &&
         cspan_decode_attributes(decoder, message->data, message->len, 1, &out->attributes,
                                 &out->attribute_count);
}

bool cspan_decode_scope(cspan_decoder *decoder, const cspan_pb_field *message,
                        cspan_decoded_scope *out) {
  cspan_pb_reader reader = cspan_pb_read(message->data, message->len);
  cspan_pb_field field;
  bool ok = true;
  while (ok && cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, 1, WIRE_BYTES)) {
      ok = set_string(decoder, &field, &out->name);
    } else if (cspan_pb_is(&field, 2, WIRE_BYTES)) {
      ok = set_string(decoder, &field, &out->version);
    } else if (cspan_pb_is(&field, 4, WIRE_VARINT)) {
      out->dropped_attributes = (uint32_t)field.value;
    }
  }
  return ok && cspan_decode_end(decoder, &reader) &&
         cspan_decode_attributes(decoder, message->data, message->len, 3, &out->attributes,
                                 &out->attribute_count);
}

/* ScopeSpans: first what describes the scope, wherever in the message it is, then
 * its spans. */
static bool decode_scope_spans(cspan_decoder *decoder, const cspan_pb_field *message,
                               const cspan_decoded_resource *resource, cspan_span_list *list) {
  cspan_decoded_scope *scope = cspan_decode_alloc(decoder, 1, sizeof *scope);
  if (!scope) {
    return false;
  }
  scope->resource = resource;
  scope->name = scope->version = scope->schema_url = "";
  cspan_pb_reader reader = cspan_pb_read(message->data, message->len);
  cspan_pb_field field;
  bool ok = true;
  while (ok && cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, 1, WIRE_BYTES)) {
      ok = cspan_decode_scope(decoder, &field, scope);
    } else if (cspan_pb_is(&field, 3, WIRE_BYTES)) {
      ok = set_string(decoder, &field, &scope->schema_url);
    }
  }
  reader = cspan_pb_read(message->data, message->len);
  while (ok && cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, 2, WIRE_BYTES)) {
      ok = decode_span(decoder, &field, scope, &list->spans[list->count]);
      list->count += ok;
    }
  }
  return ok && cspan_decode_end(decoder, &reader);
}

static bool decode_resource_spans(cspan_decoder *decoder, const cspan_pb_field *message,
                                  cspan_span_list *list) {
  cspan_decoded_resource *resource = cspan_decode_alloc(decoder, 1, sizeof *resource);
  if (!resource) {
    return false;
  }
  resource->schema_url = "";
  cspan_pb_reader reader = cspan_pb_read(message->data, message->len);
  cspan_pb_field field;
  bool ok = true;
  while (ok && cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, 1, WIRE_BYTES)) {
      ok = cspan_decode_resource(decoder, &field, resource);
    } else if (cspan_pb_is(&field, 3, WIRE_BYTES)) {
      ok = set_string(decoder, &field, &resource->schema_url);
    }
  }
  reader = cspan_pb_read(message->data, message->len);
  while (ok && cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, 2, WIRE_BYTES)) {
      ok = decode_scope_spans(decoder, &field, resource, list);
    }
  }
  return ok && cspan_decode_end(decoder, &reader);
}

/* The spans of the request: field 1, field 2, field 2 of it. */
static size_t count_spans(const uint8_t *data, size_t len, unsigned level) {
  cspan_pb_reader reader = cspan_pb_read(data, len);
  cspan_pb_field field;
  size_t count = 0;
  while (cspan_pb_next(&reader, &field)) {
    if (!cspan_pb_is(&field, level == 0 ? 1 : 2, WIRE_BYTES)) {
      continue;
    }
    count += level == 2 ? 1 : count_spans(field.data, field.len, level + 1);
  }
  return count;
}

static bool decode_request(cspan_decoder *decoder, const uint8_t *data, size_t len,
                           cspan_span_list **out) {
  cspan_span_list *list = cspan_decode_alloc(decoder, 1, sizeof *list);
  if (!list) {
    return false;
  }
  list->arena = decoder->arena;
  list->spans = cspan_decode_alloc(decoder, count_spans(data, len, 0), sizeof *list->spans);
  if (!list->spans) {
    return false;
  }
  cspan_pb_reader reader = cspan_pb_read(data, len);
  cspan_pb_field field;
  while (cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, 1, WIRE_BYTES) && !decode_resource_spans(decoder, &field, list)) {
      return false;
    }
  }
  *out = list;
  return cspan_decode_end(decoder, &reader);
}

cspan_status cspan_span_list_decode(const uint8_t *request, size_t request_size_bytes,
                                    cspan_span_list **out, cspan_error **error) {
  cspan_decoder decoder;
  *out = NULL;
  if (!cspan_decode_begin(&decoder, request_size_bytes)) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while decoding spans");
  }
  if (decode_request(&decoder, request, request_size_bytes, out)) {
    return CSPAN_OK;
  }
  *out = NULL;
  cspan_arena_free(decoder.arena);
  return cspan_error_set(error, decoder.status,
                         "cannot decode an OTLP trace request of %zu bytes: %s", request_size_bytes,
                         decoder.what);
}
