/* SPDX-License-Identifier: Apache-2.0 */
#include "support/s3_env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/sys.h"

static void must(cspan_status status, const char *what, cspan_error *error) {
  if (status != CSPAN_OK) {
    fprintf(stderr, "s3_env: %s: %s\n", what, s3_env_error(error));
    exit(1);
  }
}

const char *s3_env_error(const cspan_error *error) {
  static char text[1024];
  snprintf(text, sizeof text, "%s: %s", cspan_error_code(error), cspan_error_message(error));
  return text;
}

void s3_env_fill(void *data, size_t size, unsigned seed) {
  unsigned char *at = data;
  uint32_t value = seed * 2654435761u + 1;
  for (size_t i = 0; i < size; i++) {
    value = value * 1664525u + 1013904223u;
    at[i] = (unsigned char)(value >> 24);
  }
}

static const char *or_else(const char *text, const char *other) {
  return text ? text : other;
}

static void choose_server(s3_env *env, const s3_env_options *options) {
  const char *endpoint = getenv("CLOUDSPAN_S3_ENDPOINT");
  cspan_error *error = NULL;
  if (endpoint && *endpoint && !options->sandbox_only) {
    env->endpoint = endpoint;
    env->peer = or_else(getenv("CLOUDSPAN_S3_PEER"), "other");
    env->access_key_id = getenv("CLOUDSPAN_S3_ACCESS_KEY");
    env->secret_access_key = getenv("CLOUDSPAN_S3_SECRET_KEY");
    env->region = or_else(getenv("CLOUDSPAN_S3_REGION"), "us-east-1");
    return;
  }
  env->access_key_id = or_else(options->access_key_id, "sandbox");
  env->secret_access_key = or_else(options->secret_access_key, "sandbox-secret");
  cspan_sandbox_options sandbox = {
      .size = sizeof sandbox,
      .access_key_id = env->access_key_id,
      .secret_access_key = env->secret_access_key,
      .session_token = options->session_token,
  };
  must(cspan_sandbox_start(&sandbox, &env->sandbox, &error), "sandbox", error);
  env->endpoint = cspan_sandbox_endpoint(env->sandbox);
  env->peer = "sandbox";
  env->region = "us-east-1";
}

static void make_provider(s3_env *env, const s3_env_options *wanted) {
  cspan_error *error = NULL;
  env->memory = cspan_exporter_memory();
  cspan_span_processor *processors[] = {cspan_processor_simple(env->memory),
                                        wanted->exporter ? cspan_processor_simple(wanted->exporter)
                                                         : NULL};
  cspan_provider_options options = {.size = sizeof options,
                                    .service_name = "tests",
                                    .sampler = cspan_sampler_always_on(),
                                    .processors = processors,
                                    .processor_count = wanted->exporter ? 2 : 1};
  must(cspan_tracer_provider_create(&options, &env->provider, &error), "provider", error);
}

static void make_client(s3_env *env, const s3_env_options *options) {
  cspan_error *error = NULL;
  cspan_aws_options aws = {
      .size = sizeof aws,
      .region = env->region,
      .config_file = "/nonexistent",
      .credentials_file = "/nonexistent",
      .access_key_id = env->access_key_id,
      .secret_access_key = env->secret_access_key,
      .session_token = options->session_token,
      .endpoint_url = env->endpoint,
      .addressing_style = CSPAN_ADDRESSING_PATH,
      .max_attempts = options->max_attempts ? options->max_attempts : 3,
      .request_checksums = options->checksums,
      .response_checksums = options->checksums,
      .read_timeout_ms = options->read_timeout_ms,
      .call_timeout_ms = options->call_timeout_ms,
  };
  must(cspan_aws_config_load(&aws, &env->config, &error), "config", error);
  cspan_trace_options trace = options->trace;
  trace.size = sizeof trace;
  trace.provider = env->provider;
  must(cspan_trace_append(env->config, &trace, &error), "tracing", error);
  must(cspan_s3_create(env->config, &env->client, &error), "client", error);
  cspan_storage_options storage = options->storage;
  storage.size = sizeof storage;
  storage.provider = env->provider;
  must(cspan_storage_create(env->client, &storage, &env->storage, &error), "storage", error);
}

void s3_env_open(s3_env *env, const s3_env_options *options) {
  static const s3_env_options none;
  cspan_error *error = NULL;
  memset(env, 0, sizeof *env);
  options = options ? options : &none;
  choose_server(env, options);
  make_provider(env, options);
  make_client(env, options);
  snprintf(env->bucket, sizeof env->bucket, "cspan-test-%016llx",
           (unsigned long long)cspan_random_u64());
  cspan_s3_bucket_input bucket = {.size = sizeof bucket, .bucket = env->bucket};
  must(cspan_s3_create_bucket(env->client, NULL, &bucket, NULL, &error), "bucket", error);
  cspan_memory_reset(env->memory);
}

static void empty_bucket(s3_env *env) {
  cspan_s3_list_objects_v2_input input = {.size = sizeof input, .bucket = env->bucket};
  cspan_s3_list_paginator *paginator = NULL;
  const cspan_s3_list_objects_v2_output *page = NULL;
  cspan_error *error = NULL;
  must(cspan_s3_list_paginator_create(env->client, &input, &paginator, &error), "list", error);
  for (;;) {
    must(cspan_s3_list_paginator_next(paginator, NULL, &page, &error), "list", error);
    if (!page) {
      break;
    }
    for (size_t i = 0; i < page->content_count; i++) {
      cspan_s3_delete_object_input object = {
          .size = sizeof object, .bucket = env->bucket, .key = page->contents[i].key};
      must(cspan_s3_delete_object(env->client, NULL, &object, NULL, &error), "delete", error);
    }
  }
  cspan_s3_list_paginator_free(paginator);
}

void s3_env_close(s3_env *env) {
  cspan_error *error = NULL;
  if (env->sandbox) {
    cspan_sandbox_clear_faults(env->sandbox);
  } else {
    empty_bucket(env);
    cspan_s3_bucket_input bucket = {.size = sizeof bucket, .bucket = env->bucket};
    must(cspan_s3_delete_bucket(env->client, NULL, &bucket, NULL, &error), "remove bucket", error);
  }
  cspan_storage_free(env->storage);
  cspan_s3_free(env->client);
  cspan_aws_config_free(env->config);
  cspan_tracer_provider_free(env->provider);
  cspan_sandbox_stop(env->sandbox);
  memset(env, 0, sizeof *env);
}
