/* SPDX-License-Identifier: Apache-2.0 */
/* Uploads and a download with every allocation failing in turn: success or a clear error, no
 * leak, and nothing left on the server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <cloudspan/cloudspan.h>
#include <cloudspan/sandbox.h>

#include "support/fail_alloc.h"
#include "support/valgrind.h"

#define PART             (5 * 1024 * 1024)
#define MOST_ALLOCATIONS 20000

static cspan_sandbox *sandbox;
static char *big;

typedef struct outcome {
  cspan_status status;
  cspan_error *error;
} outcome;

typedef struct clients {
  cspan_tracer_provider *provider;
  cspan_aws_config *config;
  cspan_s3 *s3;
  cspan_storage *storage;
} clients;

static cspan_status clients_open(clients *c, cspan_error **error) {
  cspan_span_processor *processor = cspan_processor_simple(cspan_exporter_memory());
  cspan_provider_options telemetry = {.service_name = "oom",
                                      .sampler = cspan_sampler_always_on(),
                                      .processors = &processor,
                                      .processor_count = processor ? 1 : 0};
  cspan_aws_options aws = {.region = "us-east-1",
                           .endpoint_url = cspan_sandbox_endpoint(sandbox),
                           .access_key_id = "sandbox",
                           .secret_access_key = "sandbox-secret",
                           .config_file = "/dev/null",
                           .credentials_file = "/dev/null"};
  cspan_status status = cspan_tracer_provider_create(&telemetry, &c->provider, error);
  if (status == CSPAN_OK)
    status = cspan_aws_config_load(&aws, &c->config, error);
  cspan_trace_options trace = {.provider = c->provider, .retries = CSPAN_RETRY_EVENTS_AND_SPANS};
  if (status == CSPAN_OK)
    status = cspan_trace_append(c->config, &trace, error);
  if (status == CSPAN_OK)
    status = cspan_s3_create(c->config, &c->s3, error);
  cspan_storage_options storage = {.provider = c->provider, .part_size_bytes = PART};
  if (status == CSPAN_OK)
    status = cspan_storage_create(c->s3, &storage, &c->storage, error);
  return status;
}

static void clients_close(clients *c) {
  cspan_storage_free(c->storage);
  cspan_s3_free(c->s3);
  cspan_aws_config_free(c->config);
  cspan_tracer_provider_free(c->provider);
}

static outcome small_upload(void) {
  outcome o = {0};
  clients c = {0};
  cspan_upload_result result;
  cspan_upload_input input = {
      .bucket = "oom-bucket", .key = "small", .source = {.data = "hello", .size_bytes = 5}};
  o.status = clients_open(&c, &o.error);
  if (o.status == CSPAN_OK)
    o.status = cspan_storage_upload(c.storage, NULL, &input, &result, &o.error);
  clients_close(&c);
  return o;
}

static outcome multipart_upload(void) {
  outcome o = {0};
  clients c = {0};
  cspan_upload_result result;
  cspan_upload_input input = {
      .bucket = "oom-bucket", .key = "big", .source = {.data = big, .size_bytes = PART + 1}};
  o.status = clients_open(&c, &o.error);
  if (o.status == CSPAN_OK)
    o.status = cspan_storage_multipart_upload(c.storage, NULL, &input, &result, &o.error);
  clients_close(&c);
  return o;
}

static outcome download(void) {
  outcome o = {0};
  clients c = {0};
  cspan_download_result result = {0};
  cspan_download_input input = {.bucket = "oom-bucket", .key = "kept"};
  o.status = clients_open(&c, &o.error);
  if (o.status == CSPAN_OK)
    o.status = cspan_storage_download(c.storage, NULL, &input, &result, &o.error);
  if (o.status == CSPAN_OK) {
    assert_int_equal(result.size_bytes, 5);
    assert_memory_equal(result.data, "hello", 5);
  }
  cspan_free(result.data);
  clients_close(&c);
  return o;
}

static outcome batch_delete(void) {
  outcome o = {0};
  clients c = {0};
  const char *keys[] = {"x", "y", "z"};
  cspan_batch_delete_result result = {0};
  cspan_batch_delete_input input = {.bucket = "oom-bucket", .keys = keys, .key_count = 3};
  o.status = clients_open(&c, &o.error);
  if (o.status == CSPAN_OK)
    o.status = cspan_storage_batch_delete(c.storage, NULL, &input, &result, &o.error);
  cspan_batch_delete_result_clear(&result);
  clients_close(&c);
  return o;
}

static void abort_left_over(void) {
  clients c = {0};
  cspan_s3_list_multipart_uploads_output *list = NULL;
  cspan_s3_list_multipart_uploads_input input = {.bucket = "oom-bucket"};
  assert_int_equal(clients_open(&c, NULL), CSPAN_OK);
  assert_int_equal(cspan_s3_list_multipart_uploads(c.s3, NULL, &input, &list, NULL), CSPAN_OK);
  assert_int_equal(list->upload_count, 1);
  cspan_s3_abort_multipart_upload_input abort_input = {
      .bucket = "oom-bucket", .key = list->uploads[0].key, .upload_id = list->uploads[0].upload_id};
  assert_int_equal(cspan_s3_abort_multipart_upload(c.s3, NULL, &abort_input, NULL), CSPAN_OK);
  cspan_s3_output_free(list);
  clients_close(&c);
}

/* The one upload that can stay behind is the one whose id was never learnt: memory ran out while
 * the answer to CreateMultipartUpload was read. */
static void check_nothing_left(void) {
  if (cspan_sandbox_open_uploads(sandbox) == 0)
    return;
  cspan_sandbox_record last = {0};
  size_t count = cspan_sandbox_request_count(sandbox);
  size_t kept = count < 4096 ? count : 4096;
  assert_true(cspan_sandbox_request_at(sandbox, kept - 1, &last));
  assert_string_equal(last.operation, "CreateMultipartUpload");
  abort_left_over();
  assert_int_equal(cspan_sandbox_open_uploads(sandbox), 0);
}

static void replay(outcome (*scenario)(void)) {
  size_t step = under_valgrind() ? 5 : 1;
  outcome first = scenario(); /* pools and caches fill */
  assert_int_equal(first.status, CSPAN_OK);
  long before = fail_alloc_outstanding_here();
  size_t failures = 0;
  for (size_t n = 1;; n += step) {
    assert_true(n < MOST_ALLOCATIONS);
    fail_alloc_arm(n, false);
    outcome o = scenario();
    bool met = fail_alloc_disarm();
    if (o.status != CSPAN_OK) {
      failures++;
      assert_non_null(o.error);
      assert_true(strlen(cspan_error_message(o.error)) > 0);
      cspan_error_free(o.error);
    } else {
      assert_null(o.error);
    }
    check_nothing_left();
    if (!met)
      break;
  }
  assert_true(failures > 0);
  assert_true(fail_alloc_outstanding_here() <= before + 8); /* idle pools may keep a block more */
}

static void test_small_upload(void **state) {
  (void)state;
  replay(small_upload);
}

static void test_multipart_upload(void **state) {
  (void)state;
  replay(multipart_upload);
}

static void test_download(void **state) {
  (void)state;
  replay(download);
}

static void test_batch_delete(void **state) {
  (void)state;
  replay(batch_delete);
}

static int open_all(void **state) {
  (void)state;
  fail_alloc_install();
  big = calloc(1, PART + 1);
  clients c = {0};
  cspan_s3_bucket_input bucket = {.bucket = "oom-bucket"};
  cspan_s3_put_object_input put = {
      .bucket = "oom-bucket", .key = "kept", .body = {.data = "hello", .size_bytes = 5}};
  int bad = !big || cspan_sandbox_start(NULL, &sandbox, NULL) || clients_open(&c, NULL) ||
            cspan_s3_create_bucket(c.s3, NULL, &bucket, NULL, NULL) ||
            cspan_s3_put_object(c.s3, NULL, &put, NULL, NULL);
  clients_close(&c);
  return bad;
}

static int close_all(void **state) {
  (void)state;
  cspan_sandbox_stop(sandbox);
  free(big);
  fail_alloc_uninstall();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_small_upload),
      cmocka_unit_test(test_multipart_upload),
      cmocka_unit_test(test_download),
      cmocka_unit_test(test_batch_delete),
  };
  return cmocka_run_group_tests(tests, open_all, close_all);
}
