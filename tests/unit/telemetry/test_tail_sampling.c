/* SPDX-License-Identifier: Apache-2.0 */
/* Tail sampling, from the spans of traces to what the next processor is given. */
#include "unit/telemetry/tail_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "unit/telemetry/forked.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])
static const cspan_span none;

/* ----------------------------------------------------------------- whole traces */

static const cspan_attr_match gold = {.key = "ten*", .value = "gold*"};
static const cspan_tail_rule best_practice[] = {
    {.match = {.span_name = "Health*", .parents = CSPAN_PARENT_LOCAL_ROOT}, .drop = true},
    {.error = true},
    {.match = {.span_name = "S3.PutObject"}, .longer_than_ms = 500},
    {.min_retries = 1},
    {.match = {.attributes = &gold, .attribute_count = 1}},
};

/* A root with two children, the second of which has one more; each row says what is special. */
typedef struct special {
  const char *root_name;
  bool root_error;
  bool leaf_error;
  const char *leaf_name;
  int64_t leaf_ms;
  bool leaf_retry;
  const char *child_tenant;
} special;

static void make_trace(const tail_fixture *f, const special *s) {
  cspan_span root = tail_start(f, none, s->root_name != NULL ? s->root_name : "root");
  cspan_span child = tail_start(f, root, "child");
  if (s->child_tenant != NULL) {
    cspan_span_set_string(child, "tenant", s->child_tenant);
  }
  tail_end(child, 5);
  cspan_span other = tail_start(f, root, "other");
  cspan_span leaf = tail_start(f, other, s->leaf_name != NULL ? s->leaf_name : "leaf");
  if (s->leaf_error) {
    cspan_span_set_status(leaf, CSPAN_SPAN_ERROR, "it broke");
  }
  if (s->leaf_retry) {
    cspan_span_add_event(leaf, "aws.retry", 0, NULL, 0);
  }
  tail_end(leaf, s->leaf_ms);
  tail_end(other, 10);
  if (s->root_error) {
    cspan_span_set_status(root, CSPAN_SPAN_ERROR, NULL);
  }
  tail_end(root, 20);
}

static void test_whole_traces(void **state) {
  (void)state;
  static const struct {
    special trace;
    const char *reason; /* NULL: dropped */
  } rows[] = {
      {{.root_name = "r"}, NULL},
      {{.root_error = true}, "error"},
      {{.leaf_error = true}, "error"},
      {{.leaf_name = "S3.PutObject", .leaf_ms = 501}, "latency:S3.PutObject>500ms"},
      {{.leaf_name = "S3.PutObject", .leaf_ms = 500}, NULL},
      {{.leaf_name = "S3.GetObject", .leaf_ms = 501}, NULL},
      {{.leaf_retry = true}, "retries:1"},
      {{.child_tenant = "gold-1"}, "attribute:ten*=gold*"},
      {{.child_tenant = "silver"}, NULL},
      {{.child_tenant = "gold-1", .leaf_error = true}, "error"}, /* the first rule, not span */
      {{.root_name = "HealthCheck", .leaf_error = true}, NULL},
      {{.leaf_name = "HealthCheck", .leaf_error = true}, "error"}, /* not the root */
  };
  const cspan_tail_sampling_options options = {.rules = best_practice,
                                               .rule_count = COUNT(best_practice)};
  for (size_t i = 0; i < COUNT(rows); i++) {
    tail_fixture f;
    tail_open(&f, &options, NULL);
    make_trace(&f, &rows[i].trace);
    cspan_tail_sampling_stats stats = tail_stats(&f);
    bool is_kept = rows[i].reason != NULL;
    assert_int_equal(tail_exported(&f), is_kept ? 4 : 0);
    assert_int_equal(stats.traces_kept, is_kept);
    assert_int_equal(stats.traces_dropped, !is_kept);
    assert_int_equal(stats.spans_kept, is_kept ? 4 : 0);
    assert_int_equal(stats.spans_dropped, is_kept ? 0 : 4);
    assert_int_equal(stats.traces_held + stats.spans_held + stats.bytes_held, 0);
    assert_int_equal(stats.traces_early + stats.spans_late, 0);
    for (size_t s = 0; is_kept && s < 4; s++) {
      const cspan_span_view *span = cspan_span_list_at(tail_spans(&f), s);
      bool is_root = strcmp(span->name, "root") == 0;
      assert_reason(span, is_root ? rows[i].reason : NULL);
      assert_string_equal(span->trace_state, "ot=th:0");
      assert_string_equal(span->scope_name, "scope");
    }
    tail_close(&f);
  }
}

/* A trace of one span is decided at once. */
static void test_single_spans(void **state) {
  (void)state;
  static const cspan_tail_rule error = {.error = true};
  const cspan_tail_sampling_options options = {.rules = &error, .rule_count = 1};
  tail_fixture f;
  tail_open(&f, &options, NULL);
  for (int i = 0; i < 10; i++) {
    cspan_span span = tail_start(&f, none, "alone");
    cspan_span_set_status(span, i == 3 ? CSPAN_SPAN_ERROR : CSPAN_SPAN_OK, NULL);
    tail_end(span, 1);
    assert_int_equal(tail_stats(&f).traces_held, 0);
  }
  assert_int_equal(tail_exported(&f), 1);
  assert_reason(tail_find(&f, "alone"), "error");
  assert_int_equal(tail_find(&f, "alone")->status, CSPAN_SPAN_ERROR);
  tail_close(&f);
}

/* NULL options: errors, retries, and a share of the others. */
static void test_defaults(void **state) {
  (void)state;
  tail_fixture f;
  tail_open(&f, NULL, NULL);
  make_trace(&f, &(special){.leaf_error = true});
  make_trace(&f, &(special){.leaf_retry = true});
  assert_int_equal(tail_exported(&f), 8);
  for (int i = 0; i < 2000; i++) {
    tail_end(tail_start(&f, none, "plain"), 1);
  }
  size_t kept = tail_exported(&f) - 8;
  assert_in_range(kept, 40, 180); /* of 2,000 5 % */
  assert_reason(tail_find(&f, "plain"), "rate:0.05");
  tail_close(&f);
}

/* ------------------------------------------------------------- share and threshold */

/* The base rate keeps what has the randomness for it, and says so. */
static void test_base_rate(void **state) {
  (void)state;
  enum { TRACES = 400 };
  const cspan_tail_sampling_options options = {.base_ratio = 0.25};
  tail_fixture f;
  tail_open(&f, &options, NULL);
  uint64_t threshold = cspan_threshold_of_ratio(0.25);
  size_t kept = 0;
  for (int i = 0; i < TRACES; i++) {
    cspan_span_context ids;
    cspan_span root = tail_start(&f, none, "root");
    assert_true(cspan_span_get_context(root, &ids));
    tail_end(tail_start(&f, root, "child"), 1);
    tail_end(root, 2);
    kept += cspan_randomness_of_id(ids.trace_id) >= threshold;
    assert_int_equal(tail_stats(&f).traces_kept, kept);
  }
  assert_in_range(kept, TRACES / 8, TRACES / 2);
  assert_int_equal(tail_exported(&f), 2 * kept);
  for (size_t i = 0; i < 2 * kept; i++) {
    const cspan_span_view *span = cspan_span_list_at(tail_spans(&f), i);
    assert_string_equal(span->trace_state, "ot=th:c");
    assert_reason(span, strcmp(span->name, "root") == 0 ? "rate:0.25" : NULL);
  }
  tail_close(&f);
}

/* Each trace state that a span comes with, and what is kept says. The randomness of the remote
 * trace is over 0xFF000000000000. */
static void test_thresholds(void **state) {
  (void)state;
  static const struct {
    const char *before;
    double base;
    const char *after; /* NULL: it is dropped */
  } rows[] = {
      {NULL, 1, ""}, /* who knows with which share it was sampled */
      {"a=1", 1, "a=1"},
      {"ot=th:0", 1, "ot=th:0"},
      {"ot=th:0,a=1", 0.25, "ot=th:c,a=1"},
      {"a=1,ot=x:y;th:8,b=2", 0.25, "ot=x:y;th:c,a=1,b=2"},
      {"ot=th:e", 0.25, "ot=th:e"}, /* it was rarer already */
      {"ot=rv:bfffffffffffff;th:0", 0.25, NULL},
      {"ot=rv:c0000000000000;th:0", 0.25, "ot=rv:c0000000000000;th:c"},
      {"ot=th:zz", 0.25, "ot=th:zz"},
  };
  for (size_t i = 0; i < COUNT(rows); i++) {
    const cspan_tail_sampling_options options = {.base_ratio = rows[i].base};
    tail_fixture f;
    tail_open(&f, &options, NULL);
    cspan_span remote = tail_remote((uint8_t)(i + 1), CSPAN_TRACE_FLAG_SAMPLED, rows[i].before);
    cspan_span server = tail_start(&f, remote, "server");
    cspan_span_set_string(server, "key", "value");
    tail_end(tail_start(&f, server, "inner"), 1);
    assert_int_equal(tail_exported(&f), 0);
    tail_end(server, 2);
    cspan_span_end(remote);
    assert_int_equal(tail_exported(&f), rows[i].after != NULL ? 2 : 0);
    for (size_t s = 0; rows[i].after != NULL && s < 2; s++) {
      const cspan_span_view *span = cspan_span_list_at(tail_spans(&f), s);
      assert_string_equal(span->trace_state != NULL ? span->trace_state : "", rows[i].after);
      assert_int_equal(span->kind, CSPAN_SPAN_INTERNAL);
    }
    if (rows[i].after != NULL) {
      const cspan_span_view *span = tail_find(&f, "server");
      assert_attr_string(span->attributes, span->attribute_count, "key", "value");
      assert_reason(tail_find(&f, "inner"), NULL);
    }
    tail_close(&f);
  }
}

/* A head sampler's share and the tail's are of the same randomness: the rarer one holds. */
static void test_head_and_tail(void **state) {
  (void)state;
  static const cspan_tail_rule error = {.error = true};
  const cspan_tail_sampling_options options = {
      .rules = &error, .rule_count = 1, .base_ratio = 0.25};
  tail_fixture f;
  tail_open(&f, &options, cspan_sampler_parent_based(cspan_sampler_trace_id_ratio(0.5)));
  for (int i = 0; i < 200; i++) {
    cspan_span span = tail_start(&f, none, i % 2 == 0 ? "plain" : "bad");
    cspan_span_set_status(span, i % 2 == 0 ? CSPAN_SPAN_OK : CSPAN_SPAN_ERROR, NULL);
    tail_end(span, 1);
  }
  assert_string_equal(tail_find(&f, "plain")->trace_state, "ot=th:c");
  assert_string_equal(tail_find(&f, "bad")->trace_state, "ot=th:8");
  tail_close(&f);
}

/* What is recorded without being sampled is sampled when it is kept. */
static void test_recorded_only(void **state) {
  (void)state;
  static const cspan_tail_rule error = {.error = true};
  const cspan_tail_sampling_options options = {.rules = &error, .rule_count = 1};
  tail_fixture f;
  tail_open(&f, &options, cspan_sampler_always_record(cspan_sampler_always_off()));
  make_trace(&f, &(special){.leaf_error = true});
  make_trace(&f, &(special){.leaf_error = false});
  assert_int_equal(tail_exported(&f), 4);
  assert_int_equal(tail_find(&f, "leaf")->flags & CSPAN_TRACE_FLAG_SAMPLED, 0);
  tail_close(&f);
}

/* A head sampler that drops nothing keeps nothing from being counted: its threshold is for others,
 * and what is kept here counts by the tail's share alone. */
static void test_recorded_all(void **state) {
  (void)state;
  static const cspan_tail_rule error = {.error = true};
  const cspan_tail_sampling_options options = {
      .rules = &error, .rule_count = 1, .base_ratio = 0.25};
  tail_fixture f;
  tail_open(&f, &options, cspan_sampler_always_record(cspan_sampler_trace_id_ratio(0.5)));
  for (uint8_t i = 1; i <= 200; i++) {
    cspan_span span = tail_start(&f, none, "first");
    tail_end(span, 1);
  }
  for (int i = 0; i < 50; i++) {
    cspan_span span = tail_start(&f, none, "bad");
    cspan_span_set_status(span, CSPAN_SPAN_ERROR, NULL);
    tail_end(span, 1);
  }
  size_t bad = 0;
  for (size_t i = 0; i < tail_exported(&f); i++) {
    const cspan_span_view *span = cspan_span_list_at(tail_spans(&f), i);
    bool is_bad = strcmp(span->name, "bad") == 0;
    assert_string_equal(span->trace_state, is_bad ? "ot=th:0" : "ot=th:c");
    bad += is_bad;
  }
  assert_int_equal(bad, 50);
  tail_close(&f);
}

/* Of a program built with a header that had fewer counts. */
static void test_older_stats(void **state) {
  (void)state;
  cspan_tail_sampling_stats stats = {.size = offsetof(cspan_tail_sampling_stats, spans_kept),
                                     .spans_kept = 77};
  tail_fixture f;
  tail_open(&f, NULL, NULL);
  cspan_span span = tail_start(&f, none, "bad");
  cspan_span_set_status(span, CSPAN_SPAN_ERROR, NULL);
  tail_end(span, 1);
  assert_true(cspan_processor_tail_stats(f.tail, &stats));
  assert_int_equal(stats.traces_kept, 1);
  assert_int_equal(stats.spans_kept, 77);
  tail_close(&f);
}

/* ------------------------------------------------------------------------ late spans */

/* The trace is kept by its share; what is kept in any case does not count for four. */
static void test_late_in_kept(void **state) {
  (void)state;
  static const cspan_tail_rule error = {.error = true};
  const cspan_tail_sampling_options options = {
      .rules = &error, .rule_count = 1, .base_ratio = 0.25};
  tail_fixture f;
  tail_open(&f, &options, NULL);
  cspan_span remote = tail_remote(1, CSPAN_TRACE_FLAG_SAMPLED, "ot=th:0");
  cspan_span root = tail_start(&f, remote, "root");
  cspan_span before = tail_start(&f, root, "before");
  cspan_span late = tail_start(&f, root, "late");
  tail_end(root, 1);
  tail_end(before, 2);
  cspan_span_set_status(late, CSPAN_SPAN_ERROR, NULL);
  tail_end(late, 3);
  tail_end(tail_start(&f, remote, "late root"), 4);
  cspan_span_end(remote);
  assert_string_equal(tail_find(&f, "root")->trace_state, "ot=th:c");
  assert_reason(tail_find(&f, "root"), "rate:0.25");
  assert_string_equal(tail_find(&f, "before")->trace_state, "ot=th:c");
  assert_string_equal(tail_find(&f, "late")->trace_state, "ot=th:0");
  assert_string_equal(tail_find(&f, "late root")->trace_state, "ot=th:0");
  assert_reason(tail_find(&f, "late root"), "error");
  assert_int_equal(tail_stats(&f).traces_kept, 1);
  assert_int_equal(tail_stats(&f).traces_dropped, 0);
  tail_close(&f);
}

static void test_late_spans(void **state) {
  (void)state;
  static const cspan_tail_rule some[] = {
      {.match = {.span_name = "Health*"}, .drop = true}, {.error = true}, {.longer_than_ms = 100}};
  static const struct {
    const char *root;
    bool root_error;
    bool late_error;
    size_t exported; /* of root, late, later, late root */
    const char *late_reason;
  } rows[] = {{"r", true, false, 4, "error"},
              {"r", false, false, 0, NULL},
              {"r", false, true, 3, "error"}, /* from the error on */
              {"Health", false, true, 0, NULL},
              {"Health", true, true, 0, NULL}};
  const cspan_tail_sampling_options options = {.rules = some, .rule_count = 3};
  for (size_t i = 0; i < COUNT(rows); i++) {
    tail_fixture f;
    tail_open(&f, &options, NULL);
    cspan_span root = tail_start(&f, none, rows[i].root);
    cspan_span_context ids;
    assert_true(cspan_span_get_context(root, &ids));
    cspan_span late = tail_start(&f, root, "late");
    cspan_span later = tail_start(&f, root, "later");
    cspan_span_set_status(root, rows[i].root_error ? CSPAN_SPAN_ERROR : CSPAN_SPAN_OK, NULL);
    cspan_span_set_status(late, rows[i].late_error ? CSPAN_SPAN_ERROR : CSPAN_SPAN_OK, NULL);
    tail_end(root, 5);
    tail_end(late, 6);
    tail_end(later, 7);
    /* The trace comes back from another service. */
    ids.is_remote = true;
    cspan_span remote = cspan_span_from_context(&ids);
    tail_end(tail_start(&f, remote, "late root"), 1);
    cspan_span_end(remote);
    assert_int_equal(tail_exported(&f), rows[i].exported);
    if (rows[i].exported > 0) {
      assert_reason(tail_find(&f, "late root"), rows[i].late_reason);
      assert_reason(tail_find(&f, "late"), NULL);
      assert_string_equal(tail_find(&f, "later")->trace_state, "ot=th:0");
    }
    cspan_tail_sampling_stats stats = tail_stats(&f);
    assert_int_equal(stats.traces_kept + stats.traces_dropped, 1);
    assert_int_equal(stats.traces_kept, rows[i].exported > 0);
    assert_int_equal(stats.spans_late, 3);
    assert_int_equal(stats.spans_kept, rows[i].exported);
    assert_int_equal(stats.spans_dropped, 4 - rows[i].exported);
    assert_int_equal(stats.traces_held, 0);
    tail_close(&f);
  }
}

/* --------------------------------------------------------------------------- limits */

/* The root of a trace that was waited for too long follows what was decided without it. */
static void test_wait(void **state) {
  (void)state;
  static const cspan_tail_rule error = {.error = true};
  const cspan_tail_sampling_options options = {
      .rules = &error, .rule_count = 1, .max_wait_ms = 30000};
  tail_fixture f;
  tail_open(&f, &options, NULL);
  cspan_span bad = tail_start(&f, none, "bad");
  cspan_span good = tail_start(&f, none, "good");
  cspan_span child = tail_start(&f, bad, "child");
  cspan_span_set_status(child, CSPAN_SPAN_ERROR, NULL);
  tail_end(child, 1);
  tail_now_ns += 1000 * NS_PER_MS;
  tail_end(tail_start(&f, good, "child of good"), 1);
  tail_now_ns += 28999 * NS_PER_MS;
  tail_expire(&f);
  assert_int_equal(tail_stats(&f).traces_held, 2);
  tail_now_ns += NS_PER_MS;
  tail_expire(&f);
  assert_int_equal(tail_stats(&f).traces_held, 1);
  assert_int_equal(tail_exported(&f), 1);
  tail_now_ns += 1000 * NS_PER_MS;
  tail_expire(&f);
  assert_int_equal(tail_stats(&f).traces_held, 0);
  assert_int_equal(tail_stats(&f).traces_early, 2);
  tail_end(bad, 1);
  tail_end(good, 1);
  assert_int_equal(tail_exported(&f), 2);
  assert_reason(tail_find(&f, "bad"), "error");
  assert_null(tail_find(&f, "good"));
  assert_string_equal(tail_find(&f, "child")->trace_state, ""); /* who knows its root */
  cspan_tail_sampling_stats stats = tail_stats(&f);
  assert_int_equal(stats.spans_kept, 2);
  assert_int_equal(stats.spans_dropped, 2);
  assert_int_equal(stats.spans_late, 2);
  tail_close(&f);
}

/* Over the limit the oldest traces are decided by what is known of them. */
static void test_memory(void **state) {
  (void)state;
  enum { TRACES = 64, LIMIT = 100000 };
  static const cspan_tail_rule error = {.error = true};
  const cspan_tail_sampling_options options = {
      .rules = &error, .rule_count = 1, .max_bytes = LIMIT};
  tail_fixture f;
  tail_open(&f, &options, NULL);
  cspan_span roots[TRACES];
  char text[3000];
  memset(text, 'x', sizeof text - 1);
  text[sizeof text - 1] = '\0';
  for (size_t i = 0; i < TRACES; i++) {
    roots[i] = tail_start(&f, none, "root");
    cspan_span child = tail_start(&f, roots[i], "child");
    cspan_span_set_int64(child, "i", (int64_t)i);
    cspan_span_set_string(child, "text", text);
    cspan_span_set_status(child, i % 2 == 0 ? CSPAN_SPAN_ERROR : CSPAN_SPAN_OK, NULL);
    tail_now_ns += NS_PER_MS;
    tail_end(child, 1);
    assert_true(tail_stats(&f).bytes_held <= LIMIT);
  }
  cspan_tail_sampling_stats stats = tail_stats(&f);
  assert_true(stats.traces_held >= LIMIT / 2 / sizeof text);
  assert_int_equal(stats.traces_early, TRACES - stats.traces_held);
  assert_int_equal(stats.spans_held, stats.traces_held);
  assert_int_equal(stats.traces_kept, (stats.traces_early + 1) / 2);
  size_t exported = tail_exported(&f);
  assert_int_equal(exported, stats.traces_kept);
  for (size_t i = 0; i < exported; i++) {
    const cspan_span_view *span = cspan_span_list_at(tail_spans(&f), i);
    assert_attr_int64(span->attributes, span->attribute_count, "i", (int64_t)(2 * i));
  }
  for (size_t i = 0; i < TRACES; i++) {
    tail_end(roots[i], 1);
  }
  assert_int_equal(tail_exported(&f), TRACES); /* of every other trace root and child */
  stats = tail_stats(&f);
  assert_int_equal(stats.spans_kept + stats.spans_dropped, 2 * TRACES);
  assert_int_equal(stats.bytes_held, 0);
  tail_close(&f);
}

static void test_spans_of_a_trace(void **state) {
  (void)state;
  static const cspan_tail_rule error = {.error = true};
  const cspan_tail_sampling_options options = {
      .rules = &error, .rule_count = 1, .max_spans_per_trace = 10};
  for (int with_error = 0; with_error < 2; with_error++) {
    tail_fixture f;
    tail_open(&f, &options, NULL);
    cspan_span root = tail_start(&f, none, "root");
    for (int i = 0; i < 25; i++) {
      cspan_span child = tail_start(&f, root, "child");
      cspan_span_set_status(child, with_error && i == 3 ? CSPAN_SPAN_ERROR : CSPAN_SPAN_OK, NULL);
      tail_end(child, 1);
      assert_int_equal(tail_exported(&f), with_error && i >= 9 ? (size_t)i + 1 : 0);
    }
    tail_end(root, 1);
    cspan_tail_sampling_stats stats = tail_stats(&f);
    assert_int_equal(stats.traces_early, 1);
    assert_int_equal(stats.spans_late, 16);
    assert_int_equal(tail_exported(&f), with_error ? 26 : 0);
    assert_int_equal(stats.spans_kept + stats.spans_dropped, 26);
    tail_close(&f);
  }
}

/* Spans of any size, with and without a trace state, come out as they went in. */
static void test_sizes(void **state) {
  (void)state;
  static const size_t sizes[] = {0, 1, 3000, 4000, 4064, 5000, 60000};
  const cspan_tail_sampling_options options = {.base_ratio = 1};
  for (size_t i = 0; i < 2 * COUNT(sizes); i++) {
    tail_fixture f;
    tail_open(&f, &options, NULL);
    char *text = calloc(1, sizes[i / 2] + 1);
    assert_non_null(text);
    memset(text, 't', sizes[i / 2]);
    cspan_span remote = tail_remote(1, 1, i % 2 == 0 ? "v=1,ot=th:0" : NULL);
    cspan_span root = tail_start(&f, remote, "root");
    for (int c = 0; c < 3; c++) {
      cspan_span child = tail_start(&f, root, "child");
      cspan_span_set_string(child, "text", text);
      cspan_span_set_int64(child, "c", c);
      tail_end(child, c);
    }
    cspan_span_set_string(root, "text", text);
    tail_end(root, 9);
    cspan_span_end(remote);
    assert_int_equal(tail_exported(&f), 4);
    for (size_t s = 0; s < 4; s++) {
      const cspan_span_view *span = cspan_span_list_at(tail_spans(&f), s);
      assert_attr_string(span->attributes, span->attribute_count, "text", text);
      if (s < 3) {
        assert_attr_int64(span->attributes, span->attribute_count, "c", (int64_t)s);
      }
      assert_int_equal(span->end_time_unix_ns - span->start_time_unix_ns,
                       (s < 3 ? (int64_t)s : 9) * NS_PER_MS);
    }
    assert_reason(tail_find(&f, "root"), "rate:1");
    assert_int_equal(tail_stats(&f).bytes_held, 0);
    free(text);
    tail_close(&f);
  }
}

/* What a large span took is given back: only chunks of the usual size are kept for others. */
static void test_spare_chunks(void **state) {
  (void)state;
  enum { LARGE = 60000, USUAL_MAX = 4096 };
  char *text = calloc(1, LARGE + 1);
  assert_non_null(text);
  memset(text, 't', LARGE);
  tail_fixture f;
  tail_open(&f, NULL, NULL);
  cspan_span root = tail_start(&f, none, "root");
  tail_end(tail_start(&f, root, "small"), 1);
  cspan_span large = tail_start(&f, root, "large");
  cspan_span_set_string(large, "text", text);
  tail_end(large, 2);
  assert_true(tail_stats(&f).bytes_held > LARGE);
  tail_end(root, 3);
  size_t spares = 0;
  const cspan_tail *tail = f.tail->self;
  for (size_t i = 0; i < CSPAN_TAIL_SHARDS; i++) {
    for (const cspan_tail_chunk *c = tail->shards[i].pool.spare; c != NULL; c = c->next) {
      assert_true(c->cap <= USUAL_MAX);
      spares++;
    }
  }
  assert_true(spares > 0);
  free(text);
  tail_close(&f);
}

/* Many traces at once, interleaved: each goes its own way. */
static void test_interleaved(void **state) {
  (void)state;
  enum { TRACES = 300 };
  static const cspan_tail_rule error = {.error = true};
  const cspan_tail_sampling_options options = {.rules = &error, .rule_count = 1};
  tail_fixture f;
  tail_open(&f, &options, NULL);
  cspan_span roots[TRACES];
  for (int i = 0; i < TRACES; i++) {
    roots[i] = tail_start(&f, none, "root");
    cspan_span_set_int64(roots[i], "i", i);
  }
  for (int round = 0; round < 3; round++) {
    for (int i = 0; i < TRACES; i++) {
      cspan_span child = tail_start(&f, roots[(i * 7) % TRACES], "child");
      cspan_span_set_status(
          child, round == 1 && (i * 7) % TRACES % 3 == 0 ? CSPAN_SPAN_ERROR : CSPAN_SPAN_OK, NULL);
      tail_end(child, 1);
    }
  }
  assert_int_equal(tail_stats(&f).traces_held, TRACES);
  assert_int_equal(tail_stats(&f).spans_held, 3 * TRACES);
  for (int i = TRACES; i-- > 0;) {
    tail_end(roots[i], 2);
  }
  size_t count = tail_exported(&f);
  assert_int_equal(count, 4 * TRACES / 3);
  for (size_t i = 0; i < count; i++) {
    const cspan_span_view *span = cspan_span_list_at(tail_spans(&f), i);
    const cspan_attr *number = cspan_attrs_find(span->attributes, span->attribute_count, "i");
    assert_true(number == NULL || number->value.int64 % 3 == 0);
  }
  tail_close(&f);
}

/* --------------------------------------------------------------- flush and shutdown */

static void test_flush_and_shutdown(void **state) {
  (void)state;
  static const cspan_tail_rule error = {.error = true};
  const cspan_tail_sampling_options options = {.rules = &error, .rule_count = 1};
  tail_fixture f;
  tail_open(&f, &options, NULL);
  cspan_span bad = tail_start(&f, none, "bad");
  cspan_span good = tail_start(&f, none, "good");
  cspan_span child = tail_start(&f, bad, "child");
  cspan_span_set_status(child, CSPAN_SPAN_ERROR, NULL);
  tail_end(child, 1);
  tail_end(tail_start(&f, good, "child"), 1);
  assert_int_equal(cspan_tracer_provider_force_flush(f.provider, 0, NULL), CSPAN_OK);
  assert_int_equal(tail_exported(&f), 0); /* undecided traces stay */
  assert_int_equal(tail_stats(&f).traces_held, 2);
  assert_int_equal(cspan_tracer_provider_shutdown(f.provider, 0, NULL), CSPAN_OK);
  assert_int_equal(tail_exported(&f), 1);
  assert_int_equal(tail_stats(&f).traces_early, 2);
  tail_end(bad, 1); /* too late, and counted */
  tail_end(good, 1);
  cspan_tail_sampling_stats stats = tail_stats(&f);
  assert_int_equal(stats.traces_held, 0);
  assert_int_equal(stats.spans_kept, 1);
  assert_int_equal(stats.spans_dropped, 3);
  assert_int_equal(stats.spans_late, 2);
  cspan_telemetry_stats given;
  cspan_tracer_provider_stats(f.provider, &given);
  assert_int_equal(given.spans_ended, 1);
  assert_int_equal(given.spans_exported, 1);
  tail_close(&f);
}

/* ------------------------------------------------------------ what goes to the next */

typedef struct next_seen {
  int started;
  int ending;
  int resources;
  int meters;
  int ended;
  bool was_sampled;
  char scope[32];
  char name[32];
  char state[64];
  cspan_span_kind kind;
  bool is_freed;
} next_seen;

static void seen_start(void *self, cspan_span span, const cspan_context *parent) {
  (void)parent;
  ((next_seen *)self)->started++;
  cspan_span_set_string(span, "at.start", "s");
}

static void seen_ending(void *self, cspan_span span) {
  ((next_seen *)self)->ending++;
  cspan_span_set_string(span, "at.ending", "e");
}

static void seen_end(void *self, const cspan_ended_span *span) {
  next_seen *seen = self;
  seen->ended++;
  seen->was_sampled = span->sampled;
  seen->kind = span->kind;
  snprintf(seen->scope, sizeof seen->scope, "%s", cspan_tracer_scope(span->tracer).name);
  snprintf(seen->name, sizeof seen->name, "%.*s", (int)span->name_size_bytes, span->name);
  snprintf(seen->state, sizeof seen->state, "%s",
           span->trace_state != NULL ? span->trace_state : "");
}

static void seen_resource(void *self, const cspan_encoded_resource *resource) {
  ((next_seen *)self)->resources++;
  assert_true(resource->size_bytes > 0);
}

static void seen_meters(void *self, cspan_meter_provider *meters) {
  (void)meters;
  ((next_seen *)self)->meters++;
}

static void seen_free(void *self) {
  ((next_seen *)self)->is_freed = true;
}

static void test_next_sees_all(void **state) {
  (void)state;
  static const cspan_processor_vtable vtable = {.size = sizeof vtable,
                                                .on_start = seen_start,
                                                .on_end = seen_end,
                                                .set_resource = seen_resource,
                                                .free = seen_free,
                                                .on_ending = seen_ending,
                                                .set_meter_provider = seen_meters};
  next_seen seen = {.started = 0};
  const cspan_tail_sampling_options options = {.base_ratio = 1};
  cspan_span_processor *tail =
      cspan_processor_tail_sampling(cspan_processor_create(&vtable, &seen), &options);
  const cspan_provider_options provider_options = {
      .sampler = cspan_sampler_always_record(cspan_sampler_always_off()),
      .processors = &tail,
      .processor_count = 1};
  cspan_tracer_provider *provider;
  assert_int_equal(cspan_tracer_provider_create(&provider_options, &provider, NULL), CSPAN_OK);
  cspan_tracer *first = cspan_tracer_get(provider, "first", NULL, NULL);
  cspan_tracer *second = cspan_tracer_get(provider, "second", NULL, NULL);
  /* Its name is behind the trace state, which is taken out and written anew. */
  cspan_span remote = tail_remote(1, 0, "ot=th:c");
  const cspan_context outside = cspan_context_with_span(NULL, remote);
  cspan_span root = cspan_span_start(first, &outside, "root", NULL);
  cspan_span_end(remote);
  const cspan_context context = cspan_context_with_span(NULL, root);
  const cspan_span_options client = {.kind = CSPAN_SPAN_CLIENT};
  cspan_span child = cspan_span_start(second, &context, "child", &client);
  cspan_span_update_name(child, "renamed child");
  cspan_span_end(child);
  assert_int_equal(seen.started, 2);
  assert_int_equal(seen.ending, 1);
  assert_int_equal(seen.ended, 0);
  assert_true(seen.resources >= 1);
  cspan_span_end(root);
  assert_int_equal(seen.ending, 2);
  assert_int_equal(seen.ended, 2);
  assert_string_equal(seen.scope, "first");
  assert_string_equal(seen.name, "root");
  assert_string_equal(seen.state, "ot=th:0");
  assert_true(seen.was_sampled);
  tail->vtable->set_meter_provider(tail->self, NULL);
  assert_int_equal(seen.meters, 1);
  assert_int_equal(cspan_tracer_provider_force_flush(provider, 0, NULL), CSPAN_OK);
  cspan_tracer_provider_free(provider);
  assert_true(seen.is_freed);
}

/* What `next` does not want to know is not asked of it. */
static void test_next_has_little(void **state) {
  (void)state;
  static const cspan_processor_vtable vtable = {
      .size = sizeof vtable, .on_end = seen_end, .free = seen_free};
  next_seen seen = {.started = 0};
  cspan_span_processor *tail =
      cspan_processor_tail_sampling(cspan_processor_create(&vtable, &seen), NULL);
  assert_null(tail->vtable->on_start);
  assert_null(tail->vtable->on_ending);
  assert_null(tail->vtable->set_resource);
  assert_null(tail->vtable->set_meter_provider);
  assert_null(tail->vtable->stats);
  cspan_processor_free(tail);
  assert_true(seen.is_freed);
  assert_null(cspan_processor_tail_sampling(NULL, NULL));
  cspan_tail_sampling_stats stats;
  cspan_span_processor *other = cspan_processor_simple(cspan_exporter_memory());
  assert_false(cspan_processor_tail_stats(other, &stats));
  assert_false(cspan_processor_tail_stats(NULL, &stats));
  cspan_processor_free(other);
}

/* ------------------------------------------------------------------------------ fork */

/* The child starts with nothing held, and decides its own. */
static int in_child(void *arg) {
  tail_fixture *f = arg;
  cspan_tail_sampling_stats stats = tail_stats(f);
  if (stats.traces_held + stats.spans_held + stats.bytes_held + stats.traces_kept != 0) {
    return 1;
  }
  cspan_memory_reset(f->memory);
  make_trace(f, &(special){.leaf_error = true});
  make_trace(f, &(special){.leaf_error = false});
  if (tail_exported(f) != 4 || tail_stats(f).traces_dropped != 1) {
    return 2;
  }
  return cspan_tracer_provider_shutdown(f->provider, 0, NULL) == CSPAN_OK ? 0 : 3;
}

static void test_fork(void **state) {
  (void)state;
  static const cspan_tail_rule error = {.error = true};
  const cspan_tail_sampling_options options = {.rules = &error, .rule_count = 1};
  tail_fixture f;
  tail_open(&f, &options, NULL);
  make_trace(&f, &(special){.leaf_error = true});
  cspan_span root = tail_start(&f, none, "root of the parent");
  cspan_span child = tail_start(&f, root, "child of the parent");
  cspan_span_set_status(child, CSPAN_SPAN_ERROR, NULL);
  tail_end(child, 1);
  assert_int_equal(run_forked(in_child, &f), 0);
  assert_int_equal(tail_stats(&f).traces_held, 1);
  tail_end(root, 1);
  assert_int_equal(tail_exported(&f), 6);
  tail_close(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_whole_traces),  cmocka_unit_test(test_single_spans),
      cmocka_unit_test(test_defaults),      cmocka_unit_test(test_base_rate),
      cmocka_unit_test(test_thresholds),    cmocka_unit_test(test_head_and_tail),
      cmocka_unit_test(test_recorded_only), cmocka_unit_test(test_recorded_all),
      cmocka_unit_test(test_older_stats),   cmocka_unit_test(test_late_in_kept),
      cmocka_unit_test(test_late_spans),    cmocka_unit_test(test_wait),
      cmocka_unit_test(test_memory),        cmocka_unit_test(test_spans_of_a_trace),
      cmocka_unit_test(test_sizes),         cmocka_unit_test(test_spare_chunks),
      cmocka_unit_test(test_interleaved),   cmocka_unit_test(test_flush_and_shutdown),
      cmocka_unit_test(test_next_sees_all), cmocka_unit_test(test_next_has_little),
      cmocka_unit_test(test_fork),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
