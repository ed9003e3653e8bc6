/* SPDX-License-Identifier: Apache-2.0 */
/* Forms and XML by a model: query, ec2, rest-xml. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "aws/protocol/protocol.h"
#include "aws/xml.h"
#include "base/error.h"
#include "unit/aws/model_fixture.h"
#include "unit/aws/xml_model.h"

typedef struct service {
  model_fixture fixture;
  const cspan_protocol *protocol;
  cspan_arena *arena;
} service;

static void service_open(service *s, const cspan_protocol *protocol) {
  bool is_rest = protocol == &cspan_protocol_rest_xml;
  model_fixture_open(&s->fixture, is_rest ? XML_MODEL("rest-xml") : XML_MODEL("query"));
  s->protocol = protocol;
  s->arena = cspan_arena_create(64 << 20);
}

static void service_close(service *s) {
  cspan_arena_free(s->arena);
  model_fixture_close(&s->fixture);
}

/* ----------------------------------------------------------------------- requests */

typedef struct request_case {
  const cspan_protocol *protocol;
  const char *operation;
  const char *input;
  const char *body; /* of a form: behind "Action=Put&Version=2020-01-01" */
} request_case;

#define FORM_START "Action=Put&Version=2020-01-01"
#define XML(inner) "<PutRequest xmlns=\"urn:x\">" inner "</PutRequest>"

static const request_case requests[] = {
    {&cspan_protocol_query, "Put", "{}", ""},
    {&cspan_protocol_query, "Put", "{\"Text\":\"a b&c=\\u00e9\"}", "&Text=a%20b%26c%3D%C3%A9"},
    {&cspan_protocol_query, "Put", "{\"Text\":null,\"number\":-5}", "&number=-5"},
    {&cspan_protocol_query, "Put", "{\"Long\":9223372036854775807,\"Double\":0.1,\"Yes\":false}",
     "&long=9223372036854775807&Double=0.1&Yes=false"},
    {&cspan_protocol_query, "Put", "{\"Double\":\"-Infinity\"}", "&Double=-Infinity"},
    {&cspan_protocol_query, "Put", "{\"Blob\":\"\\u0001?\",\"Time\":0.5,\"Epoch\":1}",
     "&Blob=AT8%3D&Time=1970-01-01T00%3A00%3A00.500000Z&Epoch=1"},
    {&cspan_protocol_query, "Put", "{\"Texts\":[\"a\",\"b\"],\"Items\":[\"c\"]}",
     "&Texts.member.1=a&Texts.member.2=b&Items.item.1=c"},
    {&cspan_protocol_query, "Put", "{\"Texts\":[],\"Flat\":[],\"Map\":{}}", "&Texts=&F="},
    {&cspan_protocol_query, "Put", "{\"Flat\":[\"a\",\"b\"],\"Old\":[\"c\",\"d\"]}",
     "&F.1=a&F.2=b&OldItem.1=c&OldItem.2=d"},
    {&cspan_protocol_query, "Put", "{\"Lists\":[[\"a\"],[\"b\",\"c\"]]}",
     "&Lists.member.1.member.1=a&Lists.member.2.member.1=b&Lists.member.2.member.2=c"},
    {&cspan_protocol_query, "Put", "{\"Map\":{\"k\":\"v\"},\"NamedMap\":{\"a.b\":1}}",
     "&Map.entry.1.key=k&Map.entry.1.value=v&NamedMap.entry.1.K=a.b&NamedMap.entry.1.V=1"},
    {&cspan_protocol_query, "Put", "{\"FlatMap\":{\"a\":1,\"b\":2}}",
     "&E.1.K=a&E.1.V=1&E.2.K=b&E.2.V=2"},
    {&cspan_protocol_query, "Put", "{\"Tags\":{\"k\":\"v\"}}", "&Tag.1.key=k&Tag.1.value=v"},
    {&cspan_protocol_rest_xml, "Put", "{\"Tags\":{\"k\":\"v\"}}",
     XML("<Tag><key>k</key><value>v</value></Tag>")},
    {&cspan_protocol_query, "Put", "{\"Inner\":{\"Inner\":{\"Name\":\"x\"}}}",
     "&Inner.Inner.Name=x"},
    {&cspan_protocol_ec2, "Put", "{\"Text\":\"a\",\"number\":1,\"Long\":2}",
     "&TheText=a&Number=1&Long=2"},
    {&cspan_protocol_ec2, "Put", "{\"Inner\":{\"Kind\":\"x\",\"Inner\":{\"Kind\":\"y\"}}}",
     "&Inner.N%3Akind=x&Inner.Inner.N%3Akind=y"},
    {&cspan_protocol_ec2, "Put", "{\"Texts\":[],\"Items\":[\"a\"],\"Old\":[\"b\"]}",
     "&Items.1=a&Old.1=b"},
    {&cspan_protocol_ec2, "Put", "{\"Lists\":[[\"a\"],[\"b\"]]}", "&Lists.1.1=a&Lists.2.1=b"},
    {&cspan_protocol_rest_xml, "Put", "{\"Text\":\"<&>\\\"'\\n\"}",
     XML("<Text>&#60;&#38;&#62;&#34;&#39;&#10;</Text>")},
    {&cspan_protocol_rest_xml, "Put", "{\"Yes\":true,\"Double\":1.5,\"Text\":\"\"}",
     XML("<Yes>true</Yes><Double>1.5</Double><Text></Text>")},
    {&cspan_protocol_rest_xml, "Put", "{\"Blob\":\"\\u0001?\",\"Time\":0,\"Epoch\":0}",
     XML("<Blob>AT8=</Blob><Time>1970-01-01T00:00:00Z</Time><Epoch>0</Epoch>")},
    {&cspan_protocol_rest_xml, "Put", "{\"Texts\":[\"a\"],\"Items\":[],\"Lists\":[[\"b\"]]}",
     XML("<Texts><member>a</member></Texts><Items></Items>"
         "<Lists><member><member>b</member></member></Lists>")},
    {&cspan_protocol_rest_xml, "Put", "{\"Flat\":[\"a\",\"b\"],\"Old\":[\"c\"]}",
     XML("<F>a</F><F>b</F><Old>c</Old>")},
    {&cspan_protocol_rest_xml, "Put", "{\"Map\":{\"k\":\"v\"},\"FlatMap\":{\"a\":1}}",
     XML("<Map><entry><key>k</key><value>v</value></entry></Map><E><K>a</K><V>1</V></E>")},
    {&cspan_protocol_rest_xml, "Put", "{\"Inner\":{\"Name\":\"x\",\"Kind\":\"\\\"\"}}",
     XML("<Inner xmlns:n=\"urn:n\" n:kind=\"&#34;\"><Name>x</Name></Inner>")},
    {&cspan_protocol_rest_xml, "PutBare", "{\"Text\":\"x\",\"Head\":\"h\"}",
     "<Bare><Text>x</Text></Bare>"},
    {&cspan_protocol_rest_xml, "PutBare", "{\"Head\":\"h\"}", NULL},
    {&cspan_protocol_rest_xml, "PutBare", "{}", NULL},
    {&cspan_protocol_rest_xml, "PutPayload", "{}", NULL},
    {&cspan_protocol_rest_xml, "PutPayload", "{\"inner\":{}}", "<Inner xmlns:n=\"urn:n\"></Inner>"},
    {&cspan_protocol_rest_xml, "PutNamed", "{\"Inner\":{\"Text\":\"x\"}}",
     "<Inner xmlns=\"urn:own\"><Text>x</Text></Inner>"},
};

static void is_body(const request_case *at, const cspan_protocol_request *request) {
  const char *body = cspan_buf_text(&request->body);
  if (at->protocol != &cspan_protocol_rest_xml) {
    assert_int_equal(strncmp(body, FORM_START, strlen(FORM_START)), 0);
    assert_string_equal(body + strlen(FORM_START), at->body);
    assert_string_equal(cspan_header_list_get(&request->headers, "content-type"),
                        "application/x-www-form-urlencoded");
    assert_string_equal(cspan_buf_text(&request->path), "/");
    assert_true(request->has_body);
    return;
  }
  assert_int_equal(request->has_body, at->body != NULL);
  assert_string_equal(body, at->body ? at->body : "");
  if (at->body) {
    assert_string_equal(cspan_header_list_get(&request->headers, "content-type"),
                        "application/xml");
  }
}

static void inputs_become_bodies(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
    const request_case *at = &requests[i];
    service s;
    cspan_error *error = NULL;
    cspan_protocol_request request;
    cspan_document *input = fixture_value(at->input);
    service_open(&s, at->protocol);
    cspan_protocol_input given = {.model = &s.fixture.model,
                                  .operation =
                                      cspan_model_operation(&s.fixture.model, at->operation),
                                  .value = cspan_document_value(input)};
    assert_int_equal(cspan_protocol_request_init(&request, s.arena), CSPAN_OK);
    if (s.protocol->serialize(&given, &request, &error) != CSPAN_OK) {
      fail_msg("%s: %s", at->input, cspan_error_message(error));
    }
    is_body(at, &request);
    cspan_protocol_request_free(&request);
    cspan_document_free(input);
    service_close(&s);
  }
}

static cspan_status serialize(service *s, const cspan_value *value, const char *token,
                              cspan_buf *body, cspan_error **error) {
  cspan_protocol_request request;
  cspan_protocol_input given = {.model = &s->fixture.model,
                                .operation = cspan_model_operation(&s->fixture.model, "Put"),
                                .value = value,
                                .token = token};
  assert_int_equal(cspan_protocol_request_init(&request, s->arena), CSPAN_OK);
  cspan_status status = s->protocol->serialize(&given, &request, error);
  cspan_buf_clear(body);
  cspan_buf_str(body, cspan_buf_text(&request.body));
  cspan_protocol_request_free(&request);
  return status;
}

static void tokens_are_filled_in(void **state) {
  (void)state;
  static const struct {
    const cspan_protocol *protocol;
    const char *filled;
    const char *given;
  } table[] = {
      {&cspan_protocol_query, FORM_START "&Token=t-1", FORM_START "&Token=own"},
      {&cspan_protocol_ec2, FORM_START "&Token=t-1", FORM_START "&Token=own"},
      {&cspan_protocol_rest_xml, XML("<Token>t-1</Token>"), XML("<Token>own</Token>")},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    service s;
    cspan_buf body;
    cspan_value own = CSPAN_MAP(cspan_field("Token", cspan_string("own")));
    service_open(&s, table[i].protocol);
    cspan_buf_init(&body, 65536);
    assert_int_equal(serialize(&s, NULL, "t-1", &body, NULL), CSPAN_OK);
    assert_string_equal(cspan_buf_text(&body), table[i].filled);
    assert_int_equal(serialize(&s, &own, "t-1", &body, NULL), CSPAN_OK);
    assert_string_equal(cspan_buf_text(&body), table[i].given);
    cspan_buf_free(&body);
    service_close(&s);
  }
}

static const cspan_protocol *const protocols[] = {&cspan_protocol_query, &cspan_protocol_ec2,
                                                  &cspan_protocol_rest_xml};

/* Values that were not checked before. */
static void what_does_not_fit_is_refused(void **state) {
  (void)state;
  static const char *const inputs[] = {"{\"Texts\":{}}", "{\"Map\":[]}", "{\"Inner\":\"x\"}",
                                       "{\"Text\":[]}", "{\"Time\":\"noon\"}"};
  for (size_t p = 0; p < 3; p++) {
    for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
      service s;
      cspan_buf body;
      cspan_error *error = NULL;
      cspan_document *input = fixture_value(inputs[i]);
      service_open(&s, protocols[p]);
      cspan_buf_init(&body, 65536);
      assert_int_equal(serialize(&s, cspan_document_value(input), NULL, &body, &error),
                       CSPAN_ERR_INVALID);
      assert_non_null(error);
      cspan_error_free(error);
      cspan_buf_free(&body);
      cspan_document_free(input);
      service_close(&s);
    }
  }
}

static void depth_of_inputs_is_capped(void **state) {
  (void)state;
  enum { LEVELS = 2000 };
  static cspan_member members[LEVELS];
  cspan_value value = cspan_map(NULL, 0);
  for (size_t i = 0; i < LEVELS; i++) {
    members[i] = cspan_field("Inner", value);
    value = cspan_map(&members[i], 1);
  }
  for (size_t p = 0; p < 3; p++) {
    service s;
    cspan_buf body;
    cspan_error *error = NULL;
    service_open(&s, protocols[p]);
    cspan_buf_init(&body, 1 << 20);
    assert_int_equal(serialize(&s, &value, NULL, &body, &error), CSPAN_ERR_INVALID);
    assert_non_null(strstr(cspan_error_message(error), "deep"));
    cspan_error_free(error);
    cspan_buf_free(&body);
    service_close(&s);
  }
}

/* ---------------------------------------------------------------------- responses */

typedef struct response_case {
  const char *operation;
  const char *body;
  const char *output; /* NULL: CSPAN_ERR_PROTOCOL */
} response_case;

#define OUT(inner) "<PutResponse xmlns=\"urn:x\">" inner "</PutResponse>"

static const response_case responses[] = {
    {"Put", "", "{}"},
    {"Put", OUT(""), "{}"},
    {"Put", OUT("<Other><Text>no</Text></Other>"), "{}"},
    {"Put", OUT("<Text> kept </Text><number> 7\n</number>"), "{\"Text\":\" kept \",\"number\":7}"},
    {"Put", OUT("<Text>a<!-- not this -->b<![CDATA[<c>]]></Text>"), "{\"Text\":\"ab<c>\"}"},
    {"Put", OUT("<Text/><Texts/><Map/><Inner/>"),
     "{\"Text\":\"\",\"Texts\":[],\"Map\":{},\"Inner\":{}}"},
    {"Put", OUT("<long>12345678901234567890</long><Double>NaN</Double>"),
     "{\"Long\":12345678901234567890,\"Double\":\"NaN\"}"},
    {"Put", OUT("<Double>1e3</Double><Yes>true</Yes>"), "{\"Double\":1000.0,\"Yes\":true}"},
    {"Put", OUT("<Blob>\n  aGVs\n  bG8=\n</Blob>"), "{\"Blob\":\"aGVsbG8=\"}"},
    {"Put", OUT("<Time>2015-01-25T08:00:00.5Z</Time><Epoch>1</Epoch>"),
     "{\"Time\":\"2015-01-25T08:00:00.5Z\",\"Epoch\":\"1970-01-01T00:00:01Z\"}"},
    {"Put", OUT("<Time>about noon</Time>"), "{\"Time\":\"about noon\"}"},
    {"Put", OUT("<number/>"), "{\"number\":null}"},
    {"Put", OUT("<Texts><member>a</member><odd>b</odd></Texts>"), "{\"Texts\":[\"a\",\"b\"]}"},
    {"Put", OUT("<F>a</F><Text>t</Text><F>b</F>"), "{\"Flat\":[\"a\",\"b\"],\"Text\":\"t\"}"},
    {"Put", OUT("<OldItem>a</OldItem><OldItem>b</OldItem>"), "{\"Old\":[\"a\",\"b\"]}"},
    {"Put", OUT("<Old>a</Old>"), "{\"Old\":[\"a\"]}"},
    {"Put",
     OUT("<Map><entry><key>k</key><value>v</value></entry><entry><value>x</value></entry>"
         "<entry><key>n</key></entry></Map>"),
     "{\"Map\":{\"k\":\"v\",\"n\":null}}"},
    {"Put", OUT("<Tag><key>k</key><value>v</value></Tag>"), "{\"Tags\":{\"k\":\"v\"}}"},
    {"Put", OUT("<E><K>a</K><V>1</V></E><E><V>2</V><K>b</K></E>"),
     "{\"FlatMap\":{\"a\":1,\"b\":2}}"},
    {"Put", OUT("<Inner xmlns:o=\"urn:n\" o:kind=\"k\"><Inner><Name>x</Name></Inner></Inner>"),
     "{\"Inner\":{\"Kind\":\"k\",\"Inner\":{\"Name\":\"x\"}}}"},
    {"Put", OUT("<number>seven</number>"), NULL},
    {"Put", OUT("<number>1.5</number>"), NULL},
    {"Put", OUT("<Blob>%%%</Blob>"), NULL},
    {"Put", OUT("<Yes>perhaps</Yes>"), NULL},
    {"Put", "<PutResponse>", NULL},
    {"Put", "no XML", NULL},
    {"Put", "<!DOCTYPE a [<!ENTITY e \"x\">]><a><Text>&e;</Text></a>", NULL},
};

static void check_response(service *s, const response_case *at, const char *body) {
  cspan_error *error = NULL;
  cspan_value output;
  cspan_header_block headers;
  cspan_header_block_init(&headers);
  cspan_protocol_response response = {.model = &s->fixture.model,
                                      .operation =
                                          cspan_model_operation(&s->fixture.model, at->operation),
                                      .status = 200,
                                      .headers = &headers,
                                      .body = body,
                                      .body_size = strlen(body)};
  cspan_status status = s->protocol->parse(&response, s->arena, &output, &error);
  if (at->output) {
    assert_int_equal(status, CSPAN_OK);
    assert_value_is(&output, at->output);
  } else {
    assert_int_equal(status, CSPAN_ERR_PROTOCOL);
    assert_non_null(error);
  }
  cspan_error_free(error);
  cspan_header_block_free(&headers);
}

static void bodies_become_outputs(void **state) {
  (void)state;
  static const cspan_protocol *const same[] = {&cspan_protocol_ec2, &cspan_protocol_rest_xml};
  for (size_t p = 0; p < 2; p++) {
    for (size_t i = 0; i < sizeof responses / sizeof responses[0]; i++) {
      service s;
      service_open(&s, same[p]);
      check_response(&s, &responses[i], responses[i].body);
      service_close(&s);
    }
  }
}

static void results_of_queries_are_wrapped(void **state) {
  (void)state;
  static const response_case table[] = {
      {"Put", OUT("<PutResult><Text>x</Text></PutResult><ResponseMetadata/>"), "{\"Text\":\"x\"}"},
      {"Put", OUT("<Text>x</Text>"), "{\"Text\":\"x\"}"},
      {"PutBare", "<R><PutBareResult><Constraint>x</Constraint></PutBareResult></R>",
       "{\"Constraint\":\"x\"}"},
      {"PutBare", "<R><PutBareResults><Constraint>x</Constraint></PutBareResults></R>", "{}"},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    service s;
    service_open(&s, &cspan_protocol_query);
    check_response(&s, &table[i], table[i].body);
    service_close(&s);
  }
}

static void payloads_and_bare_roots_are_read(void **state) {
  (void)state;
  static const response_case table[] = {
      {"PutPayload", "<Any><Name>x</Name></Any>", "{\"inner\":{\"Name\":\"x\"}}"},
      {"PutPayload", "", "{}"},
      {"PutBare", "<Constraint>EU</Constraint>", "{\"Constraint\":\"EU\"}"},
      {"PutBare", "<Constraint/>", "{\"Constraint\":\"\"}"},
      {"PutBare", "<Place><Constraint>EU</Constraint></Place>", "{\"Constraint\":\"EU\"}"},
      {"PutNamed", "<any bytes", "{\"Data\":\"PGFueSBieXRlcw==\"}"},
      {"PutNamed", "", "{}"},
  };
  for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
    service s;
    service_open(&s, &cspan_protocol_rest_xml);
    check_response(&s, &table[i], table[i].body);
    service_close(&s);
  }
}

static void depth_of_responses_is_capped(void **state) {
  (void)state;
  enum { LEVELS = 5000 };
  cspan_buf body;
  cspan_buf_init(&body, 1 << 20);
  for (size_t i = 0; i < LEVELS; i++) {
    cspan_buf_str(&body, "<Inner>");
  }
  for (size_t p = 0; p < 3; p++) {
    service s;
    cspan_value output;
    cspan_header_block headers;
    service_open(&s, protocols[p]);
    cspan_header_block_init(&headers);
    cspan_protocol_response response = {.model = &s.fixture.model,
                                        .operation = cspan_model_operation(&s.fixture.model, "Put"),
                                        .status = 200,
                                        .headers = &headers,
                                        .body = body.data,
                                        .body_size = body.len};
    assert_int_equal(s.protocol->parse(&response, s.arena, &output, NULL), CSPAN_ERR_LIMIT);
    cspan_header_block_free(&headers);
    service_close(&s);
  }
  cspan_buf_free(&body);
}

/* ----------------------------------------------------------------------- failures */

typedef struct failure_case {
  const char *body;
  const char *code;
  const char *message;
  const char *request_id;
  const char *fields;
  bool is_modelled;
} failure_case;

static const failure_case failures[] = {
    {"<ErrorResponse><Error><Type>Sender</Type><Code>No.Such</Code><Message>gone</Message>"
     "<What><item>a</item></What></Error><RequestId>r-1</RequestId></ErrorResponse>",
     "No.Such", "gone", "r-1", "{\"What\":[\"a\"]}", true},
    {"<Response><Errors><Error><Code>NoSuch</Code><message>gone</message></Error></Errors>"
     "<RequestID>r-2</RequestID></Response>",
     "NoSuch", "gone", "r-2", "{}", true},
    {"<Error><Code>Other</Code><Message>a\nb</Message><RequestId>r-3</RequestId></Error>", "Other",
     "a b", "r-3", "{}", false},
    {"<ErrorResponse><Error><Code>NoSuch</Code><What>3</What></Error></ErrorResponse>", "NoSuch",
     NULL, "from-header", "{\"What\":[]}", true},
    {"<ErrorResponse><Error><Code>Other</Code><RequestId>r-4</RequestId></Error></ErrorResponse>",
     "Other", NULL, "r-4", "{}", false},
    {"<html><body>busy</body></html>", NULL, NULL, "from-header", "{}", false},
    {"<Error><Code>No", NULL, NULL, "from-header", "{}", false},
    {"", NULL, NULL, "from-header", "{}", false},
};

static void is_text(const char *actual, const char *expected) {
  assert_string_equal(actual ? actual : "", expected ? expected : "");
}

static void failures_are_told_in_all_forms(void **state) {
  (void)state;
  for (size_t p = 0; p < 3; p++) {
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
      const failure_case *at = &failures[i];
      service s;
      cspan_protocol_failure failure;
      cspan_header_block headers;
      service_open(&s, protocols[p]);
      cspan_header_block_init(&headers);
      cspan_header_block_add(&headers, "x-amzn-RequestId", "from-header");
      cspan_protocol_response response = {.model = &s.fixture.model,
                                          .operation =
                                              cspan_model_operation(&s.fixture.model, "Put"),
                                          .status = 404,
                                          .headers = &headers,
                                          .body = at->body,
                                          .body_size = strlen(at->body)};
      assert_int_equal(s.protocol->parse_error(&response, s.arena, &failure, NULL), CSPAN_OK);
      bool has_default = protocols[p] == &cspan_protocol_rest_xml && !at->code;
      is_text(failure.code, has_default ? "NotFound" : at->code);
      is_text(failure.message, at->message);
      is_text(failure.request_id, at->request_id);
      assert_int_equal(failure.shape != NULL, at->is_modelled);
      assert_value_is(&failure.fields, at->fields);
      cspan_header_block_free(&headers);
      service_close(&s);
    }
  }
}

static void only_rest_xml_reads_headers_of_failures(void **state) {
  (void)state;
  static const char body[] = "<Error><Code>NoSuch</Code></Error>";
  for (size_t p = 0; p < 3; p++) {
    service s;
    cspan_protocol_failure failure;
    cspan_header_block headers;
    service_open(&s, protocols[p]);
    cspan_header_block_init(&headers);
    cspan_header_block_add(&headers, "X-Where", "here");
    cspan_protocol_response response = {.model = &s.fixture.model,
                                        .operation = cspan_model_operation(&s.fixture.model, "Put"),
                                        .status = 404,
                                        .headers = &headers,
                                        .body = body,
                                        .body_size = sizeof body - 1};
    assert_int_equal(s.protocol->parse_error(&response, s.arena, &failure, NULL), CSPAN_OK);
    assert_value_is(&failure.fields,
                    protocols[p] == &cspan_protocol_rest_xml ? "{\"Where\":\"here\"}" : "{}");
    cspan_header_block_free(&headers);
    service_close(&s);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(inputs_become_bodies),
      cmocka_unit_test(tokens_are_filled_in),
      cmocka_unit_test(what_does_not_fit_is_refused),
      cmocka_unit_test(depth_of_inputs_is_capped),
      cmocka_unit_test(bodies_become_outputs),
      cmocka_unit_test(results_of_queries_are_wrapped),
      cmocka_unit_test(payloads_and_bare_roots_are_read),
      cmocka_unit_test(depth_of_responses_is_capped),
      cmocka_unit_test(failures_are_told_in_all_forms),
      cmocka_unit_test(only_rest_xml_reads_headers_of_failures),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
