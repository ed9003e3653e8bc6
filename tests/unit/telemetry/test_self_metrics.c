/* SPDX-License-Identifier: Apache-2.0 */
/* What the SDK reports on itself: spans started and live, processors and their queues. Every
 * number is held against what was done. */
#include "metric_fixture.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <cloudspan/ext/sampler.h>

#include "forked.h"
#include "unit/telemetry/gate_exporter.h"

/* A value of an int64 sum; 0 where the point is not there. */
static int64_t value_at(const cspan_metric_list *list, const char *name, const cspan_attr *attrs,
                        size_t count) {
  const cspan_point_view *point =
      cspan_metric_find_point(cspan_metric_list_find(list, name), attrs, count);
  return point != NULL ? point->value.int64 : 0;
}

static int64_t started(const cspan_metric_list *list, const char *origin, const char *result) {
  const cspan_attr attrs[] = {cspan_attr_string("otel.span.parent.origin", origin),
                              cspan_attr_string("otel.span.sampling_result", result)};
  return value_at(list, "otel.sdk.span.started", attrs, 2);
}

static int64_t live(const cspan_metric_list *list, const char *result) {
  const cspan_attr attr = cspan_attr_string("otel.span.sampling_result", result);
  return value_at(list, "otel.sdk.span.live", &attr, 1);
}

/* ----------------------------------------------------------------------- spans */

/* "drop", "record", anything else: sampled. */
static void decide(void *self, const cspan_sampling_input *input, cspan_sampling_result *out) {
  (void)self;
  out->decision = strcmp(input->name, "drop") == 0     ? CSPAN_SAMPLING_DROP
                  : strcmp(input->name, "record") == 0 ? CSPAN_SAMPLING_RECORD_ONLY
                                                       : CSPAN_SAMPLING_RECORD_AND_SAMPLE;
}

static void ignore(void *self, const cspan_ended_span *span) {
  (void)self;
  (void)span;
}

static cspan_tracer_provider *traced_with(cspan_meter_provider *meters) {
  static const cspan_sampler_vtable sampler = {.size = sizeof sampler, .should_sample = decide};
  static const cspan_processor_vtable processor = {.size = sizeof processor, .on_end = ignore};
  cspan_span_processor *processors[] = {cspan_processor_create(&processor, NULL)};
  const cspan_provider_options options = {.size = sizeof options,
                                          .sampler = cspan_sampler_create(&sampler, NULL),
                                          .processors = processors,
                                          .processor_count = 1,
                                          .meter_provider = meters};
  cspan_tracer_provider *provider = NULL;
  assert_int_equal(cspan_tracer_provider_create(&options, &provider, NULL), CSPAN_OK);
  return provider;
}

typedef struct self_fixture {
  metric_fixture metrics;
  cspan_tracer_provider *provider;
  cspan_tracer *tracer;
} self_fixture;

static void self_start(self_fixture *f) {
  metric_fixture_start_cumulative(&f->metrics);
  f->provider = traced_with(f->metrics.provider);
  f->tracer = cspan_tracer_get(f->provider, "test", NULL, NULL);
}

static void self_stop(self_fixture *f) {
  cspan_tracer_provider_free(f->provider);
  metric_fixture_stop(&f->metrics);
}

static void test_spans(void **state) {
  (void)state;
  static const cspan_span_context elsewhere = {
      .trace_id = {1}, .span_id = {2}, .trace_flags = 1, .is_remote = true};
  static const char *const names[] = {"drop", "record", "sample"};
  static const char *const results[] = {"DROP", "RECORD_ONLY", "RECORD_AND_SAMPLE"};
  self_fixture f;
  self_start(&f);
  cspan_span remote = cspan_span_from_context(&elsewhere);
  cspan_span local = cspan_span_start(f.tracer, NULL, "sample", NULL);
  const cspan_context parents[] = {{.cancel = NULL}, {.span = local}, {.span = remote}};
  static const char *const origins[] = {"none", "local", "remote"};
  cspan_span spans[3][3][4];
  for (size_t o = 0; o < 3; o++) {
    for (size_t r = 0; r < 3; r++) {
      for (size_t i = 0; i <= o + r && i < 4; i++) {
        spans[o][r][i] = cspan_span_start(f.tracer, &parents[o], names[r], NULL);
      }
    }
  }
  cspan_metric_list *list = collect(&f.metrics);
  for (size_t o = 0; o < 3; o++) {
    for (size_t r = 0; r < 3; r++) {
      int64_t made = (int64_t)(o + r + 1 < 4 ? o + r + 1 : 4);
      assert_int_equal(started(list, origins[o], results[r]), made + (o == 0 && r == 2));
    }
  }
  assert_int_equal(live(list, "DROP"), 0);
  assert_int_equal(live(list, "RECORD_ONLY"), 2 + 3 + 4);
  assert_int_equal(live(list, "RECORD_AND_SAMPLE"), 3 + 4 + 4 + 1);
  cspan_metric_list_free(list);
  for (size_t o = 0; o < 3; o++) {
    for (size_t r = 0; r < 3; r++) {
      for (size_t i = 0; i <= o + r && i < 4; i++) {
        cspan_span_end(spans[o][r][i]);
        cspan_span_end(spans[o][r][i]); /* which does nothing */
      }
    }
  }
  cspan_span_end(remote);
  list = collect(&f.metrics);
  assert_int_equal(live(list, "RECORD_ONLY"), 0);
  assert_int_equal(live(list, "RECORD_AND_SAMPLE"), 1);
  assert_int_equal(started(list, "none", "DROP"), 1);
  cspan_metric_list_free(list);
  cspan_span_end(local);
  self_stop(&f);
}

static void test_instruments(void **state) {
  (void)state;
  self_fixture f;
  self_start(&f);
  cspan_span_end(cspan_span_start(f.tracer, NULL, "s", NULL));
  cspan_metric_list *list = collect(&f.metrics);
  const cspan_metric_view *count = cspan_metric_list_find(list, "otel.sdk.span.started");
  const cspan_metric_view *open = cspan_metric_list_find(list, "otel.sdk.span.live");
  assert_int_equal(count->type, CSPAN_METRIC_SUM);
  assert_true(count->is_monotonic);
  assert_string_equal(count->unit, "{span}");
  assert_string_equal(count->scope_name, "cloudspan/telemetry");
  assert_string_equal(count->scope_version, cspan_version());
  assert_int_equal(open->type, CSPAN_METRIC_SUM);
  assert_false(open->is_monotonic);
  assert_string_equal(open->unit, "{span}");
  cspan_metric_list_free(list);
  self_stop(&f);
}

enum { THREADS = 4, SPANS = 2000 };

static void *make_spans(void *arg) {
  for (int i = 0; i < SPANS; i++) {
    cspan_span_end(cspan_span_start(arg, NULL, i % 2 == 0 ? "sample" : "drop", NULL));
  }
  return NULL;
}

static void test_threads(void **state) {
  (void)state;
  pthread_t threads[THREADS];
  self_fixture f;
  self_start(&f);
  for (size_t i = 0; i < THREADS; i++) {
    pthread_create(&threads[i], NULL, make_spans, f.tracer);
  }
  for (int i = 0; i < 20; i++) {
    cspan_metric_list *list = collect(&f.metrics);
    int64_t open = live(list, "RECORD_AND_SAMPLE");
    assert_true(open >= 0 && open <= started(list, "none", "RECORD_AND_SAMPLE"));
    cspan_metric_list_free(list);
  }
  for (size_t i = 0; i < THREADS; i++) {
    pthread_join(threads[i], NULL);
  }
  cspan_metric_list *list = collect(&f.metrics);
  assert_int_equal(started(list, "none", "RECORD_AND_SAMPLE"), THREADS * SPANS / 2);
  assert_int_equal(started(list, "none", "DROP"), THREADS * SPANS / 2);
  assert_int_equal(live(list, "RECORD_AND_SAMPLE"), 0);
  cspan_metric_list_free(list);
  self_stop(&f);
}

/* The child reports what it started itself; the parent's open span is open in both. */
static int in_child(void *arg) {
  self_fixture *f = arg;
  cspan_span_end(cspan_span_start(f->tracer, NULL, "sample", NULL));
  cspan_metric_list *list = collect(&f->metrics);
  int result = started(list, "none", "RECORD_AND_SAMPLE") != 1 ? 1
               : started(list, "none", "DROP") != 0            ? 2
               : live(list, "RECORD_AND_SAMPLE") != 1          ? 3
                                                               : 0;
  cspan_metric_list_free(list);
  return result;
}

static void test_fork(void **state) {
  (void)state;
  self_fixture f;
  self_start(&f);
  cspan_span open = cspan_span_start(f.tracer, NULL, "sample", NULL);
  cspan_span_end(cspan_span_start(f.tracer, NULL, "drop", NULL));
  assert_int_equal(run_forked(in_child, &f), 0);
  cspan_span_end(open);
  self_stop(&f);
}

/* When the provider has gone there is nothing that reports on it any more. */
static void test_end(void **state) {
  (void)state;
  self_fixture f;
  self_start(&f);
  cspan_span_end(cspan_span_start(f.tracer, NULL, "s", NULL));
  assert_true(is_collected(&f.metrics, "otel.sdk.span.started"));
  cspan_tracer_provider_free(f.provider);
  assert_false(is_collected(&f.metrics, "otel.sdk.span.started"));
  f.provider = NULL;
  self_stop(&f);
}

/* ------------------------------------------------------------------ processors */

typedef struct processed {
  char name[80]; /* otel.component.name */
  int64_t size;
  int64_t capacity;
  int64_t processed;
  int64_t queue_full;
  int64_t late;
} processed;

static const cspan_point_view *of_type(const cspan_metric_view *metric, const char *type,
                                       const char *error_type) {
  for (size_t i = 0; metric != NULL && i < metric->point_count; i++) {
    const cspan_point_view *point = &metric->points[i];
    const cspan_attr *attr =
        cspan_attrs_find(point->attributes, point->attribute_count, "otel.component.type");
    const cspan_attr *error =
        cspan_attrs_find(point->attributes, point->attribute_count, "error.type");
    if (attr != NULL && strcmp(attr->value.string, type) == 0 &&
        (error_type == NULL ? error == NULL
                            : error != NULL && strcmp(error->value.string, error_type) == 0)) {
      return point;
    }
  }
  return NULL;
}

static int64_t number_of(const cspan_metric_list *list, const char *name, const char *type,
                         const char *error_type) {
  const cspan_point_view *point = of_type(cspan_metric_list_find(list, name), type, error_type);
  return point != NULL ? point->value.int64 : -1;
}

static processed read_processor(metric_fixture *f, const char *type) {
  cspan_metric_list *list = collect(f);
  processed p = {
      .size = number_of(list, "otel.sdk.processor.span.queue.size", type, NULL),
      .capacity = number_of(list, "otel.sdk.processor.span.queue.capacity", type, NULL),
      .processed = number_of(list, "otel.sdk.processor.span.processed", type, NULL),
      .queue_full = number_of(list, "otel.sdk.processor.span.processed", type, "queue_full"),
      .late = number_of(list, "otel.sdk.processor.span.processed", type, "already_shutdown")};
  const cspan_point_view *point =
      of_type(cspan_metric_list_find(list, "otel.sdk.processor.span.processed"), type, NULL);
  const cspan_attr *name =
      cspan_attrs_find(point->attributes, point->attribute_count, "otel.component.name");
  snprintf(p.name, sizeof p.name, "%s", name->value.string);
  cspan_metric_list_free(list);
  return p;
}

static cspan_tracer_provider *processing_provider(cspan_meter_provider *meters,
                                                  cspan_span_processor *processor) {
  const cspan_provider_options options = {.size = sizeof options,
                                          .processors = &processor,
                                          .processor_count = 1,
                                          .meter_provider = meters};
  cspan_tracer_provider *provider = NULL;
  assert_int_equal(cspan_tracer_provider_create(&options, &provider, NULL), CSPAN_OK);
  return provider;
}

static void end_spans(cspan_tracer_provider *provider, size_t count) {
  cspan_tracer *tracer = cspan_tracer_get(provider, "test", NULL, NULL);
  for (size_t i = 0; i < count; i++) {
    cspan_span_end(cspan_span_start(tracer, NULL, "s", NULL));
  }
}

/* The receiver is stalled: so many spans fit into the queue, the rest is dropped. */
static void test_batch(void **state) {
  (void)state;
  const cspan_batch_options batch = {.size = sizeof batch,
                                     .max_queue_size = 8,
                                     .max_export_batch_size = 4,
                                     .schedule_delay_ms = 600000,
                                     .export_timeout_ms = 600000};
  gate_exporter gate;
  metric_fixture f;
  start_log();
  metric_fixture_start_cumulative(&f);
  cspan_tracer_provider *provider =
      processing_provider(f.provider, cspan_processor_batch(gate_create(&gate), &batch));
  gate_set(&gate, true);
  end_spans(provider, 30);
  processed p = read_processor(&f, "batching_span_processor");
  cspan_telemetry_stats stats;
  cspan_tracer_provider_stats(provider, &stats);
  assert_int_equal(p.capacity, 8);
  assert_int_equal(p.queue_full, (int64_t)stats.spans_dropped_queue_full);
  assert_true(p.queue_full > 0);
  assert_int_equal(p.late, -1);
  gate_set(&gate, false);
  cspan_tracer_provider_force_flush(provider, 0, NULL);
  p = read_processor(&f, "batching_span_processor");
  assert_int_equal(p.size, 0);
  assert_int_equal(p.processed + p.queue_full, 30);
  cspan_tracer_provider_stats(provider, &stats);
  assert_int_equal(p.processed, (int64_t)stats.spans_exported);
  cspan_tracer_provider_free(provider);
  metric_fixture_stop(&f);
  gate_destroy(&gate);
  stop_log();
}

/* Nothing is due yet: all of it is in the queue. */
static void test_queue(void **state) {
  (void)state;
  const cspan_batch_options batch = {.size = sizeof batch,
                                     .max_queue_size = 100,
                                     .max_export_batch_size = 50,
                                     .schedule_delay_ms = 600000};
  gate_exporter gate;
  metric_fixture f;
  metric_fixture_start_cumulative(&f);
  cspan_tracer_provider *provider =
      processing_provider(f.provider, cspan_processor_batch(gate_create(&gate), &batch));
  end_spans(provider, 7);
  processed p = read_processor(&f, "batching_span_processor");
  assert_int_equal(p.size, 7);
  assert_int_equal(p.capacity, 100);
  assert_int_equal(p.processed, 0);
  assert_int_equal(p.queue_full, -1);
  assert_int_equal(cspan_tracer_provider_shutdown(provider, 0, NULL), CSPAN_OK);
  p = read_processor(&f, "batching_span_processor");
  assert_int_equal(p.size, 0);
  assert_int_equal(p.processed, 7);
  cspan_tracer_provider_free(provider);
  assert_false(is_collected(&f, "otel.sdk.processor.span.processed"));
  metric_fixture_stop(&f);
  gate_destroy(&gate);
}

/* A span that was open at the shutdown. */
static void test_late(void **state) {
  (void)state;
  gate_exporter gate;
  metric_fixture f;
  metric_fixture_start_cumulative(&f);
  cspan_tracer_provider *provider =
      processing_provider(f.provider, cspan_processor_batch(gate_create(&gate), NULL));
  cspan_tracer *tracer = cspan_tracer_get(provider, "test", NULL, NULL);
  cspan_span open = cspan_span_start(tracer, NULL, "s", NULL);
  cspan_tracer_provider_shutdown(provider, 0, NULL);
  cspan_span_end(open);
  processed p = read_processor(&f, "batching_span_processor");
  assert_int_equal(p.processed, 0);
  assert_int_equal(p.late, 1);
  cspan_tracer_provider_free(provider);
  metric_fixture_stop(&f);
  gate_destroy(&gate);
}

static void test_simple(void **state) {
  (void)state;
  gate_exporter gate;
  metric_fixture f;
  start_log();
  metric_fixture_start_cumulative(&f);
  cspan_tracer_provider *provider =
      processing_provider(f.provider, cspan_processor_simple(gate_create(&gate)));
  end_spans(provider, 3);
  gate.status = CSPAN_ERR_CONNECT;
  end_spans(provider, 2);
  processed p = read_processor(&f, "simple_span_processor");
  assert_int_equal(p.processed, 5); /* the processor has done its part */
  assert_int_equal(p.size, -1);     /* it has no queue */
  assert_int_equal(p.capacity, -1);
  assert_int_equal(gate.batches, 5);
  cspan_tracer_provider_free(provider);
  metric_fixture_stop(&f);
  gate_destroy(&gate);
  stop_log();
}

/* "type/number", counted over the process. */
static void test_names(void **state) {
  (void)state;
  static const char prefix[] = "simple_span_processor/";
  int numbers[3];
  for (size_t i = 0; i < 3; i++) {
    gate_exporter gate;
    metric_fixture f;
    metric_fixture_start_cumulative(&f);
    cspan_tracer_provider *provider =
        processing_provider(f.provider, cspan_processor_simple(gate_create(&gate)));
    processed p = read_processor(&f, "simple_span_processor");
    assert_memory_equal(p.name, prefix, sizeof prefix - 1);
    numbers[i] = atoi(p.name + sizeof prefix - 1);
    assert_true(i == 0 || numbers[i] == numbers[i - 1] + 1);
    cspan_tracer_provider_free(provider);
    metric_fixture_stop(&f);
    gate_destroy(&gate);
  }
}

/* --------------------------------------------------------------------- readers */

static void test_reader(void **state) {
  (void)state;
  const cspan_temporality cumulative = CSPAN_TEMPORALITY_CUMULATIVE;
  cspan_meter_provider_options options = {.size = sizeof options, .reports_itself = true};
  metric_fixture f;
  metric_fixture_start(&f, &options, &cumulative, 1);
  for (uint64_t i = 0; i < 3; i++) {
    cspan_metric_list *list = collect(&f);
    const cspan_metric_view *metric =
        cspan_metric_list_find(list, "otel.sdk.metric_reader.collection.duration");
    const cspan_point_view *point = of_type(metric, "periodic_metric_reader", NULL);
    assert_int_equal(point != NULL ? point->count : 0, i); /* those before this one */
    if (point != NULL) {
      assert_int_equal(metric->type, CSPAN_METRIC_HISTOGRAM);
      assert_string_equal(metric->unit, "s");
      assert_true(point->sum > 0);
    }
    cspan_metric_list_free(list);
  }
  metric_fixture_stop(&f);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_spans),   cmocka_unit_test(test_instruments),
      cmocka_unit_test(test_threads), cmocka_unit_test(test_fork),
      cmocka_unit_test(test_end),     cmocka_unit_test(test_batch),
      cmocka_unit_test(test_queue),   cmocka_unit_test(test_late),
      cmocka_unit_test(test_simple),  cmocka_unit_test(test_names),
      cmocka_unit_test(test_reader),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
