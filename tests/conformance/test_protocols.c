/* SPDX-License-Identifier: Apache-2.0 */
/* The protocol cases of $CLOUDSPAN_CONFORMANCE/protocols: parameters to HTTP requests, and HTTP
 * responses to results and errors, each by a model made of its suite. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "aws/model/compile.h"
#include "aws/protocol/protocol.h"
#include "protocol_body.h"

/* Cases that are not run, with the reason. */
static const struct {
  const char *id;
  const char *reason;
} exceptions[] = {
    {NULL, NULL},
};

enum { MOST_CASES = 4096, COMPRESSION_MIN = 10240, MODEL_MAX = 64 << 20 };

typedef struct protocol_case {
  bool is_input;
  const cspan_value *suite;
  const cspan_value *value;
} protocol_case;

/* The model of the case, and what is compared. */
typedef struct fixture {
  const char *id;
  void *section;
  cspan_service_model model;
  const cspan_operation_model *operation;
  const cspan_protocol *protocol;
  cspan_arena *arena;
} fixture;

static char root[1024];
static protocol_case cases[MOST_CASES];
static size_t case_count;
static cspan_document *files[64];
static size_t file_count;

static const char *text_at(const cspan_value *value, const char *name) {
  return cspan_value_text(cspan_value_get(value, name), NULL);
}

/* ---------------------------------------------------------------------- models */

static char *model_json(const cspan_value *suite, const cspan_value *given, size_t *size) {
  cspan_builder *builder = cspan_builder_create();
  cspan_document *document = NULL;
  char *json = NULL;
  cspan_builder_begin_map(builder, NULL);
  cspan_builder_add(builder, "metadata", *cspan_value_get(suite, "metadata"));
  cspan_builder_begin_map(builder, "operations");
  cspan_builder_add(builder, text_at(given, "name"), *given);
  cspan_builder_end(builder);
  cspan_builder_add(builder, "shapes", *cspan_value_get(suite, "shapes"));
  assert_int_equal(cspan_builder_finish(builder, &document, NULL), CSPAN_OK);
  assert_int_equal(cspan_value_to_json(cspan_document_value(document), 0, &json, size, NULL),
                   CSPAN_OK);
  cspan_document_free(document);
  return json;
}

static void open_fixture(fixture *f, const protocol_case *tested) {
  const cspan_value *given = cspan_value_get(tested->value, "given");
  cspan_model_source source = {.key = "conformance", .without_documentation = true};
  cspan_error *error = NULL;
  cspan_buf section;
  size_t size = 0;
  f->id = text_at(tested->value, "id");
  char *json = model_json(tested->suite, given, &size);
  source.service = (cspan_str){json, size};
  cspan_buf_init(&section, MODEL_MAX);
  if (cspan_model_compile(&source, &section, &error) != CSPAN_OK) {
    fail_msg("%s: the model does not compile: %s", f->id, cspan_error_message(error));
  }
  f->section = malloc(section.len);
  memcpy(f->section, section.data, section.len);
  if (cspan_model_open(f->section, section.len, &f->model, &error) != CSPAN_OK) {
    fail_msg("%s: the model does not open: %s", f->id, cspan_error_message(error));
  }
  cspan_buf_free(&section);
  cspan_free(json);
  f->operation = cspan_model_operation(&f->model, text_at(given, "name"));
  assert_non_null(f->operation);
  f->protocol = cspan_protocol_find(cspan_model_text(&f->model, f->model.info->protocol));
  assert_non_null(f->protocol);
  f->arena = cspan_arena_create(0);
}

static void close_fixture(fixture *f) {
  cspan_arena_free(f->arena);
  free(f->section);
}

static bool speaks(const fixture *f, const char *protocol) {
  return strcmp(f->protocol->name, protocol) == 0;
}

static char *to_json(const cspan_value *value) {
  char *json = NULL;
  assert_int_equal(cspan_value_to_json(value, 0, &json, NULL, NULL), CSPAN_OK);
  return json;
}

static cspan_buf decoded(const char *base64) {
  cspan_buf bytes;
  cspan_buf_init(&bytes, MODEL_MAX);
  assert_true(cspan_base64_decode(base64, strlen(base64), &bytes));
  return bytes;
}

/* ----------------------------------------------------------------------- input */

static void check_headers(const fixture *f, const cspan_value *expected,
                          const cspan_protocol_request *request) {
  const cspan_value *headers = cspan_value_get(expected, "headers");
  const cspan_value *forbidden = cspan_value_get(expected, "forbidHeaders");
  const cspan_value *required = cspan_value_get(expected, "requireHeaders");
  bool has_length = request->has_body || request->stream_member != NULL;
  for (size_t i = 0; i < cspan_value_count(headers); i++) {
    const char *name = cspan_value_name_at(headers, i);
    const char *want = cspan_value_text(cspan_value_at(headers, i), NULL);
    const char *have = cspan_header_list_get(&request->headers, name);
    if (have == NULL || strcmp(have, want) != 0) {
      fail_msg("%s: header %s: expected '%s', got '%s'", f->id, name, want, have ? have : "none");
    }
  }
  for (size_t i = 0; i < cspan_value_count(forbidden); i++) {
    const char *name = cspan_value_text(cspan_value_at(forbidden, i), NULL);
    if (cspan_header_list_get(&request->headers, name) != NULL ||
        (cspan_ieq(name, "Content-Length") && has_length)) {
      fail_msg("%s: header %s must not be sent", f->id, name);
    }
  }
  for (size_t i = 0; i < cspan_value_count(required); i++) {
    const char *name = cspan_value_text(cspan_value_at(required, i), NULL);
    if (cspan_header_list_get(&request->headers, name) == NULL &&
        !(cspan_ieq(name, "Content-Length") && has_length)) {
      fail_msg("%s: header %s must be sent", f->id, name);
    }
  }
}

/* "https://example.com/custom": what is before and behind the host, for the cases that name it. */
static void check_address(const fixture *f, const protocol_case *tested,
                          const cspan_value *expected, const cspan_protocol_request *request) {
  const char *endpoint = text_at(tested->suite, "clientEndpoint");
  const char *host = text_at(expected, "host");
  const char *uri = text_at(expected, "uri");
  const char *authority = endpoint != NULL ? strstr(endpoint, "://") + 3 : "";
  size_t host_len = strcspn(authority, "/");
  const char *base = authority + host_len;
  char path[4096];
  snprintf(path, sizeof path, "%s%s", strcmp(base, "/") == 0 ? "" : base,
           cspan_buf_text(&request->path));
  size_t path_len = strcspn(uri, "?");
  if (strlen(path) != path_len || strncmp(path, uri, path_len) != 0) {
    fail_msg("%s: expected the path %.*s, got %s", f->id, (int)path_len, uri, path);
  }
  const char *query = uri[path_len] == '?' ? uri + path_len + 1 : "";
  if (!same_parameters(cspan_str_of(query),
                       (cspan_str){cspan_buf_text(&request->query), request->query.len})) {
    fail_msg("%s: expected the query %s, got %s", f->id, query, cspan_buf_text(&request->query));
  }
  if (host != NULL) {
    char actual[512];
    snprintf(actual, sizeof actual, "%s%.*s", cspan_buf_text(&request->host_prefix), (int)host_len,
             authority);
    size_t expected_len = strcspn(host, "/");
    if (strlen(actual) != expected_len || strncmp(actual, host, expected_len) != 0) {
      fail_msg("%s: expected the host %s, got %s", f->id, host, actual);
    }
  }
}

static bool same_body(const fixture *f, cspan_str want, cspan_str have) {
  if (want.len == have.len && (want.len == 0 || memcmp(want.data, have.data, want.len) == 0)) {
    return true;
  }
  if (speaks(f, "query") || speaks(f, "ec2")) {
    return same_parameters(want, have);
  }
  return speaks(f, "rest-xml") ? same_xml(want, have) : same_json(want, have);
}

static void check_cbor_body(const fixture *f, const char *base64, cspan_str have) {
  cspan_buf want = decoded(base64);
  bool same = want.len == 0 ? have.len == 0 : same_cbor((cspan_str){want.data, want.len}, have);
  cspan_buf_free(&want);
  if (!same) {
    fail_msg("%s: expected the CBOR %s", f->id, base64);
  }
}

static void check_body(const fixture *f, const cspan_value *expected,
                       const cspan_protocol_request *request) {
  size_t size = 0;
  const char *text = cspan_value_text(cspan_value_get(expected, "body"), &size);
  cspan_str have = {cspan_buf_text(&request->body), request->body.len};
  if (request->stream_member != NULL) {
    have.data = cspan_value_bytes(request->stream, &have.len);
  }
  if (text == NULL) {
    return;
  }
  if (speaks(f, "smithy-rpc-v2-cbor")) {
    check_cbor_body(f, text, have);
  } else if (!same_body(f, (cspan_str){text, size}, have)) {
    fail_msg("%s: expected the body\n%s\ngot\n%.*s", f->id, text, (int)have.len,
             have.data ? have.data : "");
  }
}

static cspan_status serialize(fixture *f, const cspan_value *params, cspan_protocol_request *out,
                              cspan_error **error) {
  const cspan_protocol_input input = {.model = &f->model,
                                      .operation = f->operation,
                                      .value = params,
                                      .token = "00000000-0000-4000-8000-000000000000"};
  bool needs_md5 = (f->operation->flags & CSPAN_OPERATION_CHECKSUM_REQUIRED) != 0 &&
                   f->operation->checksum_member == 0;
  cspan_status status = cspan_protocol_check(&f->model, f->operation, params, error);
  if (status == CSPAN_OK) {
    status = f->protocol->serialize(&input, out, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_protocol_compress(f->operation, COMPRESSION_MIN, out, error);
  }
  return status == CSPAN_OK && needs_md5 ? cspan_protocol_content_md5(out) : status;
}

static void run_input(fixture *f, const protocol_case *tested) {
  const cspan_value *expected = cspan_value_get(tested->value, "serialized");
  cspan_protocol_request request;
  cspan_error *error = NULL;
  assert_int_equal(cspan_protocol_request_init(&request, f->arena), CSPAN_OK);
  cspan_status status = serialize(f, cspan_value_get(tested->value, "params"), &request, &error);
  if (status != CSPAN_OK) {
    fail_msg("%s: %s", f->id, cspan_error_message(error));
  }
  const char *method = text_at(expected, "method");
  assert_string_equal(request.method, method != NULL ? method : "POST");
  check_address(f, tested, expected, &request);
  check_headers(f, expected, &request);
  check_body(f, expected, &request);
  cspan_protocol_request_free(&request);
}

/* ---------------------------------------------------------------------- output */

/* The cases write timestamps as numbers, blobs as text, and NaN as a string. */
static bool matches(const cspan_value *want, const cspan_value *have);

static bool matches_scalar(const cspan_value *want, const cspan_value *have) {
  if (have->kind == CSPAN_VALUE_TIMESTAMP) {
    double time = (double)have->as.integer + have->nanoseconds / 1e9;
    return fabs(cspan_value_double(want, NAN) - time) < 0.0005;
  }
  if (have->kind == CSPAN_VALUE_BLOB && want->kind == CSPAN_VALUE_STRING) {
    return want->size == have->size && memcmp(want->as.text, have->as.text, want->size) == 0;
  }
  if (have->kind == CSPAN_VALUE_DOUBLE && want->kind == CSPAN_VALUE_STRING) {
    cspan_str text = {want->as.text, want->size};
    double number = have->as.number;
    return cspan_str_eq(text, "NaN") ? isnan(number)
                                     : isinf(number) && (text.data[0] == '-') == (number < 0);
  }
  return cspan_value_equals(want, have);
}

static bool matches(const cspan_value *want, const cspan_value *have) {
  if (want->kind != have->kind ||
      (want->kind != CSPAN_VALUE_MAP && want->kind != CSPAN_VALUE_LIST)) {
    return matches_scalar(want, have);
  }
  bool same = want->size == have->size;
  for (size_t i = 0; i < want->size && same; i++) {
    const char *name = cspan_value_name_at(want, i);
    const cspan_value *other = name != NULL ? cspan_value_get(have, name) : cspan_value_at(have, i);
    same = other != NULL && matches(cspan_value_at(want, i), other);
  }
  return same;
}

static void check_value(const fixture *f, const cspan_value *want, const cspan_value *have) {
  if (!matches(want, have)) {
    char *expected = to_json(want);
    char *actual = to_json(have);
    fail_msg("%s: expected %s, got %s", f->id, expected, actual);
  }
}

/* The message is told apart from the other members. */
static void check_fields(const fixture *f, const cspan_value *want,
                         const cspan_protocol_failure *failure) {
  cspan_member fields[64];
  size_t count = 0;
  for (size_t i = 0; i < cspan_value_count(want) && count < 64; i++) {
    const cspan_member *field = &want->as.members[i];
    if (!cspan_ieq(field->name, "message")) {
      fields[count++] = *field;
    } else {
      assert_non_null(failure->message);
      assert_string_equal(failure->message, cspan_value_text(&field->value, NULL));
    }
  }
  const cspan_value others = cspan_map(fields, count);
  check_value(f, &others, &failure->fields);
}

static void check_failure(fixture *f, const protocol_case *tested,
                          const cspan_protocol_response *response) {
  const char *code = text_at(tested->value, "errorCode");
  const char *message = text_at(tested->value, "errorMessage");
  cspan_protocol_failure failure;
  cspan_error *error = NULL;
  assert_int_equal(f->protocol->parse_error(response, f->arena, &failure, &error), CSPAN_OK);
  if (code != NULL && (failure.code == NULL || strcmp(failure.code, code) != 0)) {
    fail_msg("%s: expected the code %s, got %s", f->id, code, failure.code ? failure.code : "none");
  }
  if (message != NULL) {
    assert_non_null(failure.message);
    assert_string_equal(failure.message, message);
  }
  check_fields(f, cspan_value_get(tested->value, "error"), &failure);
}

static void fill_headers(const cspan_value *headers, cspan_header_block *block) {
  cspan_header_block_init(block);
  for (size_t i = 0; i < cspan_value_count(headers); i++) {
    char name[256];
    snprintf(name, sizeof name, "%s", cspan_value_name_at(headers, i));
    for (char *c = name; *c; c++) {
      *c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 32) : *c;
    }
    const char *value = cspan_value_text(cspan_value_at(headers, i), NULL);
    assert_int_equal(cspan_header_block_add(block, name, value), CSPAN_OK);
  }
}

static void run_output(fixture *f, const protocol_case *tested) {
  const cspan_value *given = cspan_value_get(tested->value, "response");
  cspan_header_block headers;
  cspan_error *error = NULL;
  cspan_value result;
  size_t size = 0;
  const char *body = cspan_value_text(cspan_value_get(given, "body"), &size);
  cspan_buf cbor = decoded(speaks(f, "smithy-rpc-v2-cbor") && body != NULL ? body : "");
  fill_headers(cspan_value_get(given, "headers"), &headers);
  cspan_protocol_response response = {
      .model = &f->model,
      .operation = f->operation,
      .status = (int)cspan_value_int(cspan_value_get(given, "status_code"), 0),
      .headers = &headers,
      .body = body != NULL ? body : "",
      .body_size = size};
  if (speaks(f, "smithy-rpc-v2-cbor")) {
    response.body = cspan_buf_text(&cbor);
    response.body_size = cbor.len;
  }
  if (cspan_value_get(tested->value, "error") != NULL) {
    check_failure(f, tested, &response);
  } else if (f->protocol->parse(&response, f->arena, &result, &error) != CSPAN_OK) {
    fail_msg("%s: %s", f->id, cspan_error_message(error));
  } else {
    check_value(f, cspan_value_get(tested->value, "result"), &result);
  }
  cspan_header_block_free(&headers);
  cspan_buf_free(&cbor);
}

/* ----------------------------------------------------------------------- cases */

static void run_case(void **state) {
  const protocol_case *tested = *state;
  const char *id = text_at(tested->value, "id");
  fixture f;
  for (size_t i = 0; exceptions[i].id != NULL; i++) {
    if (strcmp(exceptions[i].id, id) == 0) {
      printf("not run: %s: %s\n", id, exceptions[i].reason);
      return;
    }
  }
  open_fixture(&f, tested);
  if (tested->is_input) {
    run_input(&f, tested);
  } else {
    run_output(&f, tested);
  }
  close_fixture(&f);
}

static void add_suites(const cspan_value *suites, bool is_input) {
  for (size_t i = 0; i < cspan_value_count(suites); i++) {
    const cspan_value *suite = cspan_value_at(suites, i);
    const cspan_value *list = cspan_value_get(suite, "cases");
    for (size_t j = 0; j < cspan_value_count(list) && case_count < MOST_CASES; j++) {
      cases[case_count++] = (protocol_case){is_input, suite, cspan_value_at(list, j)};
    }
  }
}

static bool load_file(const char *path, bool is_input) {
  cspan_buf text;
  char part[65536];
  size_t got;
  FILE *file = fopen(path, "r");
  if (file == NULL || file_count == sizeof files / sizeof files[0]) {
    return false;
  }
  cspan_buf_init(&text, MODEL_MAX);
  while ((got = fread(part, 1, sizeof part, file)) > 0) {
    cspan_buf_append(&text, part, got);
  }
  fclose(file);
  cspan_error *error = NULL;
  bool ok = cspan_document_parse_json(cspan_buf_text(&text), text.len, &files[file_count],
                                      &error) == CSPAN_OK;
  if (ok) {
    add_suites(cspan_document_value(files[file_count++]), is_input);
  } else {
    fprintf(stderr, "%s: %s\n", path, cspan_error_message(error));
  }
  cspan_error_free(error);
  cspan_buf_free(&text);
  return ok;
}

static int is_json(const struct dirent *entry) {
  size_t len = strlen(entry->d_name);
  return len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0;
}

/* False: a file cannot be read. */
static bool load_folder(const char *name) {
  struct dirent **entries = NULL;
  char path[2048];
  bool ok = true;
  snprintf(path, sizeof path, "%s/%s", root, name);
  int count = scandir(path, &entries, is_json, alphasort);
  for (int i = 0; i < count; i++) {
    snprintf(path, sizeof path, "%s/%s/%s", root, name, entries[i]->d_name);
    ok = load_file(path, strcmp(name, "input") == 0) && ok;
    free(entries[i]);
  }
  free(entries);
  return ok;
}

int main(void) {
  static struct CMUnitTest tests[MOST_CASES];
  const char *base = getenv("CLOUDSPAN_CONFORMANCE");
  snprintf(root, sizeof root, "%s/protocols", base ? base : CLOUDSPAN_CONFORMANCE_DIR);
  DIR *folder = opendir(root);
  if (folder == NULL) {
    printf("skipped: there is no %s\n", root);
    return 0;
  }
  closedir(folder);
  if (!load_folder("input") || !load_folder("output") || case_count == 0) {
    fprintf(stderr, "no cases could be run in %s\n", root);
    return 1;
  }
  for (size_t i = 0; i < case_count; i++) {
    tests[i] = (struct CMUnitTest){text_at(cases[i].value, "id"), run_case, NULL, NULL, &cases[i]};
  }
  int failed = _cmocka_run_group_tests("protocols", tests, case_count, NULL, NULL);
  printf("%zu cases of %s, %d failed\n", case_count, root, failed);
  for (size_t i = 0; i < file_count; i++) {
    cspan_document_free(files[i]);
  }
  return failed;
}
