/* SPDX-License-Identifier: Apache-2.0 */
/* A request and a response of each protocol with every allocation failing in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/protocol/cbor.h"
#include "base/json.h"
#include "support/fail_alloc.h"
#include "support/small_model.h"

enum { MOST_ALLOCATIONS = 5000, COMPRESSION_MIN = 16 };

static const char store_json[] =
    "{\"House\":\"h\",\"Shelf\":\"a\",\"Place\":\"b/c\",\"Since\":1,\"Tags\":[\"x\",\"y\"],"
    "\"More\":{\"k\":[\"1\"]},\"Note\":\"n\",\"Notes\":[\"a\",\"b,c\"],\"Json\":\"{}\","
    "\"Meta\":{\"One\":\"1\"},\"Jar\":{\"String\":\"s\",\"Blob\":\"raw\",\"Time\":1.5,"
    "\"Long\":123456789012345678901,\"Names\":[\"a\"],\"Map\":{\"k\":\"v\"},\"Again\":{}}}";

typedef struct scenario {
  small_model pantry;
  cspan_document *input;
  const char *body; /* of a response */
  size_t body_size;
  const char *failure;
  size_t failure_size;
} scenario;

static cspan_status call(const scenario *s, cspan_arena *arena, cspan_header_block *headers,
                         cspan_protocol_request *request, cspan_error **error) {
  cspan_protocol_input input =
      small_model_input(&s->pantry, "Store", cspan_document_value(s->input));
  cspan_protocol_response response = {.model = &s->pantry.model,
                                      .operation = input.operation,
                                      .status = 200,
                                      .headers = headers,
                                      .body = s->body,
                                      .body_size = s->body_size};
  cspan_protocol_failure failure;
  cspan_value output;
  cspan_status status = cspan_protocol_check(input.model, input.operation, input.value, error);
  if (status == CSPAN_OK) {
    status = s->pantry.protocol->serialize(&input, request, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_protocol_compress(input.operation, COMPRESSION_MIN, request, error);
  }
  if (status == CSPAN_OK) {
    status = s->pantry.protocol->parse(&response, arena, &output, error);
  }
  if (status == CSPAN_OK) {
    response.body = s->failure;
    response.body_size = s->failure_size;
    status = s->pantry.protocol->parse_error(&response, arena, &failure, error);
  }
  return status;
}

static cspan_status run(const scenario *s, cspan_error **error) {
  cspan_protocol_request request;
  cspan_header_block headers;
  cspan_arena *arena = cspan_arena_create(0);
  if (arena == NULL) {
    *error = NULL;
    return CSPAN_ERR_NOMEM;
  }
  cspan_header_block_init(&headers);
  cspan_status status = cspan_protocol_request_init(&request, arena);
  if (status == CSPAN_OK) {
    status = cspan_header_block_add(&headers, "x-notes", "a, \"b,c\"");
  }
  if (status == CSPAN_OK) {
    status = cspan_header_block_add(&headers, "x-meta-one", "1");
  }
  if (status == CSPAN_OK) {
    status = cspan_header_block_add(&headers, "x-json", "eyJhIjpbMV19");
  }
  if (status == CSPAN_OK) {
    status = call(s, arena, &headers, &request, error);
    assert_int_equal(cspan_error_status(*error), status);
  }
  cspan_protocol_request_free(&request);
  cspan_header_block_free(&headers);
  cspan_arena_free(arena);
  return status;
}

static void replay(const char *protocol, const char *body, size_t body_size, const char *failure,
                   size_t failure_size) {
  scenario s = {
      .body = body, .body_size = body_size, .failure = failure, .failure_size = failure_size};
  cspan_error *error = NULL;
  small_model_open(&s.pantry, protocol, "");
  assert_int_equal(cspan_document_parse_json(store_json, sizeof store_json - 1, &s.input, NULL),
                   CSPAN_OK);
  if (run(&s, &error) != CSPAN_OK) {
    fail_msg("%s: %s", protocol, cspan_error_message(error));
  }
  long before = fail_alloc_outstanding_here();
  size_t n = 1;
  for (bool met = true; met; n++) {
    assert_true(n < MOST_ALLOCATIONS);
    fail_alloc_arm(n, false);
    cspan_status status = run(&s, &error);
    met = fail_alloc_disarm();
    assert_int_equal(status, met ? CSPAN_ERR_NOMEM : CSPAN_OK);
    cspan_error_free(error);
    error = NULL;
    assert_int_equal(fail_alloc_outstanding_here(), before);
  }
  assert_true(n > 10); /* it did meet some */
  cspan_document_free(s.input);
  small_model_close(&s.pantry);
}

static const char jar_json[] = "{\"jar\":{\"String\":\"s\",\"Blob\":\"cmF3\",\"Names\":[\"a\"],"
                               "\"again\":{\"Long\":123456789012345678901}}}";
static const char failure_json[] = "{\"__type\":\"ShelfFull\",\"message\":\"m\",\"Places\":3}";

static void test_json(void **state) {
  (void)state;
  replay("json", jar_json, sizeof jar_json - 1, failure_json, sizeof failure_json - 1);
}

static void test_rest_json(void **state) {
  (void)state;
  replay("rest-json", jar_json, sizeof jar_json - 1, failure_json, sizeof failure_json - 1);
}

static void test_cbor(void **state) {
  static const char body[] = "\xa1\x63"
                             "Jar\xa3\x66String\x7f\x61"
                             "a\x61"
                             "b\xff\x64"
                             "Blob\x41"
                             "a"
                             "\x64Long\xc2\x49\x01\x00\x00\x00\x00\x00\x00\x00\x00";
  static const char failure[] = "\xa2\x66__type\x69ShelfFull\x66Places\x02";
  (void)state;
  replay("smithy-rpc-v2-cbor", body, sizeof body - 1, failure, sizeof failure - 1);
}

static const char jar_xml[] =
    "<StoreResponse><StoreResult><jar><String>s</String><Blob>cmF3</Blob><Names><member>a</member>"
    "</Names><again><Long>1</Long></again></jar></StoreResult></StoreResponse>";
static const char failure_xml[] = "<ErrorResponse><Error><Code>ShelfFull</Code><Message>m</Message>"
                                  "<Places>3</Places></Error></ErrorResponse>";

static void test_query(void **state) {
  (void)state;
  replay("query", jar_xml, sizeof jar_xml - 1, failure_xml, sizeof failure_xml - 1);
}

static void test_ec2(void **state) {
  static const char body[] = "<StoreResponse><jar><String>s</String></jar></StoreResponse>";
  static const char failure[] = "<Response><Errors><Error><Code>ShelfFull</Code></Error></Errors>"
                                "</Response>";
  (void)state;
  replay("ec2", body, sizeof body - 1, failure, sizeof failure - 1);
}

static void test_rest_xml(void **state) {
  static const char body[] = "<StoreOutput><jar><String>s</String></jar></StoreOutput>";
  (void)state;
  replay("rest-xml", body, sizeof body - 1, failure_xml, sizeof failure_xml - 1);
}

static int install(void **state) {
  (void)state;
  fail_alloc_install();
  return 0;
}

static int uninstall(void **state) {
  (void)state;
  fail_alloc_uninstall();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_json), cmocka_unit_test(test_rest_json),
      cmocka_unit_test(test_cbor), cmocka_unit_test(test_query),
      cmocka_unit_test(test_ec2),  cmocka_unit_test(test_rest_xml),
  };
  return cmocka_run_group_tests(tests, install, uninstall);
}
