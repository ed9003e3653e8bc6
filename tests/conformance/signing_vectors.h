/* SPDX-License-Identifier: Apache-2.0 */
/* What the runners of the SigV4 and the SigV4a vectors share: reading a case, and comparing the
 * requests that came of it. Functions are static: each test program has its own. */
#ifndef CONFORMANCE_SIGNING_VECTORS_H
#define CONFORMANCE_SIGNING_VECTORS_H

#include <dirent.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aws/sigv4.h"
#include "base/text.h"

enum { MAX_HEADERS = 64, PATH_MAX_LEN = 1024, FILE_MAX = 1 << 20 };

/* A raw request, taken apart. Texts point into `raw`. */
typedef struct raw_request {
  char *raw;
  const char *method;
  char *path;
  const char *query;
  cspan_http_header headers[MAX_HEADERS];
  size_t header_count;
  const char *body;
} raw_request;

static char root[PATH_MAX_LEN];

static char *read_file(const char *folder, const char *name) {
  char path[PATH_MAX_LEN * 2];
  snprintf(path, sizeof path, "%s/%s/%s", root, folder, name);
  FILE *file = fopen(path, "rb");
  if (!file) {
    fail_msg("%s cannot be read", path);
  }
  char *text = calloc(1, FILE_MAX);
  size_t len = fread(text, 1, FILE_MAX - 1, file);
  assert_true(len < FILE_MAX - 1);
  fclose(file);
  return text;
}

/* Some public cases are a request without its results: they are skipped, with a notice. */
static void skip_without_results(const char *folder) {
  char path[PATH_MAX_LEN * 2];
  snprintf(path, sizeof path, "%s/%s/header-canonical-request.txt", root, folder);
  if (access(path, R_OK) != 0) {
    print_message("skipped: %s has no results to compare with\n", folder);
    skip();
  }
}

/* Cuts the line at *at and moves past it; a folded line (starting with a blank) belongs to it. */
static char *take_line(char **at) {
  char *line = *at;
  char *end = strchr(line, '\n');
  while (end && (end[1] == ' ' || end[1] == '\t')) {
    end = strchr(end + 1, '\n');
  }
  if (!end) {
    *at = line + strlen(line);
    return line;
  }
  if (end > line && end[-1] == '\r') {
    end[-1] = '\0';
  }
  *end = '\0';
  *at = end + 1;
  return line;
}

/* "GET /a b?q HTTP/1.1": the target may hold spaces. */
static void parse_request_line(raw_request *request, char *line) {
  char *target = strchr(line, ' ');
  char *version = strrchr(line, ' ');
  assert_non_null(target);
  assert_true(version > target);
  *target++ = '\0';
  *version = '\0';
  request->method = line;
  request->path = target;
  char *query = strchr(target, '?');
  if (query) {
    *query++ = '\0';
  }
  request->query = query ? query : "";
}

static void parse_request(char *text, raw_request *request) {
  char *at = text;
  memset(request, 0, sizeof *request);
  request->raw = text;
  parse_request_line(request, take_line(&at));
  while (*at && *at != '\n' && *at != '\r') {
    char *line = take_line(&at);
    char *colon = strchr(line, ':');
    assert_non_null(colon);
    assert_true(request->header_count < MAX_HEADERS);
    *colon = '\0';
    request->headers[request->header_count++] =
        (cspan_http_header){.name = line, .value = colon + 1};
  }
  if (*at) {
    take_line(&at);
  }
  request->body = at;
}

typedef struct vector_context {
  json_t *json;
  cspan_sigv4_scope scope;
  bool sign_body;
  int64_t expires_s;
  uint8_t key[CSPAN_SIGV4_KEY_LEN];
  const char *secret;
} vector_context;

static void load_context(const char *folder, vector_context *out) {
  char *text = read_file(folder, "context.json");
  json_error_t why;
  memset(out, 0, sizeof *out);
  out->json = json_loads(text, 0, &why);
  assert_non_null(out->json);
  free(text);
  const json_t *credentials = json_object_get(out->json, "credentials");
  time_t time = 0;
  assert_true(
      cspan_parse_iso8601(json_string_value(json_object_get(out->json, "timestamp")), &time));
  out->sign_body = json_is_true(json_object_get(out->json, "sign_body"));
  out->expires_s = json_integer_value(json_object_get(out->json, "expiration_in_seconds"));
  out->scope = (cspan_sigv4_scope){
      .access_key_id = json_string_value(json_object_get(credentials, "access_key_id")),
      .session_token = json_string_value(json_object_get(credentials, "token")),
      .region = json_string_value(json_object_get(out->json, "region")),
      .service = json_string_value(json_object_get(out->json, "service")),
      .time = time,
      .encode_path = true,
      .normalize_path = json_is_true(json_object_get(out->json, "normalize")),
      .omit_session_token = json_is_true(json_object_get(out->json, "omit_session_token")),
  };
  cspan_sigv4_key(json_string_value(json_object_get(credentials, "secret_access_key")), time,
                  out->scope.region, out->scope.service, out->key);
  out->scope.key = out->key;
  out->secret = json_string_value(json_object_get(credentials, "secret_access_key"));
}

static void expect_file(const char *folder, const char *name, const char *actual) {
  char *expected = read_file(folder, name);
  if (strcmp(expected, actual) != 0) {
    fail_msg("%s/%s: expected\n%s\nbut got\n%s", folder, name, expected, actual);
  }
  free(expected);
}

static int compare_headers(const void *a, const void *b) {
  const cspan_http_header *left = a;
  const cspan_http_header *right = b;
  int order = strcmp(left->name, right->name);
  return order ? order : strcmp(left->value, right->value);
}

static void lower_names(raw_request *request) {
  for (size_t i = 0; i < request->header_count; i++) {
    for (char *c = (char *)request->headers[i].name; *c; c++) {
      *c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 32) : *c;
    }
  }
  qsort(request->headers, request->header_count, sizeof request->headers[0], compare_headers);
}

static int compare_texts(const void *a, const void *b) {
  return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static size_t split_query(char *query, const char **params) {
  size_t count = 0;
  while (*query) {
    size_t len = strcspn(query, "&");
    bool last = query[len] == '\0';
    query[len] = '\0';
    assert_true(count < MAX_HEADERS);
    params[count++] = query;
    query += last ? len : len + 1;
  }
  qsort(params, count, sizeof params[0], compare_texts);
  return count;
}

/* A signature that is another one each time is not compared. */
static void cut_signature(char *text) {
  char *at = strstr(text, "Signature=");
  if (at) {
    at[strlen("Signature=")] = '\0';
  }
}

static void compare_value(const char *actual, const char *expected, bool same_signature) {
  char *have = strdup(actual);
  char *want = strdup(expected);
  if (!same_signature) {
    cut_signature(have);
    cut_signature(want);
  }
  assert_string_equal(have, want);
  free(have);
  free(want);
}

/* The order of headers and parameters does not matter to a service. */
static void expect_request(const char *folder, const char *name, raw_request *actual,
                           char *actual_query, bool same_signature) {
  raw_request expected;
  const char *want[MAX_HEADERS];
  const char *have[MAX_HEADERS];
  parse_request(read_file(folder, name), &expected);
  assert_string_equal(actual->method, expected.method);
  assert_string_equal(actual->path, expected.path);
  assert_string_equal(actual->body, expected.body);
  lower_names(&expected);
  lower_names(actual);
  assert_int_equal(actual->header_count, expected.header_count);
  for (size_t i = 0; i < expected.header_count; i++) {
    assert_string_equal(actual->headers[i].name, expected.headers[i].name);
    compare_value(actual->headers[i].value, expected.headers[i].value, same_signature);
  }
  size_t want_count = split_query((char *)expected.query, want);
  assert_int_equal(split_query(actual_query, have), want_count);
  for (size_t i = 0; i < want_count; i++) {
    compare_value(have[i], want[i], same_signature);
  }
  free(expected.raw);
}

static void add_header(raw_request *request, const char *name, const char *value) {
  /* In writable memory: names are lowered for the comparison. */
  assert_true(request->header_count < MAX_HEADERS);
  request->headers[request->header_count++] =
      (cspan_http_header){.name = strdup(name), .value = value};
}

/* A case being checked: what was read of it and what came of signing it. */
typedef struct vector_run {
  const char *folder;
  vector_context context;
  raw_request request;
  char hash[2 * CSPAN_SHA256_LEN + 1];
  cspan_sigv4_request input;
  cspan_sigv4 out;
} vector_run;

static void start_run(vector_run *run) {
  parse_request(read_file(run->folder, "request.txt"), &run->request);
  cspan_sha256_hex(run->request.body, strlen(run->request.body), run->hash);
  run->input = (cspan_sigv4_request){.method = run->request.method,
                                     .path = run->request.path,
                                     .query = run->request.query,
                                     .headers = run->request.headers,
                                     .header_count = run->request.header_count,
                                     .payload_hash = run->hash};
  cspan_sigv4_init(&run->out);
}

static void end_run(vector_run *run) {
  free(run->request.raw);
  cspan_sigv4_free(&run->out);
}

/* `check` compares the signature with `name`-signature.txt. */
typedef void (*check_signature_fn)(vector_run *run, const char *name);

static void check_header_form(vector_run *run, check_signature_fn check, bool same_signature) {
  cspan_sigv4_scope *scope = &run->context.scope;
  raw_request *request = &run->request;
  start_run(run);
  size_t given = request->header_count;
  scope->content_sha256_header = run->context.sign_body;
  assert_int_equal(cspan_sigv4_sign_headers(&run->input, scope, &run->out, NULL), CSPAN_OK);
  expect_file(run->folder, "header-canonical-request.txt", run->out.canonical.data);
  expect_file(run->folder, "header-string-to-sign.txt", run->out.string_to_sign.data);
  check(run, "header-signature.txt");
  add_header(request, "X-Amz-Date", run->out.date);
  if (scope->session_token) {
    add_header(request, "X-Amz-Security-Token", scope->session_token);
  }
  if (scope->region_set) {
    add_header(request, "X-Amz-Region-Set", scope->region_set);
  }
  if (run->context.sign_body) {
    add_header(request, "X-Amz-Content-Sha256", run->hash);
  }
  add_header(request, "Authorization", run->out.result.data);
  cspan_http_header added[5];
  size_t added_count = request->header_count - given;
  memcpy(added, request->headers + given, added_count * sizeof added[0]);
  char *query = strdup(request->query);
  expect_request(run->folder, "header-signed-request.txt", request, query, same_signature);
  for (size_t i = 0; i < added_count; i++) {
    free((char *)added[i].name);
  }
  free(query);
  end_run(run);
}

static void check_query_form(vector_run *run, check_signature_fn check, bool same_signature) {
  start_run(run);
  assert_int_equal(cspan_sigv4_sign_query(&run->input, &run->context.scope, run->context.expires_s,
                                          &run->out, NULL),
                   CSPAN_OK);
  expect_file(run->folder, "query-canonical-request.txt", run->out.canonical.data);
  expect_file(run->folder, "query-string-to-sign.txt", run->out.string_to_sign.data);
  check(run, "query-signature.txt");
  char *query = NULL;
  assert_true(asprintf(&query, "%s%s%s", run->request.query, run->request.query[0] ? "&" : "",
                       run->out.result.data) > 0);
  expect_request(run->folder, "query-signed-request.txt", &run->request, query, same_signature);
  free(query);
  end_run(run);
}

static int is_case(const struct dirent *entry) {
  return entry->d_name[0] != '.';
}

/* Runs `run_case` for every folder of $CLOUDSPAN_CONFORMANCE/sigv4/`kind`. */
static int run_vectors(const char *kind, CMUnitTestFunction run_case) {
  const char *base = getenv("CLOUDSPAN_CONFORMANCE");
  struct dirent **entries = NULL;
  snprintf(root, sizeof root, "%s/sigv4/%s", base ? base : CLOUDSPAN_CONFORMANCE_DIR, kind);
  int count = scandir(root, &entries, is_case, alphasort);
  if (count <= 0) {
    printf("skipped: there are no vectors in %s\n", root);
    return 0;
  }
  struct CMUnitTest *tests = calloc((size_t)count, sizeof *tests);
  for (int i = 0; i < count; i++) {
    tests[i] = (struct CMUnitTest){entries[i]->d_name, run_case, NULL, NULL, entries[i]->d_name};
  }
  int failed = _cmocka_run_group_tests(kind, tests, (size_t)count, NULL, NULL);
  for (int i = 0; i < count; i++) {
    free(entries[i]);
  }
  free(entries);
  free(tests);
  return failed;
}

#endif
