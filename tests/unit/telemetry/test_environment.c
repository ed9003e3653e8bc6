/* SPDX-License-Identifier: Apache-2.0 */
/* Each variable set, and its effect seen on a provider: of the environment, and of a file that
 * stands for it. */
#include <spawn.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/telemetry/config_fixture.h"

#include <cloudspan/metrics.h>

#include "base/log.h"
#include "telemetry/batch.h"
#include "telemetry/core.h"

extern char **environ;

/* What these tests set. */
static const char *const touched[] = {"OTEL_SDK_DISABLED",
                                      "OTEL_SERVICE_NAME",
                                      "OTEL_RESOURCE_ATTRIBUTES",
                                      "OTEL_LOG_LEVEL",
                                      "OTEL_PROPAGATORS",
                                      "OTEL_TRACES_EXPORTER",
                                      "OTEL_METRICS_EXPORTER",
                                      "OTEL_TRACES_SAMPLER",
                                      "OTEL_TRACES_SAMPLER_ARG",
                                      "OTEL_CONFIG_FILE",
                                      "OTEL_BSP_SCHEDULE_DELAY",
                                      "OTEL_BSP_EXPORT_TIMEOUT",
                                      "OTEL_BSP_MAX_QUEUE_SIZE",
                                      "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
                                      "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT",
                                      "OTEL_ATTRIBUTE_COUNT_LIMIT",
                                      "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
                                      "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT",
                                      "OTEL_SPAN_EVENT_COUNT_LIMIT",
                                      "OTEL_SPAN_LINK_COUNT_LIMIT",
                                      "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT",
                                      "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
                                      "OTEL_EXPORTER_OTLP_ENDPOINT",
                                      "TEST_NAME"};

static int clean(void **state) {
  for (size_t i = 0; i < sizeof touched / sizeof touched[0]; i++) {
    unsetenv(touched[i]);
  }
  return config_listen(state);
}

static cspan_tracer_provider *init(void) {
  cspan_tracer_provider *provider = NULL;
  cspan_error *error = NULL;
  cspan_telemetry_init(NULL, NULL, &provider, &error);
  assert_string_equal(cspan_error_message(error), "");
  assert_non_null(provider);
  return provider;
}

typedef struct case_of {
  const char *name; /* NULL: nothing is set */
  const char *value;
  const char *effect;
  bool warns;
} case_of;

/* The effect, as text, on a provider of cspan_telemetry_init(). */
typedef void (*look_fn)(const cspan_tracer_provider *provider, char *out, size_t room);

static void run(const case_of *cases, size_t count, look_fn look) {
  for (size_t i = 0; i < count; i++) {
    char seen[512];
    clean(NULL);
    setenv("OTEL_TRACES_EXPORTER", "none", 1);
    if (cases[i].name != NULL) {
      setenv(cases[i].name, cases[i].value, 1);
    }
    cspan_tracer_provider *provider = init();
    look(provider, seen, sizeof seen);
    cspan_tracer_provider_free(provider);
    if (strcmp(seen, cases[i].effect) != 0) {
      fail_msg("%s=%s: \"%s\", not \"%s\"", cases[i].name, cases[i].value, seen, cases[i].effect);
    }
    if ((config_logged[0] != '\0') != cases[i].warns) {
      fail_msg("%s=%s logged \"%s\"", cases[i].name, cases[i].value, config_logged);
    }
    if (cases[i].warns) { /* with the name, and the value as it was given */
      config_assert_contains(config_logged, cases[i].name);
      config_assert_contains(config_logged, cases[i].value);
    }
  }
  clean(NULL);
}
#define RUN(cases, look) run(cases, sizeof(cases) / sizeof((cases)[0]), look)

/* ------------------------------------------------------------------------ switches */

static void look_disabled(const cspan_tracer_provider *provider, char *out, size_t room) {
  snprintf(out, room, "%s, %s", provider->is_disabled ? "disabled" : "enabled",
           *cspan_propagator_fields(cspan_propagator_global()));
}

static void test_disabled(void **state) {
  (void)state;
  static const case_of cases[] = {{NULL, NULL, "enabled, traceparent", false},
                                  {"OTEL_SDK_DISABLED", "true", "disabled, traceparent", false},
                                  {"OTEL_SDK_DISABLED", "TRUE", "disabled, traceparent", false},
                                  {"OTEL_SDK_DISABLED", "false", "enabled, traceparent", false},
                                  {"OTEL_SDK_DISABLED", "", "enabled, traceparent", false},
                                  {"OTEL_SDK_DISABLED", "1", "enabled, traceparent", true}};
  RUN(cases, look_disabled);
}

static void look_propagator(const cspan_tracer_provider *provider, char *out, size_t room) {
  (void)provider;
  size_t len = 0;
  out[0] = '\0';
  for (const char *const *f = cspan_propagator_fields(cspan_propagator_global()); *f; f++) {
    len += (size_t)snprintf(out + len, room - len, "%s%s", len > 0 ? " " : "", *f);
  }
}

static void test_propagators(void **state) {
  (void)state;
  static const case_of cases[] = {{NULL, NULL, "traceparent tracestate baggage", false},
                                  {"OTEL_PROPAGATORS", "", "traceparent tracestate baggage", false},
                                  {"OTEL_PROPAGATORS", "baggage", "baggage", false},
                                  {"OTEL_PROPAGATORS", "xray,tracecontext,xray",
                                   "X-Amzn-Trace-Id traceparent tracestate", false},
                                  {"OTEL_PROPAGATORS", "b3", "b3", false},
                                  {"OTEL_PROPAGATORS", "none", "", false}};
  RUN(cases, look_propagator);
  /* The message names the one that is wrong, not the whole list. */
  setenv("OTEL_TRACES_EXPORTER", "none", 1);
  setenv("OTEL_PROPAGATORS", "baggage,b5", 1);
  cspan_tracer_provider *provider = init();
  config_assert_contains(config_logged, "OTEL_PROPAGATORS: \"b5\" is not known");
  assert_string_equal(*cspan_propagator_fields(cspan_propagator_global()), "baggage");
  cspan_tracer_provider_free(provider);
}

static void look_processors(const cspan_tracer_provider *provider, char *out, size_t room) {
  snprintf(out, room, "%zu", provider->processor_count);
}

static void test_exporters(void **state) {
  (void)state;
  static const case_of cases[] = {{"OTEL_TRACES_EXPORTER", "", "1", false},
                                  {"OTEL_TRACES_EXPORTER", "none", "0", false},
                                  {"OTEL_TRACES_EXPORTER", "otlp", "1", false},
                                  {"OTEL_TRACES_EXPORTER", "Console", "1", false},
                                  {"OTEL_TRACES_EXPORTER", "otlp/stdout", "1", false},
                                  {"OTEL_TRACES_EXPORTER", "otlp,console,none", "2", false},
                                  {"OTEL_TRACES_EXPORTER", "console,console", "1", false},
                                  {"OTEL_TRACES_EXPORTER", "zipkin", "1", true}};
  RUN(cases, look_processors);
}

static void look_meters(const cspan_tracer_provider *provider, char *out, size_t room) {
  bool is_there = cspan_meter_provider_global() != NULL;
  assert_int_equal(provider->companion.self != NULL, is_there);
  snprintf(out, room, "%s", is_there ? "metrics" : "none");
}

static void test_metrics_exporter(void **state) {
  (void)state;
  static const case_of cases[] = {{NULL, NULL, "none", false},
                                  {"OTEL_METRICS_EXPORTER", "none", "none", false},
                                  {"OTEL_METRICS_EXPORTER", "console", "metrics", false}};
  RUN(cases, look_meters);
  assert_null(cspan_meter_provider_global());
}

/* -------------------------------------------------------------------------- sampler */

static void look_sampler(const cspan_tracer_provider *provider, char *out, size_t room) {
  const char *text = provider->sampler->vtable->description(provider->sampler->self);
  snprintf(out, room, "%.*s", (int)strcspn(text, ","), text);
}

static void test_sampler(void **state) {
  (void)state;
  static const case_of cases[] = {
      {NULL, NULL, "ParentBased{root:AlwaysOnSampler", false},
      {"OTEL_TRACES_SAMPLER", "always_on", "AlwaysOnSampler", false},
      {"OTEL_TRACES_SAMPLER", "always_off", "AlwaysOffSampler", false},
      {"OTEL_TRACES_SAMPLER", "ALWAYS_OFF", "AlwaysOffSampler", false},
      {"OTEL_TRACES_SAMPLER", "traceidratio", "TraceIdRatioBased{1.000000}", false},
      {"OTEL_TRACES_SAMPLER", "parentbased_always_on", "ParentBased{root:AlwaysOnSampler", false},
      {"OTEL_TRACES_SAMPLER", "parentbased_always_off", "ParentBased{root:AlwaysOffSampler", false},
      {"OTEL_TRACES_SAMPLER", "parentbased_traceidratio",
       "ParentBased{root:TraceIdRatioBased{1.000000}", false},
      {"OTEL_TRACES_SAMPLER", "sometimes", "ParentBased{root:AlwaysOnSampler", true}};
  RUN(cases, look_sampler);
}

static void test_sampler_argument(void **state) {
  (void)state;
  static const struct {
    const char *argument;
    const char *description;
    bool warns;
  } cases[] = {{"0.25", "TraceIdRatioBased{0.250000}", false},
               {"0", "TraceIdRatioBased{0.000000}", false},
               {"", "TraceIdRatioBased{1.000000}", false},
               {"1.5", "TraceIdRatioBased{1.000000}", true},
               {"half", "TraceIdRatioBased{1.000000}", true}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char seen[128];
    clean(NULL);
    setenv("OTEL_TRACES_EXPORTER", "none", 1);
    setenv("OTEL_TRACES_SAMPLER", "traceidratio", 1);
    setenv("OTEL_TRACES_SAMPLER_ARG", cases[i].argument, 1);
    cspan_tracer_provider *provider = init();
    look_sampler(provider, seen, sizeof seen);
    assert_string_equal(seen, cases[i].description);
    assert_int_equal(config_logged[0] != '\0', cases[i].warns);
    cspan_tracer_provider_free(provider);
  }
}

/* ------------------------------------------------------------------- limits, batches */

static void put_limit(char *out, size_t room, uint32_t limit) {
  size_t len = strlen(out);
  snprintf(out + len, room - len, limit == UINT32_MAX ? "- " : "%u ", limit);
}

static void look_limits(const cspan_tracer_provider *provider, char *out, size_t room) {
  const cspan_limits *l = &provider->limits;
  const uint32_t all[] = {l->value_length, l->attributes,       l->events,
                          l->links,        l->event_attributes, l->link_attributes};
  out[0] = '\0';
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
    put_limit(out, room, all[i]);
  }
}

static void test_limits(void **state) {
  (void)state;
  static const case_of cases[] = {
      {NULL, NULL, "- 128 128 128 128 128 ", false},
      {"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "9", "9 128 128 128 128 128 ", false},
      {"OTEL_ATTRIBUTE_COUNT_LIMIT", "9", "- 9 128 128 9 9 ", false},
      {"OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "9", "9 128 128 128 128 128 ", false},
      {"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "9", "- 9 128 128 128 128 ", false},
      {"OTEL_SPAN_EVENT_COUNT_LIMIT", "9", "- 128 9 128 128 128 ", false},
      {"OTEL_SPAN_LINK_COUNT_LIMIT", "9", "- 128 128 9 128 128 ", false},
      {"OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "9", "- 128 128 128 9 128 ", false},
      {"OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "9", "- 128 128 128 128 9 ", false},
      {"OTEL_SPAN_EVENT_COUNT_LIMIT", "0", "- 128 0 128 128 128 ", false},
      {"OTEL_SPAN_EVENT_COUNT_LIMIT", "-1", "- 128 128 128 128 128 ", true},
      {"OTEL_SPAN_EVENT_COUNT_LIMIT", "many", "- 128 128 128 128 128 ", true},
      {"OTEL_SPAN_EVENT_COUNT_LIMIT", "", "- 128 128 128 128 128 ", false}};
  RUN(cases, look_limits);
}

static void test_batches(void **state) {
  (void)state;
  static const struct {
    const char *name;
    const char *value;
    int64_t options[4]; /* delay, timeout, queue, batch */
    bool warns;
  } cases[] = {{"OTEL_BSP_SCHEDULE_DELAY", "", {5000, 30000, 2048, 512}, false},
               {"OTEL_BSP_SCHEDULE_DELAY", "9", {9, 30000, 2048, 512}, false},
               {"OTEL_BSP_SCHEDULE_DELAY", "-9", {5000, 30000, 2048, 512}, true},
               {"OTEL_BSP_EXPORT_TIMEOUT", "9", {5000, 9, 2048, 512}, false},
               {"OTEL_BSP_EXPORT_TIMEOUT", "0", {5000, 86400000, 2048, 512}, false},
               {"OTEL_BSP_MAX_QUEUE_SIZE", "9", {5000, 30000, 9, 9}, false},
               {"OTEL_BSP_MAX_QUEUE_SIZE", "0", {5000, 30000, 2048, 512}, true},
               {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "9", {5000, 30000, 2048, 9}, false},
               {"OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "x", {5000, 30000, 2048, 512}, true}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    clean(NULL);
    setenv(cases[i].name, cases[i].value, 1);
    cspan_tracer_provider *provider = init();
    assert_int_equal(provider->processor_count, 1);
    const cspan_batch_options *made = &((const batch *)provider->processors[0]->self)->options;
    assert_int_equal(made->schedule_delay_ms, cases[i].options[0]);
    assert_int_equal(made->export_timeout_ms, cases[i].options[1]);
    assert_int_equal(made->max_queue_size, cases[i].options[2]);
    assert_int_equal(made->max_export_batch_size, cases[i].options[3]);
    assert_int_equal(config_logged[0] != '\0', cases[i].warns);
    cspan_tracer_provider_free(provider);
  }
}

/* ------------------------------------------------------------------------- resource */

/* service.name and the attribute "team". */
static void look_resource(char *out, size_t room) {
  cspan_span_exporter *memory = cspan_exporter_memory();
  cspan_span_processor *processor = cspan_processor_simple(memory);
  const cspan_provider_options options = {.processors = &processor, .processor_count = 1};
  cspan_tracer_provider *provider;
  assert_int_equal(cspan_tracer_provider_create(&options, &provider, NULL), CSPAN_OK);
  cspan_span_end(cspan_span_start(cspan_tracer_get(provider, "t", NULL, NULL), NULL, "s", NULL));
  cspan_span_list *list = cspan_memory_spans(memory);
  const cspan_span_view *span = cspan_span_list_at(list, 0);
  const cspan_attr *name = cspan_attrs_find(span->resource, span->resource_count, "service.name");
  const cspan_attr *team = cspan_attrs_find(span->resource, span->resource_count, "team");
  snprintf(out, room, "%.*s %.*s", name ? (int)name->count : 0, name ? name->value.string : "",
           team ? (int)team->count : 1, team ? team->value.string : "-");
  cspan_span_list_free(list);
  cspan_tracer_provider_free(provider);
}

static void test_resource(void **state) {
  (void)state;
  static const struct {
    const char *attributes;
    const char *service;
    const char *effect;
    bool warns;
  } cases[] = {{"", "", "unknown_service:test_telemetry_environment -", false},
               {"", "shop", "shop -", false},
               {"service.name=a,team=b%2Cc", "", "a b,c", false},
               {"service.name=a, team = b ", "shop", "shop b", false},
               {"team=b,broken", "shop", "shop -", true},
               {"team=%zz", "shop", "shop -", true}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char seen[256];
    clean(NULL);
    setenv("OTEL_RESOURCE_ATTRIBUTES", cases[i].attributes, 1);
    setenv("OTEL_SERVICE_NAME", cases[i].service, 1);
    look_resource(seen, sizeof seen);
    assert_string_equal(seen, cases[i].effect);
    assert_int_equal(config_logged[0] != '\0', cases[i].warns);
  }
}

/* ------------------------------------------------------------------- where spans go */

static void test_destination_is_told(void **state) {
  (void)state;
  static const struct {
    const char *name;
    const char *value;
    const char *says;
  } cases[] = {
      {NULL, NULL, "spans go to http://localhost:4317 by OTLP (grpc)\n"},
      {"OTEL_EXPORTER_OTLP_ENDPOINT", "http://h:1/secret?token=x",
       "spans go to http://h:1 by OTLP (grpc)\n"},
      {"OTEL_TRACES_EXPORTER", "console,none", "spans go to the standard output as text\n"},
      {"OTEL_TRACES_EXPORTER", "otlp/stdout", "spans go to the standard output as OTLP in JSON\n"},
      {"OTEL_TRACES_EXPORTER", "none", "OTEL_TRACES_EXPORTER is none: no spans are sent\n"},
      {"OTEL_SDK_DISABLED", "true", "OTEL_SDK_DISABLED is true: there are no spans\n"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    clean(NULL);
    cspan_log_set(config_keep_log, NULL, CSPAN_LOG_INFO);
    if (cases[i].name != NULL) {
      setenv(cases[i].name, cases[i].value, 1);
    }
    cspan_tracer_provider_free(init());
    config_assert_contains(config_logged, cases[i].says);
    assert_null(strstr(config_logged, "secret"));
    assert_null(strstr(config_logged, "token"));
  }
  clean(NULL);
}

/* ------------------------------------------------------------------------ log level */

/* Read once a process, so that each value needs one of its own: it ends with what is logged. */
static int log_levels(void) {
  return (cspan_log_enabled(CSPAN_LOG_ERROR) ? 1 : 0) |
         (cspan_log_enabled(CSPAN_LOG_WARN) ? 2 : 0) | (cspan_log_enabled(CSPAN_LOG_INFO) ? 4 : 0) |
         (cspan_log_enabled(CSPAN_LOG_DEBUG) ? 8 : 0);
}

/* With a file that names no level the variable means nothing; one that is not known is told. */
static int log_levels_after_init(void) {
  cspan_tracer_provider *provider = NULL;
  if (cspan_telemetry_init("x", NULL, &provider, NULL) != CSPAN_OK) {
    return 64;
  }
  cspan_tracer_provider_free(provider);
  cspan_propagator_set_global(NULL);
  return log_levels();
}

/* This program again, by its name: valgrind does not start itself as "/proc/self/exe". */
static int child(char *argument) {
  char path[4096];
  ssize_t len = readlink("/proc/self/exe", path, sizeof path - 1);
  assert_true(len > 0);
  path[len] = '\0';
  char *argv[] = {path, argument, NULL};
  pid_t pid;
  int status = 0;
  assert_int_equal(posix_spawn(&pid, path, NULL, NULL, argv, environ), 0);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFEXITED(status));
  return WEXITSTATUS(status);
}

static void test_log_level(void **state) {
  (void)state;
  static const struct {
    const char *value;
    int levels;
  } cases[] = {{"", 3},     {"none", 0},   {"error", 1}, {"warn", 3},
               {"Info", 7}, {"DEBUG", 15}, {"loud", 3}};
  char levels[] = "--levels";
  char after_init[] = "--levels-after-init";
  clean(NULL);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    setenv("OTEL_LOG_LEVEL", cases[i].value, 1);
    assert_int_equal(child(levels), cases[i].levels);
  }
  char path[] = "environment-test-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  static const char text[] = "file_format: \"1.0\"\n";
  assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
  close(fd);
  setenv("OTEL_LOG_LEVEL", "debug", 1);
  setenv("OTEL_CONFIG_FILE", path, 1);
  assert_int_equal(child(after_init), 3);
  unsetenv("OTEL_CONFIG_FILE");
  setenv("OTEL_TRACES_EXPORTER", "none", 1);
  assert_int_equal(child(after_init), 15);
  unlink(path);
  clean(NULL);
  setenv("OTEL_TRACES_EXPORTER", "none", 1);
  setenv("OTEL_LOG_LEVEL", "loud", 1);
  cspan_tracer_provider_free(init());
  config_assert_contains(config_logged, "OTEL_LOG_LEVEL is \"loud\", which is none of");
}

/* --------------------------------------------------------------------- configuration */

static void write_file(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

/* The file alone counts: the variables are those of a very different SDK. */
static void test_config_file(void **state) {
  (void)state;
  char path[] = "environment-test-XXXXXX";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  close(fd);
  clean(NULL);
  setenv("OTEL_CONFIG_FILE", path, 1);
  setenv("OTEL_SDK_DISABLED", "true", 1);
  setenv("OTEL_TRACES_SAMPLER", "always_off", 1);
  setenv("OTEL_TRACES_EXPORTER", "zipkin", 1);
  setenv("OTEL_METRICS_EXPORTER", "console", 1);
  setenv("OTEL_PROPAGATORS", "b3", 1);
  setenv("OTEL_SPAN_EVENT_COUNT_LIMIT", "many", 1);
  setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "nonsense://", 1);
  setenv("OTEL_BSP_MAX_QUEUE_SIZE", "many", 1);
  setenv("TEST_NAME", "0.25", 1);
  write_file(path, "file_format: \"1.0\"\n"
                   "propagator: {composite_list: baggage}\n"
                   "tracer_provider:\n"
                   "  processors: [{batch: {exporter: {otlp_http: }}}]\n"
                   "  sampler: {trace_id_ratio_based: {ratio: \"${TEST_NAME}\"}}\n");
  cspan_tracer_provider *provider = NULL;
  cspan_error *error = NULL;
  assert_int_equal(cspan_telemetry_init(NULL, NULL, &provider, &error), CSPAN_ERR_CONFIG);
  config_assert_contains(cspan_error_message(error), "OTEL_CONFIG_FILE: environment-test-");
  config_assert_contains(cspan_error_message(error),
                         ":5:43: tracer_provider.sampler.trace_id_ratio_based.ratio: must be a "
                         "number, but is text");
  assert_null(provider);
  assert_null(cspan_tracer_provider_global());
  cspan_error_free(error);
  write_file(path, "file_format: \"1.0\"\n"
                   "propagator: {composite_list: baggage}\n"
                   "tracer_provider:\n"
                   "  processors: [{batch: {exporter: {otlp_http: }}}]\n"
                   "  sampler:\n    trace_id_ratio_based:\n      ratio: ${TEST_NAME}\n"
                   "meter_provider: {readers: [{periodic: {exporter: {console: }}}]}\n");
  provider = init();
  char seen[256];
  look_sampler(provider, seen, sizeof seen);
  assert_string_equal(seen, "TraceIdRatioBased{0.250000}");
  look_limits(provider, seen, sizeof seen);
  assert_string_equal(seen, "- 128 128 128 128 128 ");
  assert_ptr_equal(cspan_tracer_provider_global(), provider);
  assert_string_equal(*cspan_propagator_fields(cspan_propagator_global()), "baggage");
  assert_non_null(cspan_meter_provider_global());
  assert_string_equal(config_logged, "");
  cspan_tracer_provider_free(provider);
  assert_null(cspan_meter_provider_global());
  unlink(path);
  error = NULL;
  assert_int_equal(cspan_telemetry_init(NULL, NULL, &provider, &error), CSPAN_ERR_IO);
  config_assert_contains(cspan_error_message(error), "OTEL_CONFIG_FILE: ");
  cspan_error_free(error);
  clean(NULL);
}

/* The name that a program gives counts where the file has none. */
static void test_config_file_service(void **state) {
  (void)state;
  static const struct {
    const char *resource;
    const char *name;
  } cases[] = {{"", "program"}, {"resource: {attributes_list: service.name=file}", "file"}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char path[] = "environment-test-XXXXXX";
    char text[512];
    char spans[] = "environment-spans-XXXXXX";
    char folder[256];
    int fd = mkstemp(path);
    int out = mkstemp(spans);
    assert_true(fd >= 0 && out >= 0);
    assert_non_null(getcwd(folder, sizeof folder));
    snprintf(text, sizeof text,
             "file_format: \"1.0\"\n%s\ntracer_provider: {processors: [{simple: {exporter: "
             "{otlp_file/development: {output_stream: \"file://%s/%s\"}}}}]}\n",
             cases[i].resource, folder, spans);
    write_file(path, text);
    clean(NULL);
    setenv("OTEL_CONFIG_FILE", path, 1);
    cspan_tracer_provider *provider = NULL;
    assert_int_equal(cspan_telemetry_init("program", "7", &provider, NULL), CSPAN_OK);
    cspan_span_end(cspan_span_start(cspan_tracer_get(NULL, "t", NULL, NULL), NULL, "s", NULL));
    cspan_tracer_provider_free(provider);
    char json[8192] = "";
    assert_true(read(out, json, sizeof json - 1) > 0);
    char expected[128];
    snprintf(expected, sizeof expected,
             "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"%s\"}}", cases[i].name);
    config_assert_contains(json, expected);
    config_assert_contains(json, "{\"key\":\"service.version\",\"value\":{\"stringValue\":\"7\"}}");
    close(fd);
    close(out);
    unlink(path);
    unlink(spans);
  }
  clean(NULL);
}

static int finish(void **state) {
  cspan_propagator_set_global(NULL);
  return clean(state);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_disabled),
      cmocka_unit_test(test_propagators),
      cmocka_unit_test(test_exporters),
      cmocka_unit_test(test_metrics_exporter),
      cmocka_unit_test(test_sampler),
      cmocka_unit_test(test_sampler_argument),
      cmocka_unit_test(test_limits),
      cmocka_unit_test(test_batches),
      cmocka_unit_test(test_resource),
      cmocka_unit_test(test_destination_is_told),
      cmocka_unit_test(test_log_level),
      cmocka_unit_test(test_config_file),
      cmocka_unit_test(test_config_file_service),
  };
  if (argc > 1) {
    return strcmp(argv[1], "--levels") == 0 ? log_levels() : log_levels_after_init();
  }
  return cmocka_run_group_tests(tests, clean, finish);
}
