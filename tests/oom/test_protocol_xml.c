/* SPDX-License-Identifier: Apache-2.0 */
/* Serializing and parsing by the XML protocols, and events, with every allocation failing in turn:
 * the right result or an error that says so, and nothing left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "aws/protocol/event_message.h"
#include "support/fail_alloc.h"
#include "unit/aws/event_model.h"
#include "unit/aws/model_fixture.h"
#include "unit/aws/xml_model.h"

enum { MOST_ALLOCATIONS = 2000 };

static model_fixture xml_service;
static model_fixture event_service;
static cspan_document *input;
static cspan_document *event;

static const char input_json[] =
    "{\"Text\":\"a<b\",\"number\":1,\"Texts\":[\"a\",\"b\"],\"Flat\":[\"b\"],\"Old\":[\"c\"],"
    "\"Map\":{\"k\":\"v\"},\"FlatMap\":{\"a\":1},\"Inner\":{\"Kind\":\"k\",\"Inner\":{\"Name\":"
    "\"x\"}},\"Time\":1,\"Blob\":\"x\",\"Double\":1.5}";
static const char output_xml[] =
    "<R><Text>a</Text><long>12345678901234567890</long><Blob>aGk=</Blob><Texts><member>a</member>"
    "</Texts><F>a</F><F>b</F><Map><entry><key>k</key><value>v</value></entry></Map><Inner n:kind="
    "\"k\"><Inner><Name>x</Name></Inner></Inner></R>";
static const char failure_xml[] =
    "<ErrorResponse><Error><Code>No.Such</Code><Message>gone</Message><What><item>a</item></What>"
    "</Error><RequestId>r-1</RequestId></ErrorResponse>";

typedef cspan_status (*scenario_fn)(const cspan_protocol *protocol, cspan_arena *arena,
                                    cspan_error **error);

static cspan_status serialize(const cspan_protocol *protocol, cspan_arena *arena,
                              cspan_error **error) {
  cspan_protocol_request request;
  cspan_protocol_input given = {.model = &xml_service.model,
                                .operation = cspan_model_operation(&xml_service.model, "Put"),
                                .value = cspan_document_value(input),
                                .token = "token"};
  cspan_status status = cspan_protocol_request_init(&request, arena);
  if (status == CSPAN_OK) {
    status = protocol->serialize(&given, &request, error);
  }
  if (status == CSPAN_OK) {
    assert_non_null(strstr(cspan_buf_text(&request.body), "token"));
  }
  cspan_protocol_request_free(&request);
  return status;
}

static cspan_protocol_response answer(const char *body, const cspan_header_block *headers) {
  return (cspan_protocol_response){.model = &xml_service.model,
                                   .operation = cspan_model_operation(&xml_service.model, "Put"),
                                   .status = 200,
                                   .headers = headers,
                                   .body = body,
                                   .body_size = strlen(body)};
}

static cspan_status parse(const cspan_protocol *protocol, cspan_arena *arena, cspan_error **error) {
  cspan_value output;
  cspan_header_block headers;
  cspan_header_block_init(&headers);
  cspan_protocol_response response = answer(output_xml, &headers);
  cspan_status status = protocol->parse(&response, arena, &output, error);
  if (status == CSPAN_OK) {
    assert_int_equal(cspan_value_count(&output), 7);
  }
  return status;
}

static cspan_status parse_error(const cspan_protocol *protocol, cspan_arena *arena,
                                cspan_error **error) {
  cspan_protocol_failure failure;
  cspan_header_block headers;
  cspan_header_block_init(&headers);
  cspan_protocol_response response = answer(failure_xml, &headers);
  cspan_status status = protocol->parse_error(&response, arena, &failure, error);
  if (status == CSPAN_OK) {
    assert_string_equal(failure.code, "No.Such");
    assert_string_equal(failure.message, "gone");
    assert_string_equal(failure.request_id, "r-1");
    assert_int_equal(cspan_value_count(&failure.fields), 1);
  }
  return status;
}

/* Writes an event, signs it, and reads it back. */
static cspan_status events(const cspan_protocol *protocol, cspan_arena *arena,
                           cspan_error **error) {
  const cspan_operation_model *operation = cspan_model_operation(&event_service.model, "Talk");
  const uint8_t key[CSPAN_SIGV4_KEY_LEN] = {0};
  cspan_sigv4_scope scope = {.region = "us-east-1", .service = "talk", .key = key};
  char previous[CSPAN_SIGV4_SIGNATURE_MAX + 1] = "00";
  cspan_buf frame;
  cspan_buf outer;
  cspan_event_decoder decoder;
  cspan_event_message message;
  cspan_event read;
  bool has_message = false;
  cspan_buf_init(&frame, 65536);
  cspan_buf_init(&outer, 65536);
  cspan_event_decoder_init(&decoder);
  cspan_status status = cspan_event_write(&event_service.model, operation, protocol,
                                          cspan_document_value(event), &frame, error);
  if (status == CSPAN_OK) {
    status = cspan_event_sign(&scope, 0, frame.data, frame.len, previous, &outer, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_event_decoder_feed(&decoder, frame.data, frame.len, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_event_decoder_next(&decoder, &message, &has_message, error);
  }
  if (status == CSPAN_OK) {
    assert_true(has_message);
    status =
        cspan_event_read(&event_service.model, operation, protocol, &message, arena, &read, error);
  }
  if (status == CSPAN_OK) {
    assert_true(cspan_value_equals(&read.value, cspan_document_value(event)));
  }
  cspan_event_decoder_free(&decoder);
  cspan_buf_free(&frame);
  cspan_buf_free(&outer);
  return status;
}

static void replay(const cspan_protocol *protocol, scenario_fn scenario) {
  bool met = true;
  for (size_t n = 1; met; n++) {
    cspan_error *error = NULL;
    assert_true(n < MOST_ALLOCATIONS);
    long before = fail_alloc_outstanding_here();
    cspan_arena *arena = cspan_arena_create(1 << 20);
    fail_alloc_arm(n, n % 2 == 0);
    cspan_status status = scenario(protocol, arena, &error);
    met = fail_alloc_disarm();
    assert_int_equal(status, met ? CSPAN_ERR_NOMEM : CSPAN_OK);
    assert_int_equal(cspan_error_status(error), status);
    cspan_error_free(error);
    cspan_arena_free(arena);
    assert_int_equal(fail_alloc_outstanding_here(), before);
  }
}

static const cspan_protocol *const protocols[] = {&cspan_protocol_query, &cspan_protocol_ec2,
                                                  &cspan_protocol_rest_xml};

static void replay_all(scenario_fn scenario) {
  for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
    replay(protocols[i], scenario);
  }
}

static void inputs(void **state) {
  (void)state;
  replay_all(serialize);
}

static void outputs(void **state) {
  (void)state;
  replay_all(parse);
}

static void failures(void **state) {
  (void)state;
  replay_all(parse_error);
}

static void event_streams(void **state) {
  (void)state;
  replay(&cspan_protocol_rest_xml, events);
  replay(&cspan_protocol_rest_json, events);
}

static int open_all(void **state) {
  (void)state;
  fail_alloc_install();
  model_fixture_open(&xml_service, XML_MODEL("rest-xml"));
  model_fixture_open(&event_service, EVENT_MODEL("rest-json"));
  input = fixture_value(input_json);
  event = fixture_value("{\"Part\":{\"id\":\"7\",\"name\":\"a\",\"size\":3}}");
  return 0;
}

static int close_all(void **state) {
  (void)state;
  cspan_document_free(input);
  cspan_document_free(event);
  model_fixture_close(&xml_service);
  model_fixture_close(&event_service);
  fail_alloc_uninstall();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(inputs), cmocka_unit_test(outputs),
                                     cmocka_unit_test(failures), cmocka_unit_test(event_streams)};
  return cmocka_run_group_tests(tests, open_all, close_all);
}
