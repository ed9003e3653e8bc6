/* SPDX-License-Identifier: Apache-2.0 */
/* Samplers and tail sampling with every allocation failing in turn: nothing leaks or crashes, what
 * could not be made is NULL, and every span that ended is counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <cloudspan/ext/sampler.h>

#include "support/fail_alloc.h"
#include "telemetry/sampling/jaeger_strategies.h"

#define MOST_ALLOCATIONS 5000
/* What the pool of spans keeps for the next ones. */
#define KEPT_BLOCKS 8

typedef void (*scenario)(bool *failed);

static void replay(scenario run) {
  bool failed = false;
  run(&failed);
  assert_false(failed);
  long before = fail_alloc_outstanding_here();
  for (int all_that_follow = 0; all_that_follow < 2; all_that_follow++) {
    for (size_t n = 1;; n++) {
      assert_true(n < MOST_ALLOCATIONS);
      failed = false;
      fail_alloc_arm(n, all_that_follow == 1);
      run(&failed);
      if (!fail_alloc_disarm()) {
        assert_false(failed);
        break;
      }
      assert_true(fail_alloc_outstanding_here() <= before + KEPT_BLOCKS);
    }
  }
}

/* ------------------------------------------------------------------------- samplers */

static const cspan_attr_match region = {.key = "cloud.region",
                                        .included = (const char *const[]){"eu-*", "us-*"},
                                        .included_count = 2,
                                        .excluded = (const char *const[]){"us-west-1"},
                                        .excluded_count = 1};

static void make_rules(bool *failed) {
  const cspan_by_parent_options by_parent = {.root = cspan_sampler_rate_limited(10, 0),
                                             .remote_parent_not_sampled =
                                                 cspan_sampler_trace_id_ratio(0.1)};
  const cspan_sampling_rule rules[] = {
      {{.span_name = "S3.*", .attributes = &region, .attribute_count = 1},
       cspan_sampler_trace_id_ratio(0.01)},
      {{.kinds = 1}, cspan_sampler_always_record(cspan_sampler_always_off())}};
  const cspan_rules_options options = {.rules = rules,
                                       .rule_count = 2,
                                       .fallback = cspan_sampler_by_parent(&by_parent),
                                       .rule_attribute = "rule"};
  cspan_sampler *sampler = cspan_sampler_rules(&options);
  *failed = sampler == NULL;
  cspan_sampler_free(sampler);
}

static void test_rules(void **state) {
  (void)state;
  replay(make_rules);
}

static void make_composite(bool *failed) {
  static const char *const texts[] = {"a", "b"};
  static const int64_t numbers[] = {1, 2};
  const cspan_attr attributes[] = {cspan_attr_string("s", "text"),
                                   cspan_attr_strings("l", texts, 2),
                                   cspan_attr_int64s("n", numbers, 2)};
  const cspan_composable_rule rules[] = {
      {{.span_name = "a*", .attributes = &region, .attribute_count = 1},
       cspan_composable_probability(0.5)},
      {{.span_name = "b*"},
       cspan_composable_annotating(cspan_composable_always_on(), attributes, 3)}};
  cspan_sampler *sampler = cspan_sampler_composite(
      cspan_composable_parent_threshold(cspan_composable_rule_based(rules, 2)));
  *failed = sampler == NULL;
  cspan_sampler_free(sampler);
}

static void test_composite(void **state) {
  (void)state;
  replay(make_composite);
}

static void parse_strategies(bool *failed) {
  static const char json[] =
      "{\"operationSampling\":{\"defaultSamplingProbability\":0.5,"
      "\"defaultLowerBoundTracesPerSecond\":1,\"perOperationStrategies\":["
      "{\"operation\":\"a\",\"probabilisticSampling\":{\"samplingRate\":1}},"
      "{\"operation\":\"b\",\"probabilisticSampling\":{\"samplingRate\":0}}]}}";
  cspan_jaeger_strategies *strategies;
  cspan_error *error = NULL;
  cspan_status status =
      cspan_jaeger_parse(json, sizeof json - 1, cspan_now_ns, &strategies, &error);
  *failed = status != CSPAN_OK;
  if (*failed) {
    assert_int_equal(status, CSPAN_ERR_NOMEM);
    assert_non_null(error);
    assert_null(strategies);
  }
  cspan_error_free(error);
  cspan_jaeger_free(strategies);
}

static void test_jaeger_strategies(void **state) {
  (void)state;
  replay(parse_strategies);
}

/* A port that refuses: what the thread meets does not matter here. */
static void make_remote(bool *failed) {
  const cspan_jaeger_remote_options options = {
      .service_name = "s", .endpoint = "http://127.0.0.1:1", .initial = cspan_sampler_always_on()};
  cspan_sampler *sampler = NULL;
  cspan_error *error = NULL;
  *failed = cspan_sampler_jaeger_remote(&options, &sampler, &error) != CSPAN_OK;
  assert_int_equal(error != NULL, *failed);
  assert_int_equal(sampler == NULL, *failed);
  cspan_error_free(error);
  cspan_sampler_free(sampler);
}

static void test_jaeger_remote(void **state) {
  (void)state;
  cspan_log_set(NULL, NULL, CSPAN_LOG_NONE);
  replay(make_remote);
}

/* -------------------------------------------------------------------- tail sampling */

static uint64_t end_span(cspan_span span) {
  bool is_recording = cspan_span_is_recording(span);
  cspan_span_end(span);
  return is_recording;
}

/* Traces of a few spans, one too large for a chunk, one without its root, one of only a root. */
static uint64_t make_traces(cspan_tracer *tracer) {
  static char large[9000];
  uint64_t ended = 0;
  memset(large, 'x', sizeof large - 1);
  for (int t = 0; t < 4; t++) {
    cspan_span root = cspan_span_start(tracer, NULL, "root", NULL);
    const cspan_context context = cspan_context_with_span(NULL, root);
    for (int c = 0; t < 3 && c < 5; c++) {
      cspan_span child = cspan_span_start(tracer, &context, "child", NULL);
      cspan_span_set_string(child, "text", t == 1 && c == 2 ? large : "small");
      cspan_span_set_status(child, t == 0 && c == 1 ? CSPAN_SPAN_ERROR : CSPAN_SPAN_OK, NULL);
      ended += end_span(child);
    }
    if (t != 2) {
      ended += end_span(root);
    }
  }
  return ended;
}

static void sample_by_the_tail(bool *failed) {
  static const cspan_tail_rule rules[] = {
      {.error = true}, {.match = {.attributes = &region, .attribute_count = 1}, .ratio = 0.5}};
  const cspan_tail_sampling_options options = {
      .rules = rules, .rule_count = 2, .base_ratio = 0.5, .max_spans_per_trace = 4};
  cspan_span_processor *tail =
      cspan_processor_tail_sampling(cspan_processor_simple(cspan_exporter_memory()), &options);
  const cspan_provider_options provider_options = {
      .sampler = cspan_sampler_always_on(), .processors = &tail, .processor_count = 1};
  cspan_tracer_provider *provider = NULL;
  if (tail == NULL) {
    cspan_sampler_free(provider_options.sampler);
    *failed = true;
    return;
  }
  if (cspan_tracer_provider_create(&provider_options, &provider, NULL) != CSPAN_OK) {
    *failed = true;
    return;
  }
  uint64_t ended = make_traces(cspan_tracer_get(provider, "t", NULL, NULL));
  cspan_tail_sampling_stats stats = {.size = sizeof stats};
  assert_true(cspan_processor_tail_stats(tail, &stats));
  assert_int_equal(stats.spans_kept + stats.spans_dropped + stats.spans_held, ended);
  cspan_tracer_provider_shutdown(provider, 0, NULL);
  assert_true(cspan_processor_tail_stats(tail, &stats));
  assert_int_equal(stats.spans_kept + stats.spans_dropped, ended);
  assert_int_equal(stats.traces_held + stats.spans_held + stats.bytes_held, 0);
  cspan_tracer_provider_free(provider);
}

static void test_tail(void **state) {
  (void)state;
  cspan_log_set(NULL, NULL, CSPAN_LOG_NONE);
  replay(sample_by_the_tail);
}

static int open_all(void **state) {
  (void)state;
  fail_alloc_install();
  return 0;
}

static int close_all(void **state) {
  (void)state;
  fail_alloc_uninstall();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rules),
      cmocka_unit_test(test_composite),
      cmocka_unit_test(test_jaeger_strategies),
      cmocka_unit_test(test_jaeger_remote),
      cmocka_unit_test(test_tail),
  };
  return cmocka_run_group_tests(tests, open_all, close_all);
}
