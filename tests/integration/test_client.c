/* SPDX-License-Identifier: Apache-2.0 */
/* Calls by a model, against a server that plays a script. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cloudspan/cloudspan.h>

#include "integration/client_model.h"
#include "support/script_server.h"

static client_models models;

typedef struct fixture {
  script_server *server;
  cspan_aws_config *config;
  cspan_client *client;
  script_step steps[40];
  script_connection connections[1];
  char *answers[20];
} fixture;

/* Answers "STATUS BODY", one after the other on one connection. */
static void fixture_open(fixture *f, const char *const *answers, size_t count) {
  size_t n = 0;
  memset(f, 0, sizeof *f);
  for (size_t i = 0; i < count; i++) {
    const char *body = strchr(answers[i], ' ') + 1;
    f->answers[i] = malloc(strlen(answers[i]) + 256);
    assert_non_null(f->answers[i]);
    sprintf(f->answers[i],
            "HTTP/1.1 %.3s X\r\nx-amzn-RequestId: id-%zu\r\nContent-Type: "
            "application/x-amz-json-1.1\r\nContent-Length: %zu\r\n\r\n%s",
            answers[i], i + 1, strlen(body), body);
    f->steps[n++] = (script_step){SCRIPT_READ_REQUEST, NULL, 0};
    f->steps[n++] = (script_step){SCRIPT_SEND, f->answers[i], 0};
  }
  f->steps[n] = (script_step){SCRIPT_WAIT_CLOSE, NULL, 0};
  f->connections[0] = f->steps;
  f->server = script_server_start(f->connections, 1);
  cspan_aws_options aws = {.size = sizeof aws,
                           .region = "eu-central-1",
                           .endpoint_url = script_server_url(f->server, ""),
                           .access_key_id = "AKIDEXAMPLE",
                           .secret_access_key = "planted-secret",
                           .retry_mode = CSPAN_RETRY_OFF};
  cspan_client_options options = {.size = sizeof options, .models = models.folder};
  assert_int_equal(cspan_aws_config_load(&aws, &f->config, NULL), CSPAN_OK);
  cspan_error *error = NULL;
  if (cspan_client_create(f->config, "larder", &options, &f->client, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
}

static void fixture_close(fixture *f) {
  cspan_client_free(f->client);
  cspan_aws_config_free(f->config);
  script_server_stop(f->server);
  for (size_t i = 0; i < sizeof f->answers / sizeof f->answers[0]; i++) {
    free(f->answers[i]);
  }
}

static void assert_received(fixture *f, const char *part) {
  char *all = script_server_received(f->server);
  if (!strstr(all, part)) {
    fail_msg("\"%s\" is not in \"%s\"", part, all);
  }
  free(all);
}

static size_t requests_of(fixture *f) {
  char *all = script_server_received(f->server);
  size_t count = 0;
  for (const char *at = all; (at = strstr(at, "POST / HTTP/1.1\r\n")) != NULL; at++) {
    count++;
  }
  free(all);
  return count;
}

static const cspan_value *name_input(void) {
  static const cspan_member members[] = {
      {"Name", 4, {.kind = CSPAN_VALUE_STRING, .size = 5, .as.text = "plums"}}};
  static const cspan_value input = {.kind = CSPAN_VALUE_MAP, .size = 1, .as.members = members};
  return &input;
}

/* ------------------------------------------------------------------- calls */

static void test_call(void **state) {
  (void)state;
  fixture f;
  cspan_document *output = NULL;
  fixture_open(&f, (const char *const[]){"200 {\"Place\": 7}"}, 1);
  cspan_value input = CSPAN_MAP(
      cspan_field("Jar", CSPAN_MAP(cspan_field("Name", cspan_string("plums")),
                                   cspan_field("Grams", cspan_int(250)),
                                   cspan_field("Filled", cspan_timestamp(1700000000, 0)))));
  assert_int_equal(cspan_call(NULL, f.client, "PutJar", &input, &output, NULL), CSPAN_OK);
  const cspan_value *value = cspan_document_value(output);
  assert_int_equal(cspan_value_int(cspan_value_get(value, "Place"), 0), 7);
  cspan_document_free(output);
  assert_received(&f, "POST / HTTP/1.1\r\n");
  assert_received(&f, "X-Amz-Target: Larder_20240101.PutJar\r\n");
  assert_received(&f, "Content-Type: application/x-amz-json-1.1\r\n");
  assert_received(&f, "/eu-central-1/larder/aws4_request");
  assert_received(&f, "\"Name\":\"plums\",\"Grams\":250,\"Filled\":1700000000");
  assert_received(&f, "\"ClientToken\":\"");
  fixture_close(&f);
}

static void test_modelled_error(void **state) {
  (void)state;
  fixture f;
  cspan_document *output = NULL;
  cspan_error *error = NULL;
  fixture_open(&f,
               (const char *const[]){"400 {\"__type\": \"com.larder#ShelfFull\", \"message\": "
                                     "\"no room\", \"Shelf\": \"top\", \"Places\": 12}"},
               1);
  cspan_value input =
      CSPAN_MAP(cspan_field("Jar", CSPAN_MAP(cspan_field("Name", cspan_string("plums")))));
  assert_int_equal(cspan_call(NULL, f.client, "PutJar", &input, &output, &error),
                   CSPAN_ERR_SERVICE);
  assert_null(output);
  assert_string_equal(cspan_error_code(error), "ShelfFull");
  assert_string_equal(cspan_error_message(error), "no room");
  assert_string_equal(cspan_error_request_id(error), "id-1");
  assert_int_equal(cspan_error_http_status(error), 400);
  const cspan_value *fields = cspan_error_fields(error);
  assert_string_equal(cspan_value_text(cspan_value_get(fields, "Shelf"), NULL), "top");
  assert_int_equal(cspan_value_int(cspan_value_get(fields, "Places"), 0), 12);
  cspan_error_free(error);
  fixture_close(&f);
}

static void test_request_id(void **state) {
  (void)state;
  static const struct {
    const char *operation;
    const char *answer;
    size_t room;
    const char *id;
  } cases[] = {{"PutJar", "200 {\"Place\": 7}", 8, "id-1"},
               {"PutJar", "200 {\"Place\": 7}", 3, "id"},
               {"PutJar", "400 {\"__type\": \"ShelfFull\"}", 8, ""},
               {"PutJam", NULL, 8, ""}};
  cspan_value input =
      CSPAN_MAP(cspan_field("Jar", CSPAN_MAP(cspan_field("Name", cspan_string("plums")))));
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    fixture f;
    char id[8] = "before";
    const cspan_client_request request = {.size = sizeof request,
                                          .operation = cases[i].operation,
                                          .input = &input,
                                          .request_id = id,
                                          .request_id_room = cases[i].room};
    fixture_open(&f, &cases[i].answer, cases[i].answer != NULL);
    cspan_status status = cspan_client_send(f.client, &request, NULL, NULL);
    assert_int_equal(status == CSPAN_OK, cases[i].id[0] != '\0');
    assert_string_equal(id, cases[i].id);
    fixture_close(&f);
  }
}

static void assert_refused(fixture *f, const char *operation, const cspan_value *input,
                           const char *message) {
  cspan_error *error = NULL;
  assert_int_equal(cspan_call(NULL, f->client, operation, input, NULL, &error), CSPAN_ERR_INVALID);
  if (!strstr(cspan_error_message(error), message)) {
    fail_msg("\"%s\" is not in \"%s\"", message, cspan_error_message(error));
  }
  cspan_error_free(error);
}

/* Nothing is sent. */
static void test_bad_input(void **state) {
  (void)state;
  fixture f;
  fixture_open(&f, (const char *const[]){"200 {}"}, 1);
  cspan_value wrong = CSPAN_MAP(cspan_field(
      "Jar", CSPAN_MAP(cspan_field("Name", cspan_string("x")), cspan_field("Tags", cspan_int(1)))));
  assert_refused(&f, "PutJar", &wrong, "Jar.Tags: expected a map");
  assert_refused(&f, "PutJar", NULL, "Jar");
  assert_refused(&f, "PutJam", NULL, "no operation \"PutJam\"");
  assert_int_equal(script_server_accepted(f.server), 0);
  fixture_close(&f);
}

static void test_unknown_service(void **state) {
  (void)state;
  fixture f;
  cspan_client *client = NULL;
  cspan_error *error = NULL;
  fixture_open(&f, (const char *const[]){"200 {}"}, 1);
  cspan_client_options options = {.size = sizeof options, .models = models.folder};
  assert_int_equal(cspan_client_create(f.config, "lardr", &options, &client, &error),
                   CSPAN_ERR_CONFIG);
  assert_null(client);
  assert_non_null(strstr(cspan_error_message(error), "larder"));
  cspan_error_free(error);
  fixture_close(&f);
}

typedef struct landing {
  bool over;
  cspan_status status;
} landing;

static void on_done(void *user, cspan_status status, const cspan_error *error) {
  landing *l = user;
  (void)error;
  l->over = true;
  l->status = status;
}

static void test_on_a_loop(void **state) {
  (void)state;
  fixture f;
  landing l = {false, CSPAN_ERR_INVALID};
  cspan_document *output = NULL;
  fixture_open(&f, (const char *const[]){"200 {\"State\": \"full\"}"}, 1);
  cspan_loop *loop = cspan_loop_create();
  cspan_call_options options = {.size = sizeof options, .loop = loop, .done = on_done, .user = &l};
  cspan_client_request request = {
      .size = sizeof request, .operation = "GetJar", .input = name_input(), .options = &options};
  assert_int_equal(cspan_client_send(f.client, &request, &output, NULL), CSPAN_OK);
  while (!l.over) {
    assert_int_equal(cspan_loop_run_once(loop, 1000), CSPAN_OK);
  }
  assert_int_equal(l.status, CSPAN_OK);
  assert_string_equal(
      cspan_value_text(cspan_value_get(cspan_document_value(output), "State"), NULL), "full");
  cspan_document_free(output);
  cspan_loop_free(loop);
  fixture_close(&f);
}

/* ------------------------------------------------------------------- pages */

#define PAGE_1                                                                                     \
  "200 {\"Jars\": [{\"Name\": \"a\"}, {\"Name\": \"b\"}], \"Count\": 2, \"NextToken\": \"t1\"}"
#define PAGE_2 "200 {\"Jars\": [{\"Name\": \"c\"}], \"Count\": 1}"

static cspan_pages *open_pages(fixture *f, const cspan_pages_options *options) {
  cspan_pages *pages = NULL;
  cspan_client_request request = {.size = sizeof request, .operation = "ListJars"};
  assert_int_equal(cspan_pages_create(f->client, &request, options, &pages, NULL), CSPAN_OK);
  return pages;
}

static void assert_items(cspan_pages *pages, const char *names) {
  const cspan_value *item = NULL;
  char all[32] = "";
  cspan_error *error = NULL;
  while (cspan_pages_next_item(pages, &item, &error) == CSPAN_OK && item != NULL) {
    strcat(all, cspan_value_text(cspan_value_get(item, "Name"), NULL));
  }
  assert_null(error);
  assert_string_equal(all, names);
}

static void test_pages(void **state) {
  (void)state;
  fixture f;
  fixture_open(&f, (const char *const[]){PAGE_1, PAGE_2}, 2);
  cspan_pages_options options = {.size = sizeof options, .page_size = 2};
  cspan_pages *pages = open_pages(&f, &options);
  assert_items(pages, "abc");
  assert_null(cspan_pages_resume_token(pages));
  cspan_pages_free(pages);
  assert_received(&f, "{\"Limit\":2}");
  assert_received(&f, "{\"Token\":\"t1\",\"Limit\":2}");
  fixture_close(&f);
}

/* The page size of the options counts more than what the input says. */
static void test_page_size_twice(void **state) {
  (void)state;
  fixture f;
  cspan_pages *pages = NULL;
  fixture_open(&f, (const char *const[]){PAGE_2}, 1);
  cspan_value input =
      CSPAN_MAP(cspan_field("Limit", cspan_int(9)), cspan_field("Shelf", cspan_string("top")));
  cspan_client_request request = {.size = sizeof request, .operation = "ListJars", .input = &input};
  cspan_pages_options options = {.size = sizeof options, .page_size = 2};
  assert_int_equal(cspan_pages_create(f.client, &request, &options, &pages, NULL), CSPAN_OK);
  assert_items(pages, "c");
  cspan_pages_free(pages);
  assert_received(&f, "{\"Shelf\":\"top\",\"Limit\":2}");
  fixture_close(&f);
}

/* Refused before anybody looks for members in it, and before anything is sent. */
static void test_inputs_that_are_no_map(void **state) {
  (void)state;
  const cspan_value item = cspan_int(1);
  const cspan_value inputs[] = {cspan_list(&item, 1), cspan_string("text"), cspan_int(7)};
  fixture f;
  fixture_open(&f, NULL, 0);
  for (size_t i = 0; i < sizeof inputs / sizeof inputs[0]; i++) {
    cspan_client_request request = {
        .size = sizeof request, .operation = "ListJars", .input = &inputs[i]};
    cspan_document *output = NULL;
    cspan_pages *pages = NULL;
    cspan_error *errors[2] = {NULL, NULL};
    assert_int_equal(cspan_pages_create(f.client, &request, NULL, &pages, &errors[0]),
                     CSPAN_ERR_INVALID);
    assert_int_equal(cspan_client_send(f.client, &request, &output, &errors[1]), CSPAN_ERR_INVALID);
    for (size_t k = 0; k < 2; k++) {
      assert_non_null(strstr(cspan_error_message(errors[k]),
                             "the input of ListJars must be a map with its members, not "));
      cspan_error_free(errors[k]);
    }
    assert_null(pages);
    assert_null(output);
  }
  fixture_close(&f);
}

static void test_pages_collected(void **state) {
  (void)state;
  fixture f;
  cspan_document *all = NULL;
  fixture_open(&f, (const char *const[]){PAGE_1, PAGE_2}, 2);
  cspan_pages *pages = open_pages(&f, NULL);
  assert_int_equal(cspan_pages_collect(pages, &all, NULL), CSPAN_OK);
  assert_int_equal(cspan_value_count(cspan_value_get(cspan_document_value(all), "Jars")), 3);
  assert_int_equal(cspan_value_int(cspan_value_get(cspan_document_value(all), "Count"), 0), 3);
  cspan_document_free(all);
  cspan_pages_free(pages);
  fixture_close(&f);
}

/* What is of the first page alone lies beside the items, and is null where that page has none; the
 * page size is a text where the model says so. */
static void test_nested_pages_collected(void **state) {
  (void)state;
  fixture f;
  cspan_document *all = NULL;
  cspan_pages *pages = NULL;
  char *json = NULL;
  static const char *const answers[] = {
      "200 {\"Shelf\": {\"Jars\": [{\"Name\": \"a\"}], \"Room\": \"cellar\"}, \"NextToken\": "
      "\"t\"}",
      "200 {\"Shelf\": {\"Jars\": [{\"Name\": \"b\"}], \"Room\": \"attic\"}}"};
  fixture_open(&f, answers, 2);
  cspan_client_request request = {.size = sizeof request, .operation = "ListShelf"};
  cspan_pages_options options = {.size = sizeof options, .page_size = 1};
  assert_int_equal(cspan_pages_create(f.client, &request, &options, &pages, NULL), CSPAN_OK);
  assert_int_equal(cspan_pages_collect(pages, &all, NULL), CSPAN_OK);
  assert_int_equal(
      cspan_value_to_json(cspan_document_value(all), CSPAN_JSON_COMPACT, &json, NULL, NULL),
      CSPAN_OK);
  assert_string_equal(json, "{\"Shelf\":{\"Jars\":[{\"Name\":\"a\"},{\"Name\":\"b\"}],"
                            "\"Room\":\"cellar\",\"Wood\":null},\"Owner\":null}");
  cspan_free(json);
  cspan_document_free(all);
  cspan_pages_free(pages);
  assert_received(&f, "{\"Limit\":\"1\"}");
  assert_received(&f, "{\"Token\":\"t\",\"Limit\":\"1\"}");
  fixture_close(&f);
}

/* max_items within a page, and going on from there: the page is asked for again. */
static void test_pages_resumed(void **state) {
  (void)state;
  fixture f;
  char token[128];
  fixture_open(&f, (const char *const[]){PAGE_1, PAGE_1, PAGE_2}, 3);
  cspan_pages_options one = {.size = sizeof one, .max_items = 1};
  cspan_pages *pages = open_pages(&f, &one);
  assert_items(pages, "a");
  assert_non_null(cspan_pages_resume_token(pages));
  snprintf(token, sizeof token, "%s", cspan_pages_resume_token(pages));
  cspan_pages_free(pages);
  cspan_pages_options rest = {.size = sizeof rest, .starting_token = token};
  pages = open_pages(&f, &rest);
  assert_items(pages, "bc");
  cspan_pages_free(pages);
  fixture_close(&f);
}

/* {"Token": "t0", "boto_truncate_amount": -1}, which nobody's listing ended with. */
static void test_pages_resumed_before_the_start(void **state) {
  (void)state;
  fixture f;
  fixture_open(&f, (const char *const[]){PAGE_2}, 1);
  cspan_pages_options options = {
      .size = sizeof options,
      .starting_token = "eyJUb2tlbiI6ICJ0MCIsICJib3RvX3RydW5jYXRlX2Ftb3VudCI6IC0xfQ=="};
  cspan_pages *pages = open_pages(&f, &options);
  assert_items(pages, "c");
  cspan_pages_free(pages);
  assert_received(&f, "{\"Token\":\"t0\"}");
  fixture_close(&f);
}

static void test_endless_pages(void **state) {
  (void)state;
  fixture f;
  cspan_document *page = NULL;
  cspan_error *error = NULL;
  fixture_open(&f, (const char *const[]){PAGE_1, PAGE_1}, 2);
  cspan_pages *pages = open_pages(&f, NULL);
  assert_int_equal(cspan_pages_next(pages, &page, NULL), CSPAN_OK);
  cspan_document_free(page);
  assert_int_equal(cspan_pages_next(pages, &page, &error), CSPAN_ERR_PROTOCOL);
  assert_null(page);
  cspan_error_free(error);
  cspan_pages_free(pages);
  fixture_close(&f);
}

static void test_bad_pages(void **state) {
  (void)state;
  fixture f;
  cspan_pages *pages = NULL;
  cspan_error *error = NULL;
  fixture_open(&f, (const char *const[]){PAGE_1}, 1);
  cspan_client_request request = {.size = sizeof request, .operation = "GetJar"};
  assert_int_equal(cspan_pages_create(f.client, &request, NULL, &pages, &error), CSPAN_ERR_INVALID);
  assert_non_null(strstr(cspan_error_message(error), "no pages"));
  cspan_error_free(error);
  error = NULL;
  request.operation = "ListJars";
  cspan_pages_options options = {.size = sizeof options, .starting_token = "bm8="};
  assert_int_equal(cspan_pages_create(f.client, &request, &options, &pages, &error),
                   CSPAN_ERR_INVALID);
  assert_null(pages);
  cspan_error_free(error);
  fixture_close(&f);
}

/* ----------------------------------------------------------------- waiters */

typedef struct wait_case {
  const char *waiter;
  const char *answers[4];
  size_t count;
  int max_attempts;
  cspan_status status;
  const char *message;
} wait_case;

/* A list is waited for as a whole. */
static const cspan_value *input_of(const wait_case *c) {
  return strcmp(c->waiter, "JarsAlike") == 0 ? NULL : name_input();
}

static void test_waiters(void **state) {
  (void)state;
#define NO_JARS     "200 {\"Jars\": []}"
#define A_AND(name) "200 {\"Jars\": [{\"Name\": \"a\"}, {\"Name\": \"" name "\"}]}"
#define A_AND_A     A_AND("a")
#define A_AND_B     A_AND("b")
#define A_AND_Z     A_AND("z")
#define NO_JAR      "400 {\"__type\": \"NoSuchJar\", \"message\": \"none\"}"
  static const wait_case cases[] = {
      {"JarFilled",
       {"200 {\"State\": \"empty\"}", NO_JAR, "200 {\"State\": \"full\"}"},
       3,
       0,
       CSPAN_OK,
       ""},
      {"jar-filled", {"200 {\"State\": \"broken\"}"}, 1, 0, CSPAN_ERR_SERVICE, "cannot be reached"},
      {"jar_filled", {"200 {}", "200 {}"}, 2, 2, CSPAN_ERR_TIMEOUT, "after 2 attempts"},
      {"JarFilled",
       {"400 {\"__type\": \"Denied\", \"message\": \"go away\"}"},
       1,
       0,
       CSPAN_ERR_SERVICE,
       "go away"},
      {"JarGone", {"200 {}", NO_JAR}, 2, 0, CSPAN_OK, ""},
      {"JarThere", {NO_JAR, "200 {}"}, 2, 0, CSPAN_OK, ""},
      {"JarThere", {NO_JAR, "200 {"}, 2, 0, CSPAN_ERR_PROTOCOL, "JSON"},
      {"JarsAlike", {NO_JARS, A_AND_B, A_AND_A}, 3, 0, CSPAN_OK, ""},
      {"JarsAlike", {A_AND_B, A_AND_Z}, 2, 0, CSPAN_ERR_SERVICE, "cannot be reached"},
      {"JarBoiled", {"200 {}"}, 0, 0, CSPAN_ERR_INVALID, "JarFilled, JarsAlike, JarGone"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const wait_case *c = &cases[i];
    fixture f;
    cspan_error *error = NULL;
    fixture_open(&f, c->answers, c->count);
    cspan_wait_options options = {.size = sizeof options,
                                  .timeout_ms = 60000,
                                  .min_delay_ms = 1,
                                  .max_delay_ms = 2,
                                  .max_attempts = c->max_attempts};
    cspan_status status =
        cspan_wait(NULL, f.client, c->waiter, input_of(c), &options, NULL, &error);
    if (status != c->status || !strstr(cspan_error_message(error), c->message)) {
      fail_msg("case %zu: %s, \"%s\"", i, cspan_status_name(status), cspan_error_message(error));
    }
    assert_int_equal(requests_of(&f), c->count);
    cspan_error_free(error);
    fixture_close(&f);
  }
}

static void test_wait_cancelled(void **state) {
  (void)state;
  fixture f;
  cspan_error *error = NULL;
  cspan_cancel *cancel = cspan_cancel_create();
  cspan_context context = {.cancel = cancel};
  fixture_open(&f, (const char *const[]){"200 {}"}, 1);
  cspan_cancel_trigger(cancel);
  assert_int_equal(cspan_wait(&context, f.client, "JarFilled", name_input(), NULL, NULL, &error),
                   CSPAN_ERR_CANCELLED);
  cspan_error_free(error);
  cspan_cancel_free(cancel);
  fixture_close(&f);
}

/* ----------------------------------------------------------------- tracing */

static void test_traced(void **state) {
  (void)state;
  fixture f;
  fixture_open(&f, (const char *const[]){"200 {\"State\": \"full\"}"}, 1);
  cspan_client_free(f.client);
  cspan_span_exporter *memory = cspan_exporter_memory();
  cspan_span_processor *processor = cspan_processor_simple(memory);
  cspan_provider_options telemetry = {
      .size = sizeof telemetry, .processors = &processor, .processor_count = 1};
  cspan_tracer_provider *provider = NULL;
  assert_int_equal(cspan_tracer_provider_create(&telemetry, &provider, NULL), CSPAN_OK);
  assert_int_equal(cspan_trace_append(f.config, &(cspan_trace_options){.provider = provider}, NULL),
                   CSPAN_OK);
  cspan_client_options options = {.size = sizeof options, .models = models.folder};
  assert_int_equal(cspan_client_create(f.config, "Larder", &options, &f.client, NULL), CSPAN_OK);
  assert_int_equal(cspan_call(NULL, f.client, "GetJar", name_input(), NULL, NULL), CSPAN_OK);
  cspan_span_list *spans = cspan_memory_spans(memory);
  assert_int_equal(cspan_span_list_count(spans), 1);
  assert_string_equal(cspan_span_list_at(spans, 0)->name, "Larder.GetJar");
  cspan_span_list_free(spans);
  cspan_client_free(f.client);
  f.client = NULL;
  cspan_tracer_provider_free(provider);
  fixture_close(&f);
}

static int make_models(void **state) {
  (void)state;
  client_models_make(&models);
  return 0;
}

static int remove_models(void **state) {
  (void)state;
  client_models_remove(&models);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_call),
      cmocka_unit_test(test_modelled_error),
      cmocka_unit_test(test_request_id),
      cmocka_unit_test(test_bad_input),
      cmocka_unit_test(test_unknown_service),
      cmocka_unit_test(test_on_a_loop),
      cmocka_unit_test(test_pages),
      cmocka_unit_test(test_page_size_twice),
      cmocka_unit_test(test_inputs_that_are_no_map),
      cmocka_unit_test(test_pages_collected),
      cmocka_unit_test(test_pages_resumed_before_the_start),
      cmocka_unit_test(test_nested_pages_collected),
      cmocka_unit_test(test_pages_resumed),
      cmocka_unit_test(test_endless_pages),
      cmocka_unit_test(test_bad_pages),
      cmocka_unit_test(test_waiters),
      cmocka_unit_test(test_wait_cancelled),
      cmocka_unit_test(test_traced),
  };
  return cmocka_run_group_tests(tests, make_models, remove_models);
}
