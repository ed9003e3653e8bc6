/* SPDX-License-Identifier: Apache-2.0 */
/* Resources as values: creating, merging, reading. */
#include "unit/telemetry/span_fixture.h"

#include <stdio.h>

#include <cloudspan/resource.h>

#include "support/fail_alloc.h"

static int warnings;

static void count_warnings(void *user, cspan_log_level level, const char *message) {
  (void)user;
  warnings += level == CSPAN_LOG_WARN && strstr(message, "two schemas") != NULL;
}

static cspan_resource *make(const char *schema_url, const char *key, const char *value) {
  cspan_resource *resource = NULL;
  const cspan_attr attr = cspan_attr_string(key, value);
  assert_int_equal(cspan_resource_create(&attr, 1, schema_url, &resource, NULL), CSPAN_OK);
  return resource;
}

static void test_create(void **state) {
  (void)state;
  const char *texts[] = {"x", "y"};
  const bool flags[] = {true, false};
  const int64_t numbers[] = {1, -2};
  const double reals[] = {0.5};
  char changing[] = "text";
  const cspan_attr given[] = {
      cspan_attr_string("s", changing),    cspan_attr_bool("b", true),
      cspan_attr_int64("i", -5),           cspan_attr_double("d", 1.5),
      cspan_attr_strings("ss", texts, 2),  cspan_attr_bools("bs", flags, 2),
      cspan_attr_int64s("is", numbers, 2), cspan_attr_doubles("ds", reals, 1),
      cspan_attr_strings("none", NULL, 0), cspan_attr_string("s2", "first"),
      cspan_attr_string("s2", "second"),
  };
  cspan_resource *resource = NULL;
  size_t count;
  assert_int_equal(cspan_resource_create(given, 11, "https://example.com/1", &resource, NULL),
                   CSPAN_OK);
  memset(changing, '!', 4); /* it was copied */
  const cspan_attr *attrs = cspan_resource_attributes(resource, &count);
  assert_int_equal(count, 10);
  assert_attr_string(attrs, count, "s", "text");
  assert_attr_string(attrs, count, "s2", "second");
  assert_attr_int64(attrs, count, "i", -5);
  assert_true(cspan_attrs_find(attrs, count, "b")->value.boolean);
  assert_true(cspan_attrs_find(attrs, count, "d")->value.number == 1.5);
  assert_string_equal(cspan_attrs_find(attrs, count, "ss")->value.strings[1], "y");
  assert_false(cspan_attrs_find(attrs, count, "bs")->value.booleans[1]);
  assert_int_equal(cspan_attrs_find(attrs, count, "is")->value.int64s[1], -2);
  assert_true(cspan_attrs_find(attrs, count, "ds")->value.numbers[0] == 0.5);
  assert_int_equal(cspan_attrs_find(attrs, count, "none")->count, 0);
  assert_string_equal(cspan_resource_schema_url(resource), "https://example.com/1");
  cspan_resource_free(resource);
}

static void test_empty(void **state) {
  (void)state;
  cspan_resource *empty = NULL;
  cspan_resource *merged = NULL;
  size_t count = 9;
  assert_int_equal(cspan_resource_create(NULL, 0, NULL, &empty, NULL), CSPAN_OK);
  cspan_resource_attributes(empty, &count);
  assert_int_equal(count, 0);
  assert_string_equal(cspan_resource_schema_url(empty), "");
  cspan_resource *other = make("https://example.com/1", "k", "v");
  assert_int_equal(cspan_resource_merge(empty, other, &merged, NULL), CSPAN_OK);
  assert_attr_string(cspan_resource_attributes(merged, &count), 1, "k", "v");
  assert_int_equal(count, 1);
  cspan_resource_free(merged);
  /* NULL is as an empty one. */
  assert_int_equal(cspan_resource_merge(NULL, NULL, &merged, NULL), CSPAN_OK);
  cspan_resource_attributes(merged, &count);
  assert_int_equal(count, 0);
  assert_null(cspan_resource_attributes(NULL, &count));
  assert_string_equal(cspan_resource_schema_url(NULL), "");
  cspan_resource_free(merged);
  cspan_resource_free(other);
  cspan_resource_free(empty);
  cspan_resource_free(NULL);
}

static void test_merge(void **state) {
  (void)state;
  const cspan_attr old_attrs[] = {cspan_attr_string("a", "1"), cspan_attr_string("b", "1"),
                                  cspan_attr_string("c", "1")};
  const cspan_attr new_attrs[] = {cspan_attr_int64("b", 2), cspan_attr_string("c", ""),
                                  cspan_attr_string("d", "2")};
  cspan_resource *old = NULL;
  cspan_resource *updating = NULL;
  cspan_resource *merged = NULL;
  size_t count;
  assert_int_equal(cspan_resource_create(old_attrs, 3, NULL, &old, NULL), CSPAN_OK);
  assert_int_equal(cspan_resource_create(new_attrs, 3, NULL, &updating, NULL), CSPAN_OK);
  assert_int_equal(cspan_resource_merge(old, updating, &merged, NULL), CSPAN_OK);
  const cspan_attr *attrs = cspan_resource_attributes(merged, &count);
  assert_int_equal(count, 4);
  assert_attr_string(attrs, count, "a", "1");
  assert_attr_int64(attrs, count, "b", 2);
  assert_attr_string(attrs, count, "c", ""); /* it wins even when it is empty */
  assert_attr_string(attrs, count, "d", "2");
  /* Those that were merged are as they were. */
  attrs = cspan_resource_attributes(old, &count);
  assert_int_equal(count, 3);
  assert_attr_string(attrs, count, "b", "1");
  cspan_resource_free(old);
  cspan_resource_free(updating);
  attrs = cspan_resource_attributes(merged, &count);
  assert_attr_string(attrs, count, "a", "1");
  cspan_resource_free(merged);
}

static void test_merge_schema_urls(void **state) {
  (void)state;
  static const struct {
    const char *old;
    const char *updating;
    const char *merged;
    int warnings;
  } rows[] = {
      {NULL, NULL, "", 0},
      {"https://e/1", NULL, "https://e/1", 0},
      {NULL, "https://e/2", "https://e/2", 0},
      {"", "https://e/2", "https://e/2", 0},
      {"https://e/1", "https://e/1", "https://e/1", 0},
      {"https://e/1", "https://e/2", "", 1},
  };
  cspan_log_set(count_warnings, NULL, CSPAN_LOG_WARN);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    cspan_resource *old = make(rows[i].old, "a", "1");
    cspan_resource *updating = make(rows[i].updating, "a", "2");
    cspan_resource *merged = NULL;
    size_t count;
    warnings = 0;
    assert_int_equal(cspan_resource_merge(old, updating, &merged, NULL), CSPAN_OK);
    assert_string_equal(cspan_resource_schema_url(merged), rows[i].merged);
    assert_int_equal(warnings, rows[i].warnings);
    assert_attr_string(cspan_resource_attributes(merged, &count), 1, "a", "2");
    cspan_resource_free(old);
    cspan_resource_free(updating);
    cspan_resource_free(merged);
  }
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
}

static void test_what_is_refused(void **state) {
  (void)state;
  enum { COUNT = 1025, LARGE = 1 << 20 };
  static char keys[COUNT][8];
  static cspan_attr many[COUNT];
  static char large[LARGE];
  for (int i = 0; i < COUNT; i++) {
    snprintf(keys[i], sizeof keys[i], "k%d", i);
    many[i] = cspan_attr_int64(keys[i], i);
  }
  memset(large, 'x', sizeof large);
  const cspan_attr no_key = cspan_attr_string("", "v");
  const cspan_attr bad_key = cspan_attr_string("\xff", "v");
  const cspan_attr half[] = {cspan_attr_string_n("a", large, LARGE / 2),
                             cspan_attr_string_n("b", large, LARGE / 2)};
  const cspan_attr again[] = {cspan_attr_string_n("a", large, LARGE - 100),
                              cspan_attr_string_n("a", large, LARGE - 100)};
  const struct {
    const cspan_attr *attributes;
    size_t count;
    cspan_status status;
  } rows[] = {
      {many, COUNT - 1, CSPAN_OK},
      {many, COUNT, CSPAN_ERR_LIMIT},
      {&no_key, 1, CSPAN_ERR_INVALID},
      {&bad_key, 1, CSPAN_ERR_INVALID},
      {half, 1, CSPAN_OK},
      {half, 2, CSPAN_ERR_LIMIT},
      {again, 2, CSPAN_OK}, /* the second takes the place of the first */
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    cspan_resource *resource = NULL;
    cspan_error *error = NULL;
    cspan_status status =
        cspan_resource_create(rows[i].attributes, rows[i].count, NULL, &resource, &error);
    if (status != rows[i].status) {
      fail_msg("row %zu: %s", i, cspan_status_name(status));
    }
    assert_int_equal(resource != NULL, status == CSPAN_OK);
    assert_int_equal(error != NULL, status != CSPAN_OK);
    cspan_error_free(error);
    cspan_resource_free(resource);
  }
}

/* A provider takes one as it is. */
static void test_for_a_provider(void **state) {
  (void)state;
  const char *zones[] = {"a", "b"};
  const cspan_attr given[] = {cspan_attr_string("color", "blue"),
                              cspan_attr_strings("zones", zones, 2)};
  cspan_resource *resource = NULL;
  assert_int_equal(cspan_resource_create(given, 2, "https://example.com/own", &resource, NULL),
                   CSPAN_OK);
  cspan_span_exporter *memory = cspan_exporter_memory();
  cspan_span_processor *processor = cspan_processor_simple(memory);
  cspan_provider_options options = {
      .size = sizeof options, .processors = &processor, .processor_count = 1, .detectors = "none"};
  options.resource = cspan_resource_attributes(resource, &options.resource_count);
  options.schema_url = cspan_resource_schema_url(resource);
  cspan_tracer_provider *provider;
  assert_int_equal(cspan_tracer_provider_create(&options, &provider, NULL), CSPAN_OK);
  cspan_resource_free(resource);
  cspan_tracer *tracer = cspan_tracer_get(provider, "t", NULL, NULL);
  cspan_span_end(cspan_span_start(tracer, NULL, "s", NULL));
  cspan_span_list *list = cspan_memory_spans(memory);
  const cspan_span_view *view = cspan_span_list_at(list, 0);
  assert_attr_string(view->resource, view->resource_count, "color", "blue");
  assert_string_equal(
      cspan_attrs_find(view->resource, view->resource_count, "zones")->value.strings[1], "b");
  assert_null(cspan_attrs_find(view->resource, view->resource_count, "process.pid"));
  cspan_span_list_free(list);
  cspan_tracer_provider_free(provider);
}

static cspan_status use_resources(cspan_error **error) {
  const char *texts[] = {"x", "y"};
  const cspan_attr given[] = {cspan_attr_string("a", "1"), cspan_attr_strings("ss", texts, 2)};
  cspan_resource *one = NULL;
  cspan_resource *two = NULL;
  cspan_resource *merged = NULL;
  cspan_resource *detected = NULL;
  cspan_status status = cspan_resource_create(given, 2, "https://e/1", &one, error);
  if (status == CSPAN_OK) {
    status = cspan_resource_create(given, 1, NULL, &two, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_resource_merge(one, two, &merged, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_resource_detect("env,lambda,process_command", NULL, &detected, error);
  }
  cspan_resource_free(one);
  cspan_resource_free(two);
  cspan_resource_free(merged);
  cspan_resource_free(detected);
  return status;
}

static void test_without_memory(void **state) {
  (void)state;
  fail_alloc_install();
  bool met = true;
  for (size_t n = 1; met; n++) {
    cspan_error *error = NULL;
    assert_true(n < 500);
    fail_alloc_arm(n, false);
    cspan_status status = use_resources(&error);
    met = fail_alloc_disarm();
    assert_true(status == CSPAN_OK || status == CSPAN_ERR_NOMEM);
    assert_int_equal(error != NULL, status != CSPAN_OK);
    assert_true(met || status == CSPAN_OK);
    cspan_error_free(error);
    assert_int_equal(fail_alloc_outstanding_here(), 0);
  }
  fail_alloc_uninstall();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_create),          cmocka_unit_test(test_empty),
      cmocka_unit_test(test_merge),           cmocka_unit_test(test_merge_schema_urls),
      cmocka_unit_test(test_what_is_refused), cmocka_unit_test(test_for_a_provider),
      cmocka_unit_test(test_without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
