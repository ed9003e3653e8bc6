/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recorded responses of $CLOUDSPAN_CONFORMANCE/responses: NAME.xml read by the model of the
 * service and operation that NAME tells, and compared with NAME.json. The models are botocore's,
 * from $CLOUDSPAN_BOTOCORE_DATA or Debian's python3-botocore; without them nothing is run.
 *
 * The JSON was written from a parser that leaves times as text and blobs as their bytes, and that
 * decodes the policies of IAM and the templates of CloudFormation, which on the wire are texts. So
 * a text that is expected to be a document is decoded before it is compared.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/model/compile.h"
#include "aws/protocol/protocol.h"
#include "aws/service_error.h"
#include "base/text.h"

enum { PATH_LEN = 1024, CASES_MAX = 4096, BODY_MAX = 64 << 20, ARENA_MAX = 256 << 20 };

static char folder[PATH_LEN];
static const char *models = "/usr/lib/python3/dist-packages/botocore/data";

typedef struct response_case {
  char path[PATH_LEN + 256]; /* without ".xml" */
  const char *name;          /* of it: "iam-get-user" */
  bool is_failure;
} response_case;

static bool read_file(const char *path, cspan_buf *out) {
  char chunk[65536];
  FILE *file = fopen(path, "rb");
  cspan_buf_init(out, BODY_MAX);
  if (!file) {
    return false;
  }
  size_t len = 0;
  while ((len = fread(chunk, 1, sizeof chunk, file)) > 0) {
    assert_int_equal(cspan_buf_append(out, chunk, len), CSPAN_OK);
  }
  fclose(file);
  return true;
}

/* ------------------------------------------------------------------------- models */

/* The sections of the services that were asked for; a run reads each model once. */
typedef struct loaded_model {
  char service[64];
  cspan_buf section;
  cspan_service_model model;
} loaded_model;

static loaded_model loaded[64];
static size_t loaded_count;

static int is_version(const struct dirent *entry) {
  return isdigit((unsigned char)entry->d_name[0]);
}

/* The folder of the newest version. */
static bool find_model(const char *service, char path[PATH_LEN * 2]) {
  struct dirent **entries = NULL;
  char parent[PATH_LEN];
  snprintf(parent, sizeof parent, "%s/%s", models, service);
  int count = scandir(parent, &entries, is_version, alphasort);
  for (int i = 0; i < count; i++) {
    snprintf(path, PATH_LEN * 2, "%s/%s/service-2.json", parent, entries[i]->d_name);
    free(entries[i]);
  }
  free(entries);
  return count > 0;
}

static const cspan_service_model *load_model(const char *service) {
  char path[PATH_LEN * 2];
  cspan_error *error = NULL;
  cspan_buf json;
  for (size_t i = 0; i < loaded_count; i++) {
    if (strcmp(loaded[i].service, service) == 0) {
      return &loaded[i].model;
    }
  }
  if (!find_model(service, path) || !read_file(path, &json)) {
    fail_msg("no model of %s in %s", service, models);
  }
  assert_true(loaded_count < sizeof loaded / sizeof loaded[0]);
  loaded_model *model = &loaded[loaded_count++];
  cspan_model_source source = {
      .key = service, .service = {json.data, json.len}, .without_documentation = true};
  snprintf(model->service, sizeof model->service, "%s", service);
  cspan_buf_init(&model->section, BODY_MAX);
  if (cspan_model_compile(&source, &model->section, &error) != CSPAN_OK ||
      cspan_model_open(model->section.data, model->section.len, &model->model, &error) !=
          CSPAN_OK) {
    fail_msg("%s: %s", path, cspan_error_message(error));
  }
  cspan_buf_free(&json);
  return &model->model;
}

static void free_models(void) {
  while (loaded_count > 0) {
    cspan_buf_free(&loaded[--loaded_count].section);
  }
}

/* "describe-db-instances" is DescribeDBInstances. */
static bool is_operation(const char *name, const char *kebab, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if (kebab[i] != '-' && tolower((unsigned char)*name++) != kebab[i]) {
      return false;
    }
  }
  return *name == '\0';
}

/* Behind '#' stands what tells cases of one operation apart. */
static const cspan_operation_model *find_operation(const cspan_service_model *model,
                                                   const char *kebab) {
  size_t len = strcspn(kebab, "#");
  for (uint32_t i = 0; i < model->operation_count; i++) {
    if (is_operation(cspan_model_text(model, model->operations[i].name), kebab, len)) {
      return &model->operations[i];
    }
  }
  fail_msg("no operation %s", kebab);
  return NULL;
}

/* ---------------------------------------------------------------------- comparing */

static bool is_same(const cspan_value *actual, const cspan_value *expected);

/* A text that holds a document, percent-encoded or not. */
static bool holds_document(const cspan_value *actual, const cspan_value *expected) {
  cspan_buf json;
  cspan_document *document = NULL;
  cspan_buf_init(&json, BODY_MAX);
  assert_int_equal(cspan_uri_decode(&json, actual->as.text, actual->size), CSPAN_OK);
  bool same = cspan_document_parse_json(json.data, json.len, &document, NULL) == CSPAN_OK &&
              cspan_value_equals(cspan_document_value(document), expected);
  cspan_document_free(document);
  cspan_buf_free(&json);
  return same;
}

static bool is_same_text(const cspan_value *actual, const cspan_value *expected) {
  cspan_value time;
  if (actual->kind == CSPAN_VALUE_TIMESTAMP) {
    return cspan_protocol_parse_timestamp(expected->as.text, expected->size, &time) &&
           cspan_value_equals(actual, &time);
  }
  return (actual->kind == CSPAN_VALUE_BLOB || actual->kind == CSPAN_VALUE_STRING) &&
         actual->size == expected->size &&
         memcmp(actual->as.text, expected->as.text, actual->size) == 0;
}

static bool is_same_map(const cspan_value *actual, const cspan_value *expected) {
  bool same = cspan_value_count(actual) == cspan_value_count(expected);
  for (size_t i = 0; same && i < cspan_value_count(expected); i++) {
    const cspan_value *found = cspan_value_get(actual, cspan_value_name_at(expected, i));
    same = found && is_same(found, cspan_value_at(expected, i));
  }
  return same;
}

static bool is_same_list(const cspan_value *actual, const cspan_value *expected) {
  bool same = cspan_value_count(actual) == cspan_value_count(expected);
  for (size_t i = 0; same && i < cspan_value_count(expected); i++) {
    same = is_same(cspan_value_at(actual, i), cspan_value_at(expected, i));
  }
  return same;
}

static bool is_same(const cspan_value *actual, const cspan_value *expected) {
  bool is_document = expected->kind == CSPAN_VALUE_MAP || expected->kind == CSPAN_VALUE_LIST;
  if (is_document && actual->kind == CSPAN_VALUE_STRING) {
    return holds_document(actual, expected);
  }
  if (actual->kind == CSPAN_VALUE_MAP && expected->kind == CSPAN_VALUE_MAP) {
    return is_same_map(actual, expected);
  }
  if (actual->kind == CSPAN_VALUE_LIST && expected->kind == CSPAN_VALUE_LIST) {
    return is_same_list(actual, expected);
  }
  if (expected->kind == CSPAN_VALUE_STRING) {
    return is_same_text(actual, expected);
  }
  return cspan_value_equals(actual, expected);
}

static void show_difference(const char *name, const cspan_value *actual,
                            const cspan_value *expected) {
  char *have = NULL;
  char *want = NULL;
  cspan_value_to_json(actual, CSPAN_JSON_COMPACT, &have, NULL, NULL);
  cspan_value_to_json(expected, CSPAN_JSON_COMPACT, &want, NULL, NULL);
  print_message("%s: expected\n%s\nbut got\n%s\n", name, want, have);
  cspan_free(have);
  cspan_free(want);
}

/* The expected document without what is not part of the output. */
static cspan_value without_metadata(const cspan_value *expected, cspan_member *memory) {
  size_t count = 0;
  for (size_t i = 0; i < expected->size; i++) {
    if (strcmp(expected->as.members[i].name, "ResponseMetadata") != 0) {
      memory[count++] = expected->as.members[i];
    }
  }
  return cspan_map(memory, count);
}

/* -------------------------------------------------------------------------- cases */

static void check_output(const response_case *at, const cspan_protocol *protocol,
                         const cspan_protocol_response *response, const cspan_value *expected) {
  cspan_arena *arena = cspan_arena_create(ARENA_MAX);
  cspan_error *error = NULL;
  cspan_value output;
  cspan_member *memory = calloc(cspan_value_count(expected) + 1, sizeof *memory);
  if (protocol->parse(response, arena, &output, &error) != CSPAN_OK) {
    fail_msg("%s: %s", at->name, cspan_error_message(error));
  }
  cspan_value wanted = without_metadata(expected, memory);
  if (!is_same(&output, &wanted)) {
    show_difference(at->name, &output, &wanted);
    fail_msg("%s: the output is another one", at->name);
  }
  free(memory);
  cspan_arena_free(arena);
}

/* Failures have their texts on one line, see cspan_service_text(). */
static void is_text(const response_case *at, const char *actual, const cspan_value *expected,
                    cspan_arena *arena) {
  const char *wanted = cspan_service_text(arena, cspan_value_text(expected, NULL));
  if (wanted && strcmp(wanted, actual ? actual : "") != 0) {
    fail_msg("%s: expected '%s', but got '%s'", at->name, wanted, actual ? actual : "nothing");
  }
}

static void check_failure(const response_case *at, const cspan_protocol *protocol,
                          const cspan_protocol_response *response, const cspan_value *expected) {
  cspan_arena *arena = cspan_arena_create(ARENA_MAX);
  cspan_error *error = NULL;
  cspan_protocol_failure failure;
  if (protocol->parse_error(response, arena, &failure, &error) != CSPAN_OK) {
    fail_msg("%s: %s", at->name, cspan_error_message(error));
  }
  const cspan_value *wanted = cspan_value_get(expected, "Error");
  assert_non_null(wanted);
  is_text(at, failure.code, cspan_value_get(wanted, "Code"), arena);
  is_text(at, failure.message, cspan_value_get(wanted, "Message"), arena);
  is_text(at, failure.request_id,
          cspan_value_get(cspan_value_get(expected, "ResponseMetadata"), "RequestId"), arena);
  cspan_arena_free(arena);
}

static void run_case(void **state) {
  const response_case *at = *state;
  char path[PATH_LEN * 2];
  char service[64];
  cspan_buf body;
  cspan_buf json;
  cspan_document *expected = NULL;
  cspan_header_block headers;
  snprintf(service, sizeof service, "%.*s", (int)strcspn(at->name, "-"), at->name);
  const cspan_service_model *model = load_model(service);
  snprintf(path, sizeof path, "%s.xml", at->path);
  assert_true(read_file(path, &body));
  snprintf(path, sizeof path, "%s.json", at->path);
  assert_true(read_file(path, &json));
  assert_int_equal(cspan_document_parse_json(json.data, json.len, &expected, NULL), CSPAN_OK);
  const cspan_protocol *protocol =
      cspan_protocol_find(cspan_model_text(model, model->info->protocol));
  assert_non_null(protocol);
  cspan_header_block_init(&headers);
  cspan_protocol_response response = {.model = model,
                                      .operation =
                                          find_operation(model, at->name + strlen(service) + 1),
                                      .status = at->is_failure ? 400 : 200,
                                      .headers = &headers,
                                      .body = cspan_buf_text(&body),
                                      .body_size = body.len};
  (at->is_failure ? check_failure : check_output)(at, protocol, &response,
                                                  cspan_document_value(expected));
  cspan_header_block_free(&headers);
  cspan_document_free(expected);
  cspan_buf_free(&body);
  cspan_buf_free(&json);
}

static response_case cases[CASES_MAX];
static struct CMUnitTest tests[CASES_MAX];

static int is_xml(const struct dirent *entry) {
  const char *dot = strrchr(entry->d_name, '.');
  return dot && strcmp(dot, ".xml") == 0;
}

static size_t add_cases(const char *kind, bool is_failure, size_t count) {
  struct dirent **entries = NULL;
  char path[PATH_LEN + 16];
  snprintf(path, sizeof path, "%s/%s", folder, kind);
  int found = scandir(path, &entries, is_xml, alphasort);
  for (int i = 0; i < found; i++) {
    response_case *added = &cases[count];
    assert_true(count < CASES_MAX);
    snprintf(added->path, sizeof added->path, "%s/%.*s", path,
             (int)(strlen(entries[i]->d_name) - strlen(".xml")), entries[i]->d_name);
    added->name = strrchr(added->path, '/') + 1;
    added->is_failure = is_failure;
    tests[count++] =
        (struct CMUnitTest){.name = added->name, .test_func = run_case, .initial_state = added};
    free(entries[i]);
  }
  free(entries);
  return count;
}

int main(void) {
  const char *given = getenv("CLOUDSPAN_CONFORMANCE");
  const char *data = getenv("CLOUDSPAN_BOTOCORE_DATA");
  models = data ? data : models;
  snprintf(folder, sizeof folder, "%s/responses", given ? given : CLOUDSPAN_CONFORMANCE_DIR);
  size_t count = add_cases("responses", false, 0);
  count = add_cases("errors", true, count);
  DIR *models_folder = opendir(models);
  bool has_models = models_folder != NULL;
  if (has_models) {
    closedir(models_folder);
  }
  if (count == 0 || !has_models) {
    print_message("skipped: no responses in %s, or no models in %s\n", folder, models);
    return 0;
  }
  int failed = _cmocka_run_group_tests("responses", tests, count, NULL, NULL);
  free_models();
  return failed;
}
