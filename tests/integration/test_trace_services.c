/* SPDX-License-Identifier: Apache-2.0 */
/* The whole spans of calls to services whose answers a stub gives, held against the files in
 * tests/integration/spans; the attributes that users add and remove; what samplers see. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <cloudspan/ext/sampler.h>

#include "support/span_cases.h"
#include "support/span_check.h"
#include "support/typed_models.h"

static void whole_spans(void **state) {
  (void)state;
  static const char *const files[] = {
      "bedrock_runtime", "bedrock_agent_runtime", "lambda", "dynamodb", "sns", "kinesis"};
  const span_cases cases = {.models = SPAN_CASES "/models"};
  for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s.json", SPAN_CASES, files[i]);
    assert_int_equal(span_cases_run(&cases, path), 0);
  }
}

/* ------------------------------------------------------------ one traced call */

typedef struct traced {
  cspan_tracer_provider *provider;
  cspan_span_exporter *memory;
  cspan_span_list *spans;
} traced;

static void traced_open(traced *t, cspan_sampler *sampler) {
  t->memory = cspan_exporter_memory();
  cspan_span_processor *processor = cspan_processor_simple(t->memory);
  cspan_provider_options options = {.size = sizeof options,
                                    .service_name = "test",
                                    .sampler = sampler,
                                    .processors = &processor,
                                    .processor_count = 1};
  assert_int_equal(cspan_tracer_provider_create(&options, &t->provider, NULL), CSPAN_OK);
  t->spans = NULL;
}

static void traced_close(traced *t) {
  cspan_span_list_free(t->spans);
  cspan_tracer_provider_free(t->provider);
}

/* PutItem to a stub; the span that it left. */
static const cspan_span_view *put_item(traced *t, cspan_trace_options *options,
                                       const char *answer) {
  typed_fixture f;
  options->size = sizeof *options;
  options->provider = t->provider;
  typed_open_traced(&f, "dynamodb", &answer, 1, options);
  cspan_value input = CSPAN_MAP(
      cspan_field("TableName", cspan_string("music")),
      cspan_field("ReturnValues", cspan_string("NONE")),
      cspan_field("Item", CSPAN_MAP(cspan_field(
                              "id", CSPAN_MAP(cspan_field("S", cspan_string("secret")))))));
  (void)cspan_call(NULL, f.client, "PutItem", &input, NULL, NULL);
  typed_close(&f);
  cspan_span_list_free(t->spans);
  t->spans = cspan_memory_spans(t->memory);
  assert_int_equal(cspan_span_list_count(t->spans), options->retries == CSPAN_RETRY_SPANS ? 2 : 1);
  cspan_memory_reset(t->memory);
  return get_span(t->spans, "DynamoDB.PutItem", 0);
}

static const cspan_attr *attr_of(const cspan_span_view *span, const char *key) {
  return cspan_attrs_find(span->attributes, span->attribute_count, key);
}

static void check_string(const cspan_span_view *span, const char *key, const char *want) {
  const cspan_attr *attr = attr_of(span, key);
  if (attr == NULL || attr->type != CSPAN_ATTR_STRING || strcmp(attr->value.string, want) != 0) {
    fail_msg("%s is not \"%s\"", key, want);
  }
}

#define FAILED                                                                                     \
  "400 |{\"__type\":\"x#ConditionalCheckFailedException\",\"message\":\"no\","                     \
  "\"Item\":{\"id\":{\"S\":\"secret\"},\"more\":{\"N\":\"1\"}}}"

static void rows_of_users(void **state) {
  (void)state;
  const cspan_attribute_rule rows[] = {
      {"DynamoDB", "Put*", CSPAN_FROM_INPUT, "ReturnValues", "app.returned", CSPAN_AS_STRING, 2},
      {NULL, NULL, CSPAN_FROM_INPUT, "Absent", "app.absent", CSPAN_AS_STRING, 0},
      {NULL, NULL, CSPAN_FROM_INPUT, "Absent", "db.collection.name", CSPAN_AS_STRING, 0},
      {NULL, NULL, CSPAN_FROM_INPUT, "Item", "aws.dynamodb.table_names", CSPAN_AS_STRINGS, 0},
      {"SQS", NULL, CSPAN_FROM_INPUT, "TableName", "app.other", CSPAN_AS_STRING, 0},
      {NULL, NULL, CSPAN_FROM_OUTPUT, "Attributes", "app.attributes", CSPAN_AS_COUNT, 0},
      {NULL, "PutItem", CSPAN_FROM_ERROR, "Item", "app.item_size", CSPAN_AS_COUNT, 0},
  };
  traced t;
  traced_open(&t, NULL);
  cspan_trace_options options = {.attribute_rules = rows,
                                 .attribute_rule_count = sizeof rows / sizeof rows[0]};
  const cspan_span_view *span =
      put_item(&t, &options, "200 |{\"Attributes\":{\"a\":{\"S\":\"x\"},\"b\":{\"S\":\"y\"}}}");
  check_string(span, "app.returned", "NO");
  check_string(span, "db.collection.name", "music"); /* the library's, as theirs found nothing */
  const cspan_attr *names = attr_of(span, "aws.dynamodb.table_names");
  assert_int_equal(names->count, 1);
  assert_string_equal(names->value.strings[0], "id");
  assert_int_equal(get_int(span, "app.attributes"), 2);
  assert_null(attr_of(span, "app.absent"));
  assert_null(attr_of(span, "app.other"));
  assert_null(attr_of(span, "app.item_size"));
  span = put_item(&t, &options, FAILED);
  assert_int_equal(get_int(span, "app.item_size"), 2);
  assert_null(attr_of(span, "app.attributes"));
  traced_close(&t);
}

static void removed_keys(void **state) {
  (void)state;
  const char *const removed[] = {
      "rpc.system.name",    "aws.http.*",  "server.*", "http.request.method",
      "aws.retry.attempts", "error.type",  "db.*",     "app.gone",
      "http.response.*",    "cloudspan.*", NULL};
  const cspan_attribute_rule rows[] = {
      {NULL, NULL, CSPAN_FROM_INPUT, "TableName", "app.gone", CSPAN_AS_STRING, 0},
      {NULL, NULL, CSPAN_FROM_INPUT, "TableName", "app.kept", CSPAN_AS_STRING, 0},
  };
  traced t;
  traced_open(&t, NULL);
  cspan_trace_options options = {.removed_attributes = removed,
                                 .attribute_rules = rows,
                                 .attribute_rule_count = 2,
                                 .cost = CSPAN_SWITCH_ON};
  const cspan_span_view *span = put_item(&t, &options, FAILED);
  static const want_attr want[] = {
      WANT_STRING("rpc.method", "DynamoDB/PutItem"),
      WANT_STRING("cloud.region", "eu-central-1"),
      WANT_STRING("app.kept", "music"),
      WANT_ANY("aws.dynamodb.table_names", CSPAN_ATTR_STRING_ARRAY),
      WANT_ANY("http.request.body.size", CSPAN_ATTR_INT64),
  };
  CHECK_SPAN_ATTRS(span, want);
  assert_int_equal(span->status, CSPAN_SPAN_UNSET); /* a failed condition is expected */
  traced_close(&t);
}

static void removed_of_attempts(void **state) {
  (void)state;
  const char *const removed[] = {"url.*", "network.peer.address", "http.*", "aws.http.*", NULL};
  traced t;
  traced_open(&t, NULL);
  cspan_trace_options options = {.removed_attributes = removed, .retries = CSPAN_RETRY_SPANS};
  put_item(&t, &options, FAILED);
  static const want_attr want[] = {
      WANT_STRING("server.address", "127.0.0.1"),
      WANT_ANY("server.port", CSPAN_ATTR_INT64),
      WANT_ANY("network.peer.port", CSPAN_ATTR_INT64),
      WANT_STRING("error.type", "ConditionalCheckFailedException"),
  };
  CHECK_SPAN_ATTRS(get_span(t.spans, "POST", 0), want);
  traced_close(&t);
}

static void wrong_rows(void **state) {
  (void)state;
  const cspan_attribute_rule row = {
      NULL, NULL, CSPAN_FROM_INPUT, "A..B", "app.key", CSPAN_AS_STRING, 0};
  cspan_trace_options trace = {
      .size = sizeof trace, .attribute_rules = &row, .attribute_rule_count = 1};
  cspan_aws_options aws = {.size = sizeof aws, .region = "eu-central-1"};
  cspan_aws_config *config = NULL;
  cspan_error *error = NULL;
  assert_int_equal(cspan_aws_config_load(&aws, &config, NULL), CSPAN_OK);
  assert_int_equal(cspan_trace_append(config, &trace, &error), CSPAN_ERR_INVALID);
  assert_non_null(strstr(cspan_error_message(error), "row 1"));
  assert_non_null(strstr(cspan_error_message(error), "app.key"));
  cspan_error_free(error);
  cspan_aws_config_free(config);
}

/* ---------------------------------------------------- typed and generic calls */

#define ANSWER(body)                                                                               \
  "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: application/xml\r\n\r\n" body
#define DELETED "<DeleteResult><Error><Key>b</Key><Code>AccessDenied</Code></Error></DeleteResult>"

static const script_step answers[] = {
    {SCRIPT_READ_REQUEST, NULL, 0}, {SCRIPT_SEND, ANSWER(DELETED), 0}, {SCRIPT_END, NULL, 0}};

static void typed_calls(cspan_aws_config *config) {
  const cspan_s3_object_identifier objects[] = {{"a", "v1"}, {"b", NULL}};
  cspan_s3_get_object_input get = {.size = sizeof get, .bucket = "bucket", .key = "a/key"};
  cspan_s3_list_parts_input list = {
      .size = sizeof list, .bucket = "bucket", .key = "a/key", .upload_id = "upload"};
  cspan_s3_delete_objects_input remove = {
      .size = sizeof remove, .bucket = "bucket", .objects = objects, .object_count = 2};
  cspan_s3 *client = NULL;
  assert_int_equal(cspan_s3_create(config, &client, NULL), CSPAN_OK);
  (void)cspan_s3_get_object(client, NULL, &get, NULL, NULL);
  (void)cspan_s3_list_parts(client, NULL, &list, NULL, NULL);
  (void)cspan_s3_delete_objects(client, NULL, &remove, NULL, NULL);
  cspan_s3_free(client);
}

static void generic_calls(cspan_aws_config *config) {
  cspan_client_options options = {.size = sizeof options, .models = SPAN_CASES "/models"};
  cspan_client *client = NULL;
  cspan_member bucket = cspan_field("Bucket", cspan_string("bucket"));
  cspan_member key = cspan_field("Key", cspan_string("a/key"));
  cspan_value get = CSPAN_MAP(bucket, key);
  cspan_value list = CSPAN_MAP(bucket, key, cspan_field("UploadId", cspan_string("upload")));
  cspan_value objects = CSPAN_LIST(CSPAN_MAP(cspan_field("Key", cspan_string("a")),
                                             cspan_field("VersionId", cspan_string("v1"))),
                                   CSPAN_MAP(cspan_field("Key", cspan_string("b"))));
  cspan_value remove =
      CSPAN_MAP(bucket, cspan_field("Delete", CSPAN_MAP(cspan_field("Objects", objects))));
  assert_int_equal(cspan_client_create(config, "s3", &options, &client, NULL), CSPAN_OK);
  (void)cspan_call(NULL, client, "GetObject", &get, NULL, NULL);
  (void)cspan_call(NULL, client, "ListParts", &list, NULL, NULL);
  (void)cspan_call(NULL, client, "DeleteObjects", &remove, NULL, NULL);
  cspan_client_free(client);
}

static bool is_same(const cspan_attr *a, const cspan_attr *b) {
  return b != NULL && a->type == b->type &&
         (a->type != CSPAN_ATTR_STRING ||
          (a->count == b->count && memcmp(a->value.string, b->value.string, a->count) == 0));
}

/* What one span tells of the service, the other tells as well. */
static void check_told(const cspan_span_view *a, const cspan_span_view *b) {
  size_t told = 0;
  for (size_t i = 0; i < a->attribute_count; i++) {
    const cspan_attr *attr = &a->attributes[i];
    if (strncmp(attr->key, "aws.s3.", 7) == 0 || strncmp(attr->key, "rpc.", 4) == 0) {
      told++;
      if (!is_same(attr, attr_of(b, attr->key))) {
        fail_msg("%s: %s is not the same", a->name, attr->key);
      }
    }
  }
  assert_true(told > 3);
  assert_int_equal(a->event_count, b->event_count);
}

typedef void (*calls_fn)(cspan_aws_config *config);

/* One instrumentation sees both. */
static void check_kinds(calls_fn first, calls_fn second) {
  static const char *const names[] = {"S3.GetObject", "S3.ListParts", "S3.DeleteObjects"};
  const script_connection connection = answers;
  script_server *server = script_server_start(&connection, 1);
  traced t;
  traced_open(&t, NULL);
  cspan_trace_options trace = {.size = sizeof trace, .provider = t.provider};
  cspan_aws_options aws = {.size = sizeof aws,
                           .region = "eu-west-1",
                           .endpoint_url = script_server_url(server, ""),
                           .access_key_id = "AKIDEXAMPLE",
                           .secret_access_key = "not-a-secret",
                           .max_attempts = 1};
  cspan_aws_config *config = NULL;
  assert_int_equal(cspan_aws_config_load(&aws, &config, NULL), CSPAN_OK);
  assert_int_equal(cspan_trace_append(config, &trace, NULL), CSPAN_OK);
  first(config);
  second(config);
  t.spans = cspan_memory_spans(t.memory);
  for (size_t i = 0; i < 3; i++) {
    check_told(get_span(t.spans, names[i], 0), get_span(t.spans, names[i], 1));
    check_told(get_span(t.spans, names[i], 1), get_span(t.spans, names[i], 0));
  }
  assert_int_equal(get_span(t.spans, "S3.DeleteObjects", 0)->event_count, 1);
  cspan_aws_config_free(config);
  script_server_stop(server);
  traced_close(&t);
}

static void typed_as_generic(void **state) {
  (void)state;
  check_kinds(typed_calls, generic_calls);
  check_kinds(generic_calls, typed_calls);
}

/* ------------------------------------------------------------------ samplers */

typedef struct watcher {
  char seen[1024];
} watcher;

static void watch(void *self, const cspan_sampling_input *input, cspan_sampling_result *result) {
  watcher *w = self;
  size_t at = 0;
  for (size_t i = 0; i < input->attribute_count; i++) {
    at += (size_t)snprintf(w->seen + at, sizeof w->seen - at, "%s ", input->attributes[i].key);
  }
  result->decision = CSPAN_SAMPLING_RECORD_AND_SAMPLE;
}

static void leave(void *self) {
  (void)self;
}

static const char *describe_watcher(void *self) {
  (void)self;
  return "Watcher";
}

static size_t add_tenant(void *user, const struct cspan_call *call, cspan_attr *out,
                         size_t capacity) {
  (void)user;
  (void)call;
  assert_true(capacity > 0);
  out[0] = cspan_attr_string("app.tenant", "blue");
  return 1;
}

static void samplers_see(void **state) {
  (void)state;
  static const cspan_sampler_vtable vtable = {.size = sizeof vtable,
                                              .should_sample = watch,
                                              .description = describe_watcher,
                                              .free = leave};
  static const char *const keys[] = {
      "rpc.system.name ",   "rpc.method ",         "cloud.region ", "db.system.name ",
      "db.operation.name ", "db.collection.name ", "app.returned ", "aws.dynamodb.table_names ",
      "app.tenant "};
  const cspan_attribute_rule row = {
      NULL, NULL, CSPAN_FROM_INPUT, "ReturnValues", "app.returned", CSPAN_AS_STRING, 0};
  watcher w = {{0}};
  traced t;
  traced_open(&t, cspan_sampler_create(&vtable, &w));
  cspan_trace_options options = {
      .before = add_tenant, .attribute_rules = &row, .attribute_rule_count = 1};
  put_item(&t, &options, "200 |{}");
  for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
    if (strstr(w.seen, keys[i]) == NULL) {
      fail_msg("a sampler does not see %sbut %s", keys[i], w.seen);
    }
  }
  traced_close(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(whole_spans),  cmocka_unit_test(rows_of_users),
      cmocka_unit_test(removed_keys), cmocka_unit_test(removed_of_attempts),
      cmocka_unit_test(wrong_rows),   cmocka_unit_test(typed_as_generic),
      cmocka_unit_test(samplers_see),
  };
  return cmocka_run_group_tests_name("trace services", tests, NULL, NULL);
}
