/* SPDX-License-Identifier: Apache-2.0 */
/* The spans of S3's calls: what of the input each one tells, whose child it is, and what the
 * server is told of it. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/s3_env.h"
#include "support/span_check.h"

static s3_env env;
static char upload_id[128];
static char etag[80];

/* --------------------------------------------------------- one of each call */

static void put_object(void) {
  cspan_s3_put_object_input input = {.size = sizeof input,
                                     .bucket = env.bucket,
                                     .key = "a key",
                                     .body = {.data = "12345", .size_bytes = 5}};
  assert_int_equal(cspan_s3_put_object(env.client, NULL, &input, NULL, NULL), CSPAN_OK);
}

static void get_object(void) {
  cspan_s3_get_object_input input = {
      .size = sizeof input, .bucket = env.bucket, .key = "a key", .part_number = 1};
  assert_int_equal(cspan_s3_get_object(env.client, NULL, &input, NULL, NULL), CSPAN_OK);
}

static void head_object(void) {
  cspan_s3_get_object_input input = {.size = sizeof input, .bucket = env.bucket, .key = "a key"};
  assert_int_equal(cspan_s3_head_object(env.client, NULL, &input, NULL, NULL), CSPAN_OK);
}

static void copy_object(void) {
  cspan_s3_copy_object_input input = {.size = sizeof input,
                                      .bucket = env.bucket,
                                      .key = "copy",
                                      .source_bucket = env.bucket,
                                      .source_key = "a key"};
  assert_int_equal(cspan_s3_copy_object(env.client, NULL, &input, NULL, NULL), CSPAN_OK);
}

static void create_upload(void) {
  cspan_s3_create_multipart_upload_output *output = NULL;
  cspan_s3_create_multipart_upload_input input = {
      .size = sizeof input, .bucket = env.bucket, .key = "parts"};
  assert_int_equal(cspan_s3_create_multipart_upload(env.client, NULL, &input, &output, NULL),
                   CSPAN_OK);
  snprintf(upload_id, sizeof upload_id, "%s", output->upload_id);
  cspan_s3_output_free(output);
}

static void upload_part(void) {
  cspan_s3_upload_part_output *output = NULL;
  cspan_s3_upload_part_input input = {.size = sizeof input,
                                      .bucket = env.bucket,
                                      .key = "parts",
                                      .upload_id = upload_id,
                                      .part_number = 42,
                                      .body = {.data = "12345", .size_bytes = 5}};
  assert_int_equal(cspan_s3_upload_part(env.client, NULL, &input, &output, NULL), CSPAN_OK);
  snprintf(etag, sizeof etag, "%s", output->etag);
  cspan_s3_output_free(output);
}

static void list_parts(void) {
  cspan_s3_list_parts_input input = {
      .size = sizeof input, .bucket = env.bucket, .key = "parts", .upload_id = upload_id};
  assert_int_equal(cspan_s3_list_parts(env.client, NULL, &input, NULL, NULL), CSPAN_OK);
}

static void list_uploads(void) {
  cspan_s3_list_multipart_uploads_input input = {.size = sizeof input, .bucket = env.bucket};
  assert_int_equal(cspan_s3_list_multipart_uploads(env.client, NULL, &input, NULL, NULL), CSPAN_OK);
}

static void complete_upload(void) {
  const cspan_s3_completed_part part = {42, etag, NULL, NULL};
  cspan_s3_complete_multipart_upload_input input = {.size = sizeof input,
                                                    .bucket = env.bucket,
                                                    .key = "parts",
                                                    .upload_id = upload_id,
                                                    .parts = &part,
                                                    .part_count = 1};
  assert_int_equal(cspan_s3_complete_multipart_upload(env.client, NULL, &input, NULL, NULL),
                   CSPAN_OK);
}

static void abort_upload(void) {
  create_upload();
  cspan_memory_reset(env.memory);
  cspan_s3_abort_multipart_upload_input input = {
      .size = sizeof input, .bucket = env.bucket, .key = "parts", .upload_id = upload_id};
  assert_int_equal(cspan_s3_abort_multipart_upload(env.client, NULL, &input, NULL), CSPAN_OK);
}

static void list_objects(void) {
  cspan_s3_list_objects_v2_input input = {.size = sizeof input, .bucket = env.bucket};
  assert_int_equal(cspan_s3_list_objects_v2(env.client, NULL, &input, NULL, NULL), CSPAN_OK);
}

static void delete_objects(void) {
  const cspan_s3_object_identifier objects[] = {{"copy", NULL}, {"parts", NULL}};
  cspan_s3_delete_objects_input input = {
      .size = sizeof input, .bucket = env.bucket, .objects = objects, .object_count = 2};
  assert_int_equal(cspan_s3_delete_objects(env.client, NULL, &input, NULL, NULL), CSPAN_OK);
}

static void delete_object(void) {
  cspan_s3_delete_object_input input = {.size = sizeof input, .bucket = env.bucket, .key = "a key"};
  assert_int_equal(cspan_s3_delete_object(env.client, NULL, &input, NULL, NULL), CSPAN_OK);
}

static void head_bucket(void) {
  cspan_s3_bucket_input input = {.size = sizeof input, .bucket = env.bucket};
  assert_int_equal(cspan_s3_head_bucket(env.client, NULL, &input, NULL, NULL), CSPAN_OK);
}

static void list_buckets(void) {
  cspan_s3_list_buckets_input input = {.size = sizeof input};
  assert_int_equal(cspan_s3_list_buckets(env.client, NULL, &input, NULL, NULL), CSPAN_OK);
}

typedef struct call_case {
  const char *operation;
  void (*call)(void);
  const char *method;
  int http_status;
  bool has_bucket;
  const char *key;
  bool has_upload_id;
  int part_number;
  bool has_copy_source;
  const char *deletes;
} call_case;

/* In an order in which each finds what it needs. */
static const call_case calls[] = {
    {"PutObject", put_object, "PUT", 200, true, "a key", false, 0, false, NULL},
    {"GetObject", get_object, "GET", 206, true, "a key", false, 0, false, NULL},
    {"HeadObject", head_object, "HEAD", 200, true, "a key", false, 0, false, NULL},
    {"CopyObject", copy_object, "PUT", 200, true, "copy", false, 0, true, NULL},
    {"CreateMultipartUpload", create_upload, "POST", 200, true, "parts", false, 0, false, NULL},
    {"UploadPart", upload_part, "PUT", 200, true, "parts", true, 42, false, NULL},
    {"ListParts", list_parts, "GET", 200, true, "parts", true, 0, false, NULL},
    {"ListMultipartUploads", list_uploads, "GET", 200, true, NULL, false, 0, false, NULL},
    {"CompleteMultipartUpload", complete_upload, "POST", 200, true, "parts", true, 0, false, NULL},
    {"AbortMultipartUpload", abort_upload, "DELETE", 204, true, "parts", true, 0, false, NULL},
    {"ListObjectsV2", list_objects, "GET", 200, true, NULL, false, 0, false, NULL},
    {"DeleteObjects", delete_objects, "POST", 200, true, NULL, false, 0, false,
     "Objects=[{Key=copy},{Key=parts}],Quiet=false"},
    {"DeleteObject", delete_object, "DELETE", 204, true, "a key", false, 0, false, NULL},
    {"HeadBucket", head_bucket, "HEAD", 200, true, NULL, false, 0, false, NULL},
    {"ListBuckets", list_buckets, "GET", 200, false, NULL, false, 0, false, NULL},
};

static void check_call(const call_case *this, const cspan_span_view *span) {
  char method[64];
  char source[96];
  snprintf(method, sizeof method, "S3/%s", this->operation);
  snprintf(source, sizeof source, "%s/a key", env.bucket);
  want_attr want[32] = {
      WANT_STRING("rpc.system.name", "aws-api"),
      WANT_STRING("rpc.method", method),
      WANT_STRING("cloud.region", "us-east-1"),
      WANT_STRING("server.address", "127.0.0.1"),
      WANT_INT("server.port", cspan_sandbox_port(env.sandbox)),
      WANT_STRING("http.request.method", this->method),
      WANT_INT("http.response.status_code", this->http_status),
      WANT_ANY("http.request.body.size", CSPAN_ATTR_INT64),
      WANT_ANY("http.response.body.size", CSPAN_ATTR_INT64),
      WANT_ANY("aws.request_id", CSPAN_ATTR_STRING),
      WANT_ANY("aws.extended_request_id", CSPAN_ATTR_STRING),
      WANT_INT("aws.retry.attempts", 1),
      WANT_MAYBE("aws.http.dns_us", CSPAN_ATTR_INT64),
      WANT_MAYBE("aws.http.connect_us", CSPAN_ATTR_INT64),
      WANT_ANY("aws.http.time_to_first_byte_us", CSPAN_ATTR_INT64),
      WANT_ANY("aws.http.transfer_us", CSPAN_ATTR_INT64),
      WANT_ANY("aws.http.connection_reused", CSPAN_ATTR_BOOL),
  };
  size_t n = 17;
  if (this->has_bucket) {
    want[n++] = (want_attr)WANT_STRING("aws.s3.bucket", env.bucket);
  }
  if (this->key) {
    want[n++] = (want_attr)WANT_STRING("aws.s3.key", this->key);
  }
  if (this->has_upload_id) {
    want[n++] = (want_attr)WANT_STRING("aws.s3.upload_id", upload_id);
  }
  if (this->part_number) {
    want[n++] = (want_attr)WANT_INT("aws.s3.part_number", this->part_number);
  }
  if (this->has_copy_source) {
    want[n++] = (want_attr)WANT_STRING("aws.s3.copy_source", source);
  }
  if (this->deletes) {
    want[n++] = (want_attr)WANT_STRING("aws.s3.delete", this->deletes);
  }
  check_attrs(span->attributes, span->attribute_count, want, n, span->name);
  check_status(span, CSPAN_SPAN_UNSET, "");
}

static void every_call(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
    char name[64];
    snprintf(name, sizeof name, "S3.%s", calls[i].operation);
    cspan_memory_reset(env.memory);
    calls[i].call();
    cspan_span_list *spans = cspan_memory_spans(env.memory);
    assert_int_equal(cspan_span_list_count(spans), 1);
    check_call(&calls[i], get_span(spans, name, 0));
    cspan_span_list_free(spans);
  }
}

static void body_sizes(void **state) {
  (void)state;
  cspan_memory_reset(env.memory);
  put_object();
  get_object();
  cspan_span_list *spans = cspan_memory_spans(env.memory);
  assert_int_equal(get_int(get_span(spans, "S3.PutObject", 0), "http.request.body.size"), 5);
  assert_int_equal(get_int(get_span(spans, "S3.PutObject", 0), "http.response.body.size"), 0);
  assert_int_equal(get_int(get_span(spans, "S3.GetObject", 0), "http.request.body.size"), 0);
  assert_int_equal(get_int(get_span(spans, "S3.GetObject", 0), "http.response.body.size"), 5);
  cspan_span_list_free(spans);
}

/* A missing key is what HeadObject asks about, and an error of GetObject. */
static void missing_key(void **state) {
  (void)state;
  cspan_memory_reset(env.memory);
  cspan_s3_get_object_input input = {.size = sizeof input, .bucket = env.bucket, .key = "missing"};
  assert_int_equal(cspan_s3_head_object(env.client, NULL, &input, NULL, NULL), CSPAN_ERR_SERVICE);
  assert_int_equal(cspan_s3_get_object(env.client, NULL, &input, NULL, NULL), CSPAN_ERR_SERVICE);
  cspan_span_list *spans = cspan_memory_spans(env.memory);
  const cspan_span_view *head = get_span(spans, "S3.HeadObject", 0);
  const cspan_span_view *get = get_span(spans, "S3.GetObject", 0);
  check_status(head, CSPAN_SPAN_UNSET, "");
  assert_string_equal(
      cspan_attrs_find(head->attributes, head->attribute_count, "error.type")->value.string,
      "NotFound");
  assert_int_equal(get->status, CSPAN_SPAN_ERROR);
  assert_string_equal(
      cspan_attrs_find(get->attributes, get->attribute_count, "error.type")->value.string,
      "NoSuchKey");
  cspan_span_list_free(spans);
}

/* The server is told the span whose request it serves. */
static void server_sees_the_span(void **state) {
  (void)state;
  cspan_memory_reset(env.memory);
  put_object();
  cspan_span_list *spans = cspan_memory_spans(env.memory);
  const cspan_span_view *span = get_span(spans, "S3.PutObject", 0);
  cspan_sandbox_record record;
  size_t index = cspan_sandbox_request_count(env.sandbox) - 1;
  assert_true(cspan_sandbox_request_at(env.sandbox, index, &record));
  char trace[33];
  char id[17];
  cspan_trace_id_hex(span->trace_id, trace);
  cspan_span_id_hex(span->span_id, id);
  assert_memory_equal(record.traceparent + 3, trace, 32);
  assert_memory_equal(record.traceparent + 36, id, 16);
  char root[96];
  snprintf(root, sizeof root, "Root=1-%.8s-%s;Parent=%s;Sampled=1", trace, trace + 8, id);
  assert_string_equal(record.x_amzn_trace_id, root);
  cspan_span_list_free(spans);
}

/* ------------------------------------------------------------------- threads */

enum { THREADS = 4, CALLS = 25 };

static void *worker(void *user) {
  const cspan_context *context = user;
  for (int i = 0; i < CALLS; i++) {
    cspan_s3_put_object_input input = {.size = sizeof input,
                                       .bucket = env.bucket,
                                       .key = "shared",
                                       .body = {.data = "x", .size_bytes = 1}};
    if (cspan_s3_put_object(env.client, context, &input, NULL, NULL) != CSPAN_OK) {
      return "failed";
    }
  }
  return NULL;
}

/* One client, several threads; each thread's calls are children of the span it was given. */
static void threads(void **state) {
  (void)state;
  pthread_t ids[THREADS];
  cspan_context contexts[THREADS];
  char name[32];
  cspan_tracer *tracer = cspan_tracer_get(env.provider, "test", NULL, NULL);
  cspan_memory_reset(env.memory);
  for (int i = 0; i < THREADS; i++) {
    snprintf(name, sizeof name, "thread %d", i);
    contexts[i] = cspan_context_with_span(NULL, cspan_span_start(tracer, NULL, name, NULL));
    assert_int_equal(pthread_create(&ids[i], NULL, worker, &contexts[i]), 0);
  }
  for (int i = 0; i < THREADS; i++) {
    void *failure = NULL;
    pthread_join(ids[i], &failure);
    assert_null(failure);
    cspan_span_end(contexts[i].span);
  }
  cspan_span_list *spans = cspan_memory_spans(env.memory);
  int children[THREADS] = {0};
  for (size_t n = 0; n < (size_t)THREADS * CALLS; n++) {
    const cspan_span_view *call = get_span(spans, "S3.PutObject", n);
    for (int i = 0; i < THREADS; i++) {
      snprintf(name, sizeof name, "thread %d", i);
      const cspan_span_view *parent = get_span(spans, name, 0);
      children[i] += memcmp(call->parent_span_id, parent->span_id, 8) == 0 &&
                     memcmp(call->trace_id, parent->trace_id, 16) == 0;
    }
  }
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(children[i], CALLS);
  }
  cspan_span_list_free(spans);
}

/* The global provider is looked up at each call: it may come after the client. */
static void global_provider(void **state) {
  (void)state;
  cspan_aws_options options = {.size = sizeof options,
                               .region = "us-east-1",
                               .config_file = "/nonexistent",
                               .credentials_file = "/nonexistent",
                               .access_key_id = env.access_key_id,
                               .secret_access_key = env.secret_access_key,
                               .endpoint_url = env.endpoint};
  cspan_aws_config *config = NULL;
  cspan_s3 *client = NULL;
  assert_int_equal(cspan_aws_config_load(&options, &config, NULL), CSPAN_OK);
  assert_int_equal(cspan_trace_append(config, NULL, NULL), CSPAN_OK);
  assert_int_equal(cspan_s3_create(config, &client, NULL), CSPAN_OK);
  cspan_s3_list_buckets_input input = {.size = sizeof input};
  cspan_memory_reset(env.memory);
  assert_int_equal(cspan_s3_list_buckets(client, NULL, &input, NULL, NULL), CSPAN_OK);
  cspan_tracer_provider_set_global(env.provider);
  assert_int_equal(cspan_s3_list_buckets(client, NULL, &input, NULL, NULL), CSPAN_OK);
  cspan_tracer_provider_set_global(NULL);
  cspan_span_list *spans = cspan_memory_spans(env.memory);
  assert_int_equal(cspan_span_list_count(spans), 1);
  cspan_span_list_free(spans);
  cspan_s3_free(client);
  cspan_aws_config_free(config);
}

static int open_env(void **state) {
  (void)state;
  s3_env_options options = {.sandbox_only = true};
  s3_env_open(&env, &options);
  return 0;
}

static int close_env(void **state) {
  (void)state;
  s3_env_close(&env);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_call),  cmocka_unit_test(body_sizes),
      cmocka_unit_test(missing_key), cmocka_unit_test(server_sees_the_span),
      cmocka_unit_test(threads),     cmocka_unit_test(global_provider),
  };
  return cmocka_run_group_tests_name("trace s3", tests, open_env, close_env);
}
