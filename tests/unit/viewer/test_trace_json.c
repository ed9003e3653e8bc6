/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>
#include <math.h>

#include "unit/viewer/odd_traces.h"
#include "viewer/trace_json.h"

static json_t *to_json(const trace_builder *b) {
  cspan_buf out;
  cspan_buf_init(&out, 1 << 24);
  assert_int_equal(cspan_trace_json(&b->record, &out), CSPAN_OK);
  /* one line, and nothing that a terminal would act on */
  assert_ptr_equal(strchr(out.data, '\n'), out.data + out.len - 1);
  for (size_t i = 0; i + 1 < out.len; i++) {
    unsigned char c = (unsigned char)out.data[i];
    assert_true(c >= 0x20 && c != 0x7f);
    assert_false(c == 0xc2 && (unsigned char)out.data[i + 1] < 0xa0);
  }
  json_t *json = json_loadb(out.data, out.len, JSON_REJECT_DUPLICATES, NULL);
  assert_non_null(json);
  cspan_buf_free(&out);
  return json;
}

static const char *text_of(const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  return text ? text : "(none)";
}

static void test_exact(void **state) {
  (void)state;
  static const cspan_attr attrs[] = {TEXT("a", "x\"y"), NUM("a", 2), FLAG("b", true),
                                     REAL("c", 0.5)};
  trace_builder b;
  cspan_buf out;
  builder_init(&b);
  cspan_span_view *v = builder_add(&b, 1, 9, "n", CSPAN_SPAN_CLIENT, 0, 1);
  v->status = CSPAN_SPAN_OK;
  v->trace_state = "k=v";
  v->flags = 0x101;
  WITH(v, attrs);
  cspan_buf_init(&out, 10000);
  assert_int_equal(cspan_trace_json(&b.record, &out), CSPAN_OK);
  assert_string_equal(
      cspan_buf_text(&out),
      "{\"traceId\":\"101112131415161718191a1b1c1d1e1f\",\"name\":\"n\","
      "\"serviceName\":\"photo-backup\",\"startTimeUnixNano\":\"1790856000250000000\","
      "\"endTimeUnixNano\":\"1790856000251000000\",\"spanCount\":1,\"errorCount\":0,"
      "\"droppedSpanCount\":0,\"spans\":[{\"traceId\":\"101112131415161718191a1b1c1d1e1f\","
      "\"spanId\":\"0101010101010101\",\"parentSpanId\":\"0909090909090909\","
      "\"traceState\":\"k=v\",\"flags\":257,\"name\":\"n\",\"kind\":3,"
      "\"startTimeUnixNano\":\"1790856000250000000\","
      "\"endTimeUnixNano\":\"1790856000251000000\",\"status\":{\"code\":1},"
      "\"attributes\":{\"a\":2,\"b\":true,\"c\":0.5},"
      "\"scope\":{\"name\":\"cloudspan/s3\",\"version\":\"0.1.0\"},"
      "\"resource\":{\"service.name\":\"photo-backup\",\"service.version\":\"1.4.0\"}}]}\n");
  cspan_buf_free(&out);
}

static void test_upload(void **state) {
  (void)state;
  trace_builder b;
  build_upload(&b);
  json_t *json = to_json(&b);
  const json_t *spans = json_object_get(json, "spans");
  assert_string_equal(text_of(json, "name"), "s3.multipart_upload");
  assert_int_equal(json_integer_value(json_object_get(json, "spanCount")), 7);
  assert_int_equal(json_array_size(spans), 7);
  for (size_t i = 1; i < 7; i++) {
    assert_true(strcmp(text_of(json_array_get(spans, i - 1), "startTimeUnixNano"),
                       text_of(json_array_get(spans, i), "startTimeUnixNano")) <= 0);
  }
  const json_t *call = json_array_get(spans, 5);
  assert_string_equal(text_of(call, "name"), "S3.UploadPart");
  assert_string_equal(text_of(call, "parentSpanId"), "0505050505050505");
  const json_t *events = json_object_get(call, "events");
  assert_int_equal(json_array_size(events), 2);
  const json_t *retry = json_array_get(events, 1);
  assert_string_equal(text_of(retry, "name"), "aws.retry");
  const json_t *attributes = json_object_get(retry, "attributes");
  assert_int_equal(json_integer_value(json_object_get(attributes, "aws.retry.backoff_ms")), 84);
  json_decref(json);
}

static void test_hostile(void **state) {
  (void)state;
  trace_builder b;
  build_hostile(&b);
  json_t *json = to_json(&b);
  assert_string_equal(text_of(json, "name"), "\x1b[2J\x1b[Hroot\n"); /* all of it, escaped */
  const json_t *span = json_array_get(json_object_get(json, "spans"), 0);
  const json_t *attributes = json_object_get(span, "attributes");
  assert_string_equal(text_of(attributes, "s3.key"), "k\r\nfake line\xef\xbf\xbd");
  const json_t *status = json_object_get(span, "status");
  assert_string_equal(text_of(status, "message"), "bad\x1b[31m \xc2\x9b text");
  json_decref(json);
}

static void test_values(void **state) {
  (void)state;
  static const char *const strings[] = {"a", "\xf3\xa0\x80\x81"};
  static const bool flags[] = {true, false};
  static const int64_t numbers[] = {INT64_MIN, INT64_MAX};
  const double reals[] = {(double)NAN, (double)INFINITY, 1.5};
  const cspan_attr attrs[] = {{"s", CSPAN_ATTR_STRING_ARRAY, 0, {.strings = strings}, 2},
                              {"f", CSPAN_ATTR_BOOL_ARRAY, 0, {.booleans = flags}, 2},
                              {"n", CSPAN_ATTR_INT64_ARRAY, 0, {.int64s = numbers}, 2},
                              {"r", CSPAN_ATTR_DOUBLE_ARRAY, 0, {.numbers = reals}, 3},
                              {"e", CSPAN_ATTR_INT64_ARRAY, 0, {.int64s = numbers}, 0}};
  cspan_link link = {.attributes = attrs, .attribute_count = 1};
  trace_builder b;
  builder_init(&b);
  cspan_span_view *v = builder_add(&b, 1, 0, "n", CSPAN_SPAN_INTERNAL, 0, 1);
  memset(link.context.span_id, 0xab, 8);
  WITH(v, attrs);
  v->links = &link;
  v->link_count = 1;
  v->dropped_events = 7;
  json_t *json = to_json(&b);
  const json_t *span = json_array_get(json_object_get(json, "spans"), 0);
  json_t *attributes = json_object_get(span, "attributes");
  char *text = json_dumps(attributes, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_REAL_PRECISION(3));
  assert_string_equal(text, "{\"s\":[\"a\",\"\\uDB40\\uDC01\"],\"f\":[true,false],"
                            "\"n\":[-9223372036854775808,9223372036854775807],"
                            "\"r\":[\"NaN\",\"Infinity\",1.5],\"e\":[]}");
  free(text);
  const json_t *got = json_array_get(json_object_get(span, "links"), 0);
  assert_string_equal(text_of(got, "spanId"), "abababababababab");
  assert_int_equal(json_integer_value(json_object_get(span, "droppedEventsCount")), 7);
  assert_null(json_object_get(span, "parentSpanId"));
  json_decref(json);
}

static void test_output_cap(void **state) {
  (void)state;
  trace_builder b;
  cspan_buf out;
  build_upload(&b);
  cspan_buf_init(&out, 1000);
  assert_int_equal(cspan_trace_json(&b.record, &out), CSPAN_ERR_LIMIT);
  cspan_buf_free(&out);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_exact),      cmocka_unit_test(test_upload),
      cmocka_unit_test(test_hostile),    cmocka_unit_test(test_values),
      cmocka_unit_test(test_output_cap),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
