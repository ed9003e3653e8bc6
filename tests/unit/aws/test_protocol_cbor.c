/* SPDX-License-Identifier: Apache-2.0 */
/* Smithy RPC v2 CBOR: requests and responses by a model. */
#include <math.h>

#include "aws/protocol/cbor.h"
#include "protocol_fixture.h"

static const char protocol[] = "smithy-rpc-v2-cbor";

/* The body as JSON. */
static void expect_body(exchange *x, const char *json) {
  cspan_value value;
  assert_int_equal(
      cspan_cbor_parse(x->request.body.data, x->request.body.len, x->arena, &value, NULL),
      CSPAN_OK);
  expect_json(&value, json);
}

static void test_request(void **state) {
  exchange x;
  (void)state;
  exchange_open(&x, protocol, "");
  assert_int_equal(
      exchange_serialize(&x, "Plain",
                         "{\"String\":\"a\",\"Integer\":-3,\"Long\":123456789012345678901,"
                         "\"Float\":\"NaN\",\"Double\":0.1,\"Boolean\":true,\"Blob\":\"raw\","
                         "\"Time\":\"2014-04-29T18:30:38.5Z\",\"IsoTime\":1,\"Names\":[\"x\",null],"
                         "\"Map\":{\"k\":\"v\"},\"Choice\":{\"Number\":7,\"Text\":null},"
                         "\"Again\":{}}"),
      CSPAN_OK);
  /* API names, times with their tag, blobs as they are. */
  expect_body(&x, "{\"String\":\"a\",\"Integer\":-3,\"Long\":123456789012345678901,"
                  "\"Float\":\"NaN\",\"Double\":0.1,\"Boolean\":true,\"Blob\":\"cmF3\","
                  "\"Time\":\"2014-04-29T18:30:38.5Z\",\"IsoTime\":\"1970-01-01T00:00:01Z\","
                  "\"Names\":[\"x\",null],\"Map\":{\"k\":\"v\"},\"Choice\":{\"Number\":7},"
                  "\"Again\":{}}");
  assert_string_equal(x.request.path.data, "/service/Pantry_20240101/operation/Plain");
  assert_string_equal(cspan_header_list_get(&x.request.headers, "smithy-protocol"), "rpc-v2-cbor");
  assert_string_equal(cspan_header_list_get(&x.request.headers, "Accept"), "application/cbor");
  assert_string_equal(cspan_header_list_get(&x.request.headers, "Content-Type"),
                      "application/cbor");
  exchange_close(&x);
}

static void test_float_is_single(void **state) {
  exchange x;
  (void)state;
  const cspan_value input = CSPAN_MAP(cspan_field("Float", cspan_double(1.5)));
  const cspan_value large = CSPAN_MAP(cspan_field("Float", cspan_double(1e300)));
  exchange_open(&x, protocol, "");
  assert_int_equal(exchange_serialize_value(&x, "Plain", &input), CSPAN_OK);
  assert_memory_equal(x.request.body.data,
                      "\xa1\x65"
                      "Float\xfa\x3f\xc0\x00\x00",
                      12);
  cspan_buf_clear(&x.request.body);
  assert_int_equal(exchange_serialize_value(&x, "Plain", &large), CSPAN_OK);
  expect_body(&x, "{\"Float\":1e+300}");
  exchange_close(&x);
}

static void test_no_input_has_no_body(void **state) {
  exchange x;
  (void)state;
  exchange_open(&x, protocol, ", 'awsQueryCompatible': {}");
  assert_int_equal(exchange_serialize_value(&x, "Nothing", NULL), CSPAN_OK);
  assert_false(x.request.has_body);
  assert_null(cspan_header_list_get(&x.request.headers, "Content-Type"));
  assert_string_equal(cspan_header_list_get(&x.request.headers, "x-amzn-query-mode"), "true");
  exchange_close(&x);
}

static void test_document_is_refused(void **state) {
  exchange x;
  (void)state;
  exchange_open(&x, protocol, "");
  assert_int_equal(exchange_serialize(&x, "Plain", "{\"Document\":{}}"), CSPAN_ERR_UNSUPPORTED);
  assert_true(strlen(cspan_error_message(x.error)) > 0);
  exchange_close(&x);
}

static void test_responses(void **state) {
  static const struct {
    const char *body; /* at most this many bytes, no NUL inside */
    const char *expected;
  } cases[] = {
      {"", "{}"},
      {"\xf6", "{}"},
      {"\xbf\xff", "{}"},
      {"\xa1\x66String\x61"
       "a",
       "{\"String\":\"a\"}"},
      {"\xa1\x66String\xf6", "{}"},
      {"\xa2\x63"
       "foo\x81\x01\x64Time\xc1\x01",
       "{\"Time\":\"1970-01-01T00:00:01Z\"}"},
      {"\xa1\x64"
       "Blob\x43raw",
       "{\"Blob\":\"cmF3\"}"},
      {"\xa1\x65"
       "Float\x01",
       "{\"Float\":1}"},
      {"\xa1\x63Map\x01", "Map: expected a map, got an integer"},
      {"\x01", "expected a map, got an integer"},
      {"\xa1", "the service sent CBOR that cannot be read: it ends in the middle of an item"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    exchange x;
    exchange_open(&x, protocol, "");
    exchange_expect(&x, "Plain", cases[i].body, cases[i].expected);
    exchange_close(&x);
  }
}

static void test_errors(void **state) {
  static const struct {
    const char *body;
    const char *code;
    bool modelled;
  } cases[] = {
      {"\xa2\x66__type\x6cns#ShelfFull\x66Places\x02", "ShelfFull", true},
      {"\xa1\x64"
       "code\x69ShelfFull",
       NULL, false},
      {"nonsense", NULL, false},
      {"", NULL, false},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    exchange x;
    cspan_protocol_failure failure;
    exchange_open(&x, protocol, "");
    cspan_protocol_response response = exchange_response(&x, "Plain", 400, cases[i].body);
    assert_int_equal(x.pantry.protocol->parse_error(&response, x.arena, &failure, NULL), CSPAN_OK);
    if (cases[i].code != NULL) {
      assert_string_equal(failure.code, cases[i].code);
    } else {
      assert_null(failure.code);
    }
    assert_int_equal(failure.shape != NULL, cases[i].modelled);
    expect_json(&failure.fields, cases[i].modelled ? "{\"Places\":2}" : "{}");
    exchange_close(&x);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_request),
      cmocka_unit_test(test_float_is_single),
      cmocka_unit_test(test_no_input_has_no_body),
      cmocka_unit_test(test_document_is_refused),
      cmocka_unit_test(test_responses),
      cmocka_unit_test(test_errors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
