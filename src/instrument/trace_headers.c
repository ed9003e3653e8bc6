/* SPDX-License-Identifier: Apache-2.0 */
/* "TraceHeaders": headers that carry the trace on. They are not signed, as proxies may change them:
 * hence after the signature was made, which then does not have to pass over them. */
#include "aws/client.h"
#include "aws/headers.h"
#include "instrument/tracing.h"
#include "telemetry/propagator.h"

enum { USUAL_BYTES = 144 }; /* of the values of traceparent and X-Amzn-Trace-Id */

typedef struct header_carrier {
  struct cspan_call *call;
  const char *const *known; /* names that live as long as the call */
} header_carrier;

/* Tracing never fails a call: without memory the header is left out. */
static void set_header(void *carrier_data, const char *key, const char *value) {
  const header_carrier *carrier = carrier_data;
  const char *const *known = carrier->known;
  while (*known && *known != key) {
    known++;
  }
  if (*known && value) {
    (void)cspan_call_set_known_header(carrier->call, key, value);
  } else {
    (void)cspan_call_set_request_header(carrier->call, key, value);
  }
}

const char *const *cspan_trace_known_headers(const cspan_propagator *propagator) {
  static const char *const none[] = {NULL};
  const char *const *fields = cspan_propagator_fields(propagator);
  for (const char *const *each = fields; *each; each++) {
    if (!cspan_header_name_is_safe(*each)) {
      return none;
    }
  }
  return fields;
}

void cspan_trace_header_parts_find(const cspan_propagator *propagator,
                                   cspan_trace_header_parts *out) {
  const cspan_propagator *parts[CSPAN_TRACE_MAX_PARTS];
  out->count = cspan_propagator_parts(propagator, parts, CSPAN_TRACE_MAX_PARTS);
  out->ids_size = 0;
  if (out->count == CSPAN_TRACE_MAX_PARTS) { /* there may be more */
    parts[0] = propagator;
    out->count = 1;
  }
  for (size_t i = 0; i < out->count; i++) {
    out->at[i].propagator = parts[i];
    out->at[i].header = cspan_propagator_id_header(parts[i]);
    out->at[i].is_baggage = cspan_propagator_is_baggage(parts[i]);
    out->ids_size += out->at[i].header ? out->at[i].header->size : 0;
  }
}

/* Memory for the values that are made of ids: in the middleware's state, where they fit. */
static char *value_room(size_t size, struct cspan_call *call, void *state) {
  return size <= USUAL_BYTES ? state : cspan_call_memory(call, size);
}

/* The ids are the same in all headers that are made of them: they are read once. */
static cspan_status headers_begin(void *data, struct cspan_call *call, void *state,
                                  cspan_error **error) {
  const cspan_tracing *self = data;
  header_carrier carrier = {.call = call, .known = self->known_headers};
  const cspan_context *given = cspan_call_context(call);
  cspan_id_digits ids;
  bool has_ids = cspan_id_digits_of(given->span.slot ? given->span : cspan_span_current(), &ids);
  char *room = has_ids ? value_room(self->header_parts.ids_size, call, state) : NULL;
  (void)error;
  for (size_t i = 0; i < self->header_parts.count; i++) {
    const cspan_trace_header_part *part = &self->header_parts.at[i];
    const cspan_id_header *header = part->header;
    if (header && room) {
      header->write(&ids, room);
      (void)cspan_call_put_safe_header(call, &(cspan_http_header){.name = header->name,
                                                                  .value = room,
                                                                  .is_safe = true,
                                                                  .name_len = header->name_len,
                                                                  .value_len = header->size - 1});
      room += header->size;
      if (header->state_name && ids.state[0]) {
        set_header(&carrier, header->state_name, ids.state);
      }
    } else if (!header && !(part->is_baggage && given->span.slot && !given->baggage)) {
      /* Without a span the thread's baggage counts. */
      cspan_propagator_inject(part->propagator, given, set_header, &carrier);
    }
  }
  return CSPAN_OK;
}

const cspan_middleware_vtable cspan_trace_headers_vtable = {
    .size = sizeof(cspan_middleware_vtable),
    .name = "TraceHeaders",
    .state_size = USUAL_BYTES,
    .begin = headers_begin,
};
