/* SPDX-License-Identifier: Apache-2.0 */
/* What calls of models take, in time and in tokens. */
#include <cloudspan/cloudspan.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/metric_check.h"
#include "support/typed_models.h"

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const char duration[] = "gen_ai.client.operation.duration";
static const char usage[] = "gen_ai.client.token.usage";

typedef struct bench {
  typed_fixture typed;
  metric_memory metrics;
} bench;

static void open_bench(bench *b, const char *answer) {
  metric_memory_open(&b->metrics);
  const cspan_trace_options trace = {.size = sizeof trace, .meter_provider = b->metrics.provider};
  typed_open_traced(&b->typed, "bedrock-runtime", &answer, 1, &trace);
}

static void close_bench(bench *b) {
  typed_close(&b->typed);
  metric_memory_close(&b->metrics);
}

static cspan_status call_model(bench *b, const char *operation, const char *model) {
  cspan_value input = CSPAN_MAP(cspan_field("modelId", cspan_string(model)));
  return cspan_call(NULL, b->typed.client, operation, &input, NULL, NULL);
}

/* With the attribute that comes last, if any. */
static const cspan_point_view *point_of(bench *b, const char *metric, const char *operation,
                                        const char *model, const char *key, const char *value) {
  cspan_attr attrs[] = {cspan_attr_string("gen_ai.provider.name", "aws.bedrock"),
                        cspan_attr_string("gen_ai.operation.name", operation),
                        cspan_attr_string("gen_ai.request.model", model),
                        cspan_attr_string("server.address", "127.0.0.1"),
                        cspan_attr_int64("server.port", script_server_port(b->typed.server)),
                        cspan_attr_string(key != NULL ? key : "", value)};
  return get_point(b->metrics.list, metric, attrs, COUNT(attrs) - (key == NULL));
}

static void check_tokens(bench *b, const char *operation, const char *model, double input,
                         double output) {
  const cspan_point_view *point =
      point_of(b, usage, operation, model, "gen_ai.token.type", "input");
  assert_int_equal(point->count, 1);
  assert_true(point->sum == input);
  assert_int_equal(point->boundary_count, 14);
  point = point_of(b, usage, operation, model, "gen_ai.token.type", "output");
  assert_int_equal(point->count, 1);
  assert_true(point->sum == output);
}

static void conversation(void **state) {
  (void)state;
  bench b;
  open_bench(&b, "200 |{\"usage\": {\"inputTokens\": 12, \"outputTokens\": 0}}");
  assert_int_equal(call_model(&b, "Converse", "some.model-v1"), CSPAN_OK);
  metric_memory_look(&b.metrics);
  const cspan_point_view *point = point_of(&b, duration, "chat", "some.model-v1", NULL, NULL);
  assert_int_equal(point->count, 1);
  assert_int_equal(point->boundary_count, 14);
  assert_true(point->boundaries[0] == 0.01 && point->boundaries[13] == 81.92);
  assert_string_equal(get_metric(b.metrics.list, usage)->unit, "{token}");
  check_tokens(&b, "chat", "some.model-v1", 12, 0);
  close_bench(&b);
}

/* What it does is known by the model, and its tokens are in headers. */
static void invocation(void **state) {
  (void)state;
  bench b;
  open_bench(&b, "200 X-Amzn-Bedrock-Input-Token-Count: 7\r\n"
                 "X-Amzn-Bedrock-Output-Token-Count: 9\r\n|{}");
  assert_int_equal(call_model(&b, "InvokeModel", "some.embed-v1"), CSPAN_OK);
  metric_memory_look(&b.metrics);
  assert_int_equal(point_of(&b, duration, "embeddings", "some.embed-v1", NULL, NULL)->count, 1);
  check_tokens(&b, "embeddings", "some.embed-v1", 7, 9);
  close_bench(&b);
}

/* Answers that tell no tokens, or none that could be. */
static void no_tokens(void **state) {
  (void)state;
  static const char *const answers[] = {
      "200 |{}", "200 |{\"usage\": {\"inputTokens\": -1}}",
      "200 X-Amzn-Bedrock-Input-Token-Count: many\r\n|{\"usage\": {}}"};
  for (size_t i = 0; i < COUNT(answers); i++) {
    bench b;
    open_bench(&b, answers[i]);
    assert_int_equal(call_model(&b, "Converse", "some.model-v1"), CSPAN_OK);
    metric_memory_look(&b.metrics);
    assert_int_equal(point_of(&b, duration, "chat", "some.model-v1", NULL, NULL)->count, 1);
    assert_int_equal(metric_total(b.metrics.list, usage), 0);
    close_bench(&b);
  }
}

static void failure(void **state) {
  (void)state;
  bench b;
  open_bench(&b, "404 X-Amzn-ErrorType: ResourceNotFoundException\r\n|{\"message\": \"no\"}");
  assert_int_equal(call_model(&b, "Converse", "none"), CSPAN_ERR_SERVICE);
  metric_memory_look(&b.metrics);
  const char *code = "ResourceNotFoundException";
  assert_int_equal(point_of(&b, duration, "chat", "none", "error.type", code)->count, 1);
  assert_int_equal(metric_total(b.metrics.list, usage), 0);
  close_bench(&b);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(conversation),
      cmocka_unit_test(invocation),
      cmocka_unit_test(no_tokens),
      cmocka_unit_test(failure),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
