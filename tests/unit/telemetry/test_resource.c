/* SPDX-License-Identifier: Apache-2.0 */
/* Who says what about the reporting process, and who wins. */
#include "unit/telemetry/span_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>
#include <unistd.h>

static int errors_logged;

static void count_errors(void *user, cspan_log_level level, const char *message) {
  (void)user;
  (void)message;
  errors_logged += level == CSPAN_LOG_ERROR;
}

/* The resource as a receiver sees it. */
static const cspan_span_view *report(const cspan_provider_options *given, cspan_span_list **list) {
  cspan_provider_options options = *given;
  cspan_span_exporter *memory = cspan_exporter_memory();
  cspan_span_processor *processor = cspan_processor_simple(memory);
  options.processors = &processor;
  options.processor_count = 1;
  cspan_tracer_provider *provider;
  assert_int_equal(cspan_tracer_provider_create(&options, &provider, NULL), CSPAN_OK);
  cspan_tracer *tracer = cspan_tracer_get(provider, "t", NULL, NULL);
  cspan_span_end(cspan_span_start(tracer, NULL, "s", NULL));
  *list = cspan_memory_spans(memory);
  cspan_tracer_provider_free(provider);
  return cspan_span_list_at(*list, 0);
}

static void clear_environment(void) {
  unsetenv("OTEL_RESOURCE_ATTRIBUTES");
  unsetenv("OTEL_SERVICE_NAME");
}

static void test_precedence(void **state) {
  (void)state;
  const cspan_attr mine = cspan_attr_string("service.name", "from resource");
  const struct {
    const char *attributes;
    const char *service;
    const char *option;
    bool resource;
    const char *expected; /* NULL: unknown_service:<exe> */
  } rows[] = {
      {NULL, NULL, NULL, false, NULL},
      {"service.name=from%20list", NULL, NULL, false, "from list"},
      {"service.name=list", "variable", NULL, false, "variable"},
      {"service.name=list", "variable", "option", false, "option"},
      {"service.name=list", "variable", "option", true, "from resource"},
      {NULL, "variable", NULL, false, "variable"},
      {NULL, "", NULL, false, NULL},
      {NULL, NULL, "option", false, "option"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    clear_environment();
    if (rows[i].attributes != NULL) {
      setenv("OTEL_RESOURCE_ATTRIBUTES", rows[i].attributes, 1);
    }
    if (rows[i].service != NULL) {
      setenv("OTEL_SERVICE_NAME", rows[i].service, 1);
    }
    cspan_provider_options options = {.service_name = rows[i].option,
                                      .resource = rows[i].resource ? &mine : NULL,
                                      .resource_count = 1};
    cspan_span_list *list;
    const cspan_span_view *view = report(&options, &list);
    assert_attr_string(view->resource, view->resource_count, "service.name",
                       rows[i].expected != NULL ? rows[i].expected
                                                : "unknown_service:test_telemetry_resource");
    cspan_span_list_free(list);
  }
  clear_environment();
}

static void test_what_is_found_out(void **state) {
  (void)state;
  clear_environment();
  struct utsname host;
  assert_int_equal(uname(&host), 0);
  cspan_provider_options options = {.service_name = "svc", .service_version = "4.5"};
  cspan_span_list *list;
  const cspan_span_view *view = report(&options, &list);
  const cspan_attr *r = view->resource;
  size_t n = view->resource_count;
  assert_attr_string(r, n, "service.name", "svc");
  assert_attr_string(r, n, "service.version", "4.5");
  assert_attr_string(r, n, "telemetry.sdk.name", "cloudspan");
  assert_attr_string(r, n, "telemetry.sdk.language", "c");
  assert_attr_string(r, n, "telemetry.sdk.version", CSPAN_VERSION);
  assert_attr_int64(r, n, "process.pid", getpid());
  assert_attr_string(r, n, "process.executable.name", "test_telemetry_resource");
  const cspan_attr *path = cspan_attrs_find(r, n, "process.executable.path");
  assert_non_null(path);
  assert_int_equal(path->value.string[0], '/');
  assert_attr_string(r, n, "host.name", host.nodename);
  assert_non_null(cspan_attrs_find(r, n, "host.arch"));
  assert_attr_string(r, n, "os.type", "linux");
  if (strcmp(host.machine, "x86_64") == 0) {
    assert_attr_string(r, n, "host.arch", "amd64");
  }
  cspan_span_list_free(list);
}

static void test_attribute_list(void **state) {
  (void)state;
  static const struct {
    const char *text;
    const char *a; /* value of "a", NULL: not taken */
    const char *b;
    int errors;
  } rows[] = {
      {"a=1", "1", NULL, 0},
      {"a=1,b=2", "1", "2", 0},
      {" a = 1 , b = 2 ,", "1", "2", 0},
      {"a=x%2Cy%3Dz,b=%C3%A9", "x,y=z", "\xC3\xA9", 0},
      {"a=1=2", "1=2", NULL, 0},
      {"a=", "", NULL, 0},
      {"%61=1", "1", NULL, 0},
      {"a=1+1", "1+1", NULL, 0},
      {"a=1,a=2", "2", NULL, 0},
      /* One bad member and all of it goes. */
      {"a=1,b", NULL, NULL, 1},
      {"a=1,=2", NULL, NULL, 1},
      {"a=%2,b=1", NULL, NULL, 1},
      {"a=1,b=%zz", NULL, NULL, 1},
      {"a=%00", NULL, NULL, 1},
      {"a=1,%FF=2", NULL, NULL, 1},
  };
  cspan_log_set(count_errors, NULL, CSPAN_LOG_WARN);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    setenv("OTEL_RESOURCE_ATTRIBUTES", rows[i].text, 1);
    errors_logged = 0;
    cspan_provider_options options = {.service_name = "svc"};
    cspan_span_list *list;
    const cspan_span_view *view = report(&options, &list);
    const char *keys[] = {"a", "b"};
    const char *values[] = {rows[i].a, rows[i].b};
    for (size_t k = 0; k < 2; k++) {
      if (values[k] != NULL) {
        assert_attr_string(view->resource, view->resource_count, keys[k], values[k]);
      } else {
        assert_null(cspan_attrs_find(view->resource, view->resource_count, keys[k]));
      }
    }
    assert_int_equal(errors_logged, rows[i].errors);
    cspan_span_list_free(list);
  }
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
  clear_environment();
}

static void test_options_win_and_are_checked(void **state) {
  (void)state;
  const cspan_attr mine[] = {cspan_attr_string("host.name", "mine"), cspan_attr_int64("n", 5)};
  setenv("OTEL_RESOURCE_ATTRIBUTES", "host.name=list", 1);
  cspan_provider_options options = {.resource = mine, .resource_count = 2};
  cspan_span_list *list;
  const cspan_span_view *view = report(&options, &list);
  assert_attr_string(view->resource, view->resource_count, "host.name", "mine");
  assert_attr_int64(view->resource, view->resource_count, "n", 5);
  cspan_span_list_free(list);
  clear_environment();
  const cspan_attr bad = cspan_attr_string("", "no key");
  cspan_provider_options wrong = {.resource = &bad, .resource_count = 1};
  cspan_tracer_provider *provider;
  cspan_error *error = NULL;
  assert_int_equal(cspan_tracer_provider_create(&wrong, &provider, &error), CSPAN_ERR_INVALID);
  assert_non_null(strstr(cspan_error_message(error), "resource attribute"));
  cspan_error_free(error);
}

/* More than can be taken is not taken, and keeps nobody from starting. */
static void test_too_many_of_the_environment(void **state) {
  (void)state;
  static char text[300001];
  size_t len = 0;
  cspan_log_set(count_errors, NULL, CSPAN_LOG_WARN);
  for (int i = 0; i < 513; i++) {
    len += (size_t)snprintf(text + len, sizeof text - len, "k%d=%d,", i, i);
    if (i < 511) {
      continue;
    }
    setenv("OTEL_RESOURCE_ATTRIBUTES", text, 1);
    errors_logged = 0;
    cspan_provider_options options = {.service_name = "svc"};
    cspan_span_list *list;
    const cspan_span_view *view = report(&options, &list);
    assert_int_equal(errors_logged, i == 512);
    assert_int_equal(cspan_attrs_find(view->resource, view->resource_count, "k0") == NULL,
                     i == 512);
    assert_attr_string(view->resource, view->resource_count, "service.name", "svc");
    cspan_span_list_free(list);
  }
  memset(text, 'k', sizeof text - 1);
  memcpy(text + 70000, "=1", 3);
  for (int i = 0; i < 2; i++) {
    setenv("OTEL_RESOURCE_ATTRIBUTES", text, 1);
    errors_logged = 0;
    cspan_span_list *list;
    cspan_provider_options options = {.service_name = "svc"};
    assert_non_null(report(&options, &list));
    assert_int_equal(errors_logged, 1);
    cspan_span_list_free(list);
    memset(text, 'k', sizeof text - 1);
    text[1] = '=';
  }
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
  clear_environment();
}

static void test_too_many_options(void **state) {
  (void)state;
  enum { COUNT = 1025 };
  static char keys[COUNT][8];
  static cspan_attr attributes[COUNT];
  for (int i = 0; i < COUNT; i++) {
    snprintf(keys[i], sizeof keys[i], "k%d", i);
    attributes[i] = cspan_attr_int64(keys[i], i);
  }
  cspan_provider_options options = {.resource = attributes, .resource_count = COUNT};
  cspan_tracer_provider *provider;
  cspan_error *error = NULL;
  assert_int_equal(cspan_tracer_provider_create(&options, &provider, &error), CSPAN_ERR_LIMIT);
  assert_non_null(strstr(cspan_error_message(error), "1024 keys"));
  cspan_error_free(error);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_precedence),
      cmocka_unit_test(test_what_is_found_out),
      cmocka_unit_test(test_attribute_list),
      cmocka_unit_test(test_options_win_and_are_checked),
      cmocka_unit_test(test_too_many_of_the_environment),
      cmocka_unit_test(test_too_many_options),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
