/* SPDX-License-Identifier: Apache-2.0 */
/* "TraceCall": the span of a call, around all of its attempts. */
#include <string.h>

#include "aws/client.h"
#include "instrument/carriers/carry.h"
#include "instrument/cost.h"
#include "instrument/extract.h"
#include "instrument/messaging_span.h"
#include "instrument/metrics.h"
#include "instrument/tracing.h"
#include "telemetry/attr_block.h"
#include "telemetry/baggage.h"
#include "telemetry/context.h"
#include "telemetry/ended.h"
#include "telemetry/queue.h"
#include "telemetry/slot_put.h"

enum {
  MAX_BEFORE_ATTRS = 32,
  MAX_INPUT_ATTRS = 32,
  MAX_TAGS = CSPAN_MAX_ALLOCATION_TAGS,
  MAX_END_ATTRS = 8
};

typedef struct call_state {
  cspan_span span;
  cspan_baggage *baggage; /* one's own hold on what the headers of attempts carry */
  const cspan_plan *plan; /* NULL: the call is not traced */
  const char *region;     /* as the call began */
  int64_t start_ns;       /* of metrics and span; 0: there are no metrics */
  cspan_attr subject;     /* of plan->subject_key; without a key: there is none */
  cspan_billed_attempts billed;
  cspan_asked *asked; /* what is restored at the end; NULL: nothing */
} call_state;

/* What the caller left out of the context is taken from the thread's current one now: attempts may
 * be made after that was detached. Hence not its values, which are memory of whoever set them. */
static void settle_context(struct cspan_call *call, call_state *state) {
  const cspan_context *given = cspan_call_context(call);
  cspan_context inside = cspan_context_resolve(given);
  inside.values = given ? given->values : NULL;
  state->baggage = cspan_baggage_share(inside.baggage);
  if (state->span.slot) {
    inside.span = state->span;
  }
  cspan_call_set_context(call, &inside);
}

static void find_subject(call_state *state, const cspan_attr *attrs, size_t count) {
  const char *key = state->plan->subject_key;
  for (size_t i = 0; key && i < count; i++) {
    if (attrs[i].type == CSPAN_ATTR_STRING && strcmp(attrs[i].key, key) == 0) {
      state->subject = attrs[i];
    }
  }
}

static void start_span(const cspan_tracing *self, struct cspan_call *call, call_state *state) {
  cspan_attr attrs[CSPAN_PLAN_MAX_FIXED + 2 + MAX_INPUT_ATTRS + MAX_TAGS + MAX_BEFORE_ATTRS];
  const cspan_plan *plan = state->plan;
  cspan_tracer *tracer = cspan_tracing_tracer(self);
  if (!plan || (!tracer && !plan->subject_key)) {
    return;
  }
  bool is_usual = strcmp(state->region, plan->region) == 0;
  size_t n = is_usual ? plan->start_count : plan->fixed_count;
  memcpy(attrs, plan->fixed, n * sizeof attrs[0]);
  if (!is_usual) {
    n += cspan_plan_region(self, state->region, &attrs[n]);
  }
  size_t room = MAX_INPUT_ATTRS;
  if (plan->at_start) {
    size_t more = plan->at_start(call, &attrs[n], room);
    n += more;
    room -= more;
  }
  cspan_span_naming naming = {.name = plan->name, .kind = CSPAN_SPAN_CLIENT};
  if (plan->messaging) {
    size_t more = cspan_messaging_start(self, plan, call, &attrs[n], room, &naming);
    n += more;
    room -= more;
  }
  n += cspan_extract_start(&plan->start, call, &attrs[n], room);
  if (self->own_rules.removed) {
    n = cspan_own_rules_filter(&self->own_rules, attrs, n);
  }
  if (state->start_ns && plan->subject_key) {
    find_subject(state, attrs, n);
  }
  if (!tracer) {
    return;
  }
  if (self->allocation_tags) {
    n += cspan_allocation_attrs(self->allocation_tags, call, tracer, &attrs[n], MAX_TAGS);
  }
  if (self->before) {
    size_t more = self->before(self->before_user, call, &attrs[n], MAX_BEFORE_ATTRS);
    n += more < MAX_BEFORE_ATTRS ? more : MAX_BEFORE_ATTRS;
  }
  cspan_span_options options = {
      .size = sizeof options,
      .kind = naming.kind,
      .start_time_unix_ns = state->start_ns,
      .attributes = attrs,
      .attribute_count = n,
  };
  state->span =
      cspan_span_begin_block(tracer, cspan_call_context(call), naming.name, strlen(naming.name),
                             &options, is_usual ? plan->block : NULL);
}

static cspan_status call_begin(void *data, struct cspan_call *call, void *state_data,
                               cspan_error **error) {
  call_state *state = state_data;
  (void)error;
  state->region = cspan_call_region(call);
  state->plan = cspan_plan_of(data, call);
  cspan_call_set_plan(call, state->plan);
  if (state->plan) {
    state->start_ns = cspan_metrics_start_ns(((cspan_tracing *)data)->metrics);
  }
  start_span(data, call, state);
  settle_context(call, state);
  if (state->plan && state->plan->messaging) {
    cspan_messaging_link_own(data, state->plan, call, state->span);
  }
  if (state->plan && state->plan->carrier) {
    state->asked = cspan_carry_begin(data, state->plan->carrier, call);
  }
  return CSPAN_OK;
}

/* A call may have followed a bucket to another region. */
static void set_region(const cspan_tracing *self, cspan_span span, const struct cspan_call *call,
                       const call_state *state) {
  cspan_attr attrs[2];
  if (cspan_call_region(call) != state->region) {
    size_t n = cspan_plan_region(self, cspan_call_region(call), attrs);
    n = cspan_own_rules_filter(&self->own_rules, attrs, n);
    for (size_t i = 0; i < n; i++) {
      cspan_span_set(span, attrs[i]);
    }
  }
}

/* What is known of a call at its end. */
typedef struct call_facts {
  const char *host; /* "": it had no target yet */
  const char *method;
  int port;
  int status; /* 0: no answer */
  int attempts;
  int64_t backoff_ms;
  bool has_timings;
  cspan_call_timings timings;
  const void *found; /* cspan_call_found() */
} call_facts;

static void learn(const struct cspan_call *call, call_facts *facts) {
  const char *method = cspan_call_method(call);
  facts->host = cspan_call_host(call);
  facts->method = method ? method : "";
  facts->port = cspan_call_port(call);
  facts->status = cspan_call_http_status(call);
  /* A call that was refused before it had a target made none. */
  facts->attempts = *facts->host ? cspan_call_attempt(call) : 0;
  facts->backoff_ms = cspan_call_backoff_ms(call);
  facts->has_timings = cspan_call_timings_get(call, &facts->timings);
  facts->found = cspan_call_found(call);
}

/* What most calls have alike, at once; false: nothing. */
static bool put_alike(cspan_slot *slot, const cspan_tracing *self, const cspan_plan *plan,
                      const call_facts *facts) {
  if (!*facts->host || !*facts->method || facts->status <= 0 || facts->attempts != 1 ||
      facts->backoff_ms > 0 || !facts->has_timings) {
    return false;
  }
  const cspan_answer answer = {.host = facts->host,
                               .method = facts->method,
                               .port = facts->port,
                               .status = facts->status,
                               .is_reused = facts->timings.connection_reused,
                               .found = facts->found};
  /* A plan is const to calls but for this. */
  return cspan_answered_put(&((cspan_plan *)plan)->answered, slot, self->left_out, &answer);
}

static void put_one_by_one(cspan_slot *slot, uint32_t left_out, const call_facts *facts) {
  if (*facts->host && cspan_keeps(left_out, CSPAN_KEY_SERVER_ADDRESS)) {
    cspan_slot_put_text(slot, "server.address", facts->host);
  }
  if (*facts->host && cspan_keeps(left_out, CSPAN_KEY_SERVER_PORT)) {
    cspan_slot_put_int64(slot, "server.port", facts->port);
  }
  if (*facts->method && cspan_keeps(left_out, CSPAN_KEY_METHOD)) {
    cspan_slot_put_text(slot, "http.request.method", facts->method);
  }
  if (facts->status > 0 && cspan_keeps(left_out, CSPAN_KEY_STATUS_CODE)) {
    cspan_slot_put_int64(slot, "http.response.status_code", facts->status);
  }
  if (cspan_keeps(left_out, CSPAN_KEY_ATTEMPTS)) {
    cspan_slot_put_int64(slot, "aws.retry.attempts", facts->attempts);
  }
  if ((facts->attempts > 1 || facts->backoff_ms > 0) && cspan_keeps(left_out, CSPAN_KEY_BACKOFF)) {
    cspan_slot_put_int64(slot, "aws.retry.backoff_ms", facts->backoff_ms);
  }
  if (facts->has_timings && cspan_keeps(left_out, CSPAN_KEY_REUSED)) {
    cspan_slot_put_bool(slot, "aws.http.connection_reused", facts->timings.connection_reused);
  }
}

/* What a server sends has whatever length it likes. */
CSPAN_SLOT_PUT put_id(cspan_slot *slot, const char *key, const char *id) {
  cspan_slot_put_string(slot, key, id, cspan_trace_bounded(id, strlen(id), CSPAN_MAX_VALUE_BYTES));
}

static void put_sizes_and_ids(cspan_slot *slot, uint32_t left_out, const struct cspan_call *call,
                              int status) {
  int64_t body_size = cspan_call_request_body_size(call);
  const char *request_id = cspan_call_request_id(call);
  const char *extended = cspan_call_extended_request_id(call);
  if (body_size >= 0 && cspan_keeps(left_out, CSPAN_KEY_REQUEST_SIZE)) {
    cspan_slot_put_int64(slot, "http.request.body.size", body_size);
  }
  if (status > 0 && cspan_keeps(left_out, CSPAN_KEY_RESPONSE_SIZE)) {
    cspan_slot_put_int64(slot, "http.response.body.size", cspan_call_response_body_size(call));
  }
  if (*request_id && cspan_keeps(left_out, CSPAN_KEY_REQUEST_ID)) {
    put_id(slot, "aws.request_id", request_id);
  }
  if (*extended && cspan_keeps(left_out, CSPAN_KEY_EXTENDED_REQUEST_ID)) {
    put_id(slot, "aws.extended_request_id", extended);
  }
}

/* False when the span does not record. */
static bool put_what_happened(const cspan_tracing *self, const cspan_plan *plan, cspan_span span,
                              const struct cspan_call *call) {
  call_facts facts;
  cspan_slot *slot = cspan_slot_lock_recording(span);
  if (!slot) {
    return false;
  }
  learn(call, &facts);
  if (!put_alike(slot, self, plan, &facts)) {
    put_one_by_one(slot, self->left_out, &facts);
  }
  put_sizes_and_ids(slot, self->left_out, call, facts.status);
  if (facts.has_timings) {
    cspan_trace_put_phases(self, slot, &facts.timings);
  }
  cspan_slot_unlock_span(slot, span);
  return true;
}

/* What the service's own table finds at the end, before the user's rows. */
static void put_service(const cspan_tracing *self, const cspan_plan *plan, struct cspan_call *call,
                        cspan_span span) {
  cspan_attr attrs[MAX_END_ATTRS];
  if (plan->at_end) {
    size_t n = plan->at_end(call, attrs, MAX_END_ATTRS);
    n = cspan_own_rules_filter(&self->own_rules, attrs, n);
    for (size_t i = 0; i < n; i++) {
      cspan_span_set(span, attrs[i]);
    }
  }
  if (plan->end.count > 0) {
    cspan_extract_end(&plan->end, call, span);
  }
}

/* When it ended, by which its span ends as well; 0: there are no metrics. */
static int64_t record_metrics(const cspan_tracing *self, const struct cspan_call *call,
                              const call_state *state) {
  if (!state->start_ns) {
    return 0;
  }
  int64_t end_ns = cspan_metrics_end_ns(state->start_ns);
  const cspan_measured measured = {
      .plan = state->plan,
      .call = call,
      .context = cspan_call_context(call),
      .duration_ns = end_ns - state->start_ns,
      .end_ns = end_ns,
      .attempt = cspan_call_found(call),
      .subject = state->subject.key ? state->subject.value.string : NULL,
      .subject_size = state->subject.count,
  };
  cspan_metrics_record_call(self->metrics, &measured);
  return end_ns;
}

static void set_cost(const cspan_tracing *self, const call_state *state,
                     const struct cspan_call *call, cspan_span span) {
  if (state->plan->prices) {
    cspan_cost_set(state->plan->prices, call, &state->billed, &self->own_rules, span);
  }
}

static void call_end(void *data, struct cspan_call *call, void *state_data) {
  const cspan_tracing *self = data;
  const call_state *state = state_data;
  cspan_span span = state->span;
  if (span.slot) {
    cspan_ended_expect(span);
    cspan_queue_expect();
  }
  int64_t end_ns = record_metrics(self, call, state);
  cspan_baggage_free(state->baggage);
  if (state->asked) {
    cspan_carry_end(self, state->asked, call, span);
  }
  if (!span.slot) {
    return;
  }
  if (put_what_happened(self, state->plan, span, call)) {
    set_region(self, span, call, state);
    if (state->plan->messaging) {
      cspan_messaging_end(self, state->plan, call, span);
    }
    put_service(self, state->plan, call, span);
    if (state->plan->batch.rule) {
      cspan_batch_add_event(&state->plan->batch, call, span);
    }
    if (cspan_call_error(call)) {
      cspan_trace_set_outcome(self, call, span);
    }
    set_cost(self, state, call, span);
  }
  if (self->after) {
    self->after(self->after_user, call, span);
  }
  cspan_span_end_at(span, end_ns);
}

static void call_retry(void *data, struct cspan_call *call, void *state_data,
                       const cspan_retry_info *info) {
  const cspan_tracing *self = data;
  call_state *state = state_data;
  cspan_span span = state->span;
  cspan_attr attrs[5];
  size_t n = 0;
  if (state->start_ns) {
    cspan_metrics_record_retry(self->metrics, state->plan, cspan_call_context(call), info->error);
  }
  cspan_billed_attempts_add(&state->billed, info->http_status);
  if (self->retries == CSPAN_RETRY_SPANS || !cspan_span_is_recording(span)) {
    return;
  }
  const char *request_id = cspan_error_request_id(info->error);
  attrs[n++] = cspan_attr_int64("aws.retry.attempt", info->attempt);
  attrs[n++] = cspan_attr_string("error.type", cspan_error_code(info->error));
  attrs[n++] = cspan_attr_int64("aws.retry.backoff_ms", info->backoff_ms);
  if (info->http_status > 0) {
    attrs[n++] = cspan_attr_int64("http.response.status_code", info->http_status);
  }
  if (*request_id) {
    attrs[n++] = cspan_attr_string_n(
        "aws.request_id", request_id,
        cspan_trace_bounded(request_id, strlen(request_id), CSPAN_MAX_VALUE_BYTES));
  }
  cspan_span_add_event(span, "aws.retry", 0, attrs, n);
}

const cspan_middleware_vtable cspan_trace_call_vtable = {
    .size = sizeof(cspan_middleware_vtable),
    .name = "TraceCall",
    .state_size = sizeof(call_state),
    .begin = call_begin,
    .end = call_end,
    .retry = call_retry,
    .free = cspan_tracing_free,
};
