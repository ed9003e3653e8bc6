/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP bindings and restJson1: where members go, and where they come from. */
#include "protocol_fixture.h"

#define LABELS "\"House\":\"h\",\"Shelf\":\"a\",\"Place\":\"b\""

static void test_uri(void **state) {
  static const struct {
    const char *input;
    const char *path;
    const char *query;
  } cases[] = {
      {"{" LABELS "}", "/shelves/a/b", "store"},
      {"{\"House\":\"h\",\"Shelf\":\"a/b c\",\"Place\":\"d/e f?\"}",
       "/shelves/a%2Fb%20c/d/e%20f%3F", "store"},
      {"{" LABELS ",\"Since\":1398796238,\"Tags\":[\"x\",null,\"y&z\"]}", "/shelves/a/b",
       "store&since=2014-04-29T18%3A30%3A38Z&tag=x&tag=y%26z"},
      {"{" LABELS ",\"Tags\":[]}", "/shelves/a/b", "store"},
      {"{" LABELS ",\"More\":{\"k\":[\"1\",\"2\"],\"n\":null}}", "/shelves/a/b", "store&k=1&k=2"},
      /* What a member of its own says wins over a map. */
      {"{" LABELS ",\"More\":{\"tag\":[\"map\"],\"since\":[\"map\"]},\"Tags\":[\"own\"]}",
       "/shelves/a/b", "store&since=map&tag=own"},
      {"{" LABELS ",\"More\":{\"ta\":[\"map\"]},\"Tags\":[\"own\"]}", "/shelves/a/b",
       "store&ta=map&tag=own"},
      {"{" LABELS ",\"Tags\":[\"\"]}", "/shelves/a/b", "store&tag="},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    exchange x;
    exchange_open(&x, "rest-json", "");
    assert_int_equal(exchange_serialize(&x, "Store", cases[i].input), CSPAN_OK);
    assert_string_equal(x.request.method, "PUT");
    assert_string_equal(x.request.path.data, cases[i].path);
    assert_string_equal(cspan_buf_text(&x.request.query), cases[i].query);
    assert_string_equal(x.request.host_prefix.data, "h.data.");
    exchange_close(&x);
  }
}

static void test_headers(void **state) {
  static const struct {
    const char *input;
    const char *name;
    const char *value; /* NULL: not sent */
  } cases[] = {
      {"\"Note\":\"n\"", "x-note", "n"},
      {"\"Note\":\"\"", "x-note", ""},
      {"\"Note\":null", "x-note", NULL},
      {"\"Notes\":[\"a\",\"b,c\",\"d\\\"e\",null,\"\"]", "x-notes", "a, \"b,c\", \"d\\\"e\", "},
      {"\"Notes\":[]", "x-notes", ""},
      {"\"Seen\":[1398796238,0]", "x-seen",
       "Tue, 29 Apr 2014 18:30:38 GMT, Thu, 01 Jan 1970 00:00:00 GMT"},
      {"\"Json\":{\"a\":[1]}", "x-json", "eyJhIjpbMV19"},
      {"\"Json\":\"true\"", "x-json", "dHJ1ZQ=="},
      {"\"Meta\":{\"One\":\"1\",\"two\":\"\",\"no\":null}", "x-meta-one", "1"},
      {"\"Meta\":{\"One\":\"1\",\"two\":\"\",\"no\":null}", "x-meta-two", ""},
      {"\"Meta\":{\"One\":\"1\",\"two\":\"\",\"no\":null}", "x-meta-no", NULL},
      {"\"Jar\":{}", "Content-Type", "application/json"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    exchange x;
    char input[512];
    exchange_open(&x, "rest-json", "");
    snprintf(input, sizeof input, "{" LABELS ",%s}", cases[i].input);
    assert_int_equal(exchange_serialize(&x, "Store", input), CSPAN_OK);
    const char *value = cspan_header_list_get(&x.request.headers, cases[i].name);
    if (cases[i].value == NULL) {
      assert_null(value);
    } else {
      assert_non_null(value);
      assert_string_equal(value, cases[i].value);
    }
    exchange_close(&x);
  }
}

static void test_what_cannot_be_sent(void **state) {
  static const struct {
    const char *input;
    const char *error;
  } cases[] = {
      {"{\"House\":\"h\",\"Shelf\":\"a\"}", "Place: is required, but not given"},
      {"{\"House\":\"h\",\"Shelf\":\"\",\"Place\":\"b\"}", "Shelf: must not be empty"},
      {"{" LABELS ",\"Note\":\"a\\r\\nx-evil: 1\"}", "Note: must not hold control characters"},
      {"{" LABELS ",\"Notes\":[\"a\",\"b\\nc\"]}", "Notes: must not hold control characters"},
      {"{" LABELS ",\"Meta\":{\"a\":\"b\\nc\"}}", "Meta: must not hold control characters"},
      {"{" LABELS ",\"Meta\":{\"a b\":\"c\"}}", "Meta: holds a key that cannot be part"},
      {"{\"House\":\"h_\",\"Shelf\":\"a\",\"Place\":\"b\"}", "House: is part of the host name"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    exchange x;
    exchange_open(&x, "rest-json", "");
    assert_int_equal(exchange_serialize(&x, "Store", cases[i].input), CSPAN_ERR_INVALID);
    if (strncmp(cspan_error_message(x.error), cases[i].error, strlen(cases[i].error)) != 0) {
      fail_msg("%s: %s", cases[i].input, cspan_error_message(x.error));
    }
    exchange_close(&x);
  }
}

static void test_bodies(void **state) {
  static const struct {
    const char *operation;
    const char *input;
    const char *body; /* NULL: none */
    const char *type;
  } cases[] = {
      {"Store", "{" LABELS ",\"Jar\":{\"Again\":{}},\"Note\":\"n\"}",
       "{\"House\":\"h\",\"jar\":{\"again\":{}},\"Token\":\"0000-token\"}", "application/json"},
      {"Nested", "{}", "{}", "application/json"},
      {"Nested", "{\"Jar\":{\"Time\":1}}", "{\"Time\":1}", "application/json"},
      {"Blob", "{}", NULL, NULL},
      {"Blob", "{\"Data\":\"\"}", "", "application/octet-stream"},
      {"Blob", "{\"Data\":\"{}\",\"Type\":\"image/png\"}", "{}", "image/png"},
      {"Plain", "{}", "{}", "application/json"},
      {"Nothing", "{}", NULL, NULL},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    exchange x;
    exchange_open(&x, "rest-json", "");
    assert_int_equal(exchange_serialize(&x, cases[i].operation, cases[i].input), CSPAN_OK);
    const char *type = cspan_header_list_get(&x.request.headers, "Content-Type");
    assert_int_equal(x.request.has_body, cases[i].body != NULL);
    assert_string_equal(cspan_buf_text(&x.request.body), cases[i].body ? cases[i].body : "");
    assert_string_equal(type ? type : "", cases[i].type ? cases[i].type : "");
    exchange_close(&x);
  }
}

static void test_streams(void **state) {
  exchange x;
  size_t size;
  (void)state;
  exchange_open(&x, "rest-json", "");
  assert_int_equal(exchange_serialize(&x, "Pour", "{\"Milk\":\"white\"}"), CSPAN_OK);
  assert_false(x.request.has_body);
  assert_non_null(x.request.stream_member);
  assert_memory_equal(cspan_value_bytes(x.request.stream, &size), "white", 5);
  assert_string_equal(cspan_header_list_get(&x.request.headers, "Content-Type"),
                      "application/octet-stream");
  exchange_close(&x);
  exchange_open(&x, "rest-json", "");
  assert_int_equal(exchange_serialize(&x, "Watch", "{\"Name\":\"n\"}"), CSPAN_OK);
  assert_false(x.request.has_body);
  assert_null(x.request.stream);
  assert_string_equal(cspan_model_text(&x.pantry.model, x.request.stream_member->name), "Events");
  assert_string_equal(cspan_header_list_get(&x.request.headers, "Content-Type"),
                      "application/vnd.amazon.eventstream");
  exchange_close(&x);
}

static void test_content_md5(void **state) {
  exchange x;
  (void)state;
  exchange_open(&x, "rest-json", "");
  assert_int_equal(exchange_serialize(&x, "Blob", "{\"Data\":\"a\"}"), CSPAN_OK);
  assert_int_equal(cspan_protocol_content_md5(&x.request), CSPAN_OK);
  assert_string_equal(cspan_header_list_get(&x.request.headers, "Content-MD5"),
                      "DMF1ucDxtqgxw5niaXcmYQ==");
  assert_int_equal(cspan_header_list_put(&x.request.headers, x.arena, "Content-MD5", "given"),
                   CSPAN_OK);
  assert_int_equal(cspan_protocol_content_md5(&x.request), CSPAN_OK);
  assert_string_equal(cspan_header_list_get(&x.request.headers, "Content-MD5"), "given");
  exchange_close(&x);
}

typedef struct header_case {
  const char *name;
  const char *value;
  const char *expected;
} header_case;

static void test_response_headers(void **state) {
  static const header_case cases[] = {
      {"x-note", "n", "\"Note\":\"n\","},
      {"x-note", "", "\"Note\":\"\","},
      {"x-count", "12", "\"Count\":12,"},
      {"x-count", "many", ""}, /* left out */
      {"x-until", "Tue, 29 Apr 2014 18:30:38 GMT", "\"Until\":\"2014-04-29T18:30:38Z\","},
      {"x-until", "1398796238", "\"Until\":\"2014-04-29T18:30:38Z\","},
      {"x-until", "0x", ""},
      {"x-notes", "a, \"b,c\", \"d\\\"e\"", "\"Notes\":[\"a\",\"b,c\",\"d\\\"e\"],"},
      {"x-notes", "a,,b", "\"Notes\":[\"a\",\"\",\"b\"],"},
      {"x-notes", "", "\"Notes\":[],"},
      {"x-notes", "\"open", "\"Notes\":[\"\\\"open\"],"},
      {"x-notes", "\"", "\"Notes\":[\"\\\"\"],"},
      {"x-seen", "Tue, 29 Apr 2014 18:30:38 GMT, Thu, 01 Jan 1970 00:00:00 GMT",
       "\"Seen\":[\"2014-04-29T18:30:38Z\",\"1970-01-01T00:00:00Z\"],"},
      {"x-seen", "2014-04-29T18:30:38Z,0",
       "\"Seen\":[\"2014-04-29T18:30:38Z\",\"1970-01-01T00:00:00Z\"],"},
      {"x-json", "eyJhIjpbMV19", "\"Json\":\"{\\\"a\\\":[1]}\","},
      {"x-json", "***", ""},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    exchange x;
    char expected[512];
    exchange_open(&x, "rest-json", "");
    cspan_header_block_add(&x.headers, cases[i].name, cases[i].value);
    snprintf(expected, sizeof expected, "{\"Status\":200,%s\"Meta\":{}}", cases[i].expected);
    exchange_expect(&x, "Store", "", expected);
    exchange_close(&x);
  }
}

static void test_prefix_headers(void **state) {
  exchange x;
  (void)state;
  exchange_open(&x, "rest-json", "");
  cspan_header_block_add(&x.headers, "x-meta-one", "1");
  cspan_header_block_add(&x.headers, "x-meta-", "no name");
  cspan_header_block_add(&x.headers, "x-metal", "other");
  cspan_header_block_add(&x.headers, "X-Meta-Two", "2");
  exchange_expect(&x, "Store", "{\"jar\":{\"String\":\"a\"},\"Note\":\"not from here\"}",
                  "{\"Status\":200,\"Meta\":{\"one\":\"1\",\"Two\":\"2\"},"
                  "\"Jar\":{\"String\":\"a\"}}");
  exchange_close(&x);
}

static void test_response_payloads(void **state) {
  static const struct {
    const char *operation;
    const char *body;
    const char *expected;
  } cases[] = {
      {"Blob", "bytes", "{\"Data\":\"Ynl0ZXM=\"}"},
      {"Blob", "", "{}"},
      {"Blob", NULL, "{}"},
      {"Nested", "{\"again\":{}}", "{\"Jar\":{\"Again\":{}}}"},
      {"Nested", "", "{}"},
      {"Nested", "{\"Map\":1}", "Map: expected a map, got an integer"},
      {"Nothing", "{\"a\":1}", "{}"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    exchange x;
    exchange_open(&x, "rest-json", "");
    exchange_expect(&x, cases[i].operation, cases[i].body, cases[i].expected);
    exchange_close(&x);
  }
}

static void test_error_with_header_members(void **state) {
  exchange x;
  cspan_protocol_failure failure;
  (void)state;
  exchange_open(&x, "rest-json", "");
  cspan_header_block_add(&x.headers, "x-retry", "5");
  cspan_protocol_response response =
      exchange_response(&x, "Store", 409,
                        "{\"code\":\"ns#ShelfFull\",\"__type\":\"no\",\"message\":\"full\","
                        "\"Places\":2}");
  assert_int_equal(x.pantry.protocol->parse_error(&response, x.arena, &failure, NULL), CSPAN_OK);
  assert_string_equal(failure.code, "ShelfFull");
  assert_string_equal(failure.message, "full");
  expect_json(&failure.fields, "{\"Retry\":5,\"Places\":2}");
  exchange_close(&x);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_uri),
      cmocka_unit_test(test_headers),
      cmocka_unit_test(test_what_cannot_be_sent),
      cmocka_unit_test(test_bodies),
      cmocka_unit_test(test_streams),
      cmocka_unit_test(test_content_md5),
      cmocka_unit_test(test_response_headers),
      cmocka_unit_test(test_prefix_headers),
      cmocka_unit_test(test_response_payloads),
      cmocka_unit_test(test_error_with_header_members),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
