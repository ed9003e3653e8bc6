/* SPDX-License-Identifier: Apache-2.0 */
/* "TraceHeaders": headers that carry the trace on. They are not signed, as proxies may change them:
 * hence after the signature was made, which then does not have to pass over them. */
#include "aws/client.h"
#include "aws/headers.h"
#include "instrument/tracing.h"

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

static cspan_status headers_begin(void *data, struct cspan_call *call, void *state,
                                  cspan_error **error) {
  const cspan_tracing *self = data;
  header_carrier carrier = {.call = call, .known = self->known_headers};
  (void)state;
  (void)error;
  cspan_propagator_inject(self->propagator, cspan_call_context(call), set_header, &carrier);
  return CSPAN_OK;
}

const cspan_middleware_vtable cspan_trace_headers_vtable = {
    .size = sizeof(cspan_middleware_vtable),
    .name = "TraceHeaders",
    .begin = headers_begin,
};
