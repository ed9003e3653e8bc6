/* SPDX-License-Identifier: Apache-2.0 */
/* What commands about whole buckets and many keys share. */
#ifndef CLI_BUCKET_H
#define CLI_BUCKET_H

#include "cli/session.h"
#include "cli/uri.h"

/* The first argument as s3://bucket without a key; a usage error else. */
int cspan_cli_parse_bucket(const cspan_cli_run *run, cspan_cli_uri *uri);
/* "make-bucket: s3://b", or as JSON. */
void cspan_cli_report_bucket(const cspan_cli_run *run, const char *operation, const char *bucket);

typedef struct cspan_cli_delete_count {
  size_t deleted;
  size_t failed;
} cspan_cli_delete_count;

/* Deletes every object whose key starts with `prefix` (NULL: all), reporting each. Failures
 * of single keys are reported and counted; the result is not CSPAN_OK only when the work
 * could not go on. */
cspan_status cspan_cli_delete_prefix(cspan_cli_session *session, const char *bucket,
                                     const char *prefix, bool per_key,
                                     cspan_cli_delete_count *count, cspan_error **error);
/* Aborts every multipart upload of the bucket. */
cspan_status cspan_cli_abort_uploads(cspan_cli_session *session, const char *bucket,
                                     cspan_error **error);
/* "delete: s3://b/k", or as JSON; `failure` NULL: it worked. */
void cspan_cli_report_delete(const cspan_cli_run *run, const char *bucket, const char *key,
                             const cspan_error *failure);

#endif
