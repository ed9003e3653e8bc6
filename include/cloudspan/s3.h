/* SPDX-License-Identifier: Apache-2.0 */
/**
 * s3.h: Amazon S3, typed calls. Names are those of the S3 API reference.
 *
 * Every call is synchronous, or asynchronous when its input's `options` hold a loop
 * (loop.h, aws.h). Outputs are whole objects: `*output` receives one on success (NULL may be
 * given where it is not wanted) and is freed with cspan_s3_output_free(); all strings in
 * it live as long, and are NULL where the response has none.
 */
#ifndef CLOUDSPAN_S3_H
#define CLOUDSPAN_S3_H

#include <cloudspan/aws.h>

CSPAN_BEGIN_DECLS

/** Thread-safe; keeps connections. */
typedef struct cspan_s3 cspan_s3;

CSPAN_API cspan_status cspan_s3_create(const cspan_aws_config *config, cspan_s3 **out,
                                       cspan_error **error);
/** No call may be under way. */
CSPAN_API void cspan_s3_free(cspan_s3 *client);
CSPAN_API void cspan_s3_output_free(void *output);

/** A borrowed name and value, for user metadata (without the x-amz-meta- prefix). */
typedef struct cspan_s3_metadata {
  const char *name;
  const char *value;
} cspan_s3_metadata;

/* ------------------------------------------------------------------ objects */

typedef struct cspan_s3_put_object_input {
  size_t size;
  const char *bucket;
  const char *key;
  cspan_body body;
  const char *content_type;
  const char *cache_control;
  const char *content_disposition;
  const char *content_encoding;
  const char *content_language;
  const char *storage_class;
  const cspan_s3_metadata *metadata;
  size_t metadata_count;
  const char *if_match;
  const char *if_none_match;      /**< "*": only when the key does not exist */
  const char *checksum_algorithm; /**< CRC32, CRC32C, CRC64NVME, SHA256; NULL: as configured */
  const cspan_call_options *options;
} cspan_s3_put_object_input;

typedef struct cspan_s3_put_object_output {
  const char *etag; /**< with its quotes */
  const char *version_id;
  const char *checksum_crc32;
  const char *checksum_crc32c;
  const char *checksum_crc64nvme;
  const char *checksum_sha256;
} cspan_s3_put_object_output;

CSPAN_API cspan_status cspan_s3_put_object(cspan_s3 *client, const cspan_context *context,
                                           const cspan_s3_put_object_input *input,
                                           cspan_s3_put_object_output **output,
                                           cspan_error **error);

/** For GetObject and HeadObject. */
typedef struct cspan_s3_get_object_input {
  size_t size;
  const char *bucket;
  const char *key;
  const char *range; /**< "bytes=0-99" */
  const char *version_id;
  int part_number; /**< 0: the whole object */
  const char *if_match;
  const char *if_none_match;
  int64_t if_modified_since_s; /**< 0: none; seconds since the epoch */
  int64_t if_unmodified_since_s;
  bool no_checksum_verification;
  cspan_sink sink; /**< GetObject only; zero: into memory */
  const cspan_call_options *options;
} cspan_s3_get_object_input;

typedef struct cspan_s3_get_object_output {
  const void *body;        /**< memory form only */
  int64_t body_size_bytes; /**< received, also when it went to a sink */
  int64_t content_length;  /**< -1: not given */
  const char *content_range;
  const char *content_type;
  const char *cache_control;
  const char *content_disposition;
  const char *content_encoding;
  const char *content_language;
  const char *etag;
  const char *version_id;
  const char *storage_class;
  int64_t last_modified_s; /**< seconds since the epoch; 0: not given */
  int parts_count;
  const cspan_s3_metadata *metadata;
  size_t metadata_count;
  const char *checksum_crc32;
  const char *checksum_crc32c;
  const char *checksum_crc64nvme;
  const char *checksum_sha256;
} cspan_s3_get_object_output;

/** CSPAN_ERR_CHECKSUM when the body does not match a checksum of the response. */
CSPAN_API cspan_status cspan_s3_get_object(cspan_s3 *client, const cspan_context *context,
                                           const cspan_s3_get_object_input *input,
                                           cspan_s3_get_object_output **output,
                                           cspan_error **error);
CSPAN_API cspan_status cspan_s3_head_object(cspan_s3 *client, const cspan_context *context,
                                            const cspan_s3_get_object_input *input,
                                            cspan_s3_get_object_output **output,
                                            cspan_error **error);

typedef struct cspan_s3_delete_object_input {
  size_t size;
  const char *bucket;
  const char *key;
  const char *version_id;
  const cspan_call_options *options;
} cspan_s3_delete_object_input;

typedef struct cspan_s3_delete_object_output {
  bool delete_marker;
  const char *version_id;
} cspan_s3_delete_object_output;

CSPAN_API cspan_status cspan_s3_delete_object(cspan_s3 *client, const cspan_context *context,
                                              const cspan_s3_delete_object_input *input,
                                              cspan_s3_delete_object_output **output,
                                              cspan_error **error);

typedef struct cspan_s3_object_identifier {
  const char *key;
  const char *version_id;
} cspan_s3_object_identifier;

typedef struct cspan_s3_delete_objects_input {
  size_t size;
  const char *bucket;
  const cspan_s3_object_identifier *objects; /**< at most 1,000 */
  size_t object_count;
  bool quiet; /**< only errors are listed */
  const cspan_call_options *options;
} cspan_s3_delete_objects_input;

typedef struct cspan_s3_delete_error {
  const char *key;
  const char *version_id;
  const char *code;
  const char *message;
} cspan_s3_delete_error;

typedef struct cspan_s3_delete_objects_output {
  const cspan_s3_object_identifier *deleted;
  size_t deleted_count;
  const cspan_s3_delete_error *errors;
  size_t error_count;
} cspan_s3_delete_objects_output;

/** CSPAN_OK also when some keys failed: look at `errors`. */
CSPAN_API cspan_status cspan_s3_delete_objects(cspan_s3 *client, const cspan_context *context,
                                               const cspan_s3_delete_objects_input *input,
                                               cspan_s3_delete_objects_output **output,
                                               cspan_error **error);

typedef struct cspan_s3_copy_object_input {
  size_t size;
  const char *bucket;
  const char *key;
  const char *source_bucket;
  const char *source_key; /**< raw; encoded by the library */
  const char *source_version_id;
  const char *copy_source_if_match;
  const char *copy_source_if_none_match;
  bool replace_metadata; /**< metadata and content_type below instead of the source's */
  const char *content_type;
  const cspan_s3_metadata *metadata;
  size_t metadata_count;
  const char *checksum_algorithm;
  const cspan_call_options *options;
} cspan_s3_copy_object_input;

typedef struct cspan_s3_copy_object_output {
  const char *etag;
  int64_t last_modified_s;
  const char *version_id;
} cspan_s3_copy_object_output;

CSPAN_API cspan_status cspan_s3_copy_object(cspan_s3 *client, const cspan_context *context,
                                            const cspan_s3_copy_object_input *input,
                                            cspan_s3_copy_object_output **output,
                                            cspan_error **error);

/* -------------------------------------------------------------------- lists */

typedef struct cspan_s3_list_objects_v2_input {
  size_t size;
  const char *bucket;
  const char *prefix;
  const char *delimiter;
  const char *start_after;
  const char *continuation_token;
  int max_keys; /**< 0: the service's 1,000 */
  const cspan_call_options *options;
} cspan_s3_list_objects_v2_input;

typedef struct cspan_s3_object {
  const char *key;
  int64_t size_bytes;
  const char *etag;
  int64_t last_modified_s;
  const char *storage_class;
} cspan_s3_object;

typedef struct cspan_s3_list_objects_v2_output {
  const cspan_s3_object *contents;
  size_t content_count;
  const char *const *common_prefixes;
  size_t common_prefix_count;
  bool is_truncated;
  const char *next_continuation_token;
  int key_count;
} cspan_s3_list_objects_v2_output;

CSPAN_API cspan_status cspan_s3_list_objects_v2(cspan_s3 *client, const cspan_context *context,
                                                const cspan_s3_list_objects_v2_input *input,
                                                cspan_s3_list_objects_v2_output **output,
                                                cspan_error **error);

/** Pages of ListObjectsV2. The input's strings stay borrowed while it lives. */
typedef struct cspan_s3_list_paginator cspan_s3_list_paginator;
CSPAN_API cspan_status cspan_s3_list_paginator_create(cspan_s3 *client,
                                                      const cspan_s3_list_objects_v2_input *input,
                                                      cspan_s3_list_paginator **out,
                                                      cspan_error **error);
/** *page belongs to the paginator until the next call; NULL after the last one. */
CSPAN_API cspan_status cspan_s3_list_paginator_next(cspan_s3_list_paginator *paginator,
                                                    const cspan_context *context,
                                                    const cspan_s3_list_objects_v2_output **page,
                                                    cspan_error **error);
CSPAN_API void cspan_s3_list_paginator_free(cspan_s3_list_paginator *paginator);

/* ------------------------------------------------------------------ buckets */

/** For CreateBucket, DeleteBucket and HeadBucket. CreateBucket sends the client's region as
 * LocationConstraint unless it is us-east-1. */
typedef struct cspan_s3_bucket_input {
  size_t size;
  const char *bucket;
  const cspan_call_options *options;
} cspan_s3_bucket_input;

typedef struct cspan_s3_bucket_output {
  const char *location;      /**< CreateBucket */
  const char *bucket_region; /**< HeadBucket */
} cspan_s3_bucket_output;

CSPAN_API cspan_status cspan_s3_create_bucket(cspan_s3 *client, const cspan_context *context,
                                              const cspan_s3_bucket_input *input,
                                              cspan_s3_bucket_output **output, cspan_error **error);
CSPAN_API cspan_status cspan_s3_delete_bucket(cspan_s3 *client, const cspan_context *context,
                                              const cspan_s3_bucket_input *input,
                                              cspan_s3_bucket_output **output, cspan_error **error);
CSPAN_API cspan_status cspan_s3_head_bucket(cspan_s3 *client, const cspan_context *context,
                                            const cspan_s3_bucket_input *input,
                                            cspan_s3_bucket_output **output, cspan_error **error);

typedef struct cspan_s3_list_buckets_input {
  size_t size;
  const char *prefix;
  const char *continuation_token;
  int max_buckets;
  const cspan_call_options *options;
} cspan_s3_list_buckets_input;

typedef struct cspan_s3_bucket {
  const char *name;
  int64_t creation_date_s;
} cspan_s3_bucket;

typedef struct cspan_s3_list_buckets_output {
  const cspan_s3_bucket *buckets;
  size_t bucket_count;
  const char *continuation_token;
} cspan_s3_list_buckets_output;

CSPAN_API cspan_status cspan_s3_list_buckets(cspan_s3 *client, const cspan_context *context,
                                             const cspan_s3_list_buckets_input *input,
                                             cspan_s3_list_buckets_output **output,
                                             cspan_error **error);

/* ---------------------------------------------------------------- multipart */

typedef struct cspan_s3_create_multipart_upload_input {
  size_t size;
  const char *bucket;
  const char *key;
  const char *content_type;
  const char *cache_control;
  const char *content_disposition;
  const char *content_encoding;
  const char *content_language;
  const char *storage_class;
  const cspan_s3_metadata *metadata;
  size_t metadata_count;
  const char *checksum_algorithm;
  const cspan_call_options *options;
} cspan_s3_create_multipart_upload_input;

typedef struct cspan_s3_create_multipart_upload_output {
  const char *upload_id;
} cspan_s3_create_multipart_upload_output;

CSPAN_API cspan_status cspan_s3_create_multipart_upload(
    cspan_s3 *client, const cspan_context *context,
    const cspan_s3_create_multipart_upload_input *input,
    cspan_s3_create_multipart_upload_output **output, cspan_error **error);

typedef struct cspan_s3_upload_part_input {
  size_t size;
  const char *bucket;
  const char *key;
  const char *upload_id;
  int part_number; /**< 1 to 10,000 */
  cspan_body body;
  const char *checksum_algorithm;
  const cspan_call_options *options;
} cspan_s3_upload_part_input;

typedef cspan_s3_put_object_output cspan_s3_upload_part_output;

CSPAN_API cspan_status cspan_s3_upload_part(cspan_s3 *client, const cspan_context *context,
                                            const cspan_s3_upload_part_input *input,
                                            cspan_s3_upload_part_output **output,
                                            cspan_error **error);

typedef struct cspan_s3_completed_part {
  int part_number;
  const char *etag;
  const char *checksum_algorithm; /**< NULL: none */
  const char *checksum;           /**< base64 */
} cspan_s3_completed_part;

typedef struct cspan_s3_complete_multipart_upload_input {
  size_t size;
  const char *bucket;
  const char *key;
  const char *upload_id;
  const cspan_s3_completed_part *parts;
  size_t part_count;
  const char *if_none_match;
  const cspan_call_options *options;
} cspan_s3_complete_multipart_upload_input;

typedef struct cspan_s3_complete_multipart_upload_output {
  const char *location;
  const char *etag;
  const char *version_id;
} cspan_s3_complete_multipart_upload_output;

CSPAN_API cspan_status cspan_s3_complete_multipart_upload(
    cspan_s3 *client, const cspan_context *context,
    const cspan_s3_complete_multipart_upload_input *input,
    cspan_s3_complete_multipart_upload_output **output, cspan_error **error);

typedef struct cspan_s3_abort_multipart_upload_input {
  size_t size;
  const char *bucket;
  const char *key;
  const char *upload_id;
  const cspan_call_options *options;
} cspan_s3_abort_multipart_upload_input;

CSPAN_API cspan_status cspan_s3_abort_multipart_upload(
    cspan_s3 *client, const cspan_context *context,
    const cspan_s3_abort_multipart_upload_input *input, cspan_error **error);

typedef struct cspan_s3_list_parts_input {
  size_t size;
  const char *bucket;
  const char *key;
  const char *upload_id;
  int max_parts;
  int part_number_marker;
  const cspan_call_options *options;
} cspan_s3_list_parts_input;

typedef struct cspan_s3_part {
  int part_number;
  int64_t size_bytes;
  const char *etag;
  int64_t last_modified_s;
} cspan_s3_part;

typedef struct cspan_s3_list_parts_output {
  const cspan_s3_part *parts;
  size_t part_count;
  bool is_truncated;
  int next_part_number_marker;
} cspan_s3_list_parts_output;

CSPAN_API cspan_status cspan_s3_list_parts(cspan_s3 *client, const cspan_context *context,
                                           const cspan_s3_list_parts_input *input,
                                           cspan_s3_list_parts_output **output,
                                           cspan_error **error);

typedef struct cspan_s3_list_multipart_uploads_input {
  size_t size;
  const char *bucket;
  const char *prefix;
  const char *delimiter;
  const char *key_marker;
  const char *upload_id_marker;
  int max_uploads;
  const cspan_call_options *options;
} cspan_s3_list_multipart_uploads_input;

typedef struct cspan_s3_upload {
  const char *key;
  const char *upload_id;
  int64_t initiated_s;
} cspan_s3_upload;

typedef struct cspan_s3_list_multipart_uploads_output {
  const cspan_s3_upload *uploads;
  size_t upload_count;
  const char *const *common_prefixes;
  size_t common_prefix_count;
  bool is_truncated;
  const char *next_key_marker;
  const char *next_upload_id_marker;
} cspan_s3_list_multipart_uploads_output;

CSPAN_API cspan_status cspan_s3_list_multipart_uploads(
    cspan_s3 *client, const cspan_context *context,
    const cspan_s3_list_multipart_uploads_input *input,
    cspan_s3_list_multipart_uploads_output **output, cspan_error **error);

/* ---------------------------------------------------------------- presigning */

/** A URL that anyone may use until it expires (1 to 604,800 s; 0: 900). It is a secret: the
 * library neither logs nor traces it. Free with cspan_free(). */
CSPAN_API cspan_status cspan_s3_presign_get_object(cspan_s3 *client, const cspan_context *context,
                                                   const cspan_s3_get_object_input *input,
                                                   int64_t expires_s, char **url,
                                                   cspan_error **error);
/** The body of the input is ignored; a content_type must then be sent by the user of the URL. */
CSPAN_API cspan_status cspan_s3_presign_put_object(cspan_s3 *client, const cspan_context *context,
                                                   const cspan_s3_put_object_input *input,
                                                   int64_t expires_s, char **url,
                                                   cspan_error **error);

CSPAN_END_DECLS

#endif
