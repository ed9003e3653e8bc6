/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "telemetry/json_text.h"
#include "telemetry/otlp_json.h"

/* What the encoder writes for it is the same text: no field is lost. */
static const char whole[] =
    "{\"resourceSpans\":["
    "{\"resource\":{\"attributes\":[{\"key\":\"service.name\",\"value\":{\"stringValue\":\"shop\"}}"
    "],"
    "\"droppedAttributesCount\":1},"
    "\"scopeSpans\":[{\"scope\":{\"name\":\"lib\",\"version\":\"2\",\"attributes\":"
    "[{\"key\":\"s\",\"value\":{\"boolValue\":true}}],\"droppedAttributesCount\":2},"
    "\"spans\":[{\"traceId\":\"0102030405060708090a0b0c0d0e0f10\",\"spanId\":\"a102030405060708\","
    "\"traceState\":\"k=v\",\"parentSpanId\":\"b102030405060708\",\"flags\":769,"
    "\"name\":\"S3.PutObject \xc3\xa9\\n\",\"kind\":3,"
    "\"startTimeUnixNano\":\"1700000000000000001\",\"endTimeUnixNano\":\"1700000000000000009\","
    "\"attributes\":["
    "{\"key\":\"text\",\"value\":{\"stringValue\":\"\"}},"
    "{\"key\":\"int\",\"value\":{\"intValue\":\"-9223372036854775808\"}},"
    "{\"key\":\"double\",\"value\":{\"doubleValue\":0.1}},"
    "{\"key\":\"nothing\",\"value\":{\"doubleValue\":-0.0}},"
    "{\"key\":\"nan\",\"value\":{\"doubleValue\":\"NaN\"}},"
    "{\"key\":\"no\",\"value\":{\"boolValue\":false}},"
    "{\"key\":\"texts\",\"value\":{\"arrayValue\":{\"values\":[{\"stringValue\":\"a\"},"
    "{\"stringValue\":\"b\"}]}}},"
    "{\"key\":\"ints\",\"value\":{\"arrayValue\":{\"values\":[{\"intValue\":\"1\"},"
    "{\"intValue\":\"-2\"}]}}},"
    "{\"key\":\"doubles\",\"value\":{\"arrayValue\":{\"values\":[{\"doubleValue\":1e+300}]}}},"
    "{\"key\":\"bools\",\"value\":{\"arrayValue\":{\"values\":[{\"boolValue\":true}]}}},"
    "{\"key\":\"empty\",\"value\":{\"arrayValue\":{}}},"
    "{\"key\":\"none\",\"value\":{}},"
    "{\"key\":\"bytes\",\"value\":{\"bytesValue\":\"AP8Q\"}},"
    "{\"key\":\"map\",\"value\":{\"kvlistValue\":{\"values\":[{\"key\":\"k\",\"value\":{"
    "\"intValue\":\"1\"}}]}}}],"
    "\"droppedAttributesCount\":3,"
    "\"events\":[{\"timeUnixNano\":\"1700000000000000005\",\"name\":\"e\",\"attributes\":"
    "[{\"key\":\"k\",\"value\":{\"intValue\":\"5\"}}],\"droppedAttributesCount\":4},{\"name\":"
    "\"f\"}],"
    "\"droppedEventsCount\":5,"
    "\"links\":[{\"traceId\":\"ff02030405060708090a0b0c0d0e0f10\",\"spanId\":\"c102030405060708\","
    "\"traceState\":\"l=1\",\"attributes\":[{\"key\":\"k\",\"value\":{\"stringValue\":\"v\"}}],"
    "\"droppedAttributesCount\":6,\"flags\":257}],"
    "\"droppedLinksCount\":7,\"status\":{\"message\":\"broken\",\"code\":2}},"
    "{\"spanId\":\"a202030405060708\",\"name\":\"second\",\"kind\":1,\"status\":{}}],"
    "\"schemaUrl\":\"urn:scope\"},"
    "{\"scope\":{},\"spans\":[{\"name\":\"third\",\"kind\":1,\"status\":{\"code\":1}}]}],"
    "\"schemaUrl\":\"urn:resource\"},"
    "{\"resource\":{},\"scopeSpans\":[{\"scope\":{},\"spans\":"
    "[{\"name\":\"fourth\",\"kind\":5,\"status\":{}}]}]}]}";

static cspan_span_list *decode(const char *text) {
  cspan_span_list *list = NULL;
  cspan_error *error = NULL;
  cspan_span_list_decode_json(text, strlen(text), &list, &error);
  assert_string_equal(cspan_error_message(error), "");
  assert_non_null(list);
  return list;
}

/* JSON to protobuf and back. */
static void check_again(const char *text, const char *expected) {
  cspan_buf request, out;
  cspan_buf_init(&request, 1 << 20);
  cspan_buf_init(&out, 1 << 20);
  assert_int_equal(cspan_otlp_json_to_protobuf(text, strlen(text), &request, NULL), CSPAN_OK);
  assert_int_equal(cspan_otlp_to_json(CSPAN_OTLP_TRACES, (const uint8_t *)cspan_buf_text(&request),
                                      request.len, &out),
                   CSPAN_OK);
  assert_string_equal(cspan_buf_text(&out), expected);
  cspan_buf_free(&request);
  cspan_buf_free(&out);
}

static void test_nothing_is_lost(void **state) {
  (void)state;
  cspan_span_list *list = decode(whole);
  assert_int_equal(cspan_span_list_count(list), 4);
  const cspan_span_view *span = cspan_span_list_at(list, 0);
  assert_string_equal(span->name, "S3.PutObject \xc3\xa9\n");
  assert_int_equal(span->kind, CSPAN_SPAN_CLIENT);
  assert_true(span->start_time_unix_ns == 1700000000000000001);
  assert_int_equal(span->span_id[0], 0xa1);
  assert_int_equal(span->attribute_count, 14);
  assert_true(signbit(span->attributes[3].value.number));
  assert_true(isnan(span->attributes[4].value.number));
  assert_true(span->links[0].context.trace_flags == 1 && !span->links[0].context.is_remote);
  assert_string_equal(cspan_span_list_at(list, 2)->schema_url, "urn:resource");
  check_again(whole, whole);
  cspan_span_list_free(list);
}

static void test_empty_list(void **state) {
  (void)state;
  cspan_span_list *list = decode("{}");
  assert_int_equal(cspan_span_list_count(list), 0);
  check_again("{}", "{}");
  check_again("{\"resourceSpans\":[]}", "{}");
  cspan_span_list_free(list);
}

#define SPAN(fields) "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{" fields "}]}]}]}"
#define VALUE(value) SPAN("\"attributes\":[{\"key\":\"k\",\"value\":" value "}]")

typedef struct lenient_case {
  const char *text;
  cspan_attr_type type;
  int64_t number;
  const char *string;
} lenient_case;

static const lenient_case lenient[] = {
    {VALUE("{\"intValue\":7}"), CSPAN_ATTR_INT64, 7, NULL},
    {VALUE("{\"intValue\":\"7\",\"later\":[1]}"), CSPAN_ATTR_INT64, 7, NULL},
    {VALUE("{\"doubleValue\":7}"), CSPAN_ATTR_DOUBLE, 7, NULL},
    {VALUE("{\"doubleValue\":\"7.0\"}"), CSPAN_ATTR_DOUBLE, 7, NULL},
    {VALUE("{\"bytesValue\":\"AP8Q\"}"), CSPAN_ATTR_STRING, 0, "AP8Q"},
    {VALUE("{\"kvlistValue\":{\"values\":[{\"key\":\"a\",\"value\":{\"intValue\":\"1\"}}]}}"),
     CSPAN_ATTR_STRING, 0, "{\"a\":1}"},
    {VALUE("{}"), CSPAN_ATTR_STRING, 0, ""},
    {VALUE("null"), CSPAN_ATTR_STRING, 0, ""},
};

static void test_accepted_forms(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof lenient / sizeof lenient[0]; i++) {
    const lenient_case *c = &lenient[i];
    cspan_span_list *list = decode(c->text);
    const cspan_attr *attribute = &cspan_span_list_at(list, 0)->attributes[0];
    assert_int_equal(attribute->type, c->type);
    if (c->type == CSPAN_ATTR_INT64)
      assert_int_equal(attribute->value.int64, c->number);
    else if (c->type == CSPAN_ATTR_DOUBLE)
      assert_true(attribute->value.number == (double)c->number);
    else
      assert_string_equal(attribute->value.string, c->string);
    cspan_span_list_free(list);
  }
}

static void test_upper_case_ids_and_number_times(void **state) {
  (void)state;
  cspan_span_list *list = decode(SPAN("\"spanId\":\"A1B2C3D4E5F60708\",\"startTimeUnixNano\":5,"
                                      "\"parentSpanId\":\"\",\"flags\":\"257\",\"name\":null"));
  const cspan_span_view *span = cspan_span_list_at(list, 0);
  assert_int_equal(span->span_id[0], 0xa1);
  assert_int_equal(span->start_time_unix_ns, 5);
  assert_int_equal(span->flags, 257);
  cspan_span_list_free(list);
}

static void test_nul_in_text(void **state) {
  (void)state;
  cspan_span_list *list = decode(VALUE("{\"stringValue\":\"a\\u0000b\"}"));
  const cspan_attr *attribute = &cspan_span_list_at(list, 0)->attributes[0];
  assert_int_equal(attribute->count, 3);
  assert_memory_equal(attribute->value.string, "a\0b", 4);
  cspan_span_list_free(list);
}

typedef struct bad_case {
  const char *text;
  const char *says; /* part of the message */
} bad_case;

static const bad_case bad[] = {
    {"", "line 1"},
    {"{\"resourceSpans\":[", "line 1"},
    {"[]", "not a JSON object"},
    {"\"x\"", "line 1"},
    {"{\"resourceSpans\":{}}", "\"resourceSpans\" must be an array"},
    {"{\"resourceSpans\":[1]}", "\"resourceSpans\" must be an object"},
    {"{\"resourceSpans\":[null]}", "\"resourceSpans\" must be an object"},
    {SPAN("\"name\":5"), "\"name\" must be a string"},
    {SPAN("\"traceId\":\"xy\""), "\"traceId\" must be an id"},
    {SPAN("\"traceId\":5"), "\"traceId\" must be an id"},
    {SPAN("\"traceId\":\"0102\""), "16 bytes"},
    {SPAN("\"spanId\":\"0102030405060708090a0b0c0d0e0f1011\""), "\"spanId\" must be an id"},
    {SPAN("\"kind\":\"SPAN_KIND_CLIENT\""), "\"kind\" must be an unsigned"},
    {SPAN("\"kind\":-1"), "\"kind\" must be an unsigned"},
    {SPAN("\"startTimeUnixNano\":\"-1\""), "\"startTimeUnixNano\""},
    {SPAN("\"flags\":4294967296"), "32-bit"},
    {VALUE("{\"intValue\":1.5}"), "\"intValue\" must be a 64-bit"},
    {VALUE("{\"intValue\":\"9223372036854775808\"}"), "\"intValue\""},
    {VALUE("{\"boolValue\":\"true\"}"), "\"boolValue\" must be true or false"},
    {VALUE("{\"doubleValue\":\"x\"}"), "\"doubleValue\" must be a number"},
    {VALUE("{\"doubleValue\":[]}"), "\"doubleValue\" must be a number"},
    {VALUE("{\"bytesValue\":\"*\"}"), "\"bytesValue\" must be bytes in base64"},
    {VALUE("{\"bytesValue\":3}"), "\"bytesValue\" must be bytes in base64"},
};

static void test_malformed(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    cspan_span_list *list = NULL;
    cspan_error *error = NULL;
    cspan_status status =
        cspan_span_list_decode_json(bad[i].text, strlen(bad[i].text), &list, &error);
    if (status != CSPAN_ERR_PROTOCOL || !strstr(cspan_error_message(error), bad[i].says))
      fail_msg("%s: %s: %s", bad[i].text, cspan_status_name(status), cspan_error_message(error));
    assert_null(list);
    cspan_error_free(error);
  }
}

static void test_nesting_has_a_limit(void **state) {
  (void)state;
  cspan_buf text;
  cspan_buf_init(&text, 1 << 20);
  cspan_buf_str(&text, "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"value\":");
  for (int i = 0; i < 150; i++)
    cspan_buf_str(&text, "{\"arrayValue\":{\"values\":[");
  for (int i = 0; i < 150; i++)
    cspan_buf_str(&text, "]}}");
  cspan_buf_str(&text, "}]}}]}");
  cspan_span_list *list = NULL;
  assert_int_equal(cspan_span_list_decode_json(text.data, text.len, &list, NULL),
                   CSPAN_ERR_PROTOCOL);
  cspan_buf_free(&text);
}

/* What is not UTF-8 does not get into JSON; an id may not be longer than 16 bytes; the last
 * member of a one-of counts, as the last of a field that is there twice. */
static const struct {
  const char *bytes;
  size_t len;
  const char *text; /* NULL: refused */
} wires[] = {
    {"\x0a\x0b\x12\x09\x12\x07\x2a\x05"
     "a\xff"
     "b\xc3!",
     13,
     "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"name\":\"a\xef\xbf\xbd"
     "b\xef\xbf\xbd!\"}]}]}]}"},
    {"\x0a\x0a\x12\x08\x12\x06\x2a\x01x\x2a\x01y", 12,
     "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"name\":\"y\"}]}]}]}"},
    {"\x0a\x0a\x0a\x08\x0a\x06\x12\x04\x10\x01\x18\x02", 12,
     "{\"resourceSpans\":[{\"resource\":{\"attributes\":[{\"value\":{\"intValue\":\"2\"}}]}}]}"},
    {"\x0a\x02\x0a\x00\x78\x05\x0a\x00", 8, "{\"resourceSpans\":[{\"resource\":{}},{}]}"},
    {"\x0a\x17\x12\x15\x12\x13\x0a\x11xxxxxxxxxxxxxxxxx", 25, NULL},
    {"\x0a\x05\x0a", 3, NULL},
    {"\x0a\x03\x0a\x01\x0a", 5, NULL},
};

static void test_from_the_wire(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof wires / sizeof wires[0]; i++) {
    cspan_buf out;
    cspan_buf_init(&out, 1 << 20);
    cspan_status status =
        cspan_otlp_to_json(CSPAN_OTLP_TRACES, (const uint8_t *)wires[i].bytes, wires[i].len, &out);
    assert_int_equal(status, wires[i].text ? CSPAN_OK : CSPAN_ERR_PROTOCOL);
    if (wires[i].text)
      assert_string_equal(cspan_buf_text(&out), wires[i].text);
    cspan_buf_free(&out);
  }
}

static void test_output_has_a_limit(void **state) {
  (void)state;
  cspan_buf out;
  cspan_buf_init(&out, 40);
  assert_int_equal(
      cspan_otlp_to_json(CSPAN_OTLP_TRACES, (const uint8_t *)wires[0].bytes, wires[0].len, &out),
      CSPAN_ERR_LIMIT);
  cspan_buf_free(&out);
}

static void test_doubles(void **state) {
  (void)state;
  static const struct {
    double value;
    const char *text;
  } cases[] = {
      {0.0, "0"},
      {-0.0, "-0.0"},
      {1.0, "1"},
      {0.1, "0.1"},
      {1.0 / 3.0, "0.3333333333333333"},
      {1e300, "1e+300"},
      {0.1 + 0.2, "0.30000000000000004"},
      {5e-324, "4.94065645841247e-324"},
      {(double)INFINITY, "\"Infinity\""},
      {-(double)INFINITY, "\"-Infinity\""},
      {(double)NAN, "\"NaN\""},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_buf out;
    cspan_buf_init(&out, 100);
    cspan_json_double(&out, cases[i].value);
    assert_string_equal(cspan_buf_text(&out), cases[i].text);
    cspan_buf_free(&out);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_nothing_is_lost),
      cmocka_unit_test(test_empty_list),
      cmocka_unit_test(test_accepted_forms),
      cmocka_unit_test(test_upper_case_ids_and_number_times),
      cmocka_unit_test(test_nul_in_text),
      cmocka_unit_test(test_malformed),
      cmocka_unit_test(test_nesting_has_a_limit),
      cmocka_unit_test(test_from_the_wire),
      cmocka_unit_test(test_output_has_a_limit),
      cmocka_unit_test(test_doubles),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
