/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/telemetry/span_fixture.h"

#include <stdlib.h>

#include "base/alloc.h"

static cspan_sampling_decision decide(const cspan_sampler *sampler, const uint8_t *trace_id,
                                      const cspan_span_context *parent) {
  const cspan_span_context none = {.is_remote = false};
  cspan_sampling_input input = {
      .parent = parent != NULL ? parent : &none, .trace_id = trace_id, .name = "s"};
  cspan_sampling_result result = {.decision = CSPAN_SAMPLING_DROP};
  sampler->vtable->should_sample(sampler->self, &input, &result);
  return result.decision;
}

static const char *describe(const cspan_sampler *sampler) {
  return sampler->vtable->description(sampler->self);
}

static void test_always(void **state) {
  (void)state;
  const uint8_t id[16] = {1};
  cspan_sampler *on = cspan_sampler_always_on();
  cspan_sampler *off = cspan_sampler_always_off();
  assert_int_equal(decide(on, id, NULL), CSPAN_SAMPLING_RECORD_AND_SAMPLE);
  assert_int_equal(decide(off, id, NULL), CSPAN_SAMPLING_DROP);
  assert_string_equal(describe(on), "AlwaysOnSampler");
  assert_string_equal(describe(off), "AlwaysOffSampler");
  cspan_sampler_free(on);
  cspan_sampler_free(off);
  cspan_sampler_free(NULL);
}

static void test_ratio_descriptions(void **state) {
  (void)state;
  static const struct {
    double ratio;
    const char *description;
  } rows[] = {{0.1, "TraceIdRatioBased{0.100000}"},      {0.0001, "TraceIdRatioBased{0.000100}"},
              {1, "TraceIdRatioBased{1.000000}"},        {0, "TraceIdRatioBased{0.000000}"},
              {-3, "TraceIdRatioBased{0.000000}"},       {7, "TraceIdRatioBased{1.000000}"},
              {0.0 / 0.0, "TraceIdRatioBased{0.000000}"}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    cspan_sampler *sampler = cspan_sampler_trace_id_ratio(rows[i].ratio);
    assert_string_equal(describe(sampler), rows[i].description);
    cspan_sampler_free(sampler);
  }
}

/* The low 56 bits decide: those from (1 - ratio) * 2^56 on are kept. */
static void test_ratio_boundaries(void **state) {
  (void)state;
  enum { DROP = CSPAN_SAMPLING_DROP, KEEP = CSPAN_SAMPLING_RECORD_AND_SAMPLE };
  static const struct {
    double ratio;
    uint64_t randomness;
    int decision;
  } rows[] = {{0, UINT64_C(0xFFFFFFFFFFFFFF), DROP},    {1, 0, KEEP},
              {0.5, UINT64_C(0x7FFFFFFFFFFFFF), DROP},  {0.5, UINT64_C(0x80000000000000), KEEP},
              {0.25, UINT64_C(0xBFFFFFFFFFFFFF), DROP}, {0.25, UINT64_C(0xC0000000000000), KEEP},
              {0.75, UINT64_C(0x3FFFFFFFFFFFFF), DROP}, {0.75, UINT64_C(0x40000000000000), KEEP}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    for (int high = 0; high < 2; high++) {
      uint8_t id[16];
      memset(id, high ? 0xFF : 0, sizeof id); /* the other bits do not matter */
      for (int b = 0; b < 7; b++) {
        id[15 - b] = (uint8_t)(rows[i].randomness >> (8 * b));
      }
      cspan_sampler *sampler = cspan_sampler_trace_id_ratio(rows[i].ratio);
      assert_int_equal(decide(sampler, id, NULL), rows[i].decision);
      cspan_sampler_free(sampler);
    }
  }
}

/* What a lower ratio keeps, a higher one keeps too. */
static void test_ratios_are_consistent(void **state) {
  (void)state;
  static const double ratios[] = {0.001, 0.01, 0.1, 0.3, 0.5, 0.9};
  enum { RATIOS = 6, TRIES = 2000 };
  cspan_sampler *samplers[RATIOS];
  unsigned kept[RATIOS] = {0};
  for (size_t i = 0; i < RATIOS; i++) {
    samplers[i] = cspan_sampler_trace_id_ratio(ratios[i]);
  }
  uint64_t seed = 99;
  for (int t = 0; t < TRIES; t++) {
    uint8_t id[16];
    for (size_t b = 0; b < 16; b++) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      id[b] = (uint8_t)(seed >> 40);
    }
    bool before = false;
    for (size_t i = 0; i < RATIOS; i++) {
      bool now = decide(samplers[i], id, NULL) == CSPAN_SAMPLING_RECORD_AND_SAMPLE;
      assert_true(now || !before);
      before = now;
      kept[i] += now;
    }
  }
  for (size_t i = 0; i < RATIOS; i++) {
    double share = (double)kept[i] / TRIES;
    assert_true(share > ratios[i] - 0.05 && share < ratios[i] + 0.05);
    cspan_sampler_free(samplers[i]);
  }
}

static void test_parent_based(void **state) {
  (void)state;
  const uint8_t id[16] = {1};
  static const struct {
    bool root_on;
    bool has_parent;
    uint8_t flags;
    bool remote;
    int decision;
  } rows[] = {{true, false, 0, false, CSPAN_SAMPLING_RECORD_AND_SAMPLE},
              {false, false, 0, false, CSPAN_SAMPLING_DROP},
              {false, true, 1, false, CSPAN_SAMPLING_RECORD_AND_SAMPLE},
              {false, true, 1, true, CSPAN_SAMPLING_RECORD_AND_SAMPLE},
              {true, true, 0, false, CSPAN_SAMPLING_DROP},
              {true, true, 2, true, CSPAN_SAMPLING_DROP}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    cspan_span_context parent = {
        .trace_id = {1}, .span_id = {2}, .trace_flags = rows[i].flags, .is_remote = rows[i].remote};
    cspan_sampler *sampler = cspan_sampler_parent_based(
        rows[i].root_on ? cspan_sampler_always_on() : cspan_sampler_always_off());
    assert_int_equal(decide(sampler, id, rows[i].has_parent ? &parent : NULL), rows[i].decision);
    cspan_sampler_free(sampler);
  }
  cspan_sampler *sampler = cspan_sampler_parent_based(cspan_sampler_trace_id_ratio(0.5));
  assert_string_equal(describe(sampler),
                      "ParentBased{root:TraceIdRatioBased{0.500000},"
                      "remoteParentSampled:AlwaysOnSampler,remoteParentNotSampled:AlwaysOffSampler,"
                      "localParentSampled:AlwaysOnSampler,localParentNotSampled:AlwaysOffSampler}");
  cspan_sampler_free(sampler);
  assert_null(cspan_sampler_parent_based(NULL));
}

static int warnings;

static void count_warning(void *user, cspan_log_level level, const char *message) {
  (void)user;
  (void)message;
  warnings += level == CSPAN_LOG_WARN;
}

static void test_environment(void **state) {
  (void)state;
  static const struct {
    const char *sampler;
    const char *arg;
    const char *description; /* its start */
    int warnings;
  } rows[] = {
      {NULL, NULL, "ParentBased{root:AlwaysOnSampler,", 0},
      {"", NULL, "ParentBased{root:AlwaysOnSampler,", 0},
      {"always_on", NULL, "AlwaysOnSampler", 0},
      {"ALWAYS_ON", NULL, "AlwaysOnSampler", 0},
      {"always_off", NULL, "AlwaysOffSampler", 0},
      {"traceidratio", "0.25", "TraceIdRatioBased{0.250000}", 0},
      {"traceidratio", NULL, "TraceIdRatioBased{1.000000}", 0},
      {"traceidratio", "1.5", "TraceIdRatioBased{1.000000}", 1},
      {"traceidratio", "x", "TraceIdRatioBased{1.000000}", 1},
      {"parentbased_always_on", NULL, "ParentBased{root:AlwaysOnSampler,", 0},
      {"parentbased_always_off", NULL, "ParentBased{root:AlwaysOffSampler,", 0},
      {"parentbased_traceidratio", "0.5", "ParentBased{root:TraceIdRatioBased{0.500000},", 0},
      {"coin_toss", NULL, "ParentBased{root:AlwaysOnSampler,", 1}};
  cspan_log_set(count_warning, NULL, CSPAN_LOG_WARN);
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    unsetenv("OTEL_TRACES_SAMPLER");
    unsetenv("OTEL_TRACES_SAMPLER_ARG");
    if (rows[i].sampler != NULL) {
      setenv("OTEL_TRACES_SAMPLER", rows[i].sampler, 1);
    }
    if (rows[i].arg != NULL) {
      setenv("OTEL_TRACES_SAMPLER_ARG", rows[i].arg, 1);
    }
    warnings = 0;
    cspan_sampler *sampler = cspan_sampler_from_env();
    assert_memory_equal(describe(sampler), rows[i].description, strlen(rows[i].description));
    assert_int_equal(warnings, rows[i].warnings);
    cspan_sampler_free(sampler);
  }
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
  unsetenv("OTEL_TRACES_SAMPLER");
  unsetenv("OTEL_TRACES_SAMPLER_ARG");
}

/* ------------------------------------------------------- in the life of a span */

/* Decides as told, with an attribute and a trace state of its own. */
typedef struct told {
  cspan_sampling_decision decision;
  cspan_attr attr;
  const char *trace_state;
  int asked;
  char name[32];
  cspan_span_kind kind;
  size_t attribute_count;
  bool had_parent;
} told;

static void as_told(void *self, const cspan_sampling_input *input, cspan_sampling_result *result) {
  told *t = self;
  t->asked++;
  t->kind = input->kind;
  t->attribute_count = input->attribute_count;
  t->had_parent = cspan_span_context_is_valid(input->parent);
  assert_non_null(input->context);
  size_t len = strlen(input->name);
  memcpy(t->name, input->name, len < sizeof t->name ? len + 1 : 0);
  result->decision = t->decision;
  result->attributes = &t->attr;
  result->attribute_count = 1;
  result->trace_state = t->trace_state;
}

static const char *told_description(void *self) {
  (void)self;
  return "Told";
}

static void keep(void *self) {
  (void)self;
}

static const cspan_sampler_vtable told_vtable = {sizeof told_vtable, as_told, told_description,
                                                 keep};

static void test_decisions(void **state) {
  (void)state;
  static const struct {
    cspan_sampling_decision decision;
    bool recording;
    uint8_t flags;
    size_t exported;
  } rows[] = {{CSPAN_SAMPLING_DROP, false, CSPAN_TRACE_FLAG_RANDOM, 0},
              {CSPAN_SAMPLING_RECORD_ONLY, true, CSPAN_TRACE_FLAG_RANDOM, 0},
              {CSPAN_SAMPLING_RECORD_AND_SAMPLE, true,
               CSPAN_TRACE_FLAG_RANDOM | CSPAN_TRACE_FLAG_SAMPLED, 1}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    told t = {.decision = rows[i].decision,
              .attr = cspan_attr_string("sampler", "told"),
              .trace_state = "told=1"};
    span_fixture f;
    fixture_open(&f, cspan_sampler_create(&told_vtable, &t));
    const cspan_attr attr = cspan_attr_int64("given", 1);
    cspan_span_options options = {
        .kind = CSPAN_SPAN_SERVER, .attributes = &attr, .attribute_count = 1};
    cspan_span span = cspan_span_start(f.tracer, NULL, "decided", &options);
    assert_int_equal(t.asked, 1);
    assert_string_equal(t.name, "decided");
    assert_int_equal(t.kind, CSPAN_SPAN_SERVER);
    assert_int_equal(t.attribute_count, 1);
    assert_false(t.had_parent);
    cspan_span_context ids;
    assert_true(cspan_span_get_context(span, &ids));
    assert_int_equal(ids.trace_flags, rows[i].flags);
    assert_string_equal(ids.trace_state, "told=1");
    assert_int_equal(cspan_span_is_recording(span), rows[i].recording);
    cspan_span_set_string(span, "more", "x");
    cspan_context context = cspan_context_with_span(NULL, span);
    cspan_span child = cspan_span_start(f.tracer, &context, "child", NULL);
    assert_true(t.had_parent);
    cspan_span_context child_ids;
    assert_true(cspan_span_get_context(child, &child_ids));
    assert_memory_equal(child_ids.trace_id, ids.trace_id, 16);
    t.decision = CSPAN_SAMPLING_DROP;
    cspan_span_end(child);
    cspan_span_end(span);
    const cspan_span_list *list = fixture_spans(&f);
    assert_int_equal(cspan_span_list_count(list), 2 * rows[i].exported);
    if (rows[i].exported > 0) {
      const cspan_span_view *view = fixture_find(&f, "decided");
      assert_attr_string(view->attributes, view->attribute_count, "sampler", "told");
      assert_attr_string(view->attributes, view->attribute_count, "more", "x");
      assert_string_equal(view->trace_state, "told=1");
    }
    fixture_close(&f);
  }
}

/* Gives back the parent's trace state without its first member. */
static void drop_a_member(void *self, const cspan_sampling_input *input,
                          cspan_sampling_result *result) {
  (void)self;
  const char *comma =
      input->parent->trace_state != NULL ? strchr(input->parent->trace_state, ',') : NULL;
  result->decision = CSPAN_SAMPLING_RECORD_AND_SAMPLE;
  result->trace_state = comma != NULL ? comma + 1 : input->parent->trace_state;
}

static void test_trace_state_of_the_parent_given_back(void **state) {
  (void)state;
  static const cspan_sampler_vtable vtable = {sizeof vtable, drop_a_member, NULL, keep};
  static const struct {
    const char *parent;
    const char *child;
  } rows[] = {{"first=1,second=2,third=3", "second=2,third=3"}, {"only=1", "only=1"}, {NULL, NULL}};
  span_fixture f;
  fixture_open(&f, cspan_sampler_create(&vtable, NULL));
  for (size_t i = 0; i < 3; i++) {
    const cspan_span_context remote = {
        .trace_id = {1}, .span_id = {2}, .is_remote = true, .trace_state = rows[i].parent};
    cspan_span parent = cspan_span_from_context(&remote);
    cspan_context context = cspan_context_with_span(NULL, parent);
    cspan_span child = cspan_span_start(f.tracer, &context, "child", NULL);
    cspan_span_context ids;
    assert_true(cspan_span_get_context(child, &ids));
    if (rows[i].child != NULL) {
      assert_string_equal(ids.trace_state, rows[i].child);
    } else {
      assert_null(ids.trace_state);
    }
    cspan_span_end(child);
    cspan_span_end(parent);
  }
  fixture_close(&f);
}

/* ------------------------------------------------------------- id generators */

static void fixed_trace_id(void *self, uint8_t out[16]) {
  (void)self;
  memset(out, 0xAB, 16);
}

static void counted_span_id(void *self, uint8_t out[8]) {
  memset(out, 0, 8);
  out[7] = (uint8_t)++ * (int *)self;
}

static void test_id_generator(void **state) {
  (void)state;
  static const cspan_id_generator_vtable vtable = {sizeof vtable, fixed_trace_id, counted_span_id,
                                                   keep};
  int count = 0;
  cspan_provider_options options = {.id_generator = cspan_id_generator_create(&vtable, &count)};
  cspan_tracer_provider *provider;
  assert_int_equal(cspan_tracer_provider_create(&options, &provider, NULL), CSPAN_OK);
  cspan_tracer *tracer = cspan_tracer_get(provider, "t", NULL, NULL);
  cspan_span root = cspan_span_start(tracer, NULL, "root", NULL);
  cspan_context context = cspan_context_with_span(NULL, root);
  cspan_span child = cspan_span_start(tracer, &context, "child", NULL);
  cspan_span_context ids;
  char trace_hex[33];
  char span_hex[17];
  assert_true(cspan_span_get_context(child, &ids));
  cspan_trace_id_hex(ids.trace_id, trace_hex);
  cspan_span_id_hex(ids.span_id, span_hex);
  assert_string_equal(trace_hex, "abababababababababababababababab");
  assert_string_equal(span_hex, "0000000000000002");
  /* Nobody says that these ids are random. */
  assert_int_equal(ids.trace_flags, CSPAN_TRACE_FLAG_SAMPLED);
  cspan_span_end(child);
  cspan_span_end(root);
  cspan_tracer_provider_free(provider);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_always),
      cmocka_unit_test(test_ratio_descriptions),
      cmocka_unit_test(test_ratio_boundaries),
      cmocka_unit_test(test_ratios_are_consistent),
      cmocka_unit_test(test_parent_based),
      cmocka_unit_test(test_environment),
      cmocka_unit_test(test_decisions),
      cmocka_unit_test(test_id_generator),
      cmocka_unit_test(test_trace_state_of_the_parent_given_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
