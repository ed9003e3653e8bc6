/* SPDX-License-Identifier: Apache-2.0 */
/* Which rule of tail sampling an ended span matches, and the reason that is told. */
#include "unit/telemetry/span_fixture.h"

#include <stdlib.h>

#include "telemetry/sampling/tail_rules.h"
#include "telemetry/sampling/tail_scan.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])
#define NS_PER_MS   INT64_C(1000000)

/* ------------------------------------------- a processor that asks at each end */

typedef struct probe {
  const cspan_tail_rules *rules;
  uint32_t matched;
  uint8_t *span; /* a copy of the last one's bytes */
  size_t size;
} probe;

static void probe_end(void *self, const cspan_ended_span *span) {
  probe *p = self;
  if (p->rules != NULL) {
    p->matched = cspan_tail_rules_match(p->rules, span);
  }
  free(p->span);
  p->span = malloc(span->span_size_bytes);
  assert_non_null(p->span);
  memcpy(p->span, span->span, span->span_size_bytes);
  p->size = span->span_size_bytes;
}

static cspan_tracer *open_probe(probe *p, cspan_tracer_provider **provider) {
  static const cspan_processor_vtable vtable = {.size = sizeof vtable, .on_end = probe_end};
  *p = (probe){.matched = 0};
  cspan_span_processor *processor = cspan_processor_create(&vtable, p);
  const cspan_provider_options options = {.processors = &processor, .processor_count = 1};
  assert_int_equal(cspan_tracer_provider_create(&options, provider, NULL), CSPAN_OK);
  return cspan_tracer_get(*provider, "probe", NULL, NULL);
}

/* What the spans of the rows are like. */
typedef struct made {
  const char *name;
  cspan_span_kind kind;
  bool error;
  int64_t duration_ms;
  int retry_events;
  int64_t retry_attempts;
  const char *tenant;
  enum { ROOT, LOCAL, REMOTE } parent;
} made;

static void make_span(cspan_tracer *tracer, const made *m) {
  const cspan_span_context remote = {
      .trace_id = {1}, .span_id = {2}, .trace_flags = 1, .is_remote = m->parent == REMOTE};
  cspan_span parent = {0};
  if (m->parent != ROOT) {
    parent = cspan_span_from_context(&remote);
  }
  const cspan_context context = cspan_context_with_span(NULL, parent);
  const cspan_span_options options = {.kind = m->kind, .start_time_unix_ns = 1};
  cspan_span span = cspan_span_start(tracer, &context, m->name != NULL ? m->name : "x", &options);
  cspan_span_set_string(span, "before", "b");
  cspan_span_set_string(span, "aws.retry.attempt", "not the number of them");
  for (int i = 0; i < m->retry_events; i++) {
    cspan_span_add_event(span, "other", 0, NULL, 0);
    cspan_span_add_event(span, "aws.retry", 0, NULL, 0);
  }
  if (m->retry_attempts > 0) {
    cspan_span_set_int64(span, "aws.retry.attempts", m->retry_attempts);
  }
  if (m->tenant != NULL) {
    cspan_span_set_string(span, "tenant", m->tenant);
  }
  cspan_span_set_status(span, m->error ? CSPAN_SPAN_ERROR : CSPAN_SPAN_OK, NULL);
  cspan_span_end_at(span, 1 + m->duration_ms * NS_PER_MS);
  cspan_span_end(parent);
}

static const cspan_attr_match gold = {.key = "tenant", .value = "gold*"};

static const cspan_tail_rule rules[] = {
    {.match = {.span_name = "Health*"}, .drop = true},
    {.error = true, .match = {.kinds = CSPAN_KIND_BIT(CSPAN_SPAN_SERVER)}},
    {.match = {.span_name = "S3.PutObject"}, .longer_than_ms = 500},
    {.longer_than_ms = 2000},
    {.min_retries = 2},
    {.match = {.attributes = &gold, .attribute_count = 1}, .ratio = 0.5},
    {.match = {.span_name = "S3.*", .parents = CSPAN_PARENT_LOCAL_ROOT}, .ratio = 0.01},
    {.match = {.span_name = "S3.*", .parents = CSPAN_PARENT_LOCAL}, .name = "inner"},
};

static void test_matches(void **state) {
  (void)state;
  enum { NONE = COUNT(rules) };
  static const struct {
    made span;
    uint32_t rule;
  } rows[] = {
      {{.name = "x"}, NONE},
      {{.name = "HealthCheck", .error = true, .kind = CSPAN_SPAN_SERVER}, 0},
      {{.error = true, .kind = CSPAN_SPAN_SERVER}, 1},
      {{.error = true, .kind = CSPAN_SPAN_CLIENT}, NONE},
      {{.name = "S3.PutObject", .duration_ms = 501, .parent = LOCAL}, 2},
      {{.name = "S3.PutObject", .duration_ms = 500, .parent = LOCAL}, 7},
      {{.name = "y", .duration_ms = 501}, NONE},
      {{.name = "y", .duration_ms = 2001}, 3},
      {{.name = "y", .duration_ms = -5000}, NONE},
      {{.retry_events = 2}, 4},
      {{.retry_events = 1}, NONE},
      {{.retry_attempts = 3}, 4},
      {{.retry_attempts = 2}, NONE},
      {{.retry_attempts = 2, .retry_events = 2}, 4},
      {{.tenant = "gold-1"}, 5},
      {{.tenant = "silver"}, NONE},
      {{.name = "S3.Get"}, 6},
      {{.name = "S3.Get", .parent = REMOTE}, 6},
      {{.name = "S3.Get", .parent = LOCAL}, 7},
      {{.name = "S3.Get", .tenant = "gold", .parent = LOCAL}, 5},
  };
  cspan_tail_rules ready;
  const cspan_tail_sampling_options options = {.rules = rules, .rule_count = COUNT(rules)};
  assert_true(cspan_tail_rules_init(&ready, &options));
  probe p;
  cspan_tracer_provider *provider;
  cspan_tracer *tracer = open_probe(&p, &provider);
  p.rules = &ready;
  for (size_t i = 0; i < COUNT(rows); i++) {
    p.matched = UINT32_MAX;
    make_span(tracer, &rows[i].span);
    assert_int_equal(p.matched, rows[i].rule);
  }
  cspan_tracer_provider_free(provider);
  cspan_tail_rules_free(&ready);
  free(p.span);
}

/* The reason is an attribute's field of a Span message: read it by decoding one. */
static void assert_reason(const cspan_tail_ready_rule *rule, const char *expected) {
  uint8_t request[1024];
  uint8_t spans[900];
  uint8_t scope[1000];
  size_t span = (size_t)(wire_bytes(spans, 0x12, rule->reason, rule->reason_size) - spans);
  size_t scoped = (size_t)(wire_bytes(scope, 0x12, spans, span) - scope);
  size_t size = (size_t)(wire_bytes(request, 0x0A, scope, scoped) - request);
  cspan_span_list *list = NULL;
  assert_int_equal(cspan_span_list_decode(request, size, &list, NULL), CSPAN_OK);
  const cspan_span_view *view = cspan_span_list_at(list, 0);
  assert_attr_string(view->attributes, view->attribute_count, CSPAN_TAIL_REASON, expected);
  cspan_span_list_free(list);
}

static void test_reasons(void **state) {
  (void)state;
  static const cspan_attr_match pair[] = {{.key = "a", .value = "b*"}, {.key = "c"}};
  static const struct {
    cspan_tail_rule rule;
    const char *reason;
  } rows[] = {
      {{.error = true}, "error"},
      {{.error = true, .ratio = 0.5}, "error,rate:0.5"},
      {{.error = true, .ratio = 1}, "error"},
      {{.longer_than_ms = 2000}, "latency>2000ms"},
      {{.match = {.span_name = "S3.PutObject"}, .longer_than_ms = 500},
       "latency:S3.PutObject>500ms"},
      {{.match = {.span_name = "S3.Head*"}, .ratio = 0.01}, "span:S3.Head*,rate:0.01"},
      {{.min_retries = 3}, "retries:3"},
      {{.match = {.attributes = pair, .attribute_count = 2}}, "attribute:a=b*+attribute:c"},
      {{.error = true, .match = {.span_name = "S3.*"}, .min_retries = 1},
       "error+span:S3.*+retries:1"},
      {{.name = "my own", .error = true}, "my own"},
      {{.name = "my own", .ratio = 0.25}, "my own,rate:0.25"},
      {{.ratio = 0}, "rule"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    cspan_tail_rules ready;
    const cspan_tail_sampling_options options = {
        .rules = &rows[i].rule, .rule_count = 1, .base_ratio = 0.05};
    assert_true(cspan_tail_rules_init(&ready, &options));
    assert_reason(&ready.items[0], rows[i].reason);
    assert_reason(&ready.items[1], "rate:0.05");
    assert_true(ready.reason_size_max >= ready.items[0].reason_size);
    assert_true(ready.reason_size_max >= ready.items[1].reason_size);
    cspan_tail_rules_free(&ready);
  }
}

/* A reason that would be too long is cut, not left out. */
static void test_long_reasons(void **state) {
  (void)state;
  char name[2000];
  memset(name, 'n', sizeof name - 1);
  name[sizeof name - 1] = '\0';
  const cspan_tail_rule long_rules[] = {{.name = name},
                                        {.error = true, .match = {.span_name = name}}};
  cspan_tail_rules ready;
  const cspan_tail_sampling_options options = {.rules = long_rules, .rule_count = 2};
  assert_true(cspan_tail_rules_init(&ready, &options));
  assert_true(ready.reason_size_max < 700);
  assert_reason(&ready.items[1], "error");
  cspan_tail_rules_free(&ready);
}

/* Every kind of value, told by its text; broken bytes match nothing and do no harm. */
static void test_scanned_values(void **state) {
  (void)state;
  static const char *const texts[] = {"red", "green"};
  static const bool bits[] = {false, true};
  static const int64_t numbers[] = {-1, 404};
  static const double doubles[] = {0.5, 2.25};
  static const struct {
    const char *key;
    const char *value;
    bool found;
  } rows[] = {{"text", "v*", true},    {"text", "w*", false},    {"int", "-7", true},
              {"int", "7", false},     {"yes", "true", true},    {"no", "false", true},
              {"double", "1.5", true}, {"texts", "green", true}, {"texts", "blue", false},
              {"bits", "true", true},  {"numbers", "404", true}, {"doubles", "2.25", true},
              {"nobody", "*", false},  {"empty", "", true},      {"*", "404", true}};
  probe p;
  cspan_tracer_provider *provider;
  cspan_tracer *tracer = open_probe(&p, &provider);
  cspan_span span = cspan_span_start(tracer, NULL, "values", NULL);
  cspan_span_set_string(span, "text", "value");
  cspan_span_set_int64(span, "int", -7);
  cspan_span_set_bool(span, "yes", true);
  cspan_span_set_bool(span, "no", false);
  cspan_span_set_double(span, "double", 1.5);
  cspan_span_set(span, cspan_attr_strings("texts", texts, 2));
  cspan_span_set(span, cspan_attr_bools("bits", bits, 2));
  cspan_span_set(span, cspan_attr_int64s("numbers", numbers, 2));
  cspan_span_set(span, cspan_attr_doubles("doubles", doubles, 2));
  cspan_span_set_string(span, "empty", "");
  cspan_span_end(span);
  for (size_t i = 0; i < COUNT(rows); i++) {
    const cspan_attr_match match = {.key = rows[i].key, .value = rows[i].value};
    assert_int_equal(cspan_scan_has_attribute(p.span, p.size, &match), rows[i].found);
    for (size_t cut = 0; cut < p.size; cut++) {
      uint8_t *part = malloc(cut + 1); /* of its own size, so that reading past it is seen */
      assert_non_null(part);
      memcpy(part, p.span, cut);
      (void)cspan_scan_has_attribute(part, cut, &match);
      (void)cspan_scan_retries(part, cut);
      (void)cspan_scan_state(part, cut);
      free(part);
    }
  }
  cspan_tracer_provider_free(provider);
  free(p.span);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_matches),
      cmocka_unit_test(test_reasons),
      cmocka_unit_test(test_long_reasons),
      cmocka_unit_test(test_scanned_values),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
