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

#define PART (5 * 1024 * 1024)
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

static cspan_status clients_open(clients *c, cspan_error **error)
{
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

static void clients_close(clients *c)
{
  cspan_storage_free(c->storage);
  cspan_s3_free(c->s3);
  cspan_aws_config_free(c->config);
  cspan_tracer_provider_free(c->provider);
}

static outcome small_upload(void)
{
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

static outcome multipart_upload(void)
{
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

static outcome download(void)
{
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

static outcome batch_delete(void)
{
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

