/* SPDX-License-Identifier: Apache-2.0 */
/* Jaeger's sampling strategies: reading the answer, deciding by it, and where it is asked for. */
#include "unit/telemetry/sampler_ask.h"

#include "base/alloc.h"
#include "telemetry/sampling/jaeger_fetch.h"
#include "telemetry/sampling/jaeger_strategies.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

static int64_t now_ns = 1;

static int64_t clock_of_test(void) {
  return now_ns;
}

/* A sampler around them, so that they can be asked like one. */
static void ask_strategies(void *self, const cspan_sampling_input *input,
                           cspan_sampling_result *result) {
  cspan_jaeger_sample(self, input, result);
}

static cspan_sampling_result decide(cspan_jaeger_strategies *strategies, const char *name,
                                    bool is_low, const char *state) {
  static const cspan_sampler_vtable vtable = {.size = sizeof vtable,
                                              .should_sample = ask_strategies};
  cspan_sampler sampler = {&vtable, strategies};
  const asked a = {.name = name, .is_low = is_low, .state = state};
  return ask(&sampler, &a);
}

static cspan_jaeger_strategies *parse(const char *json) {
  cspan_jaeger_strategies *strategies = NULL;
  cspan_error *error = NULL;
  assert_int_equal(cspan_jaeger_parse(json, strlen(json), clock_of_test, &strategies, &error),
                   CSPAN_OK);
  assert_non_null(strategies);
  return strategies;
}

static void test_probabilistic(void **state) {
  (void)state;
  static const struct {
    const char *json;
    const char *high; /* the trace state of what is sampled; NULL: it is not */
    const char *low;
  } rows[] = {
      {"{\"strategyType\":\"PROBABILISTIC\",\"probabilisticSampling\":{\"samplingRate\":0.5}}",
       "ot=th:8", NULL},
      {"{\"strategyType\":0,\"probabilisticSampling\":{\"samplingRate\":1}}", "ot=th:0", "ot=th:0"},
      {"{\"probabilisticSampling\":{\"samplingRate\":0.25}}", "ot=th:c", NULL},
      {"{\"probabilisticSampling\":{}}", NULL, NULL},
      {"{\"strategyType\":\"PROBABILISTIC\",\"probabilisticSampling\":{\"samplingRate\":0.5},"
       "\"rateLimitingSampling\":null,\"more\":[1,2]}",
       "ot=th:8", NULL},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    cspan_jaeger_strategies *strategies = parse(rows[i].json);
    cspan_sampling_result high = decide(strategies, "any", false, NULL);
    cspan_sampling_result low = decide(strategies, "any", true, NULL);
    assert_int_equal(high.decision, rows[i].high != NULL ? SAMPLE : DROP);
    assert_state(&high, rows[i].high);
    assert_int_equal(low.decision, rows[i].low != NULL ? SAMPLE : DROP);
    assert_state(&low, rows[i].low);
    cspan_jaeger_free(strategies);
  }
}

static void test_rate_limiting(void **state) {
  (void)state;
  static const char *const answers[] = {
      "{\"strategyType\":\"RATE_LIMITING\",\"rateLimitingSampling\":{\"maxTracesPerSecond\":3}}",
      "{\"strategyType\":1,\"rateLimitingSampling\":{\"maxTracesPerSecond\":3}}",
      "{\"rateLimitingSampling\":{\"maxTracesPerSecond\":3.0}}"};
  for (size_t i = 0; i < COUNT(answers); i++) {
    cspan_jaeger_strategies *strategies = parse(answers[i]);
    size_t sampled = 0;
    for (int n = 0; n < 10; n++) {
      cspan_sampling_result result = decide(strategies, "any", true, "ot=th:8");
      sampled += (int)result.decision == SAMPLE;
      assert_state(&result, "");
    }
    assert_int_equal(sampled, 3);
    cspan_jaeger_free(strategies);
  }
}

static void test_by_operation(void **state) {
  (void)state;
  cspan_jaeger_strategies *strategies =
      parse("{\"strategyType\":\"PROBABILISTIC\",\"operationSampling\":{"
            "\"defaultSamplingProbability\":0.5,\"perOperationStrategies\":["
            "{\"operation\":\"/product\",\"probabilisticSampling\":{\"samplingRate\":0.25}},"
            "{\"operation\":\"/admin\",\"probabilisticSampling\":{\"samplingRate\":1.0}},"
            "{\"operation\":\"/metrics\",\"probabilisticSampling\":{\"samplingRate\":0.0}}]}}");
  static const struct {
    const char *name;
    const char *high;
    const char *low;
  } rows[] = {{"/product", "ot=th:c", NULL},
              {"/admin", "ot=th:0", "ot=th:0"},
              {"/metrics", NULL, NULL},
              {"/other", "ot=th:8", NULL},
              {"", "ot=th:8", NULL}};
  for (size_t i = 0; i < COUNT(rows); i++) {
    cspan_sampling_result high = decide(strategies, rows[i].name, false, NULL);
    cspan_sampling_result low = decide(strategies, rows[i].name, true, NULL);
    assert_state(&high, rows[i].high);
    assert_state(&low, rows[i].low);
    assert_int_equal(high.decision, rows[i].high != NULL ? SAMPLE : DROP);
    assert_int_equal(low.decision, rows[i].low != NULL ? SAMPLE : DROP);
  }
  cspan_jaeger_free(strategies);
}

/* At least so many, each operation on its own; those say no threshold. */
static void test_lower_bound(void **state) {
  (void)state;
  cspan_jaeger_strategies *strategies =
      parse("{\"operationSampling\":{\"defaultSamplingProbability\":0.5,"
            "\"defaultLowerBoundTracesPerSecond\":2,\"perOperationStrategies\":["
            "{\"operation\":\"rare\",\"probabilisticSampling\":{\"samplingRate\":0}}]}}");
  for (int second = 0; second < 3; second++) {
    size_t rare = 0;
    size_t other = 0;
    for (int n = 0; n < 10; n++) {
      cspan_sampling_result result = decide(strategies, "rare", true, "ot=th:0,a=1");
      rare += (int)result.decision == SAMPLE;
      assert_state(&result, "a=1");
      other += (int)decide(strategies, "other", true, NULL).decision == SAMPLE;
    }
    assert_int_equal(rare, 2);
    assert_int_equal(other, 2);
    now_ns += 1000000000;
  }
  /* What is sampled by its share counts towards the bound. */
  cspan_sampling_result first = decide(strategies, "other", false, NULL);
  assert_state(&first, "ot=th:8");
  (void)decide(strategies, "other", false, NULL);
  assert_int_equal(decide(strategies, "other", true, NULL).decision, DROP);
  cspan_jaeger_free(strategies);
}

static void test_bad_answers(void **state) {
  (void)state;
  static const char *const answers[] = {
      "",
      "null",
      "[]",
      "{",
      "{}",
      "{\"secret\":\"SECRET\"}",
      "{\"probabilisticSampling\":7}",
      "{\"probabilisticSampling\":{\"samplingRate\":1.5}}",
      "{\"probabilisticSampling\":{\"samplingRate\":-0.1}}",
      "{\"probabilisticSampling\":{\"samplingRate\":\"SECRET\"}}",
      "{\"strategyType\":\"RATE_LIMITING\",\"probabilisticSampling\":{\"samplingRate\":1}}",
      "{\"rateLimitingSampling\":{\"maxTracesPerSecond\":-1}}",
      "{\"operationSampling\":{\"defaultSamplingProbability\":2}}",
      "{\"operationSampling\":{\"perOperationStrategies\":7}}",
      "{\"operationSampling\":{\"perOperationStrategies\":[{}]}}",
      "{\"operationSampling\":{\"perOperationStrategies\":[{\"operation\":\"a\"}]}}",
      "{\"operationSampling\":{\"perOperationStrategies\":[{\"operation\":7}]}}",
      "{\"operationSampling\":{\"perOperationStrategies\":[7]}}",
  };
  for (size_t i = 0; i < COUNT(answers); i++) {
    cspan_jaeger_strategies *strategies;
    cspan_error *error = NULL;
    assert_int_equal(
        cspan_jaeger_parse(answers[i], strlen(answers[i]), clock_of_test, &strategies, &error),
        CSPAN_ERR_PROTOCOL);
    assert_null(strategies);
    assert_memory_equal(cspan_error_message(error), "the answer ", 11);
    assert_null(strstr(cspan_error_message(error), "SECRET"));
    cspan_error_free(error);
  }
}

/* Operations beyond the limit are sampled as the others. */
static void test_many_operations(void **state) {
  (void)state;
  cspan_buf json;
  cspan_buf_init(&json, 1 << 20);
  cspan_buf_str(&json, "{\"operationSampling\":{\"defaultSamplingProbability\":0,"
                       "\"perOperationStrategies\":[");
  for (int i = 0; i < 2500; i++) {
    cspan_buf_printf(&json,
                     "%s{\"operation\":\"op%d\",\"probabilisticSampling\":{\"samplingRate\":1}}",
                     i > 0 ? "," : "", i);
  }
  cspan_buf_str(&json, "]}}");
  cspan_jaeger_strategies *strategies = parse(cspan_buf_text(&json));
  assert_int_equal(decide(strategies, "op0", true, NULL).decision, SAMPLE);
  assert_int_equal(decide(strategies, "op1999", true, NULL).decision, SAMPLE);
  assert_int_equal(decide(strategies, "op2000", true, NULL).decision, DROP);
  cspan_jaeger_free(strategies);
  cspan_buf_free(&json);
}

static void test_urls(void **state) {
  (void)state;
  static const struct {
    const char *endpoint;
    const char *service;
    const char *url; /* NULL: refused */
  } rows[] = {
      {NULL, "s", "http://localhost:5778/sampling?service=s"},
      {"", "s", "http://localhost:5778/sampling?service=s"},
      {"http://localhost:14250", "s", "http://localhost:5778/sampling?service=s"},
      {"localhost:14250", "s", "http://localhost:5778/sampling?service=s"},
      {"https://c.example:14250/", "s", "https://c.example:5778/sampling?service=s"},
      {"http://c:14268/api/sampling", "s", "http://c:14268/api/sampling?service=s"},
      {"http://c:5778/sampling?tenant=1", "s", "http://c:5778/sampling?tenant=1&service=s"},
      {"http://c?tenant=1", "s", "http://c/sampling?tenant=1&service=s"},
      {"collector:5778", "a b/c&d", "http://collector:5778/sampling?service=a%20b%2Fc%26d"},
      {"http://[::1]:14250", "s", "http://[::1]:5778/sampling?service=s"},
      {"ftp://c", "s", NULL},
      {"http://", "s", NULL},
      {"http:///sampling", "s", NULL},
      {"http://user:password@c", "s", NULL},
      {"http://c/ sampling", "s", NULL},
      {"http://c#part", "s", NULL},
      {"http://c\r\nHost: d", "s", NULL},
      {"http://c", "", NULL},
      {"http://c", NULL, NULL},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    char *url;
    cspan_error *error = NULL;
    cspan_status status = cspan_jaeger_url(rows[i].endpoint, rows[i].service, &url, &error);
    if (rows[i].url != NULL) {
      assert_int_equal(status, CSPAN_OK);
      assert_string_equal(url, rows[i].url);
      cspan_free(url);
    } else {
      assert_int_equal(status, CSPAN_ERR_INVALID);
      assert_null(strstr(cspan_error_message(error), "password@"));
      cspan_error_free(error);
    }
  }
}

static void test_single(void **state) {
  (void)state;
  cspan_jaeger_strategies *strategies = cspan_jaeger_single(cspan_sampler_trace_id_ratio(0.5));
  cspan_sampling_result result = decide(strategies, "x", false, NULL);
  assert_state(&result, "ot=th:8");
  assert_int_equal(decide(strategies, "x", true, NULL).decision, DROP);
  cspan_jaeger_free(strategies);
  assert_null(cspan_jaeger_single(NULL));
  cspan_jaeger_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_probabilistic), cmocka_unit_test(test_rate_limiting),
      cmocka_unit_test(test_by_operation),  cmocka_unit_test(test_lower_bound),
      cmocka_unit_test(test_bad_answers),   cmocka_unit_test(test_many_operations),
      cmocka_unit_test(test_urls),          cmocka_unit_test(test_single),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
