/* SPDX-License-Identifier: Apache-2.0 */
/* Every operation of every model that Debian's python3-botocore holds: an input of each member, and
 * one of what is required alone, becomes a request; a response without content is an output. Other
 * models: all_models FOLDER. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aws/model/compile.h"
#include "aws/model/folder.h"
#include "aws/model/skeleton.h"
#include "aws/protocol/cbor.h"
#include "aws/protocol/protocol.h"
#include "aws/xml.h"
#include "support/valgrind.h"

#define PACKAGE     "/usr/lib/python3/dist-packages/botocore/data"
#define SECTION_MAX ((size_t)64 << 20)
#define TOKEN       "01234567-89ab-4cde-8f01-23456789abcd"

static const char *folder = PACKAGE;

/* What is under test, for a message that names it. */
typedef struct subject {
  const char *service;
  const cspan_service_model *model;
  const cspan_operation_model *operation;
  const cspan_protocol *protocol;
  cspan_arena *arena;
} subject;

typedef struct tally {
  size_t models;
  size_t operations;
} tally;

static void check(const subject *s, const char *what, cspan_status status, cspan_error *error) {
  if (status != CSPAN_OK) {
    fail_msg("%s.%s: %s: %s", s->service, cspan_model_text(s->model, s->operation->name), what,
             error != NULL ? cspan_error_message(error) : cspan_status_name(status));
  }
}

/* ----------------------------------------------------------------- requests */

/* That the body is what its protocol says it is. */
static void check_body(const subject *s, const cspan_protocol_request *request) {
  const cspan_shape *input = cspan_model_shape(s->model, s->operation->input);
  const cspan_member_model *payload = input != NULL ? cspan_shape_payload(s->model, input) : NULL;
  const char *text = cspan_buf_text(&request->body);
  size_t len = request->body.len;
  cspan_error *error = NULL;
  bool is_free = payload != NULL && cspan_member_shape(s->model, payload)->type !=
                                        CSPAN_SHAPE_STRUCTURE; /* a text or bytes */
  if (len == 0 || is_free) {
    return;
  }
  if (s->protocol == &cspan_protocol_json || s->protocol == &cspan_protocol_rest_json) {
    cspan_document *json = NULL;
    check(s, "body", cspan_document_parse_json(text, len, &json, &error), error);
    cspan_document_free(json);
  } else if (s->protocol == &cspan_protocol_rest_xml) {
    cspan_xml_node *root = NULL;
    check(s, "body", cspan_xml_parse(text, len, s->arena, &root, &error), error);
  } else if (s->protocol == &cspan_protocol_cbor) {
    cspan_value value;
    const char *what = NULL;
    check(s, "body", cspan_cbor_parse(text, len, s->arena, &value, &what), NULL);
  } else {
    assert_true(strncmp(text, "Action=", strlen("Action=")) == 0);
  }
}

static void check_request(const subject *s, const cspan_protocol_request *request) {
  const char *path = cspan_buf_text(&request->path);
  assert_int_equal(cspan_buf_status(&request->path), CSPAN_OK);
  assert_int_equal(cspan_buf_status(&request->query), CSPAN_OK);
  assert_int_equal(cspan_buf_status(&request->body), CSPAN_OK);
  assert_string_equal(request->method, cspan_model_text(s->model, s->operation->http_method));
  if (path[0] != '/' || strpbrk(path, "{} ") != NULL) {
    fail_msg("%s.%s: the path is %.200s", s->service,
             cspan_model_text(s->model, s->operation->name), path);
  }
  check_body(s, request);
}

static void serialize(const subject *s, bool required_only) {
  const cspan_shape *shape = cspan_model_shape(s->model, s->operation->input);
  cspan_value input = cspan_map(NULL, 0);
  cspan_protocol_request request;
  cspan_error *error = NULL;
  if (shape != NULL) {
    check(s, "skeleton", cspan_model_skeleton(s->model, shape, required_only, s->arena, &input),
          NULL);
  }
  cspan_status status = cspan_protocol_check(s->model, s->operation, &input, &error);
  check(s, required_only ? "required input" : "input", status, error);
  assert_int_equal(cspan_protocol_request_init(&request, s->arena), CSPAN_OK);
  cspan_protocol_input given = {
      .model = s->model, .operation = s->operation, .value = &input, .token = TOKEN};
  check(s, "request", s->protocol->serialize(&given, &request, &error), error);
  check_request(s, &request);
  cspan_protocol_request_free(&request);
}

/* ---------------------------------------------------------------- responses */

static void parse(const subject *s, const char *body, size_t size) {
  cspan_header_block headers;
  cspan_value output = cspan_null();
  cspan_error *error = NULL;
  cspan_header_block_init(&headers);
  cspan_protocol_response response = {.model = s->model,
                                      .operation = s->operation,
                                      .status = 200,
                                      .headers = &headers,
                                      .body = body,
                                      .body_size = size};
  check(s, body != NULL && size > 0 ? body : "no body",
        s->protocol->parse(&response, s->arena, &output, &error), error);
  assert_int_equal(cspan_value_get_kind(&output), CSPAN_VALUE_MAP);
  cspan_header_block_free(&headers);
}

static void parse_nothing(const subject *s) {
  static const struct {
    const cspan_protocol *protocol;
    const char *body;
  } empty[] = {{&cspan_protocol_json, "{}"},           {&cspan_protocol_rest_json, "{}"},
               {&cspan_protocol_cbor, "\xa0"},         {&cspan_protocol_rest_xml, "<Nothing/>"},
               {&cspan_protocol_query, "<A><B/></A>"}, {&cspan_protocol_ec2, "<A/>"}};
  if ((s->operation->flags &
       (CSPAN_OPERATION_RESPONSE_STREAMS | CSPAN_OPERATION_RESPONSE_EVENTS)) != 0) {
    parse(s, NULL, 0);
    return;
  }
  parse(s, "", 0);
  for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++) {
    if (empty[i].protocol == s->protocol) {
      parse(s, empty[i].body, strlen(empty[i].body));
    }
  }
}

/* -------------------------------------------------------------- all of them */

static void check_operation(subject *s) {
  s->arena = cspan_arena_create(0);
  assert_non_null(s->arena);
  serialize(s, false);
  serialize(s, true);
  parse_nothing(s);
  cspan_arena_free(s->arena);
}

static void check_model(const char *service, const char *version, tally *all) {
  cspan_buf section;
  cspan_service_model model;
  cspan_error *error = NULL;
  cspan_buf_init(&section, SECTION_MAX);
  if (cspan_folder_compile(folder, service, version, true, &section, &error) != CSPAN_OK ||
      cspan_model_open(section.data, section.len, &model, &error) != CSPAN_OK) {
    fail_msg("%s %s: %s", service, version, cspan_error_message(error));
  }
  subject s = {.service = service, .model = &model};
  s.protocol = cspan_protocol_find(cspan_model_text(&model, model.info->protocol));
  if (s.protocol == NULL) {
    fail_msg("%s: no protocol %s", service, cspan_model_text(&model, model.info->protocol));
  }
  for (uint32_t i = 0; i < model.operation_count; i++) {
    s.operation = &model.operations[i];
    check_operation(&s);
    all->operations++;
  }
  all->models++;
  cspan_buf_free(&section);
}

static void test_all(void **state) {
  cspan_name_list services;
  tally all = {0};
  (void)state;
  if (access(folder, R_OK) != 0) {
    print_message("no models in %s (Debian's python3-botocore): not tested\n", folder);
    skip();
  }
  assert_int_equal(cspan_folder_services(folder, &services, NULL), CSPAN_OK);
  for (size_t i = 0; i < services.count; i += service_step()) {
    cspan_name_list versions;
    assert_int_equal(cspan_folder_versions(folder, services.names[i], &versions, NULL), CSPAN_OK);
    for (size_t k = 0; k < versions.count; k++) {
      check_model(services.names[i], versions.names[k], &all);
    }
    cspan_name_list_free(&versions);
  }
  cspan_name_list_free(&services);
  print_message("%zu operations of %zu models\n", all.operations, all.models);
  assert_true(all.operations > all.models);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_all)};
  folder = argc > 1 ? argv[1] : PACKAGE;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
