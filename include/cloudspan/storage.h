/* SPDX-License-Identifier: Apache-2.0 */
/**
 * storage.h: the S3 storage layer: whole uploads, downloads, multipart uploads and batch
 * deletes, each a span of its own (scope "cloudspan/s3") above the spans of its API calls.
 *
 * Functions block; inside, many calls are in flight on the calling thread. Thread-safe.
 */
#ifndef CLOUDSPAN_STORAGE_H
#define CLOUDSPAN_STORAGE_H

#include <cloudspan/s3.h>
#include <cloudspan/telemetry.h>

CSPAN_BEGIN_DECLS

typedef struct cspan_storage cspan_storage;

typedef struct cspan_storage_options {
  size_t size;
  cspan_tracer_provider *provider; /**< NULL: the global one */
  int64_t part_size_bytes;         /**< 0: 10 MiB; at least 5 MiB, raised so that an object has at
                                        most 10,000 parts */
  int max_in_flight;              /**< parts or deletes under way at once; 0: 4 parts, 16 deletes */
  const char *checksum_algorithm; /**< NULL: as the config says */
} cspan_storage_options;

/** `client` is borrowed and must outlive the result. */
CSPAN_API cspan_status cspan_storage_create(cspan_s3 *client, const cspan_storage_options *options,
                                            cspan_storage **out, cspan_error **error);
CSPAN_API void cspan_storage_free(cspan_storage *storage);

/** Bytes moved so far of total (-1: not known). Return false to cancel. Called on the
 * thread that made the call. */
typedef bool (*cspan_progress_fn)(void *user, int64_t moved_bytes, int64_t total_bytes);

typedef struct cspan_upload_input {
  size_t size;
  const char *bucket;
  const char *key;
  cspan_body source; /**< memory, file or callback (of known or unknown size) */
  const char *content_type;
  const cspan_s3_metadata *metadata;
  size_t metadata_count;
  cspan_progress_fn progress; /**< may be NULL */
  void *progress_user;
} cspan_upload_input;

typedef struct cspan_upload_result {
  char etag[80];
  int64_t size_bytes;
  int part_count; /**< 0: one PutObject */
} cspan_upload_result;

/** One PutObject: span s3.upload_object. A callback source without a known size is read
 * into memory first, up to 64 MiB (then CSPAN_ERR_LIMIT: use multipart). */
CSPAN_API cspan_status cspan_storage_upload(cspan_storage *storage, const cspan_context *context,
                                            const cspan_upload_input *input,
                                            cspan_upload_result *result, cspan_error **error);

/** CreateMultipartUpload, UploadPart for each part, several at a time, and
 * CompleteMultipartUpload: span s3.multipart_upload. On any failure or cancellation the
 * upload is aborted (not bound by the context's deadline or cancellation), and nothing stays
 * on the server. */
CSPAN_API cspan_status cspan_storage_multipart_upload(cspan_storage *storage,
                                                      const cspan_context *context,
                                                      const cspan_upload_input *input,
                                                      cspan_upload_result *result,
                                                      cspan_error **error);

typedef struct cspan_download_input {
  size_t size;
  const char *bucket;
  const char *key;
  const char *range;
  /** One of: a path (written beside it and renamed when whole; a link
   * stays, what it leads to is replaced), a write callback, or neither:
   * memory, up to max_bytes (0: 64 MiB). */
  const char *path;
  cspan_status (*write)(void *user, const void *data, size_t size_bytes);
  /** A retry starts from the first byte again; without it a failure after bytes were
   * written is final. */
  cspan_status (*restart)(void *user);
  void *user;
  size_t max_bytes;
  cspan_progress_fn progress;
  void *progress_user;
} cspan_download_input;

typedef struct cspan_download_result {
  void *data; /**< memory form: freed with cspan_free(); followed by a NUL */
  int64_t size_bytes;
  char etag[80];
  char content_type[128];
} cspan_download_result;

/** Span s3.download_object. */
CSPAN_API cspan_status cspan_storage_download(cspan_storage *storage, const cspan_context *context,
                                              const cspan_download_input *input,
                                              cspan_download_result *result, cspan_error **error);

typedef struct cspan_batch_delete_input {
  size_t size;
  const char *bucket;
  const char *const *keys;
  size_t key_count;
  /** true: DeleteObjects with up to 1,000 keys a call instead of a call (and a span) a key. */
  bool use_delete_objects;
} cspan_batch_delete_input;

typedef struct cspan_batch_delete_failure {
  size_t index;       /**< into keys */
  cspan_error *error; /**< owned by the result */
} cspan_batch_delete_failure;

typedef struct cspan_batch_delete_result {
  size_t success_count;
  size_t error_count;
  cspan_batch_delete_failure *failures; /**< error_count of them, by index */
} cspan_batch_delete_result;

/** Span s3.batch_delete. CSPAN_ERR_PARTIAL when some keys failed; the others are deleted.
 * `result` may be NULL; else clear it with cspan_batch_delete_result_clear(), also on error. */
CSPAN_API cspan_status cspan_storage_batch_delete(cspan_storage *storage,
                                                  const cspan_context *context,
                                                  const cspan_batch_delete_input *input,
                                                  cspan_batch_delete_result *result,
                                                  cspan_error **error);
CSPAN_API void cspan_batch_delete_result_clear(cspan_batch_delete_result *result);

CSPAN_END_DECLS

#endif
