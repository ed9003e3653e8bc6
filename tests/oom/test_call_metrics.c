/* SPDX-License-Identifier: Apache-2.0 */
/* A measured call, and the options of a configuration file, with every allocation failing in turn:
 * a call is never lost to its metrics, the next one is measured whole, and nothing leaks. */
#include <cloudspan/cloudspan.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "instrument/options.h"
#include "support/fail_alloc.h"
#include "support/metric_check.h"
#include "support/quiet_log.h"
#include "support/typed_models.h"

enum { MOST_ALLOCATIONS = 1000 };

static cspan_status put_item(cspan_client *client, cspan_error **error) {
  cspan_value id = CSPAN_MAP(cspan_field("S", cspan_string("1")));
  cspan_value item = CSPAN_MAP(cspan_field("id", id));
  cspan_value input =
      CSPAN_MAP(cspan_field("TableName", cspan_string("jars")), cspan_field("Item", item));
  return cspan_call(NULL, client, "PutItem", &input, NULL, error);
}

static cspan_status converse(cspan_client *client, cspan_error **error) {
  cspan_value input = CSPAN_MAP(cspan_field("modelId", cspan_string("some.model-v1")));
  return cspan_call(NULL, client, "Converse", &input, NULL, error);
}

/* A call, and what it records. */
typedef struct measured_call {
  const char *service;
  const char *answer;
  cspan_status (*make)(cspan_client *client, cspan_error **error);
  struct {
    const char *metric; /* NULL: there are no more */
    uint64_t per_call;
  } records[3];
} measured_call;

static const measured_call of_a_table = {
    "dynamodb", "200 |{}", put_item, {{"db.client.operation.duration", 1}}};
static const measured_call of_a_model = {
    "bedrock-runtime",
    "200 |{\"usage\": {\"inputTokens\": 12, "
    "\"outputTokens\": 7}}",
    converse,
    {{"gen_ai.client.operation.duration", 1}, {"gen_ai.client.token.usage", 2}}};

/* False once no allocation failed any more. */
static bool replay_call(const measured_call *call, size_t n) {
  typed_fixture typed;
  metric_memory metrics;
  cspan_error *error = NULL;
  uint64_t before[3] = {0};
  metric_memory_open(&metrics);
  const cspan_trace_options trace = {.size = sizeof trace, .meter_provider = metrics.provider};
  typed_open_traced(&typed, call->service, &call->answer, 1, &trace);
  fail_alloc_arm(n, false);
  cspan_status status = call->make(typed.client, &error);
  bool met = fail_alloc_disarm();
  if (status != CSPAN_OK && status != CSPAN_ERR_NOMEM) {
    fail_msg("allocation %zu: %s: %s", n, cspan_status_name(status), cspan_error_message(error));
  }
  cspan_error_free(error);
  const cspan_metric_list *list = metric_memory_look(&metrics);
  for (size_t i = 0; call->records[i].metric != NULL; i++) {
    before[i] = metric_total(list, call->records[i].metric);
    assert_true(before[i] <= call->records[i].per_call);
    assert_true(met || before[i] == call->records[i].per_call);
  }
  for (int i = 0; i < 2; i++) {
    assert_int_equal(call->make(typed.client, NULL), CSPAN_OK);
  }
  list = metric_memory_look(&metrics);
  for (size_t i = 0; call->records[i].metric != NULL; i++) {
    assert_int_equal(metric_total(list, call->records[i].metric),
                     before[i] + 2 * call->records[i].per_call);
  }
  assert_true(metric_total(list, "rpc.client.call.duration") >= 2);
  assert_true(metric_total(list, "cloudspan.aws.client.attempts") >= 2);
  typed_close(&typed);
  metric_memory_close(&metrics);
  return met;
}

static void replay(const measured_call *call) {
  fail_alloc_install();
  size_t n = 1;
  (void)replay_call(call, MOST_ALLOCATIONS); /* what is made once for the process */
  long before = fail_alloc_outstanding_here();
  for (; replay_call(call, n); n++) {
    assert_true(n < MOST_ALLOCATIONS);
    assert_int_equal(fail_alloc_outstanding_here(), before);
  }
  assert_true(n > 20); /* it did meet some */
  fail_alloc_uninstall();
}

static void calls(void **state) {
  (void)state;
  replay(&of_a_table);
}

static void calls_of_models(void **state) {
  (void)state;
  replay(&of_a_model);
}

static const char yaml[] =
    "file_format: \"1.0\"\npropagator: {composite: [{b3: }]}\ninstrumentation/development:\n  c:\n"
    "    cloudspan:\n      retries: spans\n      expected_outcomes: [\"404\", \"NoSuchKey\"]\n"
    "      attributes:\n        add: [{path: \"A.B[]\", key: k}, {path: C, key: l}]\n"
    "        remove: [aws.s3.key]\n      allocation_tags: [team]\n";

static void options(void **state) {
  (void)state;
  cspan_configuration *configuration = NULL;
  fail_alloc_install();
  assert_int_equal(cspan_configuration_parse(yaml, strlen(yaml), "f", &configuration, NULL),
                   CSPAN_OK);
  long before = fail_alloc_outstanding_here();
  bool met = true;
  size_t n = 0;
  while (met) {
    cspan_trace_options all = {.size = sizeof all, .configuration = configuration};
    cspan_file_options memory;
    cspan_error *error = NULL;
    fail_alloc_arm(++n, false);
    cspan_status status = cspan_options_complete(&all, &memory, &error);
    met = fail_alloc_disarm();
    /* Some can be done without, but then it is all there. */
    if (status != CSPAN_OK && (status != CSPAN_ERR_NOMEM || !met)) {
      fail_msg("allocation %zu: %s: %s", n, cspan_status_name(status), cspan_error_message(error));
    }
    assert_int_equal(error != NULL, status != CSPAN_OK);
    assert_true(status != CSPAN_OK || (all.attribute_rule_count == 2 && all.propagator != NULL &&
                                       all.allocation_tags != NULL));
    cspan_error_free(error);
    cspan_propagator_free(all.propagator);
    cspan_file_options_free(&memory);
    assert_int_equal(fail_alloc_outstanding_here(), before);
  }
  assert_true(n > 10);
  cspan_configuration_free(configuration);
  fail_alloc_uninstall();
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(calls), cmocka_unit_test(calls_of_models),
                                     cmocka_unit_test(options)};
  static const char *const variables[] = {"AWS_PROFILE", "AWS_SESSION_TOKEN", "http_proxy",
                                          "all_proxy", "OTEL_CONFIG_FILE"};
  for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
    unsetenv(variables[i]);
  }
  setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1);
  setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
  return cmocka_run_group_tests(tests, quiet, loud);
}
