/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/telemetry/span_fixture.h"

#include <stdio.h>
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
  } rows[] = {
      {0.1, "TraceIdRatioBased{0.100000}"},        {0.0001, "TraceIdRatioBased{0.000100}"},
      {1, "TraceIdRatioBased{1.000000}"},          {0, "TraceIdRatioBased{0.000000}"},
      {-3, "TraceIdRatioBased{0.000000}"},         {7, "TraceIdRatioBased{1.000000}"},
      {1e-7, "TraceIdRatioBased{0.0000001}"},      {1e-8, "TraceIdRatioBased{0.00000001}"},
      {0.1234567, "TraceIdRatioBased{0.1234567}"}, {0.0 / 0.0, "TraceIdRatioBased{0.000000}"}};
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

static const char *state_of(const cspan_sampler *sampler, const uint8_t *trace_id,
                            const char *before, bool expect_sampled) {
  cspan_span_context parent = {.trace_id = {1},
                               .span_id = {2},
                               .trace_flags = CSPAN_TRACE_FLAG_RANDOM,
                               .is_remote = true,
                               .trace_state = before};
  cspan_sampling_input input = {.parent = &parent, .trace_id = trace_id, .name = "s"};
  cspan_sampling_result result = {.decision = CSPAN_SAMPLING_DROP};
  sampler->vtable->should_sample(sampler->self, &input, &result);
  assert_int_equal(result.decision,
                   expect_sampled ? CSPAN_SAMPLING_RECORD_AND_SAMPLE : CSPAN_SAMPLING_DROP);
  return result.trace_state;
}

/* What is sampled says with which threshold; explicit randomness goes before the trace id's. */
static void test_ratio_threshold(void **state) {
  (void)state;
  static const uint8_t low[16] = {[8] = 0xFF};
  static const uint8_t high[16] = {[9] = 0xFF, [10] = 0xFF};
  static const struct {
    double ratio;
    bool is_high;
    const char *before;
    bool sampled;
    const char *after; /* NULL: as it was */
  } rows[] = {
      {0.5, true, NULL, true, "ot=th:8"},
      {0.5, true, "", true, "ot=th:8"},
      {0.5, false, NULL, false, NULL},
      {1, false, NULL, true, "ot=th:0"},
      {0.1, true, "a=1,b=2", true, "ot=th:e666,a=1,b=2"},
      {0.1, true, "a=1,ot=th:8;x:y,b=2", true, "ot=x:y;th:e666,a=1,b=2"},
      {0.1, true, "ot=th:e666", true, NULL},
      {0.1, false, "a=1,ot=th:0", false, "a=1"},
      {0.1, false, "ot=th:0", false, ""},
      {0.1, false, "a=1", false, NULL},
      {0.5, false, "ot=rv:80000000000000", true, "ot=rv:80000000000000;th:8"},
      {0.5, true, "ot=rv:7fffffffffffff", false, NULL},
      {0.5, true, "ot=rv:7fffffffffffff;th:0", false, "ot=rv:7fffffffffffff"},
      {0.5, true, "ot=rv:7fff", true, "ot=rv:7fff;th:8"}, /* too short to count */
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    cspan_sampler *sampler = cspan_sampler_trace_id_ratio(rows[i].ratio);
    const char *after =
        state_of(sampler, rows[i].is_high ? high : low, rows[i].before, rows[i].sampled);
    if (rows[i].after == NULL) {
      assert_null(after);
    } else {
      assert_non_null(after);
      assert_string_equal(after, rows[i].after);
    }
    cspan_sampler_free(sampler);
  }
}

static int warnings;

static void count_warning(void *user, cspan_log_level level, const char *message) {
  (void)user;
  (void)message;
  warnings += level == CSPAN_LOG_WARN;
}

/* A trace id that nobody says is random is taken for random, which is told once. */
static void test_presumed_randomness(void **state) {
  (void)state;
  static const uint8_t id[16] = {1};
  cspan_span_context parent = {
      .trace_id = {1}, .span_id = {2}, .trace_state = "ot=rv:00000000000000"};
  cspan_sampler *sampler = cspan_sampler_trace_id_ratio(0.5);
  cspan_log_set(count_warning, NULL, CSPAN_LOG_WARN);
  warnings = 0;
  decide(sampler, id, NULL);
  decide(sampler, id, &parent); /* explicit randomness */
  parent.trace_state = NULL;
  parent.trace_flags = CSPAN_TRACE_FLAG_RANDOM;
  decide(sampler, id, &parent);
  assert_int_equal(warnings, 0);
  parent.trace_flags = CSPAN_TRACE_FLAG_SAMPLED;
  decide(sampler, id, &parent);
  decide(sampler, id, &parent);
  assert_int_equal(warnings, 1);
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
  cspan_sampler_free(sampler);
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
    cspan_sampler *sampler = cspan_sampler_from_env(NULL, 0);
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

/* Ids that nobody says are random: the root says its randomness itself, and its descendants keep
 * it. */
static void test_id_generator(void **state) {
  (void)state;
  static const cspan_id_generator_vtable vtables[] = {
      {.size = sizeof vtables[0], .trace_id = fixed_trace_id, .span_id = counted_span_id},
      {.size = sizeof vtables[0],
       .trace_id = fixed_trace_id,
       .span_id = counted_span_id,
       .is_random = true}};
  for (int i = 0; i < 2; i++) {
    int count = 0;
    cspan_provider_options options = {.id_generator =
                                          cspan_id_generator_create(&vtables[i], &count)};
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
    if (vtables[i].is_random) {
      assert_int_equal(ids.trace_flags, CSPAN_TRACE_FLAG_SAMPLED | CSPAN_TRACE_FLAG_RANDOM);
      assert_null(ids.trace_state);
    } else {
      cspan_span_context root_ids;
      assert_int_equal(ids.trace_flags, CSPAN_TRACE_FLAG_SAMPLED);
      assert_int_equal(strlen(ids.trace_state), 6 + 14);
      assert_memory_equal(ids.trace_state, "ot=rv:", 6);
      assert_int_equal(strspn(ids.trace_state + 6, "0123456789abcdef"), 14);
      assert_true(cspan_span_get_context(root, &root_ids));
      assert_string_equal(root_ids.trace_state, ids.trace_state);
    }
    cspan_span_end(child);
    cspan_span_end(root);
    cspan_tracer_provider_free(provider);
  }
}

/* The ratio decides by the randomness that was said, not by an id that is always the same. */
static void test_explicit_randomness_is_used(void **state) {
  (void)state;
  static const cspan_id_generator_vtable vtable = {
      .size = sizeof vtable, .trace_id = fixed_trace_id, .span_id = counted_span_id};
  enum { TRIES = 400 };
  int count = 0;
  int sampled = 0;
  cspan_provider_options options = {.id_generator = cspan_id_generator_create(&vtable, &count),
                                    .sampler = cspan_sampler_trace_id_ratio(0.5)};
  cspan_tracer_provider *provider;
  assert_int_equal(cspan_tracer_provider_create(&options, &provider, NULL), CSPAN_OK);
  cspan_tracer *tracer = cspan_tracer_get(provider, "t", NULL, NULL);
  for (int i = 0; i < TRIES; i++) {
    cspan_span span = cspan_span_start(tracer, NULL, "root", NULL);
    cspan_span_context ids;
    assert_true(cspan_span_get_context(span, &ids));
    bool is_high = ids.trace_state[6] >= '8'; /* of the hexadecimal digits */
    assert_int_equal(cspan_span_context_is_sampled(&ids), is_high);
    assert_int_equal(strstr(ids.trace_state, ";th:8") != NULL, is_high);
    sampled += is_high;
    cspan_span_end(span);
  }
  assert_true(sampled > TRIES / 4 && sampled < TRIES * 3 / 4);
  cspan_tracer_provider_free(provider);
}

/* What is not recorded has an id of its own too, which its children name as their parent. */
static void test_ids_of_spans_not_recorded(void **state) {
  (void)state;
  span_fixture f;
  fixture_open(&f, cspan_sampler_always_off());
  cspan_span root = cspan_span_start(f.tracer, NULL, "root", NULL);
  cspan_context context = cspan_context_with_span(NULL, root);
  cspan_span child = cspan_span_start(f.tracer, &context, "child", NULL);
  cspan_span_context root_ids;
  cspan_span_context ids;
  assert_false(cspan_span_is_recording(child));
  assert_true(cspan_span_get_context(root, &root_ids));
  assert_true(cspan_span_get_context(child, &ids));
  assert_true(cspan_span_context_is_valid(&ids));
  assert_memory_equal(ids.trace_id, root_ids.trace_id, sizeof ids.trace_id);
  assert_memory_not_equal(ids.span_id, root_ids.span_id, sizeof ids.span_id);
  cspan_span_end(child);
  cspan_span_end(root);
  fixture_close(&f);
}

/* The whole context of the parent: its span, baggage and values. */
static const cspan_context_key key = {"answer"};
static int value_seen;
static char baggage_seen[16];
static bool parent_seen;

static void look_at_context(void *self, const cspan_sampling_input *input,
                            cspan_sampling_result *result) {
  (void)self;
  result->decision = CSPAN_SAMPLING_RECORD_AND_SAMPLE;
  const int *value = cspan_context_value_get(input->context, &key);
  value_seen = value != NULL ? *value : 0;
  const char *tenant = cspan_baggage_get(input->context->baggage, "tenant");
  snprintf(baggage_seen, sizeof baggage_seen, "%s", tenant != NULL ? tenant : "");
  cspan_span_context ids;
  parent_seen = cspan_span_get_context(input->context->span, &ids) &&
                memcmp(ids.span_id, input->parent->span_id, sizeof ids.span_id) == 0;
}

static void test_sampler_sees_the_whole_context(void **state) {
  (void)state;
  static const cspan_sampler_vtable vtable = {.size = sizeof vtable,
                                              .should_sample = look_at_context};
  const int answer = 42;
  cspan_context_value storage;
  span_fixture f;
  fixture_open(&f, cspan_sampler_create(&vtable, NULL));
  cspan_baggage *baggage = cspan_baggage_with(NULL, "tenant", "gold", NULL);
  cspan_span root = cspan_span_start(f.tracer, NULL, "root", NULL);
  assert_false(parent_seen);
  cspan_context context = cspan_context_with_span(NULL, root);
  context.baggage = baggage;
  context = cspan_context_with_value(&context, &key, &answer, &storage);
  cspan_span child = cspan_span_start(f.tracer, &context, "child", NULL);
  assert_int_equal(value_seen, 42);
  assert_string_equal(baggage_seen, "gold");
  assert_true(parent_seen);
  cspan_span_end(child);
  /* The same where it is the thread's current context. */
  value_seen = 0;
  cspan_context before = cspan_context_attach(&context);
  cspan_span other = cspan_span_start(f.tracer, NULL, "other", NULL);
  cspan_context_detach(&before);
  assert_int_equal(value_seen, 42);
  assert_true(parent_seen);
  cspan_span_end(other);
  cspan_span_end(root);
  cspan_baggage_free(baggage);
  fixture_close(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_always),
      cmocka_unit_test(test_ratio_descriptions),
      cmocka_unit_test(test_ratio_boundaries),
      cmocka_unit_test(test_ratios_are_consistent),
      cmocka_unit_test(test_ratio_threshold),
      cmocka_unit_test(test_presumed_randomness),
      cmocka_unit_test(test_parent_based),
      cmocka_unit_test(test_environment),
      cmocka_unit_test(test_decisions),
      cmocka_unit_test(test_id_generator),
      cmocka_unit_test(test_explicit_randomness_is_used),
      cmocka_unit_test(test_ids_of_spans_not_recorded),
      cmocka_unit_test(test_sampler_sees_the_whole_context),
      cmocka_unit_test(test_trace_state_of_the_parent_given_back),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
