/* SPDX-License-Identifier: Apache-2.0 */
/* Samplers made of samplers: by parent, always record, rate limited, by rule. */
#include "unit/telemetry/sampler_ask.h"

#include <stdio.h>

#include "telemetry/sampling/match.h"
#include "telemetry/sampling/rate_limit.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])

/* ------------------------------------------------------------------------ patterns */

static void test_patterns(void **state) {
  (void)state;
  static const struct {
    const char *pattern;
    const char *text;
    bool matches;
  } rows[] = {{"", "", true},
              {"", "a", false},
              {"*", "", true},
              {"*", "anything", true},
              {"S3.Head*", "S3.HeadObject", true},
              {"S3.Head*", "S3.Head", true},
              {"S3.Head*", "S3.GetObject", false},
              {"S3.Head*", "s3.headobject", false},
              {"*.PutItem", "DynamoDB.PutItem", true},
              {"*.PutItem", "DynamoDB.PutItems", false},
              {"a*b*c", "aXbYbZc", true},
              {"a*b*c", "aXbYbZ", false},
              {"*ab", "aaab", true},
              {"a?c", "abc", true},
              {"a?c", "ac", false},
              {"a?c",
               "a\xC3\xA9"
               "c",
               true}, /* one character of two bytes */
              {"a??c",
               "a\xC3\xA9"
               "c",
               false},
              {"**", "x", true},
              {"?*", "", false},
              {"*?", "\xE2\x82\xAC", true},
              {"[a]", "a", false},
              {"a.c", "abc", false}};
  for (size_t i = 0; i < COUNT(rows); i++) {
    assert_int_equal(cspan_pattern_matches(rows[i].pattern, cspan_str_of(rows[i].text)),
                     rows[i].matches);
  }
  /* No NUL is needed, and none matters. */
  assert_true(cspan_pattern_matches("ab", (cspan_str){"abc", 2}));
  assert_false(cspan_pattern_matches("a", (cspan_str){"a\0b", 3}));
  assert_true(cspan_pattern_matches("a*b", (cspan_str){"a\0b", 3}));
}

/* Many stars and a text that nearly matches: the time is the product of the lengths. */
static void test_patterns_take_bounded_time(void **state) {
  (void)state;
  char pattern[201];
  char text[2001];
  for (int i = 0; i < 200; i++) {
    pattern[i] = i % 2 == 0 ? '*' : 'a';
  }
  pattern[199] = 'b';
  pattern[200] = '\0';
  memset(text, 'a', 2000);
  text[2000] = '\0';
  assert_false(cspan_pattern_matches(pattern, cspan_str_of(text)));
}

static void test_attribute_matches(void **state) {
  (void)state;
  static const char *const tags[] = {"red", "green"};
  static const bool bits[] = {false, true};
  static const int64_t codes[] = {1, 404};
  static const double numbers[] = {0.5, 2};
  const cspan_attr attrs[] = {
      cspan_attr_string("tenant", "gold-1"), cspan_attr_int64("code", 404),
      cspan_attr_bool("hit", true),          cspan_attr_double("ratio", 0.25),
      cspan_attr_strings("tags", tags, 2),   cspan_attr_bools("bits", bits, 2),
      cspan_attr_int64s("codes", codes, 2),  cspan_attr_doubles("numbers", numbers, 2),
      cspan_attr_string("star", "*"),        cspan_attr_strings("none", NULL, 0)};
  static const char *const four[] = {"4*", "5*"};
  static const char *const not_404[] = {"404"};
  static const char *const not_red[] = {"red"};
  static const struct {
    cspan_attr_match match;
    bool matches;
  } rows[] = {
      {{.key = "tenant"}, true},
      {{.key = "nobody"}, false},
      {{.key = "ten*"}, true},
      {{.key = "tenant", .value = "gold*"}, true},
      {{.key = "tenant", .value = "silver*"}, false},
      {{.key = "code", .value = "404"}, true},
      {{.key = "code", .value = "4?4"}, true},
      {{.key = "code", .included = four, .included_count = 2}, true},
      {{.key = "code",
        .included = four,
        .included_count = 2,
        .excluded = not_404,
        .excluded_count = 1},
       false},
      {{.key = "code", .excluded = not_404, .excluded_count = 1}, false},
      {{.key = "tenant", .excluded = not_404, .excluded_count = 1}, true},
      {{.key = "hit", .value = "true"}, true},
      {{.key = "hit", .value = "1"}, false},
      {{.key = "ratio", .value = "0.25"}, true},
      {{.key = "tags", .value = "gr*"}, true},
      {{.key = "tags", .value = "blue"}, false},
      {{.key = "tags", .excluded = not_red, .excluded_count = 1}, true}, /* "green" is enough */
      {{.key = "bits", .value = "true"}, true},
      {{.key = "codes", .value = "404"}, true},
      {{.key = "numbers", .value = "0.5"}, true},
      {{.key = "none"}, false},
      {{.key = "star", .value = "*", .is_literal = true}, true},
      {{.key = "tenant", .value = "*", .is_literal = true}, false},
      {{.key = "ten*", .is_literal = true}, false},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    bool found = false;
    for (size_t a = 0; a < COUNT(attrs); a++) {
      found = found || cspan_attr_matches(&rows[i].match, &attrs[a]);
    }
    assert_int_equal(found, rows[i].matches);
  }
}

/* ----------------------------------------------------------------------- by parent */

/* Each case is asked of its own sampler; the description tells which is where. */
static void test_by_parent_cases(void **state) {
  (void)state;
  static const struct {
    bool has_parent;
    bool is_remote;
    uint8_t flags;
    int own; /* of the five, the one that is asked */
  } rows[] = {{false, false, 0, 0},
              {true, true, CSPAN_TRACE_FLAG_SAMPLED, 1},
              {true, true, 0, 2},
              {true, false, CSPAN_TRACE_FLAG_SAMPLED, 3},
              {true, false, 0, 4}};
  for (size_t i = 0; i < COUNT(rows); i++) {
    for (int on = 0; on < 5; on++) {
      cspan_sampler *made[5];
      for (int s = 0; s < 5; s++) {
        made[s] = s == on ? cspan_sampler_always_on() : cspan_sampler_always_off();
      }
      const cspan_by_parent_options options = {.size = sizeof options,
                                               .root = made[0],
                                               .remote_parent_sampled = made[1],
                                               .remote_parent_not_sampled = made[2],
                                               .local_parent_sampled = made[3],
                                               .local_parent_not_sampled = made[4]};
      cspan_sampler *sampler = cspan_sampler_by_parent(&options);
      const asked a = {
          .has_parent = rows[i].has_parent, .is_remote = rows[i].is_remote, .flags = rows[i].flags};
      assert_int_equal(ask(sampler, &a).decision, on == rows[i].own ? SAMPLE : DROP);
      cspan_sampler_free(sampler);
    }
  }
  const cspan_by_parent_options options = {.root = cspan_sampler_trace_id_ratio(0.5),
                                           .remote_parent_not_sampled =
                                               cspan_sampler_rate_limited(2, 0)};
  cspan_sampler *sampler = cspan_sampler_by_parent(&options);
  assert_string_equal(describe(sampler),
                      "ParentBased{root:TraceIdRatioBased{0.500000},"
                      "remoteParentSampled:AlwaysOnSampler,"
                      "remoteParentNotSampled:RateLimitingSampler{2.000},"
                      "localParentSampled:AlwaysOnSampler,localParentNotSampled:AlwaysOffSampler}");
  cspan_sampler_free(sampler);
  const cspan_by_parent_options rootless = {.local_parent_sampled = cspan_sampler_always_on()};
  assert_null(cspan_sampler_by_parent(&rootless));
}

/* A threshold that does not go with a remote parent's flag is erased; else it is kept. */
static void test_by_parent_thresholds(void **state) {
  (void)state;
  static const struct {
    bool is_remote;
    bool is_low;
    const char *before;
    const char *after; /* NULL: kept */
  } rows[] = {{true, false, "ot=th:8,a=1", NULL},
              {true, true, "ot=th:8,a=1", "a=1"},
              {true, true, "ot=th:8;rv:90000000000000,a=1", NULL},
              {true, false, "ot=th:8;rv:10000000000000,a=1", "ot=rv:10000000000000,a=1"},
              {true, true, "ot=th:0", NULL},
              {true, true, "a=1", NULL},
              {false, true, "ot=th:8", NULL}}; /* a local parent is of our making */
  cspan_sampler *sampler = cspan_sampler_parent_based(cspan_sampler_always_off());
  for (size_t i = 0; i < COUNT(rows); i++) {
    const asked a = {.has_parent = true,
                     .is_remote = rows[i].is_remote,
                     .is_low = rows[i].is_low,
                     .flags = CSPAN_TRACE_FLAG_SAMPLED,
                     .state = rows[i].before};
    cspan_sampling_result result = ask(sampler, &a);
    assert_int_equal(result.decision, SAMPLE);
    assert_state(&result, rows[i].after);
  }
  cspan_sampler_free(sampler);
}

/* ------------------------------------------------------------------- always record */

static void test_always_record(void **state) {
  (void)state;
  cspan_sampler *sampler =
      cspan_sampler_always_record(cspan_sampler_parent_based(cspan_sampler_trace_id_ratio(0.5)));
  const asked high = {.is_low = false};
  const asked low = {.is_low = true};
  cspan_sampling_result result = ask(sampler, &high);
  assert_int_equal(result.decision, SAMPLE);
  assert_state(&result, "ot=th:8");
  result = ask(sampler, &low);
  assert_int_equal(result.decision, RECORD);
  assert_state(&result, NULL);
  assert_memory_equal(describe(sampler), "AlwaysRecord{root:ParentBased{", 30);
  cspan_sampler_free(sampler);
  assert_null(cspan_sampler_always_record(NULL));
}

/* -------------------------------------------------------------------- rate limited */

static int64_t now_ns;

static int64_t clock_of_test(void) {
  return now_ns;
}

static size_t ask_often(const cspan_sampler *sampler, size_t times) {
  const asked a = {.name = "s"};
  size_t sampled = 0;
  for (size_t i = 0; i < times; i++) {
    sampled += (int)ask(sampler, &a).decision == SAMPLE;
  }
  return sampled;
}

static void test_rate_limit(void **state) {
  (void)state;
  enum { SECOND = 1000000000 };
  static const struct {
    double per_second;
    double burst;
    size_t at_once;     /* of 100 */
    int64_t pause_ns;   /* then */
    size_t after_pause; /* of 100 */
  } rows[] = {
      {10, 0, 10, SECOND / 10, 1},  {10, 0, 10, SECOND, 10},    {10, 0, 10, 5LL * SECOND, 10},
      {10, 3, 3, SECOND, 3},        {10, 1, 1, SECOND / 20, 0}, {0.5, 0, 1, SECOND, 0},
      {0.5, 0, 1, 2LL * SECOND, 1}, {1000, 0, 100, 0, 100},     {0, 5, 0, SECOND, 0},
      {-1, 5, 0, SECOND, 0},        {1e12, 0, 100, 0, 100}};
  for (size_t i = 0; i < COUNT(rows); i++) {
    now_ns = 1000 * (int64_t)SECOND;
    cspan_sampler *sampler =
        cspan_sampler_rate_limited_by(rows[i].per_second, rows[i].burst, clock_of_test);
    assert_int_equal(ask_often(sampler, 100), rows[i].at_once);
    now_ns += rows[i].pause_ns;
    assert_int_equal(ask_often(sampler, 100), rows[i].after_pause);
    cspan_sampler_free(sampler);
  }
}

/* Over a long time it is the rate, however often it is asked. */
static void test_rate_over_time(void **state) {
  (void)state;
  now_ns = 5;
  cspan_sampler *sampler = cspan_sampler_rate_limited_by(50, 0, clock_of_test);
  size_t sampled = 0;
  for (int ms = 0; ms < 60000; ms++) {
    sampled += ask_often(sampler, 3);
    now_ns += 1000000;
  }
  assert_in_range(sampled, 50 * 60, 50 * 60 + 50);
  cspan_sampler_free(sampler);
}

static void test_rate_limit_erases_thresholds(void **state) {
  (void)state;
  cspan_sampler *sampler = cspan_sampler_rate_limited(1000, 0);
  const asked a = {.has_parent = true, .state = "ot=th:8;x:y,a=1"};
  cspan_sampling_result result = ask(sampler, &a);
  assert_int_equal(result.decision, SAMPLE);
  assert_state(&result, "ot=x:y,a=1");
  assert_string_equal(describe(sampler), "RateLimitingSampler{1000.000}");
  cspan_sampler_free(sampler);
}

/* --------------------------------------------------------------------------- rules */

static void test_rules(void **state) {
  (void)state;
  const cspan_attr_match gold = {.key = "tenant", .value = "gold*"};
  const cspan_attr_match gold_eu[] = {gold, {.key = "cloud.region", .value = "eu-*"}};
  const cspan_sampling_rule rules[] = {
      {{.span_name = "S3.Head*"}, cspan_sampler_trace_id_ratio(0.01)},
      {{.span_name = "S3.*", .kinds = CSPAN_KIND_BIT(CSPAN_SPAN_SERVER)},
       cspan_sampler_always_off()},
      {{.attributes = gold_eu, .attribute_count = 2}, cspan_sampler_trace_id_ratio(0.25)},
      {{.parents = CSPAN_PARENT_LOCAL_ROOT, .span_name = "root*"}, cspan_sampler_always_off()},
      {{.span_name = "S3.HeadObject"}, cspan_sampler_always_off()}, /* the first one has it */
  };
  const cspan_rules_options options = {.size = sizeof options,
                                       .rules = rules,
                                       .rule_count = COUNT(rules),
                                       .fallback = cspan_sampler_always_on(),
                                       .rule_attribute = "sampled.by"};
  cspan_sampler *sampler = cspan_sampler_rules(&options);
  assert_non_null(sampler);
  const cspan_attr both[] = {cspan_attr_string("tenant", "gold-7"),
                             cspan_attr_string("cloud.region", "eu-west-1")};
  const struct {
    asked span;
    int decision;
    const char *state;
    const char *told;
  } rows[] = {
      {{.name = "S3.HeadObject"}, SAMPLE, "ot=th:fd70a", "S3.Head*"},
      {{.name = "S3.HeadObject", .is_low = true}, DROP, NULL, NULL},
      {{.name = "S3.GetObject"}, SAMPLE, NULL, "fallback"},
      {{.name = "S3.GetObject", .kind = CSPAN_SPAN_SERVER}, DROP, NULL, NULL},
      {{.name = "x", .attributes = both, .attribute_count = 2}, SAMPLE, "ot=th:c", "rule 3"},
      {{.name = "x", .attributes = both, .attribute_count = 1}, SAMPLE, NULL, "fallback"},
      {{.name = "root"}, DROP, NULL, NULL},
      {{.name = "root", .has_parent = true, .is_remote = true}, DROP, NULL, NULL},
      {{.name = "root", .has_parent = true}, SAMPLE, NULL, "fallback"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    cspan_sampling_result result = ask(sampler, &rows[i].span);
    assert_int_equal(result.decision, rows[i].decision);
    assert_state(&result, rows[i].state);
    const cspan_attr *told =
        cspan_attrs_find(result.attributes, result.attribute_count, "sampled.by");
    if (rows[i].told == NULL) {
      assert_null(told);
    } else {
      assert_string_equal(told->value.string, rows[i].told);
    }
  }
  assert_string_equal(describe(sampler),
                      "RulesSampler{S3.Head*:TraceIdRatioBased{0.010000},S3.*:AlwaysOffSampler,"
                      "rule 3:TraceIdRatioBased{0.250000},root*:AlwaysOffSampler,"
                      "S3.HeadObject:AlwaysOffSampler,fallback:AlwaysOnSampler}");
  cspan_sampler_free(sampler);
}

/* A rule or a fallback that could not be made: the others are freed. */
static void test_rules_without_a_sampler(void **state) {
  (void)state;
  const cspan_sampling_rule rules[] = {{{.span_name = "a"}, cspan_sampler_always_on()},
                                       {{.span_name = "b"}, NULL}};
  const cspan_rules_options options = {
      .rules = rules, .rule_count = 2, .fallback = cspan_sampler_always_on()};
  assert_null(cspan_sampler_rules(&options));
  const cspan_sampling_rule rule = {{.span_name = "a"}, cspan_sampler_always_on()};
  const cspan_rules_options no_fallback = {.rules = &rule, .rule_count = 1};
  assert_null(cspan_sampler_rules(&no_fallback));
}

/* A rule's attribute comes behind those of the sampler it asked. */
static void test_rules_within_rules(void **state) {
  (void)state;
  const cspan_rules_options inner = {.fallback = cspan_sampler_always_on(),
                                     .rule_attribute = "inner"};
  const cspan_rules_options outer = {.fallback = cspan_sampler_rules(&inner),
                                     .rule_attribute = "outer"};
  cspan_sampler *sampler = cspan_sampler_rules(&outer);
  const asked a = {.name = "x"};
  cspan_sampling_result result = ask(sampler, &a);
  assert_int_equal(result.attribute_count, 2);
  assert_string_equal(result.attributes[0].key, "inner");
  assert_string_equal(result.attributes[1].key, "outer");
  cspan_sampler_free(sampler);
}

/* Around them a parent-based sampler: whole traces, whose rule is the root's. */
static void test_rules_under_a_parent(void **state) {
  (void)state;
  const cspan_sampling_rule rule = {{.span_name = "no*"}, cspan_sampler_always_off()};
  const cspan_rules_options options = {
      .rules = &rule, .rule_count = 1, .fallback = cspan_sampler_rate_limited(100, 0)};
  cspan_sampler *sampler = cspan_sampler_parent_based(cspan_sampler_rules(&options));
  const asked roots[] = {{.name = "no"}, {.name = "yes"}};
  const asked child = {.name = "no", .has_parent = true, .flags = CSPAN_TRACE_FLAG_SAMPLED};
  assert_int_equal(ask(sampler, &roots[0]).decision, DROP);
  assert_int_equal(ask(sampler, &roots[1]).decision, SAMPLE);
  assert_int_equal(ask(sampler, &child).decision, SAMPLE);
  cspan_sampler_free(sampler);
}

/* A kind that is none is taken for internal, by samplers as well. */
static void test_rules_of_no_kind(void **state) {
  (void)state;
  const cspan_sampling_rule rule = {{.kinds = CSPAN_KIND_BIT(CSPAN_SPAN_INTERNAL)},
                                    cspan_sampler_always_on()};
  const cspan_rules_options rules = {
      .rules = &rule, .rule_count = 1, .fallback = cspan_sampler_always_off()};
  const cspan_provider_options options = {.size = sizeof options,
                                          .sampler = cspan_sampler_rules(&rules)};
  const cspan_span_options none = {.size = sizeof none, .kind = (cspan_span_kind)77};
  cspan_tracer_provider *provider;
  assert_int_equal(cspan_tracer_provider_create(&options, &provider, NULL), CSPAN_OK);
  cspan_tracer *tracer = cspan_tracer_get(provider, "t", NULL, NULL);
  cspan_span span = cspan_span_start(tracer, NULL, "span", &none);
  assert_true(cspan_span_is_recording(span));
  cspan_span_end(span);
  cspan_tracer_provider_free(provider);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_patterns),
      cmocka_unit_test(test_patterns_take_bounded_time),
      cmocka_unit_test(test_attribute_matches),
      cmocka_unit_test(test_by_parent_cases),
      cmocka_unit_test(test_by_parent_thresholds),
      cmocka_unit_test(test_always_record),
      cmocka_unit_test(test_rate_limit),
      cmocka_unit_test(test_rate_over_time),
      cmocka_unit_test(test_rate_limit_erases_thresholds),
      cmocka_unit_test(test_rules),
      cmocka_unit_test(test_rules_without_a_sampler),
      cmocka_unit_test(test_rules_within_rules),
      cmocka_unit_test(test_rules_under_a_parent),
      cmocka_unit_test(test_rules_of_no_kind),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
