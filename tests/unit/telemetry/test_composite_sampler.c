/* SPDX-License-Identifier: Apache-2.0 */
/* CompositeSampler and the composable samplers that are built in. */
#include "unit/telemetry/sampler_ask.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])
enum { SAMPLED = CSPAN_TRACE_FLAG_SAMPLED };

typedef struct row {
  asked span;
  int decision;
  const char *state; /* NULL: as it was */
} row;

static void check(cspan_composable_sampler *composable, const char *description, const row *rows,
                  size_t count) {
  cspan_sampler *sampler = cspan_sampler_composite(composable);
  assert_non_null(sampler);
  assert_string_equal(describe(sampler), description);
  for (size_t i = 0; i < count; i++) {
    cspan_sampling_result result = ask(sampler, &rows[i].span);
    assert_int_equal(result.decision, rows[i].decision);
    assert_state(&result, rows[i].state);
  }
  cspan_sampler_free(sampler);
}

static void test_always(void **state) {
  (void)state;
  static const row on[] = {
      {{.is_low = true}, SAMPLE, "ot=th:0"},
      {{.state = "a=1,ot=th:8;x:y", .has_parent = true}, SAMPLE, "ot=x:y;th:0,a=1"},
      {{.state = "ot=th:0", .has_parent = true}, SAMPLE, NULL}};
  static const row off[] = {{{.is_low = false}, DROP, NULL},
                            {{.state = "a=1,ot=th:8;rv:00000000000001", .has_parent = true},
                             DROP,
                             "ot=rv:00000000000001,a=1"}};
  check(cspan_composable_always_on(), "CompositeSampler{ComposableAlwaysOn}", on, COUNT(on));
  check(cspan_composable_always_off(), "CompositeSampler{ComposableAlwaysOff}", off, COUNT(off));
  assert_null(cspan_sampler_composite(NULL));
}

static void test_probability(void **state) {
  (void)state;
  static const row half[] = {
      {{.is_low = false}, SAMPLE, "ot=th:8"},
      {{.is_low = true}, DROP, NULL},
      {{.is_low = true, .state = "ot=rv:80000000000000"}, SAMPLE, "ot=rv:80000000000000;th:8"},
      {{.is_low = false, .state = "ot=rv:7fffffffffffff;th:0"}, DROP, "ot=rv:7fffffffffffff"}};
  static const row none[] = {{{.is_low = false}, DROP, NULL}};
  check(cspan_composable_probability(0.5), "CompositeSampler{ComposableProbability{0.500000}}",
        half, COUNT(half));
  check(cspan_composable_probability(0), "CompositeSampler{ComposableProbability{0.000000}}", none,
        COUNT(none));
}

/* The parent's threshold; without one its flag, and then nothing is said; not one that does not
 * go with the flag. */
static void test_parent_threshold(void **state) {
  (void)state;
  static const row rows[] = {
      {{.is_low = false}, SAMPLE, "ot=th:c"},
      {{.is_low = true}, DROP, NULL},
      {{.has_parent = true, .flags = SAMPLED, .state = "ot=th:8"}, SAMPLE, NULL},
      {{.has_parent = true, .flags = 0, .state = "ot=th:8", .is_low = true}, DROP, ""},
      {{.has_parent = true, .flags = SAMPLED}, SAMPLE, NULL},
      {{.has_parent = true, .flags = SAMPLED, .is_low = true, .is_remote = true}, SAMPLE, NULL},
      {{.has_parent = true, .flags = 0}, DROP, NULL},
      {{.has_parent = true, .flags = SAMPLED, .is_low = true, .state = "ot=th:8"}, SAMPLE, ""},
      {{.has_parent = true, .flags = 0, .state = "ot=th:8"}, DROP, ""},
      {{.has_parent = true, .flags = SAMPLED, .state = "ot=th:zz,a=1"}, SAMPLE, "a=1"}};
  check(cspan_composable_parent_threshold(cspan_composable_probability(0.25)),
        "CompositeSampler{ComposableParentThreshold{root:ComposableProbability{0.250000}}}", rows,
        COUNT(rows));
  assert_null(cspan_composable_parent_threshold(NULL));
}

static void test_rule_based(void **state) {
  (void)state;
  static const row rows[] = {{{.name = "S3.HeadObject"}, SAMPLE, "ot=th:fd70a"},
                             {{.name = "S3.HeadObject", .is_low = true}, DROP, NULL},
                             {{.name = "S3.GetObject"}, SAMPLE, "ot=th:0"},
                             {{.name = "SQS.Send"}, DROP, NULL}};
  const cspan_composable_rule rules[] = {
      {{.span_name = "S3.Head*"}, cspan_composable_probability(0.01)},
      {{.span_name = "S3.*"}, cspan_composable_always_on()}};
  check(cspan_composable_rule_based(rules, 2), "CompositeSampler{ComposableRuleBased{2 rules}}",
        rows, COUNT(rows));
  static const row none[] = {{{.name = "x"}, DROP, NULL}};
  check(cspan_composable_rule_based(NULL, 0), "CompositeSampler{ComposableRuleBased{0 rules}}",
        none, 1);
  const cspan_composable_rule broken[] = {{{.span_name = "a"}, cspan_composable_always_on()},
                                          {{.span_name = "b"}, NULL}};
  assert_null(cspan_composable_rule_based(broken, 2));
}

static void test_annotating(void **state) {
  (void)state;
  static const bool bits[] = {true};
  static const char *const texts[] = {"a", "b"};
  static const int64_t numbers[] = {1, 2, 3};
  const cspan_attr inner[] = {cspan_attr_string("rule", "inner"), cspan_attr_int64("n", 7),
                              cspan_attr_bools("bits", bits, 1)};
  const cspan_attr outer[] = {cspan_attr_string("rule", "outer"),
                              cspan_attr_strings("texts", texts, 2),
                              cspan_attr_int64s("numbers", numbers, 3)};
  cspan_sampler *sampler = cspan_sampler_composite(cspan_composable_annotating(
      cspan_composable_annotating(cspan_composable_probability(0.5), inner, 3), outer, 3));
  const asked high = {.is_low = false};
  const asked low = {.is_low = true};
  cspan_sampling_result result = ask(sampler, &high);
  assert_int_equal(result.attribute_count, 6);
  assert_string_equal(result.attributes[0].value.string, "inner");
  assert_true(result.attributes[1].value.int64 == 7);
  assert_true(result.attributes[2].value.booleans[0]);
  assert_string_equal(result.attributes[3].value.string, "outer"); /* the later one wins */
  assert_string_equal(result.attributes[4].value.strings[1], "b");
  assert_true(result.attributes[5].value.int64s[2] == 3);
  assert_int_equal(ask(sampler, &low).attribute_count, 0);
  assert_string_equal(describe(sampler),
                      "CompositeSampler{ComposableAnnotating{ComposableAnnotating{"
                      "ComposableProbability{0.500000}}}}");
  cspan_sampler_free(sampler);
  assert_null(cspan_composable_annotating(NULL, inner, 1));
}

/* ----------------------------------------------------------- one of a user's own */

typedef struct own {
  uint64_t threshold;
  bool is_reliable;
  const char *state;
} own;

static const char *own_state(void *self, const char *trace_state) {
  (void)trace_state;
  return ((own *)self)->state;
}

static size_t own_attributes(void *self, const cspan_sampling_input *input,
                             const cspan_attr **out) {
  static cspan_attr attr;
  (void)self;
  attr = cspan_attr_string("name", input->name);
  *out = &attr;
  return 1;
}

static void own_intent(void *self, const cspan_sampling_input *input,
                       cspan_sampling_intent *intent) {
  const own *o = self;
  const cspan_intent_provider provider = {
      .self = self, .attributes = own_attributes, .trace_state = own_state};
  (void)input;
  assert_true(intent->threshold == CSPAN_THRESHOLD_NEVER);
  intent->threshold = o->threshold;
  intent->threshold_reliable = o->is_reliable;
  for (int i = 0; i < CSPAN_INTENT_PROVIDERS_MAX; i++) {
    assert_true(cspan_intent_add(intent, &provider));
  }
  assert_false(cspan_intent_add(intent, &provider));
}

static void test_own_composable(void **state) {
  (void)state;
  static const cspan_composable_vtable vtable = {.size = sizeof vtable,
                                                 .sampling_intent = own_intent};
  static const struct {
    own sampler;
    const char *before;
    int decision;
    const char *after;
  } rows[] = {
      {{0, true, "mine=1"}, NULL, SAMPLE, "ot=th:0,mine=1"},
      {{0, false, "mine=1,ot=th:8"}, NULL, SAMPLE, "mine=1"}, /* its th counts for nothing */
      {{CSPAN_THRESHOLD_NEVER, true, "mine=1"}, "a=1", DROP, "mine=1"},
      {{0, false, ""}, "a=1", SAMPLE, ""},
      {{0, false, NULL}, "a=1", SAMPLE, NULL},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    own self = rows[i].sampler;
    cspan_sampler *sampler = cspan_sampler_composite(cspan_composable_create(&vtable, &self));
    const asked a = {.name = "n", .state = rows[i].before};
    cspan_sampling_result result = ask(sampler, &a);
    assert_int_equal(result.decision, rows[i].decision);
    assert_state(&result, rows[i].after);
    assert_int_equal(result.attribute_count,
                     rows[i].decision == SAMPLE ? CSPAN_INTENT_PROVIDERS_MAX : 0);
    assert_string_equal(describe(sampler), "CompositeSampler{?}");
    cspan_sampler_free(sampler);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_always),           cmocka_unit_test(test_probability),
      cmocka_unit_test(test_parent_threshold), cmocka_unit_test(test_rule_based),
      cmocka_unit_test(test_annotating),       cmocka_unit_test(test_own_composable),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
