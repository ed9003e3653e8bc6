/* SPDX-License-Identifier: Apache-2.0 */
/* What the decoders of all signals share: the memory and the texts of a decoded request,
 * and the way through it. In ExportTraceServiceRequest and ExportMetricsServiceRequest
 * alike field 1 holds the resources, field 2 of one its scopes, field 2 of one its items;
 * Resource and InstrumentationScope are those of opentelemetry/proto/resource/v1 and
 * opentelemetry/proto/common/v1. */
#include "telemetry/decode.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "telemetry/text_wire.h"

enum { DESCRIPTION = 1, CONTENTS = 2, SCHEMA_URL = 3 }; /* of a resource, and of a scope */

/* One request being read. */
typedef struct request_walk {
  const cspan_decode_signal *signal;
  cspan_decoder *decoder;
  void *list;
} request_walk;

/* A decoded request may take this many times its size: ordinary spans take about
 * four times; only a request made of empty messages takes more. */
enum { BUDGET_FACTOR = 16, BUDGET_BASE = 1 << 20, ALLOC_OVERHEAD = 16 };

/* The arena is the caller's. */
static bool decode_begin(cspan_decoder *decoder, size_t request_size) {
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

bool cspan_decode_text(cspan_decoder *decoder, const cspan_pb_field *field, const char **out) {
  *out = cspan_decode_string(decoder, field->data, field->len, NULL);
  return *out != NULL;
}

bool cspan_decode_id(cspan_decoder *decoder, const cspan_pb_field *field, size_t size,
                     uint8_t *out) {
  if (field->len == size) {
    memcpy(out, field->data, size);
  } else if (field->len != 0) {
    return cspan_decode_fail(decoder, CSPAN_ERR_PROTOCOL,
                             "a trace id is not 16 bytes or a span id is not 8 bytes long");
  }
  return true;
}

int64_t cspan_decode_time(uint64_t value) {
  return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

/* ------------------------------------------------------ resources and scopes */

static bool decode_resource(cspan_decoder *decoder, const cspan_pb_field *message,
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

static bool decode_scope(cspan_decoder *decoder, const cspan_pb_field *message,
                         cspan_decoded_scope *out) {
  cspan_pb_reader reader = cspan_pb_read(message->data, message->len);
  cspan_pb_field field;
  bool ok = true;
  while (ok && cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, 1, WIRE_BYTES)) {
      ok = cspan_decode_text(decoder, &field, &out->name);
    } else if (cspan_pb_is(&field, 2, WIRE_BYTES)) {
      ok = cspan_decode_text(decoder, &field, &out->version);
    } else if (cspan_pb_is(&field, 4, WIRE_VARINT)) {
      out->dropped_attributes = (uint32_t)field.value;
    }
  }
  return ok && cspan_decode_end(decoder, &reader) &&
         cspan_decode_attributes(decoder, message->data, message->len, 3, &out->attributes,
                                 &out->attribute_count);
}
/* First what describes the scope, wherever in the message it is, then its items. */
static bool decode_scope_items(const request_walk *walk, const cspan_pb_field *message,
                               const cspan_decoded_resource *resource) {
  cspan_decoded_scope *scope = cspan_decode_alloc(walk->decoder, 1, sizeof *scope);
  if (!scope) {
    return false;
  }
  scope->resource = resource;
  scope->name = scope->version = scope->schema_url = "";
  cspan_pb_reader reader = cspan_pb_read(message->data, message->len);
  cspan_pb_field field;
  bool ok = true;
  while (ok && cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, DESCRIPTION, WIRE_BYTES)) {
      ok = decode_scope(walk->decoder, &field, scope);
    } else if (cspan_pb_is(&field, SCHEMA_URL, WIRE_BYTES)) {
      ok = cspan_decode_text(walk->decoder, &field, &scope->schema_url);
    }
  }
  reader = cspan_pb_read(message->data, message->len);
  while (ok && cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, CONTENTS, WIRE_BYTES)) {
      ok = walk->signal->add(walk->decoder, &field, scope, walk->list);
    }
  }
  return ok && cspan_decode_end(walk->decoder, &reader);
}

static bool decode_resource_items(const request_walk *walk, const cspan_pb_field *message) {
  cspan_decoded_resource *resource = cspan_decode_alloc(walk->decoder, 1, sizeof *resource);
  if (!resource) {
    return false;
  }
  resource->schema_url = "";
  cspan_pb_reader reader = cspan_pb_read(message->data, message->len);
  cspan_pb_field field;
  bool ok = true;
  while (ok && cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, DESCRIPTION, WIRE_BYTES)) {
      ok = decode_resource(walk->decoder, &field, resource);
    } else if (cspan_pb_is(&field, SCHEMA_URL, WIRE_BYTES)) {
      ok = cspan_decode_text(walk->decoder, &field, &resource->schema_url);
    }
  }
  reader = cspan_pb_read(message->data, message->len);
  while (ok && cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, CONTENTS, WIRE_BYTES)) {
      ok = decode_scope_items(walk, &field, resource);
    }
  }
  return ok && cspan_decode_end(walk->decoder, &reader);
}

/* ----------------------------------------------------------------- requests */

/* Level 0 is the request, 1 a resource's part of it, 2 a scope's. */
static size_t count_items(const uint8_t *data, size_t len, unsigned level) {
  cspan_pb_reader reader = cspan_pb_read(data, len);
  cspan_pb_field field;
  size_t count = 0;
  while (cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, level == 0 ? 1 : CONTENTS, WIRE_BYTES)) {
      count += level == 2 ? 1 : count_items(field.data, field.len, level + 1);
    }
  }
  return count;
}

static bool decode_items(request_walk *walk, const uint8_t *data, size_t len) {
  walk->list = walk->signal->begin(walk->decoder, count_items(data, len, 0));
  if (!walk->list) {
    return false;
  }
  cspan_pb_reader reader = cspan_pb_read(data, len);
  cspan_pb_field field;
  while (cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, 1, WIRE_BYTES) && !decode_resource_items(walk, &field)) {
      return false;
    }
  }
  return cspan_decode_end(walk->decoder, &reader);
}

cspan_status cspan_decode_request(const cspan_decode_signal *signal, const uint8_t *request,
                                  size_t request_size, void **list, cspan_error **error) {
  cspan_decoder decoder;
  request_walk walk = {.signal = signal, .decoder = &decoder};
  if (!decode_begin(&decoder, request_size)) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while decoding %s",
                           signal->items);
  }
  if (decode_items(&walk, request, request_size)) {
    *list = walk.list;
    return CSPAN_OK;
  }
  cspan_arena_free(decoder.arena);
  return cspan_error_set(error, decoder.status, "cannot decode an OTLP %s request of %zu bytes: %s",
                         signal->name, request_size, decoder.what);
}
