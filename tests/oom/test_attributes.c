/* SPDX-License-Identifier: Apache-2.0 */
/* The attributes of services and users with every allocation failing in turn: a config is refused
 * whole, and a call goes on without the attributes that had no memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/fail_alloc.h"
#include "support/typed_models.h"

enum { MOST_ALLOCATIONS = 3000 };

static const cspan_attribute_rule rows[] = {
    {"DynamoDB", "Batch*", CSPAN_FROM_INPUT, "RequestItems[]", "app.lists", CSPAN_AS_JSONS, 64},
    {"DynamoDB", NULL, CSPAN_FROM_INPUT, "RequestItems", "app.all", CSPAN_AS_JSON, 64},
    {NULL, NULL, CSPAN_FROM_OUTPUT, "UnprocessedItems", "app.left", CSPAN_AS_STRINGS, 0},
    {NULL, NULL, CSPAN_FROM_ERROR, "message", "app.message", CSPAN_AS_STRING, 0},
};
static const char *const removed[] = {"aws.http.*", "server.port", NULL};

static cspan_trace_options options_of(cspan_tracer_provider *provider) {
  return (cspan_trace_options){.size = sizeof(cspan_trace_options),
                               .provider = provider,
                               .attribute_rules = rows,
                               .attribute_rule_count = sizeof rows / sizeof rows[0],
                               .removed_attributes = removed};
}

static cspan_tracer_provider *make_provider(void) {
  cspan_span_processor *processors[] = {cspan_processor_simple(cspan_exporter_memory())};
  cspan_tracer_provider *provider = NULL;
  cspan_provider_options options = {.size = sizeof options,
                                    .service_name = "oom",
                                    .sampler = cspan_sampler_always_on(),
                                    .processors = processors,
                                    .processor_count = 1};
  assert_int_equal(cspan_tracer_provider_create(&options, &provider, NULL), CSPAN_OK);
  return provider;
}

/* -------------------------------------------------------------------- configs */

static void test_options(void **state) {
  (void)state;
  cspan_tracer_provider *provider = make_provider();
  bool met = true;
  size_t n = 1;
  for (; met; n++) {
    assert_true(n < MOST_ALLOCATIONS);
    cspan_aws_options aws = {.size = sizeof aws, .region = "eu-central-1"};
    cspan_aws_config *config = NULL;
    cspan_error *error = NULL;
    assert_int_equal(cspan_aws_config_load(&aws, &config, NULL), CSPAN_OK);
    cspan_trace_options options = options_of(provider);
    fail_alloc_arm(n, false);
    cspan_status status = cspan_trace_append(config, &options, &error);
    met = fail_alloc_disarm();
    assert_true(status == CSPAN_OK || (met && status == CSPAN_ERR_NOMEM));
    assert_true((status == CSPAN_OK) == (error == NULL));
    cspan_error_free(error);
    cspan_aws_config_free(config);
  }
  assert_true(n > 15); /* it did meet those of the rows */
  cspan_tracer_provider_free(provider);
}

/* ---------------------------------------------------------------------- calls */

static cspan_status write_batch(cspan_client *client, cspan_error **error) {
  cspan_value item = CSPAN_MAP(cspan_field("id", CSPAN_MAP(cspan_field("S", cspan_string("x")))));
  cspan_value put = CSPAN_MAP(cspan_field("PutRequest", CSPAN_MAP(cspan_field("Item", item))));
  cspan_value input =
      CSPAN_MAP(cspan_field("RequestItems", CSPAN_MAP(cspan_field("t", CSPAN_LIST(put, put)),
                                                      cspan_field("u", CSPAN_LIST(put)))));
  return cspan_call(NULL, client, "BatchWriteItem", &input, NULL, error);
}

/* With the n-th allocation failing; whether one did. The plan of the operation is made anew. */
static bool run_once(const char *answer, cspan_status expected, size_t n) {
  cspan_tracer_provider *provider = make_provider();
  cspan_trace_options options = options_of(provider);
  typed_fixture f;
  cspan_error *error = NULL;
  typed_open_traced(&f, "dynamodb", &answer, 1, &options);
  fail_alloc_arm(n, false);
  cspan_status status = write_batch(f.client, &error);
  bool met = fail_alloc_disarm();
  if (status != expected && (status != CSPAN_ERR_NOMEM || !met)) {
    fail_msg("allocation %zu: %s: %s", n, cspan_status_name(status), cspan_error_message(error));
  }
  cspan_error_free(error);
  typed_close(&f);
  cspan_tracer_provider_free(provider);
  return met;
}

static void replay(const char *answer, cspan_status expected) {
  run_once(answer, expected, MOST_ALLOCATIONS); /* makes what is made once for all */
  long before = fail_alloc_outstanding_here();
  size_t n = 1;
  while (run_once(answer, expected, n)) {
    assert_int_equal(fail_alloc_outstanding_here(), before);
    assert_true(++n < MOST_ALLOCATIONS);
  }
  assert_true(n > 20); /* it did meet some */
}

static void test_call(void **state) {
  (void)state;
  replay("200 |{\"UnprocessedItems\":{\"u\":[{\"PutRequest\":{\"Item\":{}}}]}}", CSPAN_OK);
}

static void test_failed_call(void **state) {
  (void)state;
  replay("400 |{\"__type\":\"x#ResourceNotFoundException\",\"message\":\"no\"}", CSPAN_ERR_SERVICE);
}

static int set_up(void **state) {
  (void)state;
  fail_alloc_install();
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  fail_alloc_uninstall();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_options),
      cmocka_unit_test(test_call),
      cmocka_unit_test(test_failed_call),
  };
  return cmocka_run_group_tests_name("attributes without memory", tests, set_up, tear_down);
}
