/* SPDX-License-Identifier: Apache-2.0 */
/* A text is planted into every member of every operation's input and output, but for those that a
 * table of the instrumentation names; it must not come out: in no span, metric, log line or error
 * text. So whatever is added to a service, its data stays where it is. */
#include <cloudspan/cloudspan.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "aws/model/skeleton.h"
#include "instrument/rules.h"
#include "services/client/client.h"
#include "support/came_out.h"
#include "support/stand_in.h"
#include "support/valgrind.h"

#define PACKAGE "/usr/lib/python3/dist-packages/botocore/data"
#define PLANTED "Pl4nted-bY-tHe-tEst-0123456789abcdefghijklmnopqrstuvwxyz"

enum { PATH_BYTES = 1024 };

static const char *const services[] = {"dynamodb",      "sqs",    "sns",      "lambda",
                                       "kinesis",       "events", "firehose", "secretsmanager",
                                       "stepfunctions", "s3"};

/* The text as it is, and as base64 of each alignment would show it. */
static void search(const char *what) {
  static const char *const forms[] = {PLANTED, "UGw0bnRlZC1iWS10SGUtdEVzdC", "Pl4nted-bY"};
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
    came_out_must_not_have(forms[i], what);
  }
  came_out_clear();
}

/* ------------------------------------------------------------- planting */

typedef struct planter {
  const cspan_service_rules *rules; /* NULL: none */
  const char *operation;
  bool of_input;
  cspan_arena *arena;
  char path[PATH_BYTES];
} planter;

/* "A[0].B" is as "A[].B", and "[]" of a map is any of its members. */
static bool same_path(const char *rule, size_t len, const char *path) {
  const char *end = rule + len;
  while (rule < end && *path != '\0') {
    if (*rule == '[' && *path == '.') {
      rule += strcspn(rule, "]") + 1;
      path += 1 + strcspn(path + 1, ".[");
      continue;
    }
    if (*rule != *path) {
      return false;
    }
    if (*rule == '[') {
      rule += strcspn(rule, "]");
      path += strcspn(path, "]");
    }
    rule++;
    path++;
  }
  return rule == end && *path == '\0';
}

/* Whether the attribute shows the value at the path, or (`deep`) all that is in it. */
static bool is_shown(const cspan_attribute_rule *rule, const char *path, bool deep) {
  char items[PATH_BYTES + 2];
  if (rule->path == NULL) {
    return false; /* the code of the error */
  }
  bool is_deep = rule->form == CSPAN_AS_JSON || rule->form == CSPAN_AS_JSONS;
  snprintf(items, sizeof items, "%s[]", rule->path);
  if (deep) {
    return is_deep && same_path(rule->path, strlen(rule->path), path);
  }
  return same_path(rule->path, strlen(rule->path), path) ||
         (rule->form == CSPAN_AS_STRINGS && same_path(items, strlen(items), path));
}

static bool is_destination(const cspan_messaging_rule *rule, const char *path) {
  for (const char *at = rule->destination; at != NULL && *at != '\0';) {
    size_t len = strcspn(at, "|");
    if (same_path(at, len, path)) {
      return true;
    }
    at += len + (at[len] == '|');
  }
  return false;
}

static bool is_code(const cspan_batch_rule *rule, const char *path) {
  char code[PATH_BYTES];
  snprintf(code, sizeof code, "%s[].%s", rule->path, rule->code != NULL ? rule->code : "");
  return same_path(code, strlen(code), path);
}

/* What functions show beside the rows; and a word that an error text repeats. */
static const struct {
  const char *service;
  const char *operation;
  const char *path;
} shown_by_functions[] = {
    {"S3", "DeleteObjects", "Delete.Objects[].Key"},
    {"S3", "DeleteObjects", "Delete.Objects[].VersionId"},
    {"S3", NULL, "ChecksumAlgorithm"},
    {"Lambda", "Invoke*", "FunctionName"},
};

static bool is_of_a_function(const planter *p) {
  for (size_t i = 0; i < sizeof shown_by_functions / sizeof shown_by_functions[0]; i++) {
    if (strcmp(p->rules->service, shown_by_functions[i].service) == 0 &&
        cspan_operation_matches(shown_by_functions[i].operation, p->operation) &&
        strcmp(p->path, shown_by_functions[i].path) == 0) {
      return true;
    }
  }
  return false;
}

static bool is_named(const planter *p, bool deep) {
  const cspan_service_rules *rules = p->rules;
  for (size_t i = 0; rules != NULL && i < rules->rule_count; i++) {
    const cspan_attribute_rule *rule = &rules->rules[i];
    if ((rule->source == CSPAN_FROM_INPUT) == p->of_input &&
        cspan_operation_matches(rule->operation, p->operation) && is_shown(rule, p->path, deep)) {
      return true;
    }
  }
  for (size_t i = 0; rules != NULL && !deep && i < rules->messaging_count; i++) {
    const cspan_messaging_rule *rule = &rules->messaging[i];
    const char *id = rule->message_id;
    if (cspan_operation_matches(rule->operation, p->operation) &&
        (p->of_input ? is_destination(rule, p->path)
                     : id != NULL && same_path(id, strlen(id), p->path))) {
      return true;
    }
  }
  for (size_t i = 0; rules != NULL && !deep && !p->of_input && i < rules->batch_count; i++) {
    if (cspan_operation_matches(rules->batches[i].operation, p->operation) &&
        is_code(&rules->batches[i], p->path)) {
      return true;
    }
  }
  return rules != NULL && !deep && p->of_input && is_of_a_function(p);
}

static cspan_value plant(planter *p, const cspan_value *value);

static cspan_value plant_list(planter *p, const cspan_value *value) {
  size_t count = cspan_value_count(value);
  size_t len = strlen(p->path);
  cspan_value *items = cspan_arena_array(p->arena, count + 1, sizeof *items);
  assert_non_null(items);
  assert_true(len + 3 < sizeof p->path);
  memcpy(p->path + len, "[]", 3);
  for (size_t i = 0; i < count; i++) {
    items[i] = plant(p, cspan_value_at(value, i));
  }
  p->path[len] = '\0';
  return cspan_list(items, count);
}

static cspan_value plant_map(planter *p, const cspan_value *value) {
  size_t count = cspan_value_count(value);
  size_t len = strlen(p->path);
  cspan_member *members = cspan_arena_array(p->arena, count + 1, sizeof *members);
  assert_non_null(members);
  for (size_t i = 0; i < count; i++) {
    const char *name = cspan_value_name_at(value, i);
    snprintf(p->path + len, sizeof p->path - len, "%s%s", len > 0 ? "." : "", name);
    members[i] = cspan_field(name, plant(p, cspan_value_at(value, i)));
    p->path[len] = '\0';
  }
  return cspan_map(members, count);
}

static cspan_value plant(planter *p, const cspan_value *value) {
  cspan_value_kind kind = cspan_value_get_kind(value);
  if (is_named(p, true) || (kind == CSPAN_VALUE_STRING && is_named(p, false))) {
    return *value;
  }
  switch (kind) {
  case CSPAN_VALUE_STRING:
    return cspan_string(PLANTED);
  case CSPAN_VALUE_BLOB:
    return cspan_blob(PLANTED, strlen(PLANTED));
  case CSPAN_VALUE_LIST:
    return plant_list(p, value);
  case CSPAN_VALUE_MAP:
    return plant_map(p, value);
  default:
    return *value;
  }
}

/* ------------------------------------------------------------ the service
 * It answers with the output, or with the first error that the model has. */

typedef struct backend {
  pthread_mutex_t mutex;
  int status;
  char body[sizeof((stand_in_answer *)0)->body];
} backend;

static void answer(void *user, const stand_in_request *request, stand_in_answer *reply) {
  backend *b = user;
  (void)request;
  pthread_mutex_lock(&b->mutex);
  reply->status = b->status;
  memcpy(reply->body, b->body, sizeof reply->body);
  pthread_mutex_unlock(&b->mutex);
}

static void set_answer(backend *b, int status, const cspan_value *body) {
  char *json = NULL;
  size_t size = 0;
  assert_int_equal(cspan_value_to_json(body, CSPAN_JSON_COMPACT, &json, &size, NULL), CSPAN_OK);
  pthread_mutex_lock(&b->mutex);
  b->status = status;
  snprintf(b->body, sizeof b->body, "%s", size < sizeof b->body ? json : "{}");
  pthread_mutex_unlock(&b->mutex);
  cspan_free(json);
}

/* ------------------------------------------------------------------ calls */

typedef struct bench {
  backend backend;
  stand_in *server;
  cspan_tracer_provider *provider;
  cspan_meter_provider *meters;
  cspan_aws_config *config;
  size_t calls;
  size_t successes;
} bench;

static cspan_value skeleton(const cspan_service_model *model, cspan_table_ref shape, planter *p) {
  cspan_value value = cspan_map(NULL, 0);
  const cspan_shape *found = cspan_model_shape(model, shape);
  if (found != NULL) {
    assert_int_equal(cspan_model_skeleton(model, found, false, p->arena, &value), CSPAN_OK);
  }
  p->path[0] = '\0';
  return plant(p, &value);
}

static void call_once(bench *b, cspan_client *client, const cspan_operation_model *operation,
                      int status) {
  planter p = {.rules = cspan_rules_of(cspan_client_service_id(client)),
               .operation = cspan_model_text(client->model, operation->name),
               .arena = cspan_arena_create(0)};
  cspan_error *error = NULL;
  cspan_value failure = CSPAN_MAP(cspan_field("__type", cspan_string("SomethingException")),
                                  cspan_field("Data", cspan_string(PLANTED)));
  cspan_value output = skeleton(client->model, operation->output, &p);
  p.of_input = true;
  cspan_value input = skeleton(client->model, operation->input, &p);
  set_answer(&b->backend, status, status < 300 ? &output : &failure);
  b->successes += cspan_call(NULL, client, p.operation, &input, NULL, &error) == CSPAN_OK;
  b->calls++;
  if (error != NULL) {
    came_out_error(error);
  }
  search(p.operation);
  cspan_arena_free(p.arena);
}

static void call_all(bench *b, const char *service) {
  cspan_client *client = NULL;
  cspan_error *error = NULL;
  if (cspan_client_create(b->config, service, NULL, &client, &error) != CSPAN_OK) {
    fail_msg("%s: %s", service, cspan_error_message(error));
  }
  for (uint32_t i = 0; i < client->model->operation_count; i += (uint32_t)service_step()) {
    const cspan_operation_model *operation = &client->model->operations[i];
    if ((operation->flags & (CSPAN_OPERATION_REQUEST_EVENTS | CSPAN_OPERATION_RESPONSE_EVENTS)) ==
        0) {
      call_once(b, client, operation, 200);
      call_once(b, client, operation, 400);
    }
  }
  cspan_client_free(client);
}

static void start(bench *b) {
  cspan_span_processor *processor =
      cspan_processor_simple(cspan_exporter_create(&came_out_spans, NULL));
  cspan_metric_reader *reader = cspan_metric_reader_periodic(
      cspan_metric_exporter_create(&came_out_metrics, NULL),
      &(cspan_metric_reader_options){.size = sizeof(cspan_metric_reader_options),
                                     .interval_ms = CSPAN_INTERVAL_NEVER});
  cspan_provider_options provider = {.size = sizeof provider,
                                     .service_name = "planted",
                                     .processors = &processor,
                                     .processor_count = 1};
  cspan_meter_provider_options meters = {
      .size = sizeof meters, .service_name = "planted", .readers = &reader, .reader_count = 1};
  memset(b, 0, sizeof *b);
  pthread_mutex_init(&b->backend.mutex, NULL);
  b->server = stand_in_start(answer, &b->backend);
  cspan_aws_options options = {.size = sizeof options,
                               .region = "eu-west-1",
                               .endpoint_url = stand_in_url(b->server),
                               .access_key_id = "AKIDEXAMPLE",
                               .secret_access_key = PLANTED,
                               .session_token = PLANTED,
                               .max_attempts = 1};
  assert_int_equal(cspan_tracer_provider_create(&provider, &b->provider, NULL), CSPAN_OK);
  assert_int_equal(cspan_meter_provider_create(&meters, &b->meters, NULL), CSPAN_OK);
  assert_int_equal(cspan_aws_config_load(&options, &b->config, NULL), CSPAN_OK);
  cspan_trace_options trace = {.size = sizeof trace,
                               .provider = b->provider,
                               .meter_provider = b->meters,
                               .retries =
                                   CSPAN_RETRY_EVENTS, /* url.full of an attempt has the path */
                               .carriers = CSPAN_CARRIERS_ALL,
                               .metrics = CSPAN_SWITCH_ON};
  assert_int_equal(cspan_trace_append(b->config, &trace, NULL), CSPAN_OK);
}

static void stop(bench *b) {
  cspan_aws_config_free(b->config);
  assert_int_equal(cspan_meter_provider_shutdown(b->meters, 0, NULL), CSPAN_OK);
  search("metrics");
  cspan_meter_provider_free(b->meters);
  cspan_tracer_provider_free(b->provider);
  stand_in_stop(b->server);
  pthread_mutex_destroy(&b->backend.mutex);
}

static void nothing_comes_out(void **state) {
  (void)state;
  bench b;
  if (access(PACKAGE, R_OK) != 0) {
    print_message("no models in %s (Debian's python3-botocore): not tested\n", PACKAGE);
    skip();
  }
  start(&b);
  cspan_log_set(came_out_log, NULL, CSPAN_LOG_DEBUG);
  for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
    call_all(&b, services[i]);
  }
  stop(&b);
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
  print_message("%zu calls, %zu succeeded, %zu exports\n", b.calls, b.successes,
                came_out_batches());
  assert_true(came_out_batches() >= b.calls);
  assert_true(b.successes > b.calls / 4);
  came_out_forget();
}

/* ----------------------------------------------------- what a service repeats */

#define QUOTE "cannot take " PLANTED " nor '" PLANTED "'"

static const struct {
  const char *service;
  const char *operation;
  const char *input;
} quoted[] = {
    {"dynamodb", "PutItem",
     "{\"TableName\": \"orders\", \"Item\": {\"n\": {\"N\": \"" PLANTED "\"}}}"},
    {"sqs", "SendMessage", "{\"QueueUrl\": \"http://q/1/q\", \"MessageBody\": \"" PLANTED "\"}"},
    {"sns", "Publish", "{\"PhoneNumber\": \"" PLANTED "\", \"Message\": \"hello\"}"},
    {"lambda", "Invoke", "{\"FunctionName\": \"f\", \"ClientContext\": \"" PLANTED "\"}"},
    {"secretsmanager", "CreateSecret", "{\"Name\": \"n\", \"SecretString\": \"" PLANTED "\"}"},
    {"stepfunctions", "StartExecution",
     "{\"stateMachineArn\": \"arn:aws:states:eu-west-1:1:stateMachine:m\", \"input\": \"" PLANTED
     "\"}"},
    {"events", "PutEvents",
     "{\"Entries\": [{\"Source\": \"s\", \"DetailType\": \"d\", \"Detail\": \"" PLANTED "\"}]}"},
};

static void quote(bench *b, const char *service, const char *operation, const char *text) {
  cspan_client *client = NULL;
  cspan_document *input = NULL;
  cspan_error *error = NULL;
  assert_int_equal(cspan_client_create(b->config, service, NULL, &client, NULL), CSPAN_OK);
  assert_int_equal(cspan_document_parse_json(text, strlen(text), &input, NULL), CSPAN_OK);
  pthread_mutex_lock(&b->backend.mutex);
  b->backend.status = 400;
  bool is_xml = client->protocol == &cspan_protocol_query;
  snprintf(b->backend.body, sizeof b->backend.body,
           is_xml ? "<ErrorResponse><Error><Code>Odd</Code><Message>%s</Message></Error>"
                    "</ErrorResponse>"
                  : "{\"__type\": \"Odd\", \"message\": \"%s\"}",
           QUOTE);
  pthread_mutex_unlock(&b->backend.mutex);
  assert_int_equal(cspan_call(NULL, client, operation, cspan_document_value(input), NULL, &error),
                   CSPAN_ERR_SERVICE);
  /* Whoever made the call is told what the service says. */
  assert_non_null(strstr(cspan_error_message(error), PLANTED));
  assert_true(came_out_has("cannot take ***"));
  search(operation);
  cspan_error_free(error);
  cspan_document_free(input);
  cspan_client_free(client);
}

static void no_span_quotes_it(void **state) {
  (void)state;
  bench b;
  if (access(PACKAGE, R_OK) != 0) {
    print_message("no models in %s (Debian's python3-botocore): not tested\n", PACKAGE);
    skip();
  }
  start(&b);
  for (size_t i = 0; i < sizeof quoted / sizeof quoted[0]; i++) {
    print_message("%s\n", quoted[i].service);
    quote(&b, quoted[i].service, quoted[i].operation, quoted[i].input);
  }
  stop(&b);
  came_out_forget();
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_comes_out),
                                     cmocka_unit_test(no_span_quotes_it)};
  static const char *const variables[] = {"AWS_PROFILE",      "AWS_RETRY_MODE", "AWS_SESSION_TOKEN",
                                          "AWS_MAX_ATTEMPTS", "http_proxy",     "all_proxy",
                                          "OTEL_CONFIG_FILE", "AWS_DATA_PATH"};
  for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
    unsetenv(variables[i]);
  }
  setenv("AWS_CONFIG_FILE", "/nonexistent/config", 1);
  setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials", 1);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
