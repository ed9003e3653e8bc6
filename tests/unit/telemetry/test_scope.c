/* SPDX-License-Identifier: Apache-2.0 */
/* Instrumentation scopes: what makes two tracers the same, and what is exported of them. */
#include "unit/telemetry/span_fixture.h"

#include "support/fail_alloc.h"

#define ATTRS(...)                                                                                 \
  .attributes = (const cspan_attr[]){__VA_ARGS__},                                                 \
  .attribute_count = sizeof((const cspan_attr[]){__VA_ARGS__}) / sizeof(cspan_attr)

static void ignore_log(void *user, cspan_log_level level, const char *message) {
  (void)level;
  (void)message;
  if (user != NULL) {
    ++*(int *)user;
  }
}

static void test_identity(void **state) {
  (void)state;
  const cspan_attr a = cspan_attr_string("library", "a");
  const cspan_attr b = cspan_attr_int64("shard", 7);
  const cspan_scope scopes[] = {
      {.name = "n"},
      {.name = "n", .version = "1"},
      {.name = "n", .schema_url = "u"},
      {.name = "n", ATTRS(a)},
      {.name = "n", ATTRS(a, b)},
      {.name = "n", ATTRS(cspan_attr_string("library", "b"))},
      {.name = "n", ATTRS(cspan_attr_bool("library", true))},
      {.name = "n", .version = "1", ATTRS(a)},
  };
  enum { COUNT = sizeof scopes / sizeof scopes[0] };
  cspan_tracer *tracers[COUNT];
  span_fixture f;
  fixture_open(&f, NULL);
  for (size_t i = 0; i < COUNT; i++) {
    tracers[i] = cspan_tracer_for_scope(f.provider, &scopes[i]);
    assert_non_null(tracers[i]);
    for (size_t j = 0; j < i; j++) {
      assert_ptr_not_equal(tracers[i], tracers[j]);
    }
  }
  for (size_t i = 0; i < COUNT; i++) {
    assert_ptr_equal(cspan_tracer_for_scope(f.provider, &scopes[i]), tracers[i]);
  }
  /* Neither the order counts, nor how often a key is given. */
  const cspan_scope turned = {.name = "n", ATTRS(b, a)};
  const cspan_scope twice = {.name = "n", ATTRS(cspan_attr_string("library", "x"), b, a)};
  assert_ptr_equal(cspan_tracer_for_scope(f.provider, &turned), tracers[4]);
  assert_ptr_equal(cspan_tracer_for_scope(f.provider, &twice), tracers[4]);
  assert_ptr_equal(cspan_tracer_get(f.provider, "n", NULL, NULL), tracers[0]);
  assert_ptr_equal(cspan_tracer_get(f.provider, NULL, NULL, NULL),
                   cspan_tracer_for_scope(f.provider, NULL));
  fixture_close(&f);
}

static void test_given_back_and_exported(void **state) {
  (void)state;
  const int64_t numbers[] = {1, 2, 3};
  const cspan_scope scope = {.size = sizeof scope,
                             .name = "library",
                             .version = "2.1",
                             .schema_url = "https://example.com/schema",
                             ATTRS(cspan_attr_string("kind", "client"),
                                   cspan_attr_int64s("numbers", numbers, 3),
                                   cspan_attr_bool("beta", true))};
  span_fixture f;
  fixture_open(&f, NULL);
  cspan_tracer *tracer = cspan_tracer_for_scope(f.provider, &scope);
  cspan_scope back = cspan_tracer_scope(tracer);
  assert_string_equal(back.name, "library");
  assert_string_equal(back.version, "2.1");
  assert_string_equal(back.schema_url, "https://example.com/schema");
  assert_int_equal(back.attribute_count, 3);
  assert_attr_string(back.attributes, 3, "kind", "client");
  cspan_span_end(cspan_span_start(tracer, NULL, "s", NULL));
  cspan_span_end(cspan_span_start(f.tracer, NULL, "plain", NULL));
  const cspan_span_view *view = fixture_find(&f, "s");
  assert_string_equal(view->scope_name, "library");
  assert_int_equal(view->scope_attribute_count, 3);
  assert_attr_string(view->scope_attributes, 3, "kind", "client");
  const cspan_attr *array = cspan_attrs_find(view->scope_attributes, 3, "numbers");
  assert_int_equal(array->type, CSPAN_ATTR_INT64_ARRAY);
  assert_memory_equal(array->value.int64s, numbers, sizeof numbers);
  assert_int_equal(cspan_span_list_find(f.list, "plain", 0)->scope_attribute_count, 0);
  assert_int_equal(cspan_tracer_scope(f.tracer).attribute_count, 0);
  assert_string_equal(cspan_tracer_scope(f.tracer).version, "1.2");
  fixture_close(&f);
}

/* The rest is kept, with a warning. */
static void test_what_cannot_be_kept(void **state) {
  (void)state;
  cspan_attr many[130];
  char keys[130][4];
  for (size_t i = 0; i < 130; i++) {
    keys[i][0] = (char)('a' + i / 26);
    keys[i][1] = (char)('a' + i % 26);
    keys[i][2] = '\0';
    many[i] = cspan_attr_int64(keys[i], (int64_t)i);
  }
  const struct {
    cspan_scope scope;
    size_t kept;
  } rows[] = {{{.name = "a", ATTRS(cspan_attr_int64(NULL, 1), cspan_attr_int64("k", 2))}, 1},
              {{.name = "b", ATTRS(cspan_attr_int64("", 1), cspan_attr_int64("k", 2))}, 1},
              {{.name = "c", ATTRS(cspan_attr_int64("\xFF", 1), cspan_attr_int64("k", 2))}, 1},
              {{.name = "d", .attributes = many, .attribute_count = 130}, 128}};
  span_fixture f;
  fixture_open(&f, NULL);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    int warnings = 0;
    cspan_log_set(ignore_log, &warnings, CSPAN_LOG_WARN);
    const cspan_tracer *tracer = cspan_tracer_for_scope(f.provider, &rows[i].scope);
    cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
    assert_int_equal(warnings, 1);
    assert_int_equal(cspan_tracer_scope(tracer).attribute_count, rows[i].kept);
  }
  fixture_close(&f);
}

static void test_no_memory(void **state) {
  (void)state;
  fail_alloc_install();
  cspan_log_set(ignore_log, NULL, CSPAN_LOG_WARN);
  const cspan_scope scope = {
      .name = "n", .version = "1", .schema_url = "u", ATTRS(cspan_attr_string("k", "value"))};
  size_t n = 0;
  bool met = true;
  while (met) {
    long before = fail_alloc_outstanding();
    span_fixture f;
    fixture_open(&f, NULL);
    fail_alloc_arm(++n, false);
    const cspan_tracer *tracer = cspan_tracer_for_scope(f.provider, &scope);
    met = fail_alloc_disarm();
    assert_true(met || tracer != NULL);
    const cspan_tracer *again = cspan_tracer_for_scope(f.provider, &scope);
    assert_non_null(again);
    assert_int_equal(cspan_tracer_scope(again).attribute_count, 1);
    fixture_close(&f);
    assert_int_equal(fail_alloc_outstanding(), before);
  }
  assert_true(n > 6);
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
  fail_alloc_uninstall();
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_identity),
      cmocka_unit_test(test_given_back_and_exported),
      cmocka_unit_test(test_what_cannot_be_kept),
      cmocka_unit_test(test_no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
