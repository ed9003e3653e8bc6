/* SPDX-License-Identifier: Apache-2.0 */
/* An S3 server with a bucket, a traced client and a storage layer for it: the sandbox in this
 * process, or the server that CLOUDSPAN_S3_ENDPOINT, CLOUDSPAN_S3_ACCESS_KEY,
 * CLOUDSPAN_S3_SECRET_KEY and CLOUDSPAN_S3_REGION name, which CLOUDSPAN_S3_PEER calls "swift",
 * "moto" or else. What fails here ends the program. */
#ifndef SUPPORT_S3_ENV_H
#define SUPPORT_S3_ENV_H

#include <cloudspan/cloudspan.h>
#include <cloudspan/sandbox.h>

typedef struct s3_env_options {
  bool sandbox_only;             /* also when the environment names another server */
  int max_attempts;              /* 0: 3 */
  int64_t call_timeout_ms;       /* 0: none */
  int64_t read_timeout_ms;       /* 0: the default */
  cspan_checksum_mode checksums; /* of requests and responses */
  const char *access_key_id;     /* of the sandbox and the client; NULL: the sandbox's own */
  const char *secret_access_key;
  const char *session_token;
  cspan_storage_options storage; /* provider is filled in */
  cspan_trace_options trace;     /* provider is filled in */
  cspan_span_exporter *exporter; /* gets all spans as well, at once; NULL: none */
} s3_env_options;

typedef struct s3_env {
  cspan_sandbox *sandbox; /* NULL: another server */
  const char *peer;       /* "sandbox", or what CLOUDSPAN_S3_PEER says */
  const char *endpoint;
  const char *access_key_id;
  const char *secret_access_key;
  const char *region;
  cspan_span_exporter *memory;
  cspan_tracer_provider *provider;
  cspan_aws_config *config;
  cspan_s3 *client;
  cspan_storage *storage;
  char bucket[64];
} s3_env;

/* `options` may be NULL. The bucket is there when it returns, and no span is kept. */
void s3_env_open(s3_env *env, const s3_env_options *options);
/* The bucket is emptied and removed. */
void s3_env_close(s3_env *env);

/* The message and the code, for failing tests: "CODE: message". Static, overwritten. */
const char *s3_env_error(const cspan_error *error);

/* Bytes that are the same in every run, different in every place. */
void s3_env_fill(void *data, size_t size, unsigned seed);

#endif
