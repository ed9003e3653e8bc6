/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics in protobuf, put together by hand, as OTLP/JSON. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "telemetry/otlp_json.h"
#include "telemetry/wire.h"
#include "unit/telemetry/pb_builder.h"

static cspan_buf begin(void) {
  cspan_buf message;
  pb_begin(&message);
  return message;
}

/* Frees the message. */
static void put_message(cspan_buf *out, uint32_t number, cspan_buf message) {
  pb_end(out, number, &message);
}

static void put_attribute(cspan_buf *out, uint32_t number, const char *key, const char *value) {
  cspan_buf pair = begin();
  cspan_buf any = begin();
  pb_text(&any, 1, value);
  pb_text(&pair, 1, key);
  put_message(&pair, 2, any);
  put_message(out, number, pair);
}

/* A request with one metric of the name "m". */
static void check(cspan_buf metric, cspan_status expected_status, const char *expected) {
  cspan_buf named = begin();
  cspan_buf request = begin();
  cspan_buf out = begin();
  pb_text(&named, 1, "m");
  cspan_buf_append(&named, cspan_buf_text(&metric), metric.len);
  cspan_buf_free(&metric);
  cspan_buf scope_metrics = begin();
  put_message(&scope_metrics, 2, named);
  pb_text(&scope_metrics, 3, "urn:scope");
  cspan_buf resource_metrics = begin();
  put_message(&resource_metrics, 2, scope_metrics);
  put_message(&request, 1, resource_metrics);
  assert_int_equal(
      cspan_otlp_to_json(CSPAN_OTLP_METRICS, (const uint8_t *)request.data, request.len, &out),
      expected_status);
  if (expected_status == CSPAN_OK)
    assert_string_equal(cspan_buf_text(&out), expected);
  cspan_buf_free(&request);
  cspan_buf_free(&out);
}

#define METRIC(fields)                                                                             \
  "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"m\"," fields                 \
  "}],\"schemaUrl\":\"urn:scope\"}]}]}"

static void test_sum(void **state) {
  (void)state;
  cspan_buf point = begin();
  put_attribute(&point, 7, "k", "v");
  pb_fixed64(&point, 2, UINT64_C(1700000000000000001));
  pb_fixed64(&point, 3, UINT64_C(1700000000000000002));
  pb_fixed64(&point, 6, (uint64_t)INT64_MIN);
  cspan_buf sum = begin();
  put_message(&sum, 1, point);
  pb_int(&sum, 2, 2);
  pb_int(&sum, 3, 1);
  cspan_buf metric = begin();
  pb_text(&metric, 2, "what");
  pb_text(&metric, 3, "{span}");
  put_message(&metric, 7, sum);
  check(metric, CSPAN_OK,
        METRIC("\"description\":\"what\",\"unit\":\"{span}\",\"sum\":{\"dataPoints\":[{"
               "\"attributes\":[{\"key\":\"k\",\"value\":{\"stringValue\":\"v\"}}],"
               "\"startTimeUnixNano\":\"1700000000000000001\","
               "\"timeUnixNano\":\"1700000000000000002\",\"asInt\":\"-9223372036854775808\"}],"
               "\"aggregationTemporality\":2,\"isMonotonic\":true}"));
}

static void test_gauge(void **state) {
  (void)state;
  cspan_buf point = begin();
  pb_double(&point, 4, 0.5);
  pb_int(&point, 8, 1);
  cspan_buf gauge = begin();
  put_message(&gauge, 1, point);
  put_message(&gauge, 1, begin());
  cspan_buf metric = begin();
  put_message(&metric, 5, gauge);
  check(metric, CSPAN_OK, METRIC("\"gauge\":{\"dataPoints\":[{\"asDouble\":0.5,\"flags\":1},{}]}"));
}

static cspan_buf histogram_point(size_t bytes_too_few) {
  static const uint64_t counts[] = {1, UINT64_MAX};
  static const double bounds[] = {2.5};
  uint8_t packed[sizeof counts];
  uint64_t bits;
  cspan_buf point = begin();
  pb_fixed64(&point, 4, 3);
  pb_double(&point, 5, -0.0);
  wire_fixed64(wire_fixed64(packed, counts[0]), counts[1]);
  pb_bytes(&point, 6, packed, sizeof packed - bytes_too_few);
  memcpy(&bits, &bounds[0], sizeof bits);
  wire_fixed64(packed, bits);
  pb_bytes(&point, 7, packed, 8);
  pb_double(&point, 11, 1.0);
  pb_double(&point, 12, 4.0);
  cspan_buf exemplar = begin();
  put_attribute(&exemplar, 7, "f", "g");
  pb_fixed64(&exemplar, 2, 9);
  pb_double(&exemplar, 3, 4.0);
  pb_bytes(&exemplar, 4, "\1\2\3\4\5\6\7\10", 8);
  pb_bytes(&exemplar, 5, "\1\2\3\4\5\6\7\10\1\2\3\4\5\6\7\xff", 16);
  put_message(&point, 8, exemplar);
  return point;
}

static cspan_buf histogram(cspan_buf point) {
  cspan_buf histogram = begin();
  cspan_buf metric = begin();
  put_message(&histogram, 1, point);
  pb_int(&histogram, 2, 1);
  put_message(&metric, 9, histogram);
  return metric;
}

static void test_histogram(void **state) {
  (void)state;
  check(histogram(histogram_point(0)), CSPAN_OK,
        METRIC("\"histogram\":{\"dataPoints\":[{\"count\":\"3\",\"sum\":-0.0,"
               "\"bucketCounts\":[\"1\",\"18446744073709551615\"],\"explicitBounds\":[2.5],"
               "\"exemplars\":[{\"filteredAttributes\":[{\"key\":\"f\",\"value\":"
               "{\"stringValue\":\"g\"}}],\"timeUnixNano\":\"9\",\"asDouble\":4,"
               "\"spanId\":\"0102030405060708\","
               "\"traceId\":\"010203040506070801020304050607ff\"}],\"min\":1,\"max\":4}],"
               "\"aggregationTemporality\":1}"));
  check(histogram(histogram_point(1)), CSPAN_ERR_PROTOCOL, NULL);
}

/* Lists in lists, in an attribute: each level is two messages. */
static void check_nested(size_t levels, bool is_read) {
  cspan_buf value = begin();
  for (size_t i = 0; i < levels; i++) {
    cspan_buf list = begin();
    cspan_buf outer = begin();
    put_message(&list, 1, value);
    put_message(&outer, 5, list);
    value = outer;
  }
  cspan_buf pair = begin();
  cspan_buf resource = begin();
  cspan_buf resource_metrics = begin();
  cspan_buf request = begin();
  cspan_buf out = begin();
  put_message(&pair, 2, value);
  put_message(&resource, 1, pair);
  put_message(&resource_metrics, 1, resource);
  put_message(&request, 1, resource_metrics);
  assert_int_equal(
      cspan_otlp_to_json(CSPAN_OTLP_METRICS, (const uint8_t *)request.data, request.len, &out),
      is_read ? CSPAN_OK : CSPAN_ERR_PROTOCOL);
  cspan_buf_free(&request);
  cspan_buf_free(&out);
}

static void test_nesting_has_a_limit(void **state) {
  (void)state;
  check_nested(40, true);
  check_nested(60, false);
  check_nested(5000, false);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sum),
      cmocka_unit_test(test_gauge),
      cmocka_unit_test(test_histogram),
      cmocka_unit_test(test_nesting_has_a_limit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
