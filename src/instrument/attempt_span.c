/* SPDX-License-Identifier: Apache-2.0 */
/* "TraceAttempt": the span of an attempt where that is wanted, and its metrics. */
#include <string.h>

#include "aws/client.h"
#include "instrument/extract.h"
#include "instrument/metrics.h"
#include "instrument/tracing.h"
#include "telemetry/slot_put.h"

enum { URL_BYTES = 2048 };

typedef struct attempt_state {
  cspan_span span;
  int64_t start_ns; /* of metrics and span; 0: there are no metrics */
} attempt_state;

static void start_span(const cspan_tracing *self, struct cspan_call *call, attempt_state *state) {
  cspan_tracer *tracer = cspan_tracing_tracer(self);
  const cspan_context *context = cspan_call_context(call);
  if (!tracer || !context) {
    return;
  }
  char url[URL_BYTES];
  cspan_attr attrs[5];
  size_t n = 0;
  size_t url_len = cspan_call_redacted_url(call, url, sizeof url);
  url_len = cspan_trace_bounded(url, url_len, sizeof url - 1);
  attrs[n++] = cspan_attr_string("http.request.method", cspan_call_method(call));
  attrs[n++] = cspan_attr_string_n("url.full", url, url_len);
  attrs[n++] = cspan_attr_string("server.address", cspan_call_host(call));
  attrs[n++] = cspan_attr_int64("server.port", cspan_call_port(call));
  if (cspan_call_attempt(call) > 1) {
    attrs[n++] = cspan_attr_int64("http.request.resend_count", cspan_call_attempt(call) - 1);
  }
  cspan_span_options options = {
      .size = sizeof options,
      .kind = CSPAN_SPAN_CLIENT,
      .start_time_unix_ns = state->start_ns,
      .attributes = attrs,
      .attribute_count = cspan_own_rules_filter(&self->own_rules, attrs, n),
  };
  state->span = cspan_span_start(tracer, context, cspan_call_method(call), &options);
  if (state->span.slot) {
    cspan_context inside = cspan_context_with_span(context, state->span);
    cspan_call_set_context(call, &inside);
  }
}

static cspan_status attempt_begin(void *data, struct cspan_call *call, void *state,
                                  cspan_error **error) {
  const cspan_tracing *self = data;
  (void)error;
  ((attempt_state *)state)->start_ns = cspan_metrics_start_ns(self->metrics);
  cspan_call_set_found(call, NULL);
  if (self->retries != CSPAN_RETRY_EVENTS) {
    start_span(self, call, state);
  }
  return CSPAN_OK;
}

/* When it ended, by which its span ends as well; 0: there are no metrics. */
static int64_t record_metrics(const cspan_tracing *self, struct cspan_call *call,
                              int64_t start_ns) {
  const cspan_plan *plan = start_ns ? cspan_call_plan(call) : NULL;
  if (!plan) {
    return 0;
  }
  int64_t end_ns = cspan_metrics_end_ns(start_ns);
  const cspan_measured measured = {
      .plan = plan,
      .call = call,
      .context = cspan_call_context(call),
      .duration_ns = end_ns - start_ns,
      .end_ns = end_ns,
  };
  cspan_call_set_found(call, cspan_metrics_record_attempt(self->metrics, &measured));
  return end_ns;
}

static void put_timings(const cspan_tracing *self, cspan_slot *slot,
                        const struct cspan_call *call) {
  cspan_call_timings timings;
  if (cspan_call_timings_get(call, &timings)) {
    cspan_trace_put_phases(self, slot, &timings);
    if (cspan_keeps(self->left_out, CSPAN_KEY_REUSED)) {
      cspan_slot_put_bool(slot, "aws.http.connection_reused", timings.connection_reused);
    }
  }
}

static void attempt_end(void *data, struct cspan_call *call, void *state_data) {
  const cspan_tracing *self = data;
  cspan_span span = ((attempt_state *)state_data)->span;
  int64_t end_ns = record_metrics(data, call, ((attempt_state *)state_data)->start_ns);
  if (!span.slot) {
    return;
  }
  cspan_slot *slot = cspan_slot_lock_recording(span);
  if (slot) {
    const char *peer = cspan_call_peer_address(call);
    int status = cspan_call_http_status(call);
    if (*peer && cspan_keeps(self->left_out, CSPAN_KEY_PEER_ADDRESS)) {
      cspan_slot_put_text(slot, "network.peer.address", peer);
    }
    if (*peer && cspan_keeps(self->left_out, CSPAN_KEY_PEER_PORT)) {
      cspan_slot_put_int64(slot, "network.peer.port", cspan_call_peer_port(call));
    }
    if (status > 0 && cspan_keeps(self->left_out, CSPAN_KEY_STATUS_CODE)) {
      cspan_slot_put_int64(slot, "http.response.status_code", status);
    }
    put_timings(self, slot, call);
    cspan_slot_unlock_span(slot, span);
    cspan_trace_set_outcome(self, call, span);
  }
  cspan_span_end_at(span, end_ns);
}

const cspan_middleware_vtable cspan_trace_attempt_vtable = {
    .size = sizeof(cspan_middleware_vtable),
    .name = "TraceAttempt",
    .state_size = sizeof(attempt_state),
    .begin = attempt_begin,
    .end = attempt_end,
};
