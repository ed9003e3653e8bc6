/* SPDX-License-Identifier: Apache-2.0 */
/* Decoded spans, inside: what a list holds beyond the public views, and the
 * pieces of the decoders of all signals. */
#ifndef TELEMETRY_DECODE_H
#define TELEMETRY_DECODE_H

#include <cloudspan/ext/exporter.h>

#include "base/arena.h"
#include "telemetry/otlp_wire.h"

typedef struct cspan_decoded_resource {
  const cspan_attr *attributes;
  size_t attribute_count;
  uint32_t dropped_attributes;
  const char *schema_url;
} cspan_decoded_resource;

typedef struct cspan_decoded_scope {
  const cspan_decoded_resource *resource;
  const char *name;
  const char *version;
  const cspan_attr *attributes;
  size_t attribute_count;
  uint32_t dropped_attributes;
  const char *schema_url;
} cspan_decoded_scope;

/* What a link says beyond cspan_link. */
typedef struct cspan_decoded_link {
  uint32_t flags;
  uint32_t dropped_attributes;
} cspan_decoded_link;

typedef struct cspan_decoded_span {
  cspan_span_view view;
  const cspan_decoded_scope *scope;
  const cspan_decoded_link *links; /* as many as view.link_count */
} cspan_decoded_span;

struct cspan_span_list {
  cspan_arena *arena; /* everything is in it, this struct too */
  cspan_decoded_span *spans;
  size_t count;
};

/* Bits 8 and 9 of an OTLP Span's or Link's flags. */
#define CSPAN_OTLP_HAS_IS_REMOTE 0x100u
#define CSPAN_OTLP_IS_REMOTE     0x200u

typedef struct cspan_decoder {
  cspan_arena *arena;
  size_t budget; /* bytes that may still be allocated */
  cspan_status status;
  const char *what; /* what is wrong with the input; static */
} cspan_decoder;

/* Keeps the first failure; returns false. */
bool cspan_decode_fail(cspan_decoder *decoder, cspan_status status, const char *what);
/* Zeroed; NULL sets the failure. */
void *cspan_decode_alloc(cspan_decoder *decoder, size_t count, size_t size);
/* A copy with a final NUL in which what is not UTF-8 has become U+FFFD; its length
 * goes to *out_len, which may be NULL. */
const char *cspan_decode_string(cspan_decoder *decoder, const uint8_t *data, size_t len,
                                size_t *out_len);
/* The texts and ids of fields; an absent id may be empty. */
bool cspan_decode_text(cspan_decoder *decoder, const cspan_pb_field *field, const char **out);
bool cspan_decode_id(cspan_decoder *decoder, const cspan_pb_field *field, size_t size,
                     uint8_t *out);
/* Unsigned on the wire; a time after the year 2262 cannot be told from the last. */
int64_t cspan_decode_time(uint64_t value);
/* Checks that the whole message could be read. */
bool cspan_decode_end(cspan_decoder *decoder, const cspan_pb_reader *reader);

/* The fields `number` of a message are KeyValue messages: counts them, reads them. */
bool cspan_decode_attributes(cspan_decoder *decoder, const uint8_t *message, size_t len,
                             uint32_t number, const cspan_attr **out, size_t *out_count);

/* What a signal's requests hold. */
typedef struct cspan_decode_signal {
  const char *name;  /* of its requests, for errors */
  const char *items; /* "spans" */
  /* A list with room for that many; NULL sets the failure. The arena is the list's if all
   * goes well. */
  void *(*begin)(cspan_decoder *decoder, size_t count);
  bool (*add)(cspan_decoder *decoder, const cspan_pb_field *message,
              const cspan_decoded_scope *scope, void *list);
} cspan_decode_signal;

extern const cspan_decode_signal cspan_decode_traces;  /* to a cspan_span_list */
extern const cspan_decode_signal cspan_decode_metrics; /* to a cspan_metric_list */

/* The whole request; *list stays as it is on failure. */
cspan_status cspan_decode_request(const cspan_decode_signal *signal, const uint8_t *request,
                                  size_t request_size, void **list, cspan_error **error);

#endif
