/* SPDX-License-Identifier: Apache-2.0 */
#include "instrument/metrics.h"

#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "instrument/metric_series.h"
#include "instrument/metrics_gen_ai.h"
#include "telemetry/metrics/provider_id.h"
#include "telemetry/metrics/record_at.h"

/* Providers that came one after the other, beyond which the instruments are looked up each time. */
enum { AGE_MAX = 64, NOT_MODIFIED = 304 };

static const double ns_per_s = 1e9;
/* A plan that has this very text is one of calls of models. */
static const char model_key[] = CSPAN_GEN_AI_MODEL;

struct cspan_call_metrics {
  cspan_meter_provider *provider; /* NULL: the global one */
  _Atomic(cspan_metric_set *) set;
};

cspan_status cspan_call_metrics_create(cspan_meter_provider *provider, cspan_call_metrics **out,
                                       cspan_error **error) {
  *out = cspan_calloc(1, sizeof **out);
  if (*out == NULL) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  (*out)->provider = provider;
  return CSPAN_OK;
}

void cspan_call_metrics_free(cspan_call_metrics *metrics) {
  if (metrics != NULL) {
    cspan_metric_set *set = atomic_load_explicit(&metrics->set, memory_order_acquire);
    while (set != NULL) {
      cspan_metric_set *older = set->older;
      cspan_free(set);
      set = older;
    }
    cspan_free(metrics);
  }
}

cspan_meter_provider *cspan_metrics_provider(const cspan_call_metrics *metrics) {
  return metrics->provider != NULL ? metrics->provider : cspan_meter_provider_global();
}

/* -------------------------------------------------------------- instruments */

/* After `there`, which is that of another provider; `room` is for what cannot be kept. */
static const cspan_metric_set *make_set(cspan_call_metrics *metrics, cspan_meter_provider *provider,
                                        cspan_metric_set *there, cspan_metric_set *room) {
  size_t age = there != NULL ? there->age + 1 : 0;
  bool is_whole = cspan_metric_set_make(provider, room);
  cspan_metric_set *made = is_whole && age < AGE_MAX ? cspan_malloc(sizeof *made) : NULL;
  if (made == NULL) {
    return room;
  }
  *made = *room;
  made->age = age;
  made->older = there;
  if (!atomic_compare_exchange_strong_explicit(&metrics->set, &there, made, memory_order_acq_rel,
                                               memory_order_acquire)) {
    cspan_free(made);
    return room;
  }
  return made;
}

/* Those of the provider of now; `room` is for what cannot be kept. NULL: there is no provider. */
static inline const cspan_metric_set *set_of(cspan_call_metrics *metrics, cspan_metric_set *room) {
  cspan_meter_provider *provider = metrics != NULL ? cspan_metrics_provider(metrics) : NULL;
  if (provider == NULL) {
    return NULL;
  }
  cspan_metric_set *there = atomic_load_explicit(&metrics->set, memory_order_acquire);
  return there != NULL && there->provider_id == cspan_meter_provider_id(provider)
             ? there
             : make_set(metrics, provider, there, room);
}

/* --------------------------------------------------------------- attributes */

static void add(cspan_unbound *to, cspan_attr attr) {
  if (to->count < CSPAN_METRIC_ATTRS_MAX) {
    to->attrs[to->count++] = attr;
  }
}

static void add_text(cspan_unbound *to, const char *key, const char *text) {
  if (text != NULL && *text != '\0') {
    add(to, cspan_attr_string(key, text));
  }
}

static void add_server(cspan_unbound *to, const struct cspan_call *call) {
  const char *host = cspan_call_host(call);
  if (host != NULL && *host != '\0') {
    add(to, cspan_attr_string("server.address", host));
    add(to, cspan_attr_int64("server.port", cspan_call_port(call)));
  }
}

static void add_error(cspan_unbound *to, const cspan_error *error) {
  if (error != NULL) {
    add(to, cspan_attr_string("error.type", cspan_error_code(error)));
  }
}

static cspan_unbound begin(const cspan_metric_set *set, cspan_metric_id id) {
  return (cspan_unbound){.instrument = set->of[id]};
}

static void add_rpc(cspan_unbound *to, const cspan_plan *plan) {
  add(to, cspan_attr_string("rpc.system.name", "aws-api"));
  add(to, cspan_attr_string("rpc.method", plan->method));
}

static void record(const cspan_unbound *of, const cspan_measured *m) {
  cspan_record_double(of->instrument, m->context, (double)m->duration_ns / ns_per_s, of->attrs,
                      of->count);
}

static void record_bound(const cspan_bound *bound, const cspan_measured *m) {
  const cspan_occurrence occurrence = {
      .context = m->context, .time_ns = m->end_ns, .seconds = (double)m->duration_ns / ns_per_s};
  cspan_series_record_occurrence(bound->series, CSPAN_BOUND_MAX, &occurrence);
}

static void count(const cspan_unbound *of, const cspan_context *context, int64_t number) {
  cspan_record_int64(of->instrument, context, number, of->attrs, of->count);
}

/* ---------------------------------------------------------- what kind it is */

/* What the service's table always has for a key; NULL: nothing. */
static const char *fixed_text(const cspan_plan *plan, const char *key) {
  const cspan_service_rules *own = plan->own;
  for (size_t i = 0; own != NULL && i < own->fixed_count; i++) {
    if (strcmp(own->fixed[i].key, key) == 0 &&
        cspan_operation_matches(own->fixed[i].operation, plan->operation)) {
      return own->fixed[i].value;
    }
  }
  return NULL;
}

static const char *db_system(const cspan_plan *plan) {
  return fixed_text(plan, "db.system.name");
}

static const char *gen_ai_provider(const cspan_plan *plan) {
  return fixed_text(plan, "gen_ai.provider.name");
}

const char *cspan_metrics_subject_key(const cspan_plan *plan) {
  if (plan->messaging != NULL) {
    return "messaging.destination.name";
  }
  if (gen_ai_provider(plan) != NULL) {
    return model_key;
  }
  return db_system(plan) != NULL ? "db.collection.name" : NULL;
}

static void add_subject(cspan_unbound *to, const cspan_measured *m, const char *key) {
  if (m->subject != NULL && m->subject_size > 0) {
    add(to, cspan_attr_string_n(key, m->subject, m->subject_size));
  }
}

/* ----------------------------------------------------------------- messages */

static void add_messaging(cspan_unbound *to, const cspan_measured *m) {
  add_text(to, "messaging.system", m->plan->own->messaging_system);
  add_text(to, "messaging.operation.name", m->plan->messaging->name);
  add_subject(to, m, "messaging.destination.name");
  add_server(to, m->call);
}

static const char *operation_type(cspan_messaging_kind kind) {
  static const char *const types[] = {
      [CSPAN_MESSAGING_SEND] = "send",
      [CSPAN_MESSAGING_RECEIVE] = "receive",
      [CSPAN_MESSAGING_SETTLE] = "settle",
  };
  return types[kind];
}

/* How many of a batch were refused: each is counted with its own error. */
static int64_t count_refused(const cspan_unbound *sent, const cspan_measured *m) {
  const cspan_batch *batch = &m->plan->batch;
  const cspan_value *output = batch->rule != NULL ? cspan_call_output_document(m->call) : NULL;
  const cspan_value *failures = output != NULL ? cspan_path_first(batch->failures, output) : NULL;
  int64_t refused = 0;
  for (size_t i = 0; i < cspan_value_count(failures); i++) {
    size_t size = 0;
    const cspan_value *item = cspan_value_at(failures, i);
    const cspan_value *code = batch->code != NULL ? cspan_path_first(batch->code, item) : NULL;
    const char *text = cspan_value_text(code, &size);
    if (text != NULL || !batch->absent_is_ok) {
      cspan_unbound one = *sent;
      add(&one, text != NULL ? cspan_attr_string_n("error.type", text, size)
                             : cspan_attr_string("error.type", "_OTHER"));
      count(&one, m->context, 1);
      refused++;
    }
  }
  return refused;
}

static void record_sent(const cspan_metric_set *set, const cspan_measured *m) {
  const cspan_error *error = cspan_call_error(m->call);
  const cspan_batch *batch = &m->plan->batch;
  int64_t all = 1;
  cspan_unbound sent = begin(set, CSPAN_METRIC_SENT);
  if (batch->rule != NULL) {
    all = (int64_t)cspan_value_count(
        cspan_path_first(batch->requested, cspan_call_input_document(m->call)));
  }
  add_messaging(&sent, m);
  if (error == NULL) {
    all -= count_refused(&sent, m);
  } else if (*cspan_call_host(m->call) == '\0') {
    return; /* nothing was sent */
  }
  add_error(&sent, error);
  if (all > 0) {
    count(&sent, m->context, all);
  }
}

static void record_consumed(const cspan_metric_set *set, const cspan_measured *m,
                            const struct cspan_plan_metrics *own) {
  const cspan_value *output = cspan_call_output_document(m->call);
  if (own == NULL || own->messages == NULL || output == NULL || cspan_call_error(m->call) != NULL) {
    return;
  }
  size_t received = cspan_value_count(cspan_path_first(own->messages, output));
  if (received > 0) {
    cspan_unbound consumed = begin(set, CSPAN_METRIC_CONSUMED);
    add_messaging(&consumed, m);
    count(&consumed, m->context, (int64_t)received);
  }
}

/* ---------------------------------------------------------------- of a plan */

void cspan_plan_metrics_free(struct cspan_plan_metrics *own) {
  if (own != NULL) {
    cspan_bound_free_all(&own->calls);
    cspan_bound_free_all(&own->attempts);
    cspan_path_free(own->messages);
    cspan_free(own);
  }
}

static struct cspan_plan_metrics *make_own(const cspan_plan *plan) {
  /* A plan is const to calls but for this. */
  _Atomic(struct cspan_plan_metrics *) *place = &((cspan_plan *)plan)->metrics;
  struct cspan_plan_metrics *there = NULL;
  const cspan_messaging_rule *messaging = plan->messaging;
  struct cspan_plan_metrics *made = cspan_calloc(1, sizeof *made);
  if (made == NULL) {
    return NULL;
  }
  if (messaging != NULL && messaging->kind == CSPAN_MESSAGING_RECEIVE &&
      messaging->messages != NULL &&
      cspan_path_parse(messaging->messages, &made->messages, NULL) != CSPAN_OK) {
    cspan_plan_metrics_free(made);
    return NULL;
  }
  if (atomic_compare_exchange_strong_explicit(place, &there, made, memory_order_acq_rel,
                                              memory_order_acquire)) {
    return made;
  }
  cspan_plan_metrics_free(made);
  return there;
}

/* NULL when out of memory: nothing is bound then, and received messages are not counted. */
static inline struct cspan_plan_metrics *own_of(const cspan_plan *plan) {
  struct cspan_plan_metrics *there = atomic_load_explicit(&plan->metrics, memory_order_acquire);
  return there != NULL ? there : make_own(plan);
}

/* -------------------------------------------------------------------- calls */

/* The durations of a call; how many. */
static size_t call_durations(const cspan_metric_set *set, const cspan_measured *m,
                             cspan_unbound out[CSPAN_BOUND_MAX]) {
  const cspan_error *error = cspan_call_error(m->call);
  const char *db = db_system(m->plan);
  size_t n = 1;
  out[0] = begin(set, CSPAN_METRIC_CALL);
  add_rpc(&out[0], m->plan);
  add_server(&out[0], m->call);
  add_error(&out[0], error);
  if (m->plan->messaging != NULL) {
    out[1] = begin(set, CSPAN_METRIC_MESSAGING);
    add_messaging(&out[1], m);
    add_text(&out[1], "messaging.operation.type", operation_type(m->plan->messaging->kind));
    add_error(&out[1], error);
    n = 2;
  } else if (db != NULL) {
    out[1] = begin(set, CSPAN_METRIC_DB);
    add_text(&out[1], "db.system.name", db);
    add_text(&out[1], "db.operation.name", m->plan->operation);
    add_subject(&out[1], m, "db.collection.name");
    add_server(&out[1], m->call);
    add_error(&out[1], error);
    if (error != NULL && cspan_error_http_status(error) > 0) {
      add_text(&out[1], "db.response.status_code", cspan_error_code(error));
    }
    n = 2;
  }
  return n;
}

/* What is bound for calls like this one, which went well. */
static const cspan_bound *find_calls(struct cspan_plan_metrics *own, const cspan_measured *m,
                                     const cspan_series_key *key) {
  const cspan_bound *bound = cspan_bound_calls(m->attempt, key);
  if (bound == NULL && (bound = cspan_bound_find(&own->calls, key)) != NULL && m->attempt != NULL) {
    cspan_bound_set_calls(m->attempt, bound);
  }
  return bound;
}

static void record_call_durations(const cspan_metric_set *set, const cspan_measured *m,
                                  struct cspan_plan_metrics *own) {
  cspan_unbound unbound[CSPAN_BOUND_MAX];
  const cspan_series_key key = {.provider_id = set->provider_id,
                                .port = cspan_call_port(m->call),
                                .host = cspan_call_host(m->call),
                                .subject = m->subject != NULL ? m->subject : "",
                                .subject_size = m->subject != NULL ? m->subject_size : 0};
  bool is_common = own != NULL && cspan_call_error(m->call) == NULL;
  const cspan_bound *bound = is_common ? find_calls(own, m, &key) : NULL;
  if (bound != NULL) {
    record_bound(bound, m);
    return;
  }
  size_t n = call_durations(set, m, unbound);
  for (size_t i = 0; i < n; i++) {
    record(&unbound[i], m);
  }
  if (is_common) {
    cspan_bound_add(&own->calls, &key, unbound, n);
  }
}

void cspan_metrics_record_call(cspan_call_metrics *metrics, const cspan_measured *m) {
  cspan_metric_set room;
  const cspan_metric_set *set = set_of(metrics, &room);
  if (set == NULL) {
    return;
  }
  struct cspan_plan_metrics *own = own_of(m->plan);
  record_call_durations(set, m, own);
  if (m->plan->messaging != NULL && m->plan->messaging->kind == CSPAN_MESSAGING_SEND) {
    record_sent(set, m);
  } else if (m->plan->messaging != NULL && m->plan->messaging->kind == CSPAN_MESSAGING_RECEIVE) {
    record_consumed(set, m, own);
  } else if (m->plan->subject_key == model_key) {
    cspan_metrics_record_gen_ai(set, m, gen_ai_provider(m->plan));
  }
}

/* ----------------------------------------------------------------- attempts */

static cspan_unbound request_duration(const cspan_metric_set *set, const cspan_measured *m,
                                      const cspan_series_key *key) {
  cspan_unbound to = begin(set, CSPAN_METRIC_REQUEST);
  add_text(&to, "http.request.method", key->method);
  add_server(&to, m->call);
  add_text(&to, "url.scheme", key->scheme);
  if (key->http_status > 0) {
    add(&to, cspan_attr_int64("http.response.status_code", key->http_status));
  }
  add_text(&to, "network.protocol.version", key->version);
  if (key->http_status != NOT_MODIFIED) { /* which is no failure of HTTP */
    add_error(&to, cspan_call_error(m->call));
  }
  return to;
}

cspan_bound *cspan_metrics_record_attempt(cspan_call_metrics *metrics, const cspan_measured *m) {
  cspan_metric_set room;
  cspan_call_timings timings;
  const struct cspan_call *call = m->call;
  const cspan_metric_set *set = set_of(metrics, &room);
  if (set == NULL) {
    return NULL;
  }
  const cspan_series_key key = {.provider_id = set->provider_id,
                                .port = cspan_call_port(call),
                                .http_status = cspan_call_http_status(call),
                                .host = cspan_call_host(call),
                                .subject = "",
                                .method = cspan_call_method(call),
                                .scheme = cspan_call_scheme(call),
                                .version = cspan_call_http_version(call)};
  bool was_sent = cspan_call_timings_get(call, &timings);
  struct cspan_plan_metrics *own = own_of(m->plan);
  bool is_common = own != NULL && was_sent && cspan_call_error(call) == NULL;
  cspan_bound *bound = is_common ? cspan_bound_find(&own->attempts, &key) : NULL;
  if (bound != NULL) {
    record_bound(bound, m);
    return bound;
  }
  cspan_unbound unbound[CSPAN_BOUND_MAX] = {request_duration(set, m, &key),
                                            begin(set, CSPAN_METRIC_ATTEMPTS)};
  add_rpc(&unbound[1], m->plan);
  add_error(&unbound[1], cspan_call_error(call));
  if (was_sent) {
    record(&unbound[0], m);
  }
  count(&unbound[1], m->context, 1);
  if (is_common) {
    cspan_bound_add(&own->attempts, &key, unbound, CSPAN_BOUND_MAX);
  }
  return NULL;
}

void cspan_metrics_record_retry(cspan_call_metrics *metrics, const cspan_plan *plan,
                                const cspan_context *context, const cspan_error *error) {
  cspan_metric_set room;
  const cspan_metric_set *set = set_of(metrics, &room);
  if (set != NULL) {
    cspan_unbound retries = begin(set, CSPAN_METRIC_RETRIES);
    add_rpc(&retries, plan);
    add_error(&retries, error);
    count(&retries, context, 1);
  }
}

/* --------------------------------------------------------------- processing */

void cspan_metrics_record_process(cspan_call_metrics *metrics, const char *system,
                                  const char *destination, const char *error_type,
                                  const cspan_context *context, int64_t duration_ns) {
  cspan_metric_set room;
  const cspan_metric_set *set = set_of(metrics, &room);
  if (set != NULL) {
    const cspan_measured m = {.context = context, .duration_ns = duration_ns};
    cspan_unbound process = begin(set, CSPAN_METRIC_PROCESS);
    add_text(&process, "messaging.system", system);
    add_text(&process, "messaging.operation.name", "process");
    add_text(&process, "messaging.destination.name", destination);
    add_text(&process, "error.type", error_type);
    record(&process, &m);
  }
}
