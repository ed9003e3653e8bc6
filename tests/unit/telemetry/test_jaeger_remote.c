/* SPDX-License-Identifier: Apache-2.0 */
/* The sampler that fetches its strategy: polling, bad answers, the end, fork, the environment. */
#include "unit/telemetry/sampler_ask.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "support/script_server.h"
#include "telemetry/core.h"
#include "unit/telemetry/forked.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

/* An answer and its script. */
#define HTTP_200(more, body)                                                                       \
  "HTTP/1.1 200 OK\r\n" more "Content-Type: application/json\r\n"                                  \
  "Content-Length: 46\r\n\r\n" body
#define CLOSE      "Connection: close\r\n"
#define RATE(rate) "{\"probabilisticSampling\":{\"samplingRate\":" rate "}}"
#define ALL        HTTP_200(CLOSE, RATE("1.0"))
#define HALF       HTTP_200(CLOSE, RATE("0.5"))
#define NONE       HTTP_200(CLOSE, RATE("0.0"))
#define ALL_KEPT   HTTP_200("", RATE("1.0")) /* and the connection stays open */
#define BAD        HTTP_200(CLOSE, "{\"what\": \"something else, of forty-six bytes\"}")
#define GONE       "HTTP/1.1 503 Service Unavailable\r\n" CLOSE "Content-Length: 0\r\n\r\n"

#define ANSWER(name, ...) static const script_step name[] = {__VA_ARGS__, {.kind = SCRIPT_END}}
#define STEP_READ                                                                                  \
  { .kind = SCRIPT_READ_REQUEST }
#define STEP_SEND(what)                                                                            \
  { .kind = SCRIPT_SEND, .text = (what) }

static atomic_int warnings;
static char last_warning[512];

static void on_log(void *user, cspan_log_level level, const char *message) {
  (void)user;
  if (level == CSPAN_LOG_WARN) {
    snprintf(last_warning, sizeof last_warning, "%s", message);
    atomic_fetch_add(&warnings, 1);
  }
}

static void pause_a_little(void) {
  const struct timespec ms = {.tv_nsec = 1000000};
  nanosleep(&ms, NULL);
}

static bool is_sampled(const cspan_sampler *sampler) {
  const asked a = {.name = "op", .is_low = true};
  return (int)ask(sampler, &a).decision == SAMPLE;
}

static cspan_sampler *make_sampler(const char *endpoint, int64_t interval_ms,
                                   cspan_sampler *initial) {
  const cspan_jaeger_remote_options options = {.size = sizeof options,
                                               .service_name = "shop",
                                               .endpoint = endpoint,
                                               .polling_interval_ms = interval_ms,
                                               .initial = initial};
  cspan_sampler *sampler;
  cspan_error *error = NULL;
  assert_int_equal(cspan_sampler_jaeger_remote(&options, &sampler, &error), CSPAN_OK);
  return sampler;
}

/* Before the first answer the initial sampler decides, then each answer that comes; the request
 * names the service. */
static void test_polling(void **state) {
  (void)state;
  ANSWER(all, STEP_READ, STEP_SEND(ALL_KEPT), STEP_READ, STEP_SEND(ALL_KEPT), STEP_READ,
         STEP_SEND(NONE));
  const script_connection connections[] = {all};
  script_server *server = script_server_start(connections, 1);
  cspan_sampler *sampler =
      make_sampler(script_server_url(server, "/sampling"), 5, cspan_sampler_always_off());
  assert_non_null(strstr(describe(sampler), "JaegerRemoteSampler{http://127.0.0.1:"));
  assert_null(strchr(describe(sampler), '?'));
  while (!is_sampled(sampler)) {
    pause_a_little();
  }
  while (is_sampled(sampler)) { /* the third answer */
    pause_a_little();
  }
  char *received = script_server_received(server);
  assert_memory_equal(received, "GET /sampling?service=shop HTTP/1.1\r\n", 37);
  free(received);
  cspan_sampler_free(sampler);
  script_server_stop(server);
}

/* A strategy's trace state outlives the strategy. */
static void test_results_outlive_the_strategy(void **state) {
  (void)state;
  ANSWER(half, STEP_READ, STEP_SEND(HALF));
  ANSWER(no, STEP_READ, STEP_SEND(NONE));
  const script_connection connections[] = {half, no};
  script_server *server = script_server_start(connections, 2);
  cspan_sampler *sampler =
      make_sampler(script_server_url(server, "/"), 1, cspan_sampler_always_off());
  const asked a = {.name = "op"};
  cspan_sampling_result result;
  do {
    result = ask(sampler, &a);
  } while (result.trace_state == NULL && (pause_a_little(), true));
  bool is_asked_again = false;
  while (!is_asked_again) {
    char *received = script_server_received(server);
    is_asked_again = strstr(received + 1, "GET ") != NULL;
    free(received);
    pause_a_little();
  }
  assert_string_equal(result.trace_state, "ot=th:8");
  cspan_sampler_free(sampler);
  script_server_stop(server);
}

/* A bad answer, another status, a connection that breaks: the strategy stays, told once; told
 * again after it was well. */
static void test_bad_answers(void **state) {
  (void)state;
  ANSWER(first, STEP_READ, STEP_SEND(ALL));
  ANSWER(bad, STEP_READ, STEP_SEND(BAD));
  ANSWER(gone, STEP_READ, STEP_SEND(GONE));
  ANSWER(broken, STEP_READ, {.kind = SCRIPT_SEND, .text = ALL, .count = 60});
  ANSWER(none, STEP_READ, STEP_SEND(NONE));
  const script_connection connections[] = {first, bad, gone, broken, bad, none, gone};
  atomic_store(&warnings, 0);
  cspan_log_set(on_log, NULL, CSPAN_LOG_WARN);
  script_server *server = script_server_start(connections, COUNT(connections));
  cspan_sampler *sampler =
      make_sampler(script_server_url(server, "/"), 2, cspan_sampler_always_off());
  while (!is_sampled(sampler)) {
    pause_a_little();
  }
  while (script_server_accepted(server) < 6) { /* the answer after the bad ones comes */
    bool was_first = script_server_accepted(server) < 5;
    assert_true(is_sampled(sampler) || !was_first);
    pause_a_little();
  }
  while (is_sampled(sampler)) {
    pause_a_little();
  }
  while (atomic_load(&warnings) < 2) { /* and again after it was well */
    pause_a_little();
  }
  while (script_server_accepted(server) < 12) {
    pause_a_little();
  }
  assert_false(is_sampled(sampler));
  cspan_sampler_free(sampler);
  assert_int_equal(atomic_load(&warnings), 2);
  assert_non_null(strstr(last_warning, "HTTP status 503"));
  assert_null(strstr(last_warning, "service=shop"));
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
  script_server_stop(server);
}

/* It ends while it waits for an answer, and while nobody listens; neither delays the making. */
static void test_end_is_not_delayed(void **state) {
  (void)state;
  static const script_step silent[] = {
      STEP_READ, {.kind = SCRIPT_WAIT_CLOSE}, {.kind = SCRIPT_END}};
  const script_connection connections[] = {silent};
  script_server *server = script_server_start(connections, 1);
  cspan_sampler *sampler =
      make_sampler(script_server_url(server, "/"), 60000, cspan_sampler_always_on());
  while (script_server_accepted(server) == 0) {
    pause_a_little();
  }
  assert_true(is_sampled(sampler));
  cspan_sampler_free(sampler);
  script_server_stop(server);

  char endpoint[64];
  snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d", script_refused_port());
  atomic_store(&warnings, 0);
  cspan_log_set(on_log, NULL, CSPAN_LOG_WARN);
  sampler = make_sampler(endpoint, 60000, cspan_sampler_always_on());
  while (atomic_load(&warnings) == 0) {
    pause_a_little();
  }
  assert_true(is_sampled(sampler));
  cspan_sampler_free(sampler);
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
}

/* Without an initial sampler: 1 in 1,000. */
static void test_initial(void **state) {
  (void)state;
  char endpoint[64];
  snprintf(endpoint, sizeof endpoint, "127.0.0.1:%d", script_refused_port());
  cspan_log_set(on_log, NULL, CSPAN_LOG_NONE);
  cspan_sampler *sampler = make_sampler(endpoint, 0, NULL);
  const asked high = {.name = "op"};
  cspan_sampling_result result = ask(sampler, &high);
  assert_state(&result, "ot=th:ffbe77");
  assert_false(is_sampled(sampler));
  cspan_sampler_free(sampler);
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
}

static void test_bad_options(void **state) {
  (void)state;
  const cspan_jaeger_remote_options rows[] = {
      {.service_name = "s", .endpoint = "ftp://x", .initial = cspan_sampler_always_on()},
      {.service_name = NULL, .initial = cspan_sampler_always_on()}};
  for (size_t i = 0; i < COUNT(rows); i++) {
    cspan_sampler *sampler;
    cspan_error *error = NULL;
    assert_int_equal(cspan_sampler_jaeger_remote(&rows[i], &sampler, &error), CSPAN_ERR_INVALID);
    assert_null(sampler);
    assert_non_null(error);
    cspan_error_free(error);
  }
}

/* The signals stay the program's. */
static void test_signals(void **state) {
  (void)state;
  sigset_t now;
  cspan_sampler *sampler = make_sampler("http://127.0.0.1:1", 60000, cspan_sampler_always_on());
  pthread_sigmask(SIG_SETMASK, NULL, &now);
  assert_false(sigismember(&now, SIGTERM));
  cspan_sampler_free(sampler);
}

/* A child keeps the strategy, and goes on asking once it needs to. */
static int in_child(void *arg) {
  cspan_sampler *sampler = arg;
  if (!is_sampled(sampler)) {
    return 1;
  }
  while (CHILD_MAY_START_THREADS && is_sampled(sampler)) { /* until its own answer */
    pause_a_little();
  }
  cspan_sampler_free(sampler);
  return 0;
}

static void test_fork(void **state) {
  (void)state;
  ANSWER(all, STEP_READ, STEP_SEND(ALL), {.kind = SCRIPT_WAIT_CLOSE});
  ANSWER(none, STEP_READ, STEP_SEND(NONE), {.kind = SCRIPT_WAIT_CLOSE});
  const script_connection connections[] = {all, none};
  script_server *server = script_server_start(connections, 2);
  cspan_sampler *sampler =
      make_sampler(script_server_url(server, "/"), 600000, cspan_sampler_always_off());
  while (!is_sampled(sampler)) {
    pause_a_little();
  }
  if (CHILD_MAY_START_THREADS) {
    assert_int_equal(run_forked(in_child, sampler), 0);
  }
  assert_true(is_sampled(sampler));
  cspan_sampler_free(sampler);
  script_server_stop(server);
}

/* ----------------------------------------------------------------- the environment */

static void test_environment(void **state) {
  (void)state;
  ANSWER(all, STEP_READ, STEP_SEND(ALL));
  const script_connection connections[] = {all};
  script_server *server = script_server_start(connections, 1);
  char argument[200];
  snprintf(argument, sizeof argument, "endpoint=%s, pollingIntervalMs=5 ,initialSamplingRate=0.0",
           script_server_url(server, "/sampling"));
  setenv("OTEL_TRACES_SAMPLER", "parentbased_jaeger_remote", 1);
  setenv("OTEL_TRACES_SAMPLER_ARG", argument, 1);
  cspan_tracer_provider *provider;
  const cspan_provider_options options = {.service_name = "named in code"};
  assert_int_equal(cspan_tracer_provider_create(&options, &provider, NULL), CSPAN_OK);
  cspan_tracer *tracer = cspan_tracer_get(provider, "t", NULL, NULL);
  bool sampled = false;
  while (!sampled) {
    cspan_span_context ids;
    cspan_span span = cspan_span_start(tracer, NULL, "root", NULL);
    sampled = cspan_span_get_context(span, &ids) && cspan_span_context_is_sampled(&ids);
    cspan_span_end(span);
    pause_a_little();
  }
  cspan_tracer_provider_free(provider);
  char *received = script_server_received(server);
  assert_non_null(strstr(received, "GET /sampling?service=named%20in%20code HTTP/1.1\r\n"));
  free(received);
  script_server_stop(server);
  unsetenv("OTEL_TRACES_SAMPLER");
  unsetenv("OTEL_TRACES_SAMPLER_ARG");
}

static void test_environment_arguments(void **state) {
  (void)state;
  static const struct {
    const char *argument;
    const char *description; /* its start */
    int warnings;
  } rows[] = {
      {"endpoint=http://127.0.0.1:1,pollingIntervalMs=5000,initialSamplingRate=0.25",
       "JaegerRemoteSampler{http://127.0.0.1:1/sampling}", 0},
      {"endpoint=http://127.0.0.1:14250", "JaegerRemoteSampler{http://127.0.0.1:5778/sampling}", 0},
      {"pollingIntervalMs=60000", "JaegerRemoteSampler{http://localhost:5778/sampling}", 0},
      {"pollingIntervalMs=0,initialSamplingRate=2,what,more=1,",
       "JaegerRemoteSampler{http://localhost:5778/sampling}", 4},
      {"endpoint=ftp://x", "AlwaysOnSampler", 1},
  };
  setenv("OTEL_TRACES_SAMPLER", "jaeger_remote", 1);
  for (size_t i = 0; i < COUNT(rows); i++) {
    setenv("OTEL_TRACES_SAMPLER_ARG", rows[i].argument, 1);
    atomic_store(&warnings, 0);
    cspan_log_set(on_log, NULL, CSPAN_LOG_WARN);
    cspan_sampler *sampler = cspan_sampler_from_env(NULL, 0);
    /* The thread warns that nobody answers: at most once. */
    int seen = atomic_load(&warnings);
    cspan_sampler *kept = sampler;
    assert_non_null(kept);
    assert_string_equal(describe(kept), rows[i].description);
    assert_in_range(seen, rows[i].warnings, rows[i].warnings + 1);
    cspan_sampler_free(kept);
  }
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
  unsetenv("OTEL_TRACES_SAMPLER");
  unsetenv("OTEL_TRACES_SAMPLER_ARG");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_polling),     cmocka_unit_test(test_results_outlive_the_strategy),
      cmocka_unit_test(test_bad_answers), cmocka_unit_test(test_end_is_not_delayed),
      cmocka_unit_test(test_initial),     cmocka_unit_test(test_bad_options),
      cmocka_unit_test(test_signals),     cmocka_unit_test(test_fork),
      cmocka_unit_test(test_environment), cmocka_unit_test(test_environment_arguments),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
