/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of metrics as bytes: those of other SDKs, malformed ones, our own and back. */
#include "metric_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "telemetry/otlp_json.h"
#include "unit/telemetry/pb_builder.h"

static cspan_buf begin(void) {
  cspan_buf message;
  pb_begin(&message);
  return message;
}

/* Frees the message. */
static void put(cspan_buf *out, uint32_t number, cspan_buf message) {
  pb_end(out, number, &message);
}

static void put_attribute(cspan_buf *out, uint32_t number, const char *key, int64_t value) {
  cspan_buf pair = begin();
  cspan_buf any = begin();
  pb_int(&any, 3, (uint64_t)value);
  pb_text(&pair, 1, key);
  put(&pair, 2, any);
  put(out, number, pair);
}

/* A request around the fields of one metric, which it frees. The scope comes last. */
static cspan_buf request_of(cspan_buf metric) {
  cspan_buf request = begin();
  cspan_buf resource_metrics = begin();
  cspan_buf scope_metrics = begin();
  cspan_buf scope = begin();
  cspan_buf resource = begin();
  pb_text(&scope, 1, "lib");
  pb_text(&scope, 2, "2");
  put_attribute(&scope, 3, "s", 1);
  put_attribute(&resource, 1, "r", 2);
  put(&scope_metrics, 2, metric);
  put(&scope_metrics, 1, scope);
  pb_text(&scope_metrics, 3, "urn:s");
  put(&resource_metrics, 2, scope_metrics);
  put(&resource_metrics, 1, resource);
  put(&request, 1, resource_metrics);
  return request;
}

/* Frees the request. */
static cspan_status decode(cspan_buf request, cspan_metric_list **out) {
  cspan_error *error = NULL;
  cspan_status status =
      cspan_metric_list_decode((const uint8_t *)request.data, request.len, out, &error);
  assert_int_equal(cspan_error_status(error), status);
  cspan_error_free(error);
  cspan_buf_free(&request);
  return status;
}

static void check_frame(const cspan_metric_view *metric) {
  assert_string_equal(metric->scope_name, "lib");
  assert_string_equal(metric->scope_version, "2");
  assert_string_equal(metric->schema_url, "urn:s");
  assert_int_equal(metric->scope_attribute_count, 1);
  assert_int_equal(metric->scope_attributes[0].value.int64, 1);
  assert_int_equal(metric->resource_count, 1);
  assert_string_equal(metric->resource[0].key, "r");
}

static void put_exemplar(cspan_buf *out, uint32_t number) {
  cspan_buf exemplar = begin();
  pb_fixed64(&exemplar, 2, 77);
  pb_double(&exemplar, 3, 1.25);
  pb_bytes(&exemplar, 4, "12345678", 8);
  pb_bytes(&exemplar, 5, "123456789abcdefg", 16);
  put_attribute(&exemplar, 7, "filtered", 5);
  put(out, number, exemplar);
}

static void check_exemplar(const cspan_point_view *point) {
  assert_int_equal(point->exemplar_count, 1);
  const cspan_exemplar_view *exemplar = &point->exemplars[0];
  assert_int_equal(exemplar->time_unix_ns, 77);
  assert_true(exemplar->value.number == 1.25);
  assert_memory_equal(exemplar->span_id, "12345678", 8);
  assert_memory_equal(exemplar->trace_id, "123456789abcdefg", 16);
  assert_int_equal(exemplar->attribute_count, 1);
}

/* Field numbers of the three kinds of data. */
enum { GAUGE = 5, SUM = 7, HISTOGRAM = 9 };

static void test_numbers(void **state) {
  (void)state;
  static const struct {
    uint32_t data;
    cspan_metric_type type;
  } cases[] = {{GAUGE, CSPAN_METRIC_GAUGE}, {SUM, CSPAN_METRIC_SUM}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    cspan_buf metric = begin();
    cspan_buf data = begin();
    cspan_buf point = begin();
    pb_fixed64(&point, 2, 1000);
    pb_fixed64(&point, 3, 2000);
    pb_fixed64(&point, 6, (uint64_t)-5);
    put_exemplar(&point, 5);
    put_attribute(&point, 7, "a", 9);
    pb_int(&point, 8, 1); /* flags, which are passed over */
    put(&data, 1, point);
    cspan_buf second = begin();
    pb_double(&second, 4, 0.5);
    put(&data, 1, second);
    pb_int(&data, 2, 1);
    pb_int(&data, 3, 1);
    pb_text(&metric, 1, "m");
    pb_text(&metric, 2, "what");
    pb_text(&metric, 3, "By");
    put(&metric, cases[i].data, data);
    cspan_metric_list *list = NULL;
    assert_int_equal(decode(request_of(metric), &list), CSPAN_OK);
    assert_int_equal(cspan_metric_list_count(list), 1);
    assert_null(cspan_metric_list_at(list, 1));
    const cspan_metric_view *view = cspan_metric_list_at(list, 0);
    check_frame(view);
    assert_string_equal(view->description, "what");
    assert_string_equal(view->unit, "By");
    assert_int_equal(view->type, cases[i].type);
    assert_int_equal(view->is_monotonic, cases[i].data == SUM);
    assert_true(view->is_delta);
    assert_int_equal(view->point_count, 2);
    assert_int_equal(view->points[0].start_time_unix_ns, 1000);
    assert_int_equal(view->points[0].time_unix_ns, 2000);
    assert_int_equal(view->points[0].value.int64, -5);
    assert_true(view->points[1].value.number == 0.5);
    const cspan_attr attr = cspan_attr_int64("a", 9);
    assert_ptr_equal(cspan_metric_find_point(view, &attr, 1), &view->points[0]);
    assert_ptr_equal(cspan_metric_find_point(view, NULL, 0), &view->points[1]);
    check_exemplar(&view->points[0]);
    cspan_metric_list_free(list);
  }
}

/* Lists of numbers are packed; protobuf says that one by one is to be read as well. */
static void test_histogram(void **state) {
  (void)state;
  for (int packed = 0; packed < 2; packed++) {
    cspan_buf metric = begin();
    cspan_buf data = begin();
    cspan_buf point = begin();
    pb_fixed64(&point, 4, 3);
    pb_double(&point, 5, 6.5);
    if (packed) {
      cspan_buf buckets = begin();
      pb_little_endian(&buckets, 1, 8);
      pb_little_endian(&buckets, 2, 8);
      put(&point, 6, buckets);
    } else {
      pb_fixed64(&point, 6, 1);
      pb_fixed64(&point, 6, 2);
    }
    pb_double(&point, 7, 10.0);
    put_exemplar(&point, 8);
    put_attribute(&point, 9, "a", 9);
    pb_double(&point, 11, 0.5);
    pb_double(&point, 12, 4.0);
    put(&data, 1, point);
    pb_int(&data, 2, 2);
    pb_text(&metric, 1, "h");
    put(&metric, HISTOGRAM, data);
    cspan_metric_list *list = NULL;
    assert_int_equal(decode(request_of(metric), &list), CSPAN_OK);
    const cspan_metric_view *view = cspan_metric_list_find(list, "h");
    const cspan_point_view *at = &view->points[0];
    assert_int_equal(view->type, CSPAN_METRIC_HISTOGRAM);
    assert_false(view->is_delta);
    assert_int_equal(at->count, 3);
    assert_true(at->has_sum && at->sum == 6.5);
    assert_true(at->has_extremes && at->min == 0.5 && at->max == 4.0);
    assert_int_equal(at->bucket_count, 2);
    assert_int_equal(at->buckets[0], 1);
    assert_int_equal(at->buckets[1], 2);
    assert_int_equal(at->boundary_count, 1);
    assert_true(at->boundaries[0] == 10.0);
    check_exemplar(at);
    cspan_metric_list_free(list);
  }
}

/* Exponential histograms and summaries, which we do not make. */
static void test_other_kinds(void **state) {
  (void)state;
  cspan_buf metric = begin();
  pb_text(&metric, 1, "e");
  cspan_buf data = begin();
  put(&data, 1, begin());
  put(&metric, 10, data);
  cspan_metric_list *list = NULL;
  assert_int_equal(decode(request_of(metric), &list), CSPAN_OK);
  assert_int_equal(cspan_metric_list_at(list, 0)->type, CSPAN_METRIC_OTHER);
  assert_int_equal(cspan_metric_list_at(list, 0)->point_count, 0);
  cspan_metric_list_free(list);
}

/* ------------------------------------------------------------------- malformed */

static cspan_buf bad_packed(void) {
  cspan_buf metric = begin();
  cspan_buf data = begin();
  cspan_buf point = begin();
  pb_bytes(&point, 6, "1234567", 7);
  put(&data, 1, point);
  put(&metric, HISTOGRAM, data);
  return metric;
}

static cspan_buf bad_exemplar(void) {
  cspan_buf metric = begin();
  cspan_buf data = begin();
  cspan_buf point = begin();
  cspan_buf exemplar = begin();
  pb_bytes(&exemplar, 4, "1234567", 7);
  put(&point, 5, exemplar);
  put(&data, 1, point);
  put(&metric, SUM, data);
  return metric;
}

static cspan_buf bad_point(void) {
  cspan_buf metric = begin();
  cspan_buf data = begin();
  pb_bytes(&data, 1, "\x19\x01", 2); /* a fixed64 of one byte */
  put(&metric, GAUGE, data);
  return metric;
}

static cspan_buf bad_metric(void) {
  cspan_buf metric = begin();
  cspan_buf_append(&metric, "\x0a\x7f", 2); /* a text that is longer than what follows */
  return metric;
}

static void test_malformed(void **state) {
  (void)state;
  cspan_buf (*const cases[])(void) = {bad_packed, bad_exemplar, bad_point, bad_metric};
  for (size_t i = 0; i < COUNT(cases); i++) {
    cspan_metric_list *list = NULL;
    assert_int_equal(decode(request_of(cases[i]()), &list), CSPAN_ERR_PROTOCOL);
    assert_null(list);
  }
}

/* ------------------------------------------------------------ there and back */

typedef struct captured {
  cspan_buf bytes;
  size_t batches;
  size_t points;
  size_t largest;
} captured;

static cspan_status capture(void *self, const cspan_context *context,
                            const cspan_metric_batch *batch, size_t *rejected,
                            cspan_error **error) {
  captured *c = self;
  (void)context;
  (void)rejected;
  (void)error;
  c->batches++;
  c->points += batch->point_count;
  c->largest = batch->request_size_bytes > c->largest ? batch->request_size_bytes : c->largest;
  return cspan_buf_append(&c->bytes, batch->request, batch->request_size_bytes);
}

static cspan_meter_provider *capturing_provider(captured *c) {
  static const cspan_metric_exporter_vtable vtable = {.size = sizeof vtable,
                                                      .export_metrics = capture};
  const cspan_metric_reader_options options = {.interval_ms = CSPAN_INTERVAL_NEVER};
  memset(c, 0, sizeof *c);
  cspan_buf_init(&c->bytes, 1 << 28);
  cspan_metric_reader *reader =
      cspan_metric_reader_periodic(cspan_metric_exporter_create(&vtable, c), &options);
  const cspan_meter_provider_options all = {
      .service_name = "s", .readers = &reader, .reader_count = 1, .cardinality_limit = 50000};
  cspan_meter_provider *provider = NULL;
  assert_int_equal(cspan_meter_provider_create(&all, &provider, NULL), CSPAN_OK);
  return provider;
}

/* As the OTLP/JSON of the same bytes, made by other code, has it. */
static void test_json(void **state) {
  (void)state;
  static const double bounds[] = {1, 2.5};
  const cspan_scope scope = {.name = "lib", .version = "1"};
  const cspan_instrument_options histogram = {.kind = CSPAN_HISTOGRAM,
                                              .number = CSPAN_NUMBER_DOUBLE,
                                              .name = "h",
                                              .boundaries = bounds,
                                              .boundary_count = 2};
  const cspan_attr attr = cspan_attr_string("a", "v");
  static const char *const expected[] = {
      "\"scope\":{\"name\":\"lib\",\"version\":\"1\"}",
      "{\"name\":\"c\",\"unit\":\"1\",\"sum\":{\"dataPoints\":[{\"attributes\":[{\"key\":\"a\","
      "\"value\":{\"stringValue\":\"v\"}}],\"startTimeUnixNano\":\"",
      "\"asInt\":\"7\"}],\"aggregationTemporality\":2,\"isMonotonic\":true}}",
      "\"count\":\"2\",\"sum\":5,\"bucketCounts\":[\"0\",\"1\",\"1\"],\"explicitBounds\":[1,2.5],"
      "\"min\":2,\"max\":3}],\"aggregationTemporality\":2}"};
  captured c;
  cspan_meter_provider *provider = capturing_provider(&c);
  cspan_meter *meter = cspan_meter_get(provider, &scope);
  cspan_record_int64(counter_of(meter, "c"), NULL, 7, &attr, 1);
  cspan_instrument *h = cspan_instrument_get(meter, &histogram);
  cspan_record_double(h, NULL, 2, NULL, 0);
  cspan_record_double(h, NULL, 3, NULL, 0);
  assert_int_equal(cspan_meter_provider_force_flush(provider, 0, NULL), CSPAN_OK);
  cspan_buf json = begin();
  assert_int_equal(
      cspan_otlp_to_json(CSPAN_OTLP_METRICS, (const uint8_t *)c.bytes.data, c.bytes.len, &json),
      CSPAN_OK);
  for (size_t i = 0; i < COUNT(expected); i++) {
    if (strstr(json.data, expected[i]) == NULL) {
      fail_msg("%s\nis not in\n%s", expected[i], json.data);
    }
  }
  cspan_buf_free(&json);
  cspan_meter_provider_free(provider);
  cspan_buf_free(&c.bytes);
}

/* Over 4 MB are several requests, each a whole one, and nothing is lost between them. */
static void test_parted(void **state) {
  (void)state;
  enum { METRICS = 6, SETS = 12000 };
  static const char *const names[METRICS] = {"a", "b", "c", "d", "e", "f"};
  char value[101];
  memset(value, 'v', sizeof value - 1);
  value[sizeof value - 1] = '\0';
  captured c;
  cspan_meter_provider *provider = capturing_provider(&c);
  for (size_t m = 0; m < METRICS; m++) {
    const cspan_scope scope = {.name = names[m / 2]};
    cspan_instrument *counter = counter_of(cspan_meter_get(provider, &scope), names[m]);
    for (int64_t i = 0; i < SETS; i++) {
      const cspan_attr attrs[] = {cspan_attr_int64("i", i), cspan_attr_string("v", value)};
      cspan_record_int64(counter, NULL, 1, attrs, 2);
    }
  }
  assert_int_equal(cspan_meter_provider_force_flush(provider, 0, NULL), CSPAN_OK);
  assert_true(c.batches > 1);
  assert_true(c.largest <= 4100000);
  assert_int_equal(c.points, METRICS * SETS);
  cspan_metric_list *list = NULL;
  assert_int_equal(
      cspan_metric_list_decode((const uint8_t *)c.bytes.data, c.bytes.len, &list, NULL), CSPAN_OK);
  assert_int_equal(cspan_metric_list_count(list), METRICS);
  for (size_t m = 0; m < METRICS; m++) {
    const cspan_metric_view *metric = cspan_metric_list_find(list, names[m]);
    assert_int_equal(metric->point_count, SETS);
    assert_string_equal(metric->scope_name, names[m / 2]);
    assert_non_null(cspan_attrs_find(metric->resource, metric->resource_count, "service.name"));
  }
  cspan_metric_list_free(list);
  cspan_meter_provider_free(provider);
  cspan_buf_free(&c.bytes);
}

/* ------------------------------------------------------------------ the console */

static void observe_nothing(void *user, cspan_observer *observer) {
  cspan_observe_int64(observer, user, -3, NULL, 0);
}

static void test_console(void **state) {
  (void)state;
  static const double bounds[] = {1, 2};
  char path[] = "/tmp/cspan-metric-console-XXXXXX";
  char text[4096] = "";
  int fd = mkstemp(path);
  assert_true(fd >= 0);
  unlink(path);
  const cspan_metric_reader_options options = {.interval_ms = CSPAN_INTERVAL_NEVER};
  cspan_metric_reader *reader =
      cspan_metric_reader_periodic(cspan_metric_exporter_console(fd), &options);
  const cspan_meter_provider_options all = {
      .readers = &reader, .reader_count = 1, .exemplar_filter = CSPAN_EXEMPLAR_ALWAYS_ON};
  cspan_meter_provider *provider = NULL;
  assert_int_equal(cspan_meter_provider_create(&all, &provider, NULL), CSPAN_OK);
  const cspan_scope scope = {.name = "lib"};
  cspan_meter *meter = cspan_meter_get(provider, &scope);
  const cspan_attr attrs[] = {cspan_attr_string("a", "x\n"), cspan_attr_bool("b", true)};
  cspan_record_int64(counter_of(meter, "c"), NULL, 7, attrs, 2);
  const cspan_instrument_options histogram = {
      .kind = CSPAN_HISTOGRAM, .name = "h", .unit = "s", .boundaries = bounds, .boundary_count = 2};
  cspan_record_int64(cspan_instrument_get(meter, &histogram), NULL, 2, NULL, 0);
  cspan_record_int64(cspan_instrument_get(meter, &histogram), NULL, 5, NULL, 0);
  cspan_meter_observe(
      meter, observe_nothing,
      instrument_of(meter, CSPAN_OBSERVABLE_UP_DOWN_COUNTER, CSPAN_NUMBER_INT64, "o"));
  assert_int_equal(cspan_meter_provider_force_flush(provider, 0, NULL), CSPAN_OK);
  cspan_meter_provider_free(provider);
  assert_true(pread(fd, text, sizeof text - 1, 0) > 0);
  close(fd);
  static const char *const expected[] = {
      "c counter in 1 scope=lib\n  7 a=\"x\\n\" b=true\n    exemplar 7 trace=0000",
      "h histogram in s scope=lib\n  count=2 sum=7 min=2 max=5 <=2:1 more:1\n",
      "o up-down counter in 1 scope=lib\n  -3\n"};
  for (size_t i = 0; i < COUNT(expected); i++) {
    if (strstr(text, expected[i]) == NULL) {
      fail_msg("%s\nis not in\n%s", expected[i], text);
    }
  }
}

static void test_console_failure(void **state) {
  (void)state;
  const cspan_metric_reader_options options = {.interval_ms = CSPAN_INTERVAL_NEVER};
  cspan_metric_reader *reader =
      cspan_metric_reader_periodic(cspan_metric_exporter_console(-1), &options);
  const cspan_meter_provider_options all = {.readers = &reader, .reader_count = 1};
  cspan_meter_provider *provider = NULL;
  cspan_error *error = NULL;
  assert_int_equal(cspan_meter_provider_create(&all, &provider, NULL), CSPAN_OK);
  cspan_record_int64(counter_of(cspan_meter_get(provider, NULL), "c"), NULL, 7, NULL, 0);
  assert_int_equal(cspan_meter_provider_force_flush(provider, 0, &error), CSPAN_ERR_IO);
  assert_non_null(strstr(cspan_error_message(error), "cannot print metrics"));
  cspan_error_free(error);
  cspan_meter_provider_free(provider);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_numbers),     cmocka_unit_test(test_histogram),
      cmocka_unit_test(test_other_kinds), cmocka_unit_test(test_malformed),
      cmocka_unit_test(test_json),        cmocka_unit_test(test_parted),
      cmocka_unit_test(test_console),     cmocka_unit_test(test_console_failure),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
