/* SPDX-License-Identifier: Apache-2.0 */
/* What both kinds of spans say about how it went. */
#include <string.h>

#include "instrument/conceal.h"
#include "instrument/tracing.h"
#include "telemetry/slot_put.h"

enum { MESSAGE_BYTES = 4096 }; /* longer than any that aws/ makes */

void cspan_trace_put_phases(const cspan_tracing *self, struct cspan_slot *slot,
                            const cspan_call_timings *timings) {
  uint32_t left_out = self->left_out;
  if (timings->dns_us >= 0 && cspan_keeps(left_out, CSPAN_KEY_DNS)) {
    cspan_slot_put_int64(slot, "aws.http.dns_us", timings->dns_us);
  }
  if (timings->connect_us >= 0 && cspan_keeps(left_out, CSPAN_KEY_CONNECT)) {
    cspan_slot_put_int64(slot, "aws.http.connect_us", timings->connect_us);
  }
  if (timings->tls_us >= 0 && cspan_keeps(left_out, CSPAN_KEY_TLS)) {
    cspan_slot_put_int64(slot, "aws.http.tls_us", timings->tls_us);
  }
  if (timings->time_to_first_byte_us >= 0 && cspan_keeps(left_out, CSPAN_KEY_FIRST_BYTE)) {
    cspan_slot_put_int64(slot, "aws.http.time_to_first_byte_us", timings->time_to_first_byte_us);
  }
  if (timings->transfer_us >= 0 && cspan_keeps(left_out, CSPAN_KEY_TRANSFER)) {
    cspan_slot_put_int64(slot, "aws.http.transfer_us", timings->transfer_us);
  }
}

void cspan_trace_set_outcome(const cspan_tracing *self, const struct cspan_call *call,
                             cspan_span span) {
  const cspan_error *error = cspan_call_error(call);
  if (!error) {
    return;
  }
  const char *code = cspan_error_code(error);
  if (cspan_keeps(self->left_out, CSPAN_KEY_ERROR_TYPE)) {
    cspan_span_set_string(span, "error.type", code);
  }
  if (cspan_expected_match(&self->expected, cspan_call_operation(call), code,
                           cspan_error_http_status(error))) {
    return;
  }
  const char *message = cspan_error_message(error);
  size_t whole = strlen(message);
  size_t len = whole < MESSAGE_BYTES ? whole : MESSAGE_BYTES;
  char text[MESSAGE_BYTES + 1];
  memcpy(text, message, len);
  /* Before it is cut: of a text that is cut in two nothing would be found. */
  cspan_conceal_data(call, text, len);
  text[cspan_trace_bounded(text, len, CSPAN_MAX_VALUE_BYTES)] = '\0';
  cspan_span_set_status(span, CSPAN_SPAN_ERROR, text);
}
