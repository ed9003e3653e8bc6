/* SPDX-License-Identifier: Apache-2.0 */
/* One object between a file, a stream and S3; reports what was done. */
#ifndef CLI_TRANSFER_H
#define CLI_TRANSFER_H

#include "cli/session.h"

typedef struct cspan_cli_cp_values {
  bool recursive;
  bool no_progress;
  int64_t multipart_threshold;
  int64_t part_size;
  int64_t concurrency;
  const char *content_type;
  const char *checksum;
  cspan_cli_list metadata;
} cspan_cli_cp_values;

typedef struct cspan_cli_transfer {
  cspan_cli_session *session;
  const cspan_cli_cp_values *values;
  const cspan_s3_metadata *metadata;
  size_t metadata_count;
  size_t done;
  size_t failed;
  int code; /* exit code when nothing was done: what all failures agree on, else 1 */
} cspan_cli_transfer;

/* Each reports its outcome and counts it; false on failure. */
bool cspan_cli_upload_file(cspan_cli_transfer *transfer, const char *path, const char *bucket,
                           const char *key);
bool cspan_cli_upload_stream(cspan_cli_transfer *transfer, int fd, const char *name,
                             const char *bucket, const char *key);
bool cspan_cli_download_file(cspan_cli_transfer *transfer, const char *bucket, const char *key,
                             const char *path);
/* `name` is what the report calls it; there is none when `fd` is the standard output. */
bool cspan_cli_download_stream(cspan_cli_transfer *transfer, const char *bucket, const char *key,
                               int fd, const char *name);
bool cspan_cli_copy_object(cspan_cli_transfer *transfer, const char *source_bucket,
                           const char *source_key, const char *bucket, const char *key);
/* An upload to, or a download or copy from, s3://bucket/key that could not even be tried; the
 * error is freed. */
void cspan_cli_upload_failed(cspan_cli_transfer *transfer, const char *source, const char *bucket,
                             const char *key, cspan_error *error);
void cspan_cli_fetch_failed(cspan_cli_transfer *transfer, const char *operation, const char *bucket,
                            const char *key, const char *destination, cspan_error *error);

/* The folders below, each in a file of its own: false when the work could not go on (reported
 * and counted too). */
bool cspan_cli_upload_tree(cspan_cli_transfer *transfer, const char *folder, const char *bucket,
                           const char *prefix);
bool cspan_cli_download_tree(cspan_cli_transfer *transfer, const char *bucket, const char *prefix,
                             const char *folder);
bool cspan_cli_copy_tree(cspan_cli_transfer *transfer, const char *source_bucket,
                         const char *source_prefix, const char *bucket, const char *prefix);

#endif
