/* SPDX-License-Identifier: Apache-2.0 */
/* GetObject and HeadObject. */
#include <string.h>

#include "base/error.h"
#include "services/s3/operation.h"

typedef cspan_s3_get_object_input get_input;
typedef cspan_s3_get_object_output get_output;

static const cspan_s3_in get_fields[] = {
    CSPAN_S3_IN_BUCKET(get_input),
    CSPAN_S3_IN_KEY(get_input),
    CSPAN_S3_IN(get_input, range, "Range", CSPAN_S3_STRING, CSPAN_S3_HEADER, "Range"),
    CSPAN_S3_IN(get_input, version_id, "VersionId", CSPAN_S3_STRING, CSPAN_S3_QUERY, "versionId"),
    CSPAN_S3_IN(get_input, part_number, "PartNumber", CSPAN_S3_INT, CSPAN_S3_QUERY, "partNumber"),
    CSPAN_S3_IN(get_input, if_match, "IfMatch", CSPAN_S3_STRING, CSPAN_S3_HEADER, "If-Match"),
    CSPAN_S3_IN(get_input, if_none_match, "IfNoneMatch", CSPAN_S3_STRING, CSPAN_S3_HEADER,
                "If-None-Match"),
    CSPAN_S3_IN(get_input, if_modified_since_s, "IfModifiedSince", CSPAN_S3_HTTP_DATE,
                CSPAN_S3_HEADER, "If-Modified-Since"),
    CSPAN_S3_IN(get_input, if_unmodified_since_s, "IfUnmodifiedSince", CSPAN_S3_HTTP_DATE,
                CSPAN_S3_HEADER, "If-Unmodified-Since"),
};
CSPAN_S3_PARAM_FUNCTION(get, get_fields);

static cspan_status head_serialize(struct cspan_call *call, const void *input,
                                   cspan_error **error) {
  return cspan_s3_write(call, input, get_fields, CSPAN_S3_COUNT(get_fields), error);
}

static cspan_status get_serialize(struct cspan_call *call, const void *data, cspan_error **error) {
  const get_input *input = data;
  cspan_status status = head_serialize(call, input, error);
  if (status != CSPAN_OK) {
    return status;
  }
  if (input->sink.start && !input->sink.write) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "GetObject: the sink has a start function but no write function");
  }
  if (cspan_call_set_sink(call, &input->sink) != CSPAN_OK) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  cspan_call_set_verify_checksum(call, !input->no_checksum_verification);
  return CSPAN_OK;
}

static const char metadata_prefix[] = "x-amz-meta-";

static size_t count_metadata(const struct cspan_call *call) {
  const char *name = NULL;
  const char *value = NULL;
  size_t n = 0;
  for (size_t i = 0; cspan_call_response_header_at(call, i, &name, &value); i++) {
    n += strncmp(name, metadata_prefix, sizeof metadata_prefix - 1) == 0;
  }
  return n;
}

static cspan_status read_metadata(struct cspan_call *call, get_output *output,
                                  cspan_error **error) {
  size_t n = count_metadata(call);
  if (n == 0) {
    return CSPAN_OK;
  }
  cspan_arena *arena = cspan_call_arena(call);
  cspan_s3_metadata *items = arena ? cspan_arena_array(arena, n, sizeof *items) : NULL;
  const char *name = NULL;
  const char *value = NULL;
  size_t at = 0;
  for (size_t i = 0; items && cspan_call_response_header_at(call, i, &name, &value); i++) {
    if (strncmp(name, metadata_prefix, sizeof metadata_prefix - 1) != 0) {
      continue;
    }
    items[at].name = cspan_arena_strdup(arena, name + sizeof metadata_prefix - 1);
    items[at].value = cspan_arena_strdup(arena, value);
    if (!items[at].name || !items[at].value) {
      items = NULL;
    }
    at++;
  }
  if (!items) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  output->metadata = items;
  output->metadata_count = n;
  return CSPAN_OK;
}

static cspan_status head_deserialize(struct cspan_call *call, void **output, cspan_error **error) {
  static const cspan_s3_out fields[] = {
      CSPAN_S3_OUT(get_output, content_length, CSPAN_S3_INT64, "content-length"),
      CSPAN_S3_OUT(get_output, content_range, CSPAN_S3_STRING, "content-range"),
      CSPAN_S3_OUT(get_output, content_type, CSPAN_S3_STRING, "content-type"),
      CSPAN_S3_OUT(get_output, cache_control, CSPAN_S3_STRING, "cache-control"),
      CSPAN_S3_OUT(get_output, content_disposition, CSPAN_S3_STRING, "content-disposition"),
      CSPAN_S3_OUT(get_output, content_encoding, CSPAN_S3_STRING, "content-encoding"),
      CSPAN_S3_OUT(get_output, content_language, CSPAN_S3_STRING, "content-language"),
      CSPAN_S3_OUT(get_output, etag, CSPAN_S3_STRING, "etag"),
      CSPAN_S3_OUT(get_output, version_id, CSPAN_S3_STRING, "x-amz-version-id"),
      CSPAN_S3_OUT(get_output, storage_class, CSPAN_S3_STRING, "x-amz-storage-class"),
      CSPAN_S3_OUT(get_output, last_modified_s, CSPAN_S3_HTTP_DATE, "last-modified"),
      CSPAN_S3_OUT(get_output, parts_count, CSPAN_S3_INT, "x-amz-mp-parts-count"),
      CSPAN_S3_OUT_CHECKSUMS(get_output),
  };
  void *item = NULL;
  cspan_status status =
      cspan_s3_read_headers(call, sizeof(get_output), fields, CSPAN_S3_COUNT(fields), &item, error);
  if (status != CSPAN_OK) {
    return status;
  }
  get_output *out = item;
  if (!cspan_call_response_header(call, "content-length")) {
    out->content_length = -1;
  }
  status = read_metadata(call, out, error);
  *output = status == CSPAN_OK ? out : NULL;
  return status;
}

static cspan_status get_deserialize(struct cspan_call *call, void **output, cspan_error **error) {
  cspan_status status = head_deserialize(call, output, error);
  if (status == CSPAN_OK) {
    get_output *out = *output;
    size_t len = 0;
    out->body = cspan_call_body(call, &len);
    out->body_size_bytes = cspan_call_response_body_size(call);
  }
  return status;
}

const cspan_operation cspan_s3_get_object_operation = {
    .name = "GetObject",
    .method = "GET",
    .flags = CSPAN_OP_STREAM_OUTPUT,
    .serialize = get_serialize,
    .deserialize = get_deserialize,
    .param = get_param,
    .documents = &get_documents,
};

static const cspan_operation head_object_operation = {
    .name = "HeadObject",
    .method = "HEAD",
    .flags = CSPAN_OP_NO_BODY_IN_ERROR,
    .serialize = head_serialize,
    .deserialize = head_deserialize,
    .param = get_param,
    .documents = &get_documents,
};

cspan_status cspan_s3_get_object(cspan_s3 *client, const cspan_context *context,
                                 const cspan_s3_get_object_input *input,
                                 cspan_s3_get_object_output **output, cspan_error **error) {
  return CSPAN_S3_CALL(client, &cspan_s3_get_object_operation, context, input, output, error);
}

cspan_status cspan_s3_head_object(cspan_s3 *client, const cspan_context *context,
                                  const cspan_s3_get_object_input *input,
                                  cspan_s3_get_object_output **output, cspan_error **error) {
  return CSPAN_S3_CALL(client, &head_object_operation, context, input, output, error);
}
