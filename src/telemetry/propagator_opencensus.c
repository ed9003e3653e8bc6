/* SPDX-License-Identifier: Apache-2.0 */
/* OpenCensus's binary format: a version, then fields, each a number and its bytes: 0 the trace id,
 * 1 the span id, 2 the options, whose lowest bit is the sampled flag. */
#include <string.h>

#include "telemetry/propagator.h"

enum { VERSION = 0, FIELDS = 3, FLAG_SAMPLED = 1, TEXT_MAX = 256 };

static const char header[] = "grpc-trace-bin";
static const char *const fields[] = {header, NULL};

bool cspan_opencensus_encode(const cspan_span_context *context,
                             uint8_t out[CSPAN_OPENCENSUS_SIZE_BYTES]) {
  if (!cspan_span_context_is_valid(context))
    return false;
  uint8_t *at = out;
  *at++ = VERSION;
  *at++ = 0;
  memcpy(at, context->trace_id, sizeof context->trace_id);
  at += sizeof context->trace_id;
  *at++ = 1;
  memcpy(at, context->span_id, sizeof context->span_id);
  at += sizeof context->span_id;
  *at++ = 2;
  *at = cspan_span_context_is_sampled(context) ? FLAG_SAMPLED : 0;
  return true;
}

bool cspan_opencensus_decode(const uint8_t *bytes, size_t size_bytes, cspan_span_context *out) {
  cspan_span_context found = {.is_remote = true};
  uint8_t options = 0;
  const struct {
    uint8_t *to;
    size_t size;
  } parts[FIELDS] = {{found.trace_id, sizeof found.trace_id},
                     {found.span_id, sizeof found.span_id},
                     {&options, sizeof options}};
  if (size_bytes == 0 || bytes[0] != VERSION)
    return false;
  /* Fields of later versions come behind those that are known: the first one ends it. */
  for (size_t at = 1; at < size_bytes && bytes[at] < FIELDS;) {
    uint8_t *to = parts[bytes[at]].to;
    size_t size = parts[bytes[at]].size;
    if (size_bytes - at - 1 < size)
      return false;
    memcpy(to, bytes + at + 1, size);
    at += 1 + size;
  }
  found.trace_flags = (options & FLAG_SAMPLED) != 0 ? CSPAN_TRACE_FLAG_SAMPLED : 0;
  *out = found;
  return cspan_span_context_is_valid(&found);
}

/* gRPC lets the padding be left out, and joins several values by commas. */
static bool decode_text(cspan_str text, cspan_buf *out) {
  char padded[TEXT_MAX + 4];
  const char *comma = text.len ? memchr(text.data, ',', text.len) : NULL;
  size_t len = comma ? (size_t)(comma - text.data) : text.len;
  if (len == 0 || len > TEXT_MAX)
    return false;
  memcpy(padded, text.data, len);
  while (len % 4 != 0)
    padded[len++] = '=';
  return cspan_base64_decode(padded, len, out);
}

static void opencensus_extract(void *self, const cspan_carrier_getter *getter, void *carrier,
                               cspan_extracted *out) {
  cspan_span_context remote;
  cspan_buf bytes;
  (void)self;
  cspan_buf_init(&bytes, TEXT_MAX);
  if (decode_text(cspan_carrier_text(getter, carrier, header), &bytes) &&
      cspan_opencensus_decode((const uint8_t *)cspan_buf_text(&bytes), bytes.len, &remote))
    cspan_extracted_set_remote(out, &remote);
  cspan_buf_free(&bytes);
}

static void opencensus_inject(void *self, const cspan_context *context, cspan_carrier_set_fn set,
                              void *carrier) {
  uint8_t bytes[CSPAN_OPENCENSUS_SIZE_BYTES];
  cspan_span_context span;
  cspan_buf text;
  (void)self;
  if (!cspan_span_get_context(context->span, &span) || !cspan_opencensus_encode(&span, bytes))
    return;
  cspan_buf_init(&text, TEXT_MAX);
  cspan_base64_encode(&text, bytes, sizeof bytes);
  if (cspan_buf_status(&text) == CSPAN_OK) {
    text.data[strcspn(text.data, "=")] = '\0';
    set(carrier, header, text.data);
  }
  cspan_buf_free(&text);
}

static const cspan_propagator_vtable opencensus_vtable = {
    .size = sizeof opencensus_vtable,
    .fields = fields,
    .inject = opencensus_inject,
    .extract = opencensus_extract,
};

cspan_propagator *cspan_propagator_opencensus(void) {
  return cspan_propagator_create(&opencensus_vtable, NULL);
}
