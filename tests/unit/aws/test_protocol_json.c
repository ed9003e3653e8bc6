/* SPDX-License-Identifier: Apache-2.0 */
/* awsJson: bodies of requests, responses that do and do not fit the model, errors. */
#include <math.h>

#include "protocol_fixture.h"

static const char everything[] =
    "{\"String\":\"a\\\"b\",\"Integer\":-3,\"Long\":9007199254740993,\"Float\":1.5,"
    "\"Double\":0.1,\"Boolean\":false,\"Blob\":\"Ynl0ZXM=\",\"Time\":1398796238,"
    "\"IsoTime\":\"2014-04-29T18:30:38Z\",\"Names\":[\"x\",null],\"Map\":{\"k\":\"v\"},"
    "\"Choice\":{\"num\":7},\"Document\":{\"any\":[1,null,true]},"
    "\"again\":{\"String\":\"deep\"},\"Agains\":[{},{\"again\":{}}]}";

static void test_request(void **state) {
  exchange x;
  (void)state;
  const cspan_value names = CSPAN_LIST(cspan_string("x"), cspan_null());
  const cspan_value any = CSPAN_LIST(cspan_int(1), cspan_null(), cspan_bool(true));
  const cspan_value empty = cspan_map(NULL, 0);
  const cspan_value input = CSPAN_MAP(
      cspan_field("String", cspan_string("a\"b")), cspan_field("Integer", cspan_int(-3)),
      cspan_field("Long", cspan_int(9007199254740993)), cspan_field("Float", cspan_double(1.5)),
      cspan_field("Double", cspan_double(0.1)), cspan_field("Boolean", cspan_bool(false)),
      cspan_field("Blob", cspan_blob("bytes", 5)), cspan_field("Time", cspan_int(1398796238)),
      cspan_field("IsoTime", cspan_timestamp(1398796238, 0)), cspan_field("Names", names),
      cspan_field("Map", CSPAN_MAP(cspan_field("k", cspan_string("v")))),
      cspan_field("Choice", CSPAN_MAP(cspan_field("Text", cspan_null()),
                                      cspan_field("Number", cspan_int(7)))),
      cspan_field("Document", CSPAN_MAP(cspan_field("any", any))),
      cspan_field("Again", CSPAN_MAP(cspan_field("String", cspan_string("deep")))),
      cspan_field("Agains", CSPAN_LIST(empty, CSPAN_MAP(cspan_field("Again", empty)))));
  exchange_open(&x, "json", "");
  assert_int_equal(exchange_serialize_value(&x, "Plain", &input), CSPAN_OK);
  assert_string_equal(x.request.body.data, everything);
  assert_string_equal(x.request.path.data, "/");
  assert_string_equal(x.request.method, "POST");
  assert_true(x.request.has_body);
  assert_string_equal(cspan_header_list_get(&x.request.headers, "X-Amz-Target"),
                      "Pantry_20240101.Plain");
  assert_string_equal(cspan_header_list_get(&x.request.headers, "Content-Type"),
                      "application/x-amz-json-1.1");
  assert_null(cspan_header_list_get(&x.request.headers, "x-amzn-query-mode"));
  exchange_close(&x);
}

static void test_special_floats(void **state) {
  exchange x;
  (void)state;
  const cspan_value input =
      CSPAN_MAP(cspan_field("Float", cspan_double(-INFINITY)),
                cspan_field("Double", cspan_double(NAN)), cspan_field("Long", cspan_null()));
  exchange_open(&x, "json", "");
  assert_int_equal(exchange_serialize_value(&x, "Plain", &input), CSPAN_OK);
  assert_string_equal(x.request.body.data, "{\"Float\":\"-Infinity\",\"Double\":\"NaN\"}");
  exchange_close(&x);
}

/* HTTP bindings mean nothing here, and tokens are filled where they are not given. */
static void test_bindings_are_ignored(void **state) {
  static const struct {
    const char *input;
    const char *body;
  } cases[] = {
      {"{\"House\":\"a\",\"Shelf\":\"b\",\"Place\":\"c\",\"Note\":\"d\"}",
       "{\"House\":\"a\",\"Shelf\":\"b\",\"Place\":\"c\",\"x-note\":\"d\",\"Token\":"
       "\"0000-token\"}"},
      {"{\"House\":\"a\",\"Token\":\"mine\"}", "{\"House\":\"a\",\"Token\":\"mine\"}"},
      {"{\"House\":\"a\",\"Token\":null}", "{\"House\":\"a\",\"Token\":\"0000-token\"}"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    exchange x;
    exchange_open(&x, "json", "");
    assert_int_equal(exchange_serialize(&x, "Store", cases[i].input), CSPAN_OK);
    assert_string_equal(x.request.body.data, cases[i].body);
    assert_string_equal(x.request.host_prefix.data, "a.data.");
    assert_string_equal(cspan_buf_text(&x.request.query), "");
    exchange_close(&x);
  }
}

static void test_host_label_must_be_a_host(void **state) {
  exchange x;
  (void)state;
  exchange_open(&x, "json", "");
  assert_int_equal(exchange_serialize(&x, "Store", "{\"House\":\"a/b\"}"), CSPAN_ERR_INVALID);
  assert_non_null(strstr(cspan_error_message(x.error), "House: is part of the host name"));
  exchange_close(&x);
}

static void test_no_input_is_an_empty_object(void **state) {
  exchange x;
  (void)state;
  exchange_open(&x, "json", ", 'awsQueryCompatible': {}");
  assert_int_equal(exchange_serialize_value(&x, "Nothing", NULL), CSPAN_OK);
  assert_string_equal(x.request.body.data, "{}");
  assert_string_equal(cspan_header_list_get(&x.request.headers, "x-amzn-query-mode"), "true");
  exchange_close(&x);
}

/* The events go apart; the rest of the input is what the first event holds. */
static void test_event_stream(void **state) {
  exchange x;
  (void)state;
  exchange_open(&x, "json", "");
  assert_int_equal(exchange_serialize(&x, "Watch", "{\"Name\":\"n\"}"), CSPAN_OK);
  assert_string_equal(x.request.body.data, "{\"x-name\":\"n\"}");
  assert_string_equal(cspan_model_text(&x.pantry.model, x.request.stream_member->name), "Events");
  assert_string_equal(cspan_header_list_get(&x.request.headers, "Content-Type"),
                      "application/vnd.amazon.eventstream");
  exchange_close(&x);
}

static void test_compression(void **state) {
  exchange x;
  (void)state;
  exchange_open(&x, "json", "");
  const cspan_operation_model *store = cspan_model_operation(&x.pantry.model, "Store");
  const cspan_operation_model *plain = cspan_model_operation(&x.pantry.model, "Plain");
  assert_int_equal(exchange_serialize(&x, "Store", "{\"House\":\"a\"}"), CSPAN_OK);
  size_t len = x.request.body.len;
  assert_int_equal(cspan_protocol_compress(plain, 1, &x.request, NULL), CSPAN_OK);
  assert_int_equal(cspan_protocol_compress(store, len + 1, &x.request, NULL), CSPAN_OK);
  assert_null(cspan_header_list_get(&x.request.headers, "Content-Encoding"));
  assert_int_equal(cspan_protocol_compress(store, len, &x.request, NULL), CSPAN_OK);
  assert_string_equal(cspan_header_list_get(&x.request.headers, "Content-Encoding"), "gzip");
  assert_memory_equal(x.request.body.data, "\x1f\x8b", 2);
  exchange_close(&x);
}

static void test_responses(void **state) {
  static const struct {
    const char *body;
    const char *expected;
  } cases[] = {
      {"", "{}"},
      {" \n", "{}"},
      {"null", "{}"},
      {"{}", "{}"},
      {"{\"unknown\":{\"deep\":[1]},\"String\":\"a\"}", "{\"String\":\"a\"}"},
      {"{\"String\":null}", "{}"},
      {"{\"Again\":{}}", "{}"}, /* the API name is not the name on the wire */
      {"{\"again\":{\"Integer\":1}}", "{\"Again\":{\"Integer\":1}}"},
      {"{\"Choice\":{\"__type\":\"x\",\"Text\":null,\"num\":7}}", "{\"Choice\":{\"Number\":7}}"},
      {"{\"Choice\":{\"of\":\"tomorrow\"}}", "{\"Choice\":{}}"},
      {"{\"Map\":{\"a\":null,\"b\":\"c\"}}", "{\"Map\":{\"b\":\"c\"}}"},
      {"{\"Names\":[null,\"a\"]}", "{\"Names\":[null,\"a\"]}"},
      {"{\"Document\":{\"a\":[null]}}", "{\"Document\":{\"a\":[null]}}"},
      {"{\"Time\":1398796238.5}", "{\"Time\":\"2014-04-29T18:30:38.5Z\"}"},
      {"{\"Time\":\"Tue, 29 Apr 2014 18:30:38 GMT\"}", "{\"Time\":\"2014-04-29T18:30:38Z\"}"},
      {"{\"IsoTime\":1398796238}", "{\"IsoTime\":\"2014-04-29T18:30:38Z\"}"},
      {"{\"Float\":\"NaN\",\"Double\":\"-Infinity\"}",
       "{\"Float\":\"NaN\",\"Double\":\"-Infinity\"}"},
      {"{\"Integer\":1.0,\"Boolean\":\"true\",\"Long\":\"12\"}",
       "{\"Integer\":1,\"Boolean\":true,\"Long\":12}"},
      {"{\"Long\":123456789012345678901}", "{\"Long\":123456789012345678901}"},
      {"{\"Blob\":\"\"}", "{\"Blob\":\"\"}"},
      {"[]", "expected a map, got a list"},
      {"{\"String\":{}}", "String: expected a string, got a map"},
      {"{\"Agains\":[{},{\"again\":{\"Map\":[]}}]}",
       "Agains[1].Again.Map: expected a map, got a list"},
      {"{\"Blob\":\"*\"}", "Blob: is not base64"},
      {"{\"Integer\":\"many\"}", "Integer: is not an integer"},
      {"{\"Time\":true}", "Time: expected a timestamp, got a boolean"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    exchange x;
    exchange_open(&x, "json", "");
    exchange_expect(&x, "Plain", cases[i].body, cases[i].expected);
    exchange_close(&x);
  }
}

static void test_everything_comes_back(void **state) {
  exchange x;
  cspan_value value;
  (void)state;
  exchange_open(&x, "json", "");
  cspan_protocol_response response = exchange_response(&x, "Plain", 200, everything);
  assert_int_equal(x.pantry.protocol->parse(&response, x.arena, &value, NULL), CSPAN_OK);
  assert_int_equal(cspan_value_get(&value, "Blob")->kind, CSPAN_VALUE_BLOB);
  assert_int_equal(exchange_serialize_value(&x, "Plain", &value), CSPAN_OK);
  assert_string_equal(x.request.body.data, everything);
  exchange_close(&x);
}

static void test_broken_json_names_the_place(void **state) {
  exchange x;
  cspan_value value;
  (void)state;
  exchange_open(&x, "json", "");
  cspan_protocol_response response = exchange_response(&x, "Plain", 200, "{\n  \"a\": tru}");
  assert_int_equal(x.pantry.protocol->parse(&response, x.arena, &value, &x.error),
                   CSPAN_ERR_PROTOCOL);
  assert_non_null(strstr(cspan_error_message(x.error), "line 2"));
  exchange_close(&x);
}

static void test_nothing_is_made_of_unmodelled_output(void **state) {
  exchange x;
  (void)state;
  exchange_open(&x, "json", "");
  exchange_expect(&x, "Nothing", "{\"a\":1}", "{}");
  exchange_expect(&x, "Plain", NULL, "{}"); /* a stream that went elsewhere */
  exchange_close(&x);
}

typedef struct error_case {
  const char *header;
  const char *query_error;
  const char *body;
  const char *code;
  const char *message;
  bool modelled;
  const char *fields;
} error_case;

static void expect_text(const char *actual, const char *expected) {
  if (expected == NULL) {
    assert_null(actual);
  } else {
    assert_non_null(actual);
    assert_string_equal(actual, expected);
  }
}

static void run_error(const error_case *tested, const char *metadata) {
  exchange x;
  cspan_protocol_failure failure;
  exchange_open(&x, "json", metadata);
  cspan_header_block_add(&x.headers, "x-amzn-requestid", "id-1");
  if (tested->header != NULL) {
    cspan_header_block_add(&x.headers, "x-amzn-errortype", tested->header);
  }
  if (tested->query_error != NULL) {
    cspan_header_block_add(&x.headers, "x-amzn-query-error", tested->query_error);
  }
  cspan_protocol_response response = exchange_response(&x, "Plain", 400, tested->body);
  assert_int_equal(x.pantry.protocol->parse_error(&response, x.arena, &failure, NULL), CSPAN_OK);
  expect_text(failure.code, tested->code);
  expect_text(failure.message, tested->message);
  expect_text(failure.request_id, "id-1");
  assert_int_equal(failure.shape != NULL, tested->modelled);
  expect_json(&failure.fields, tested->fields);
  exchange_close(&x);
}

static void test_errors(void **state) {
  static const error_case cases[] = {
      {NULL, NULL, "{\"__type\":\"ns#ShelfFull:http://x/\",\"message\":\"m\",\"Places\":3}",
       "ShelfFull", "m", true, "{\"Places\":3}"},
      {"ShelfFull:http://x/", NULL, "{}", "ShelfFull", NULL, true, "{}"},
      {NULL, NULL, "{\"code\":\"Shelf.Full\",\"Message\":\"M\"}", "Shelf.Full", "M", true, "{}"},
      {NULL, NULL, "{\"__type\":\"Other\",\"message\":\"m\",\"Places\":3}", "Other", "m", false,
       "{}"},
      {NULL, NULL, "{\"__type\":\"ShelfFull\",\"Places\":\"three\"}", "ShelfFull", NULL, true,
       "{}"}, /* fields that do not fit */
      {NULL, NULL, "{\"__type\":7,\"code\":\"\",\"message\":[]}", NULL, NULL, false, "{}"},
      {NULL, NULL, "<html>", NULL, NULL, false, "{}"},
      {NULL, NULL, "", NULL, NULL, false, "{}"},
      {NULL, NULL, NULL, NULL, NULL, false, "{}"},
      {NULL, NULL, "[]", NULL, NULL, false, "{}"},
      /* Not a service that came from the query protocol. */
      {NULL, "Old.Code;Sender", "{\"__type\":\"ShelfFull\"}", "ShelfFull", NULL, true, "{}"},
  };
  static const error_case compatible[] = {
      {NULL, "Old.Code;Sender", "{\"__type\":\"ShelfFull\",\"Places\":1}", "Old.Code", NULL, true,
       "{\"Places\":1}"},
      {NULL, "Old.Code", "{\"__type\":\"ShelfFull\"}", "ShelfFull", NULL, true, "{}"},
      {NULL, "Shelf.Full;Sender", "", "Shelf.Full", NULL, true, "{}"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    run_error(&cases[i], "");
  }
  for (size_t i = 0; i < sizeof compatible / sizeof compatible[0]; i++) {
    run_error(&compatible[i], ", 'awsQueryCompatible': {}");
  }
}

static void test_finds_protocols(void **state) {
  static const char *const names[] = {"json",  "rest-json", "rest-xml",
                                      "query", "ec2",       "smithy-rpc-v2-cbor"};
  (void)state;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    assert_string_equal(cspan_protocol_find(names[i])->name, names[i]);
  }
  assert_null(cspan_protocol_find("soap"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_request),
      cmocka_unit_test(test_special_floats),
      cmocka_unit_test(test_bindings_are_ignored),
      cmocka_unit_test(test_host_label_must_be_a_host),
      cmocka_unit_test(test_no_input_is_an_empty_object),
      cmocka_unit_test(test_event_stream),
      cmocka_unit_test(test_compression),
      cmocka_unit_test(test_responses),
      cmocka_unit_test(test_everything_comes_back),
      cmocka_unit_test(test_broken_json_names_the_place),
      cmocka_unit_test(test_nothing_is_made_of_unmodelled_output),
      cmocka_unit_test(test_errors),
      cmocka_unit_test(test_finds_protocols),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
