/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/telemetry/span_fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"

/* ------------------------------------------------- a processor that takes notes */

typedef struct notes {
  char log[512];
  cspan_status flush_status;
  cspan_status shutdown_status;
  int64_t timeout_ms;
  cspan_ended_span ended;
  size_t resource_len;
  bool context_seen;
  cspan_span parent;
} notes;

static void note(notes *n, const char *what) {
  size_t len = strlen(n->log);
  snprintf(n->log + len, sizeof n->log - len, "%s;", what);
}

static void note_start(void *self, cspan_span span, const cspan_context *parent) {
  notes *n = self;
  note(n, "start");
  n->context_seen = parent != NULL;
  n->parent = parent != NULL ? parent->span : span;
  cspan_span_set_bool(span, "from.processor", true); /* the span can be written to */
}

static void note_end(void *self, const cspan_ended_span *span) {
  notes *n = self;
  note(n, "end");
  n->ended = *span;
}

static cspan_status note_flush(void *self, int64_t timeout_ms, cspan_error **error) {
  notes *n = self;
  note(n, "flush");
  n->timeout_ms = timeout_ms;
  return n->flush_status == CSPAN_OK ? CSPAN_OK
                                     : cspan_error_set(error, n->flush_status, "%s", n->log);
}

static cspan_status note_shutdown(void *self, int64_t timeout_ms, cspan_error **error) {
  notes *n = self;
  (void)error;
  note(n, "shutdown");
  n->timeout_ms = timeout_ms;
  return n->shutdown_status;
}

static void note_resource(void *self, const cspan_encoded_resource *resource) {
  notes *n = self;
  assert_non_null(resource->bytes);
  n->resource_len = resource->size_bytes;
}

static void note_stats(void *self, cspan_telemetry_stats *add_to) {
  (void)self;
  add_to->spans_ended += 7;
}

static void note_free(void *self) {
  note(self, "free");
}

static const cspan_processor_vtable notes_vtable = {.size = sizeof notes_vtable,
                                                    .on_start = note_start,
                                                    .on_end = note_end,
                                                    .force_flush = note_flush,
                                                    .shutdown = note_shutdown,
                                                    .set_resource = note_resource,
                                                    .stats = note_stats,
                                                    .free = note_free};

static cspan_tracer_provider *open_notes(notes *notes_of, size_t count, cspan_sampler *sampler) {
  cspan_span_processor *processors[4];
  cspan_tracer_provider *provider;
  for (size_t i = 0; i < count; i++) {
    memset(&notes_of[i], 0, sizeof notes_of[i]);
    processors[i] = cspan_processor_create(&notes_vtable, &notes_of[i]);
  }
  cspan_provider_options options = {
      .sampler = sampler, .processors = processors, .processor_count = count};
  assert_int_equal(cspan_tracer_provider_create(&options, &provider, NULL), CSPAN_OK);
  return provider;
}

static void test_processors_are_told(void **state) {
  (void)state;
  notes n[2];
  cspan_tracer_provider *provider = open_notes(n, 2, NULL);
  cspan_tracer *tracer = cspan_tracer_get(provider, "t", NULL, NULL);
  cspan_span_options options = {.start_time_unix_ns = 1000};
  cspan_span span = cspan_span_start(tracer, NULL, "s", &options);
  cspan_span_set_status(span, CSPAN_SPAN_ERROR, "e");
  cspan_span_end_at(span, 4000);
  assert_int_equal(cspan_tracer_provider_force_flush(provider, 1234, NULL), CSPAN_OK);
  cspan_telemetry_stats stats;
  cspan_tracer_provider_stats(provider, &stats);
  assert_int_equal(stats.spans_ended, 14);
  assert_int_equal(cspan_tracer_provider_shutdown(provider, 0, NULL), CSPAN_OK);
  cspan_tracer_provider_free(provider);
  for (size_t i = 0; i < 2; i++) {
    assert_string_equal(n[i].log, "start;end;flush;shutdown;free;");
    assert_true(n[i].context_seen);
    assert_true(n[i].resource_len > 0);
    assert_ptr_equal(n[i].ended.tracer, tracer);
    assert_true(n[i].ended.sampled);
    assert_true(n[i].ended.error);
    assert_int_equal(n[i].ended.duration_ns, 3000);
    assert_in_range(n[i].timeout_ms, 1, 30000);
  }
}

/* Times are the caller's; whatever they are, nothing overflows. */
static void test_durations(void **state) {
  (void)state;
  static const struct {
    int64_t start;
    int64_t end;
    int64_t duration;
  } rows[] = {{1000, 4000, 3000},
              {4000, 1000, -3000},
              {-5, -1, 4},
              {INT64_MIN, INT64_MAX, INT64_MAX},
              {INT64_MAX, INT64_MIN, INT64_MIN},
              {1, INT64_MIN, INT64_MIN}};
  notes n;
  int sink = open("/dev/null", O_WRONLY | O_CLOEXEC);
  memset(&n, 0, sizeof n);
  cspan_span_processor *processors[] = {cspan_processor_create(&notes_vtable, &n),
                                        cspan_processor_simple(cspan_exporter_console(sink))};
  cspan_provider_options given = {.processors = processors, .processor_count = 2};
  cspan_tracer_provider *provider;
  assert_int_equal(cspan_tracer_provider_create(&given, &provider, NULL), CSPAN_OK);
  cspan_tracer *tracer = cspan_tracer_get(provider, "t", NULL, NULL);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    cspan_span_options options = {.start_time_unix_ns = rows[i].start};
    cspan_span span = cspan_span_start(tracer, NULL, "s", &options);
    cspan_span_add_event(span, "e", rows[i].end, NULL, 0);
    cspan_span_end_at(span, rows[i].end);
    assert_true(n.ended.duration_ns == rows[i].duration);
  }
  assert_int_equal(cspan_tracer_provider_force_flush(provider, 0, NULL), CSPAN_OK);
  cspan_tracer_provider_free(provider);
  close(sink);
}

static bool same_span(cspan_span a, cspan_span b) {
  return a.slot == b.slot && a.generation == b.generation;
}

/* The context that processors get holds the parent that was chosen, also where
 * that is the thread's current span. */
static void test_processors_see_the_parent(void **state) {
  (void)state;
  static const cspan_span none;
  notes n;
  cspan_tracer_provider *provider = open_notes(&n, 1, NULL);
  cspan_tracer *tracer = cspan_tracer_get(provider, "t", NULL, NULL);
  cspan_span current = cspan_span_start(tracer, NULL, "current", NULL);
  cspan_span other = cspan_span_start(tracer, NULL, "other", NULL);
  cspan_context context = cspan_context_with_span(NULL, other);
  cspan_span before = cspan_span_make_current(current);
  const struct {
    const cspan_context *context;
    bool root;
    cspan_span expected;
  } rows[] = {{NULL, false, current}, {&context, false, other}, {&context, true, none}};
  for (size_t i = 0; i < 3; i++) {
    cspan_span_options options = {.root = rows[i].root};
    cspan_span_end(cspan_span_start(tracer, rows[i].context, "child", &options));
    assert_true(same_span(n.parent, rows[i].expected));
  }
  cspan_span_make_current(before);
  cspan_span_end(other);
  cspan_span_end(current);
  cspan_tracer_provider_free(provider);
}

static void test_a_failing_processor_does_not_stop_the_others(void **state) {
  (void)state;
  notes n[3];
  cspan_tracer_provider *provider = open_notes(n, 3, NULL);
  n[0].flush_status = CSPAN_ERR_IO;
  n[1].flush_status = CSPAN_ERR_TIMEOUT;
  n[1].shutdown_status = CSPAN_ERR_CONNECT; /* says nothing more */
  cspan_error *error = NULL;
  assert_int_equal(cspan_tracer_provider_force_flush(provider, 0, &error), CSPAN_ERR_IO);
  assert_string_equal(cspan_error_message(error), "flush;");
  cspan_error_free(error);
  error = NULL;
  assert_int_equal(cspan_tracer_provider_shutdown(provider, 0, &error), CSPAN_ERR_CONNECT);
  assert_int_equal(cspan_error_status(error), CSPAN_ERR_CONNECT);
  cspan_error_free(error);
  assert_string_equal(n[2].log, "flush;shutdown;");
  cspan_tracer_provider_free(provider);
}

static void test_free_shuts_down(void **state) {
  (void)state;
  notes n;
  cspan_tracer_provider *provider = open_notes(&n, 1, NULL);
  cspan_tracer *tracer = cspan_tracer_get(provider, "t", NULL, NULL);
  cspan_span span = cspan_span_start(tracer, NULL, "open", NULL);
  cspan_tracer_provider_free(provider);
  assert_string_equal(n.log, "start;shutdown;free;");
  cspan_span_end(span);
  assert_string_equal(n.log, "start;shutdown;free;");
}

static void test_dropped_spans_are_not_told(void **state) {
  (void)state;
  notes n;
  cspan_tracer_provider *provider = open_notes(&n, 1, cspan_sampler_always_off());
  cspan_tracer *tracer = cspan_tracer_get(provider, "t", NULL, NULL);
  cspan_span_end(cspan_span_start(tracer, NULL, "dropped", NULL));
  assert_string_equal(n.log, "");
  cspan_tracer_provider_free(provider);
}

/* A processor without the optional functions. */
static void test_optional_functions(void **state) {
  (void)state;
  static const cspan_processor_vtable least = {.size = sizeof least, .on_end = note_end};
  notes n = {.flush_status = CSPAN_OK};
  cspan_span_processor *processor = cspan_processor_create(&least, &n);
  cspan_provider_options options = {.processors = &processor, .processor_count = 1};
  cspan_tracer_provider *provider;
  assert_int_equal(cspan_tracer_provider_create(&options, &provider, NULL), CSPAN_OK);
  cspan_tracer *tracer = cspan_tracer_get(provider, "t", NULL, NULL);
  cspan_span_end(cspan_span_start(tracer, NULL, "s", NULL));
  assert_int_equal(cspan_tracer_provider_force_flush(provider, 0, NULL), CSPAN_OK);
  assert_int_equal(cspan_tracer_provider_shutdown(provider, 0, NULL), CSPAN_OK);
  cspan_tracer_provider_free(provider);
  assert_string_equal(n.log, "end;");
}

static void test_objects_are_owned_also_on_failure(void **state) {
  (void)state;
  notes n;
  memset(&n, 0, sizeof n);
  cspan_span_processor *processors[] = {cspan_processor_create(&notes_vtable, &n), NULL};
  cspan_provider_options options = {
      .sampler = cspan_sampler_always_on(), .processors = processors, .processor_count = 2};
  cspan_tracer_provider *provider = NULL;
  cspan_error *error = NULL;
  assert_int_equal(cspan_tracer_provider_create(&options, &provider, &error), CSPAN_ERR_INVALID);
  assert_null(provider);
  assert_non_null(strstr(cspan_error_message(error), "processor 1"));
  cspan_error_free(error);
  assert_string_equal(n.log, "free;");
}

/* -------------------------------------------------------------------- tracers */

static void test_tracers_are_found_again(void **state) {
  (void)state;
  cspan_tracer_provider *provider;
  assert_int_equal(cspan_tracer_provider_create(NULL, &provider, NULL), CSPAN_OK);
  cspan_tracer *first = cspan_tracer_get(provider, "a", "1", "u");
  static const struct {
    const char *name;
    const char *version;
    const char *schema_url;
    bool same;
  } rows[] = {{"a", "1", "u", true},   {"b", "1", "u", false},  {"a", "2", "u", false},
              {"a", NULL, "u", false}, {"a", "1", NULL, false}, {NULL, NULL, NULL, false}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    cspan_tracer *tracer =
        cspan_tracer_get(provider, rows[i].name, rows[i].version, rows[i].schema_url);
    assert_non_null(tracer);
    assert_int_equal(tracer == first, rows[i].same);
    assert_ptr_equal(cspan_tracer_get(provider, rows[i].name, rows[i].version, rows[i].schema_url),
                     tracer);
  }
  assert_ptr_equal(cspan_tracer_get(provider, "", "", ""),
                   cspan_tracer_get(provider, NULL, NULL, NULL));
  cspan_tracer_provider_free(provider);
}

/* Names are cut, and found again all the same. */
static void test_long_names_are_found_again(void **state) {
  (void)state;
  char name[6000];
  cspan_tracer_provider *provider;
  assert_int_equal(cspan_tracer_provider_create(NULL, &provider, NULL), CSPAN_OK);
  memset(name, 'n', sizeof name);
  cspan_tracer *found[2] = {NULL, NULL};
  static const size_t lengths[] = {4095, 4096, 4097, 5999, 4096, 4095};
  for (size_t i = 0; i < 6; i++) {
    name[lengths[i]] = '\0';
    cspan_tracer **expected = &found[lengths[i] == 4095];
    cspan_tracer *tracer = cspan_tracer_get(provider, name, name, name);
    assert_non_null(tracer);
    assert_true(*expected == NULL || tracer == *expected);
    *expected = tracer;
    name[lengths[i]] = 'n';
  }
  assert_ptr_not_equal(found[0], found[1]);
  cspan_tracer_provider_free(provider);
}

static void ignore_log(void *user, cspan_log_level level, const char *message) {
  (void)level;
  (void)message;
  ++*(int *)user;
}

static void test_tracers_are_bounded(void **state) {
  (void)state;
  int logged = 0;
  char name[16];
  cspan_tracer_provider *provider;
  assert_int_equal(cspan_tracer_provider_create(NULL, &provider, NULL), CSPAN_OK);
  cspan_log_set(ignore_log, &logged, CSPAN_LOG_WARN);
  for (int i = 0; i < 1024; i++) {
    snprintf(name, sizeof name, "t%d", i);
    assert_non_null(cspan_tracer_get(provider, name, NULL, NULL));
  }
  assert_int_equal(logged, 0);
  assert_null(cspan_tracer_get(provider, "one too many", NULL, NULL));
  assert_int_equal(logged, 1);
  assert_non_null(cspan_tracer_get(provider, "t5", NULL, NULL));
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
  cspan_tracer_provider_free(provider);
}

static void *get_tracers(void *arg) {
  cspan_tracer *found[50];
  char name[16];
  for (int round = 0; round < 2; round++) {
    for (int i = 0; i < 50; i++) {
      snprintf(name, sizeof name, "t%d", i);
      cspan_tracer *tracer = cspan_tracer_get(arg, name, NULL, NULL);
      if (round > 0 && tracer != found[i]) {
        return arg;
      }
      found[i] = tracer;
    }
  }
  return NULL;
}

static void test_tracers_from_many_threads(void **state) {
  (void)state;
  cspan_tracer_provider *provider;
  pthread_t threads[4];
  assert_int_equal(cspan_tracer_provider_create(NULL, &provider, NULL), CSPAN_OK);
  for (int i = 0; i < 4; i++) {
    assert_int_equal(pthread_create(&threads[i], NULL, get_tracers, provider), 0);
  }
  for (int i = 0; i < 4; i++) {
    void *failed;
    pthread_join(threads[i], &failed);
    assert_null(failed);
  }
  size_t count = 0;
  for (cspan_tracer *t = atomic_load(&provider->tracers); t != NULL; t = t->next) {
    count++;
  }
  assert_int_equal(count, 50);
  cspan_tracer_provider_free(provider);
}

/* --------------------------------------------------------------------- global */

static void test_global(void **state) {
  (void)state;
  cspan_tracer_provider *a;
  cspan_tracer_provider *b;
  assert_null(cspan_tracer_provider_global());
  assert_int_equal(cspan_tracer_provider_create(NULL, &a, NULL), CSPAN_OK);
  assert_int_equal(cspan_tracer_provider_create(NULL, &b, NULL), CSPAN_OK);
  cspan_tracer_provider_set_global(a);
  assert_ptr_equal(cspan_tracer_get(NULL, "t", NULL, NULL), cspan_tracer_get(a, "t", NULL, NULL));
  cspan_tracer_provider_free(b);
  assert_ptr_equal(cspan_tracer_provider_global(), a);
  cspan_tracer_provider_free(a);
  assert_null(cspan_tracer_provider_global());
}

static void test_null_provider(void **state) {
  (void)state;
  cspan_telemetry_stats stats;
  assert_int_equal(cspan_tracer_provider_force_flush(NULL, 0, NULL), CSPAN_OK);
  assert_int_equal(cspan_tracer_provider_shutdown(NULL, 0, NULL), CSPAN_OK);
  cspan_tracer_provider_free(NULL);
  cspan_tracer_provider_stats(NULL, &stats);
  assert_int_equal(stats.spans_ended, 0);
}

/* ----------------------------------------------------------------------- init */

static void test_disabled_sdk(void **state) {
  (void)state;
  setenv("OTEL_SDK_DISABLED", "TRUE", 1);
  cspan_tracer_provider *provider;
  assert_int_equal(cspan_telemetry_init("svc", "1", &provider, NULL), CSPAN_OK);
  assert_ptr_equal(cspan_tracer_provider_global(), provider);
  cspan_tracer *tracer = cspan_tracer_get(NULL, "t", NULL, NULL);
  assert_null(cspan_span_start(tracer, NULL, "root", NULL).slot);
  /* A context that came in goes out again. */
  cspan_span_context remote = {.trace_id = {1}, .span_id = {2}, .trace_flags = 1};
  cspan_span carrier = cspan_span_from_context(&remote);
  cspan_context context = cspan_context_with_span(NULL, carrier);
  cspan_span span = cspan_span_start(tracer, &context, "child", NULL);
  assert_false(cspan_span_is_recording(span));
  cspan_span_context ids;
  assert_true(cspan_span_get_context(span, &ids));
  assert_memory_equal(ids.trace_id, remote.trace_id, 16);
  assert_memory_equal(ids.span_id, remote.span_id, 8);
  cspan_span_end(span);
  cspan_span_end(carrier);
  assert_int_equal(cspan_tracer_provider_force_flush(provider, 0, NULL), CSPAN_OK);
  assert_int_equal(cspan_tracer_provider_shutdown(provider, 0, NULL), CSPAN_OK);
  cspan_tracer_provider_free(provider);
  unsetenv("OTEL_SDK_DISABLED");
}

/* All set up, nothing listening: flush says so within its time. */
static void test_init(void **state) {
  (void)state;
  int logged = 0;
  cspan_log_set(ignore_log, &logged, CSPAN_LOG_WARN);
  setenv("OTEL_SDK_DISABLED", "perhaps", 1);
  setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1", 1);
  setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "50", 1);
  cspan_tracer_provider *provider;
  cspan_error *error = NULL;
  assert_int_equal(cspan_telemetry_init("svc", "1", &provider, &error), CSPAN_OK);
  assert_int_equal(logged, 1);
  cspan_tracer *tracer = cspan_tracer_get(NULL, "t", NULL, NULL);
  cspan_span_end(cspan_span_start(tracer, NULL, "s", NULL));
  assert_int_not_equal(cspan_tracer_provider_force_flush(provider, 0, &error), CSPAN_OK);
  assert_non_null(error);
  cspan_error_free(error);
  cspan_tracer_provider_free(provider);
  assert_null(cspan_tracer_provider_global());
  unsetenv("OTEL_SDK_DISABLED");
  unsetenv("OTEL_EXPORTER_OTLP_ENDPOINT");
  unsetenv("OTEL_EXPORTER_OTLP_TIMEOUT");
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
}

/* Spans go where OTEL_TRACES_EXPORTER says, to each once; what is not known is left out with a
 * warning, and where nothing is known it counts as not set. */
static void test_chosen_exporters(void **state) {
  (void)state;
  static const struct {
    const char *names;
    int warnings;
    uint64_t exported;
    bool fails; /* an OTLP exporter with nobody listening is among them */
  } rows[] = {{"none", 0, 0, false},
              {"zipkin", 1, 0, true},
              {"zipkin,none", 1, 0, false},
              {"console,Console, console", 0, 1, false},
              {"OTLP/stdout", 0, 1, false},
              {"console", 0, 1, false},
              {" none , console", 0, 1, false},
              {"console,otlp", 0, 1, true}};
  setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1", 1);
  setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "50", 1);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    int logged = 0;
    cspan_log_set(ignore_log, &logged, CSPAN_LOG_WARN);
    setenv("OTEL_TRACES_EXPORTER", rows[i].names, 1);
    cspan_tracer_provider *provider = NULL;
    assert_int_equal(cspan_telemetry_init("svc", "1", &provider, NULL), CSPAN_OK);
    assert_int_equal(logged, rows[i].warnings);
    cspan_span_end(
        cspan_span_start(cspan_tracer_get(provider, "t", NULL, NULL), NULL, "chosen", NULL));
    assert_int_equal(cspan_tracer_provider_force_flush(provider, 0, NULL) != CSPAN_OK,
                     rows[i].fails);
    cspan_telemetry_stats stats;
    cspan_tracer_provider_stats(provider, &stats);
    assert_int_equal(stats.spans_exported, rows[i].exported);
    cspan_tracer_provider_free(provider);
  }
  unsetenv("OTEL_TRACES_EXPORTER");
  unsetenv("OTEL_EXPORTER_OTLP_ENDPOINT");
  unsetenv("OTEL_EXPORTER_OTLP_TIMEOUT");
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_processors_are_told),
      cmocka_unit_test(test_processors_see_the_parent),
      cmocka_unit_test(test_durations),
      cmocka_unit_test(test_a_failing_processor_does_not_stop_the_others),
      cmocka_unit_test(test_free_shuts_down),
      cmocka_unit_test(test_dropped_spans_are_not_told),
      cmocka_unit_test(test_optional_functions),
      cmocka_unit_test(test_objects_are_owned_also_on_failure),
      cmocka_unit_test(test_tracers_are_found_again),
      cmocka_unit_test(test_long_names_are_found_again),
      cmocka_unit_test(test_tracers_are_bounded),
      cmocka_unit_test(test_tracers_from_many_threads),
      cmocka_unit_test(test_global),
      cmocka_unit_test(test_null_provider),
      cmocka_unit_test(test_disabled_sdk),
      cmocka_unit_test(test_init),
      cmocka_unit_test(test_chosen_exporters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
