/* SPDX-License-Identifier: Apache-2.0 */
/* Prices, costs on spans and reports of them with every allocation failing in turn: a call never
 * fails for its cost, and what could not be read is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "instrument/cost.h"
#include "support/fail_alloc.h"
#include "support/typed_models.h"
#include "viewer/cost_sum.h"

enum { MOST_ALLOCATIONS = 3000 };

static const char table[] =
    "{\"format\": 1, \"currency\": \"USD\", \"date\": \"2026-01-31\", \"region\": \"r\", "
    "\"source\": \"s\", \"prices\": ["
    "{\"name\": \"a\", \"service\": \"DynamoDB\", \"operations\": \"PutItem\", \"unit\": "
    "\"write_unit\", \"usd\": 1, \"keyed_bytes\": [\"Item\"], \"chunk_bytes\": 1024},"
    "{\"name\": \"b\", \"service\": \"DynamoDB\", \"operations\": \"*\", \"unit\": \"request\", "
    "\"usd\": 0.5, \"regions\": {\"eu\": 2}, \"unless\": [\"X\"]}]}";

static void load(void) {
  cspan_prices *prices = NULL;
  cspan_error *error = NULL;
  cspan_status status = cspan_prices_parse(table, sizeof table - 1, "t", &prices, &error);
  assert_true(status == CSPAN_OK || status == CSPAN_ERR_NOMEM);
  assert_true((status == CSPAN_OK) == (prices != NULL && error == NULL));
  cspan_plan_prices *found = NULL;
  if (status == CSPAN_OK &&
      cspan_prices_of(prices, "DynamoDB", "PutItem", &found) != CSPAN_ERR_NOMEM) {
    assert_non_null(found);
  }
  cspan_plan_prices_free(found);
  cspan_error_free(error);
  cspan_prices_free(prices);
}

static void tags(void) {
  static const char *const keys[] = {"team", "tenant", NULL};
  char **copies = NULL;
  cspan_error *error = NULL;
  cspan_status status = cspan_allocation_tags_copy(keys, &copies, &error);
  assert_true(status == CSPAN_OK || status == CSPAN_ERR_NOMEM);
  assert_true((status == CSPAN_OK) == (copies != NULL));
  cspan_allocation_tags_free(copies);
  cspan_error_free(error);
}

static void sums(void) {
  const cspan_cost_line line = {.texts = {"S3", "PutObject", "b", "", "n"}, .calls = 1, .usd = 1};
  cspan_cost_sum *sum = cspan_cost_sum_create(~0U);
  cspan_cost_sum *copy = cspan_cost_sum_create(1);
  cspan_error *error = NULL;
  cspan_buf text;
  cspan_buf_init(&text, 4096);
  if (sum != NULL && copy != NULL && cspan_cost_sum_add(sum, &line) == CSPAN_OK) {
    cspan_cost_sum_write(sum, &text);
    if (cspan_buf_status(&text) == CSPAN_OK) {
      cspan_status status = cspan_cost_sum_read(copy, text.data, text.len, &error);
      assert_true(status == CSPAN_ERR_NOMEM || cspan_cost_sum_count(copy) == 1);
      assert_true((status == CSPAN_OK) == (error == NULL));
    }
  }
  cspan_error_free(error);
  cspan_buf_free(&text);
  cspan_cost_sum_free(sum);
  cspan_cost_sum_free(copy);
}

static void replay(void (*scenario)(void), size_t least) {
  long before = fail_alloc_outstanding_here();
  size_t n = 1;
  for (bool met = true; met; n++) {
    assert_true(n < MOST_ALLOCATIONS);
    fail_alloc_arm(n, false);
    scenario();
    met = fail_alloc_disarm();
    assert_int_equal(fail_alloc_outstanding_here(), before);
  }
  assert_true(n > least);
}

static void test_parts(void **state) {
  (void)state;
  replay(load, 6);
  replay(tags, 3);
  replay(sums, 6);
}

/* The call is as good without its cost; with memory for everything it has one. */
static void test_call(void **state) {
  (void)state;
  char path[] = "/tmp/cloudspan-oom-prices-XXXXXX";
  const char *answer = "200 |{\"Attributes\": {}}";
  const char *const keys[] = {"team", NULL};
  int fd = mkstemp(path);
  assert_int_equal(write(fd, table, sizeof table - 1), sizeof table - 1);
  assert_int_equal(close(fd), 0);
  cspan_span_exporter *memory = cspan_exporter_memory();
  cspan_span_processor *processors[] = {cspan_processor_simple(memory)};
  const cspan_provider_options provider_options = {
      .size = sizeof provider_options, .processors = processors, .processor_count = 1};
  cspan_tracer_provider *provider = NULL;
  assert_int_equal(cspan_tracer_provider_create(&provider_options, &provider, NULL), CSPAN_OK);
  const cspan_trace_options trace = {.size = sizeof trace,
                                     .provider = provider,
                                     .cost = CSPAN_SWITCH_ON,
                                     .price_file = path,
                                     .allocation_tags = keys};
  cspan_value item = CSPAN_MAP(cspan_field("id", cspan_int(1)));
  bool met = true;
  for (size_t n = 1; met; n++) {
    typed_fixture f;
    assert_true(n < MOST_ALLOCATIONS);
    typed_open_traced(&f, "dynamodb", &answer, 1, &trace);
    cspan_dynamodb_write write = {.size = sizeof write, .table = "t", .item = &item};
    cspan_memory_reset(memory);
    fail_alloc_arm(n, false);
    cspan_status status = cspan_dynamodb_put(f.client, &write, NULL, NULL);
    met = fail_alloc_disarm();
    assert_true(status == CSPAN_OK || status == CSPAN_ERR_NOMEM);
    typed_close(&f);
  }
  cspan_span_list *spans = cspan_memory_spans(memory);
  const cspan_span_view *span = cspan_span_list_find(spans, "DynamoDB.PutItem", 0);
  assert_non_null(span);
  const cspan_attr *usd =
      cspan_attrs_find(span->attributes, span->attribute_count, "cloudspan.cost.usd");
  assert_non_null(usd);
  assert_true(usd->value.number == 1.5);
  cspan_span_list_free(spans);
  cspan_tracer_provider_free(provider);
  unlink(path);
}

static int install(void **state) {
  (void)state;
  fail_alloc_install();
  return 0;
}

static int uninstall(void **state) {
  (void)state;
  fail_alloc_uninstall();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_parts), cmocka_unit_test(test_call)};
  return cmocka_run_group_tests(tests, install, uninstall);
}
