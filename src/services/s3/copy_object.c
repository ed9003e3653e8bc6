/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "services/s3/operation.h"

typedef cspan_s3_copy_object_input copy_input;
typedef cspan_s3_copy_object_output copy_output;

enum { MAX_COPY_SOURCE = 32 * 1024 };

static const cspan_s3_in copy_fields[] = {
    CSPAN_S3_IN_BUCKET(copy_input),
    CSPAN_S3_IN_KEY(copy_input),
    CSPAN_S3_IN(copy_input, copy_source_if_match, "CopySourceIfMatch", CSPAN_S3_STRING,
                CSPAN_S3_HEADER, "x-amz-copy-source-if-match"),
    CSPAN_S3_IN(copy_input, copy_source_if_none_match, "CopySourceIfNoneMatch", CSPAN_S3_STRING,
                CSPAN_S3_HEADER, "x-amz-copy-source-if-none-match"),
    CSPAN_S3_IN(copy_input, content_type, "ContentType", CSPAN_S3_STRING, CSPAN_S3_HEADER,
                "Content-Type"),
    CSPAN_S3_IN(copy_input, checksum_algorithm, "ChecksumAlgorithm", CSPAN_S3_STRING,
                CSPAN_S3_HEADER, "x-amz-checksum-algorithm"),
};

/* CopySource is "bucket/key", as it is written, not as it is encoded. */
static size_t copy_param(const void *data, const char *member, char *text, size_t capacity) {
  const copy_input *input = data;
  if (strcmp(member, "CopySource") != 0) {
    return cspan_s3_param(input, copy_fields, CSPAN_S3_COUNT(copy_fields), member, text, capacity);
  }
  if (!input->source_bucket || !input->source_key) {
    return cspan_s3_copy_text(NULL, text, capacity);
  }
  size_t len = cspan_s3_copy_text(input->source_bucket, text, capacity);
  if (len + 1 < capacity) {
    text[len] = '/';
    return len + 1 + cspan_s3_copy_text(input->source_key, text + len + 1, capacity - len - 1);
  }
  return len + 1 + strlen(input->source_key);
}

static const cspan_value *copy_input_document(struct cspan_call *call, const void *data) {
  char none[1];
  size_t size = copy_param(data, "CopySource", none, 0) + 1;
  char *source = cspan_call_memory(call, size);
  if (!source) {
    return NULL;
  }
  size_t len = copy_param(data, "CopySource", source, size);
  cspan_member extra = cspan_field("CopySource", len ? cspan_string(source) : cspan_null());
  return cspan_s3_input_document(call, data, copy_fields, CSPAN_S3_COUNT(copy_fields), &extra, 1);
}

static const cspan_operation_documents copy_documents = {.input = copy_input_document};

static cspan_status write_source(struct cspan_call *call, const copy_input *input,
                                 cspan_error **error) {
  if (!input->source_bucket || !*input->source_bucket || !input->source_key ||
      !*input->source_key) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "CopyObject: source_bucket and source_key are required and must not be "
                           "empty");
  }
  cspan_buf source;
  cspan_buf_init(&source, MAX_COPY_SOURCE);
  cspan_uri_encode(&source, input->source_bucket, strlen(input->source_bucket), false);
  cspan_buf_char(&source, '/');
  cspan_uri_encode(&source, input->source_key, strlen(input->source_key), true);
  if (input->source_version_id && *input->source_version_id) {
    cspan_buf_str(&source, "?versionId=");
    cspan_uri_encode(&source, input->source_version_id, strlen(input->source_version_id), false);
  }
  cspan_status status = cspan_buf_status(&source);
  if (status == CSPAN_OK) {
    status = cspan_s3_write_header(call, "x-amz-copy-source", cspan_buf_text(&source), error);
  } else if (status == CSPAN_ERR_LIMIT) {
    status = cspan_error_set(error, status, "CopyObject: the source's key is too long");
  } else {
    status = cspan_error_move(error, cspan_error_nomem());
  }
  cspan_buf_free(&source);
  return status;
}

static cspan_status copy_serialize(struct cspan_call *call, const void *data, cspan_error **error) {
  const copy_input *input = data;
  if (!input->replace_metadata && (input->content_type || input->metadata_count)) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "CopyObject: content_type and metadata are only used with "
                           "replace_metadata; set it");
  }
  cspan_status status =
      cspan_s3_write(call, input, copy_fields, CSPAN_S3_COUNT(copy_fields), error);
  if (status == CSPAN_OK) {
    status = write_source(call, input, error);
  }
  if (status == CSPAN_OK && input->replace_metadata) {
    status = cspan_s3_write_header(call, "x-amz-metadata-directive", "REPLACE", error);
  }
  if (status == CSPAN_OK) {
    status = cspan_s3_write_metadata(call, input->metadata, input->metadata_count, error);
  }
  return status;
}

static cspan_status copy_deserialize(struct cspan_call *call, void **output, cspan_error **error) {
  static const cspan_s3_out headers[] = {
      CSPAN_S3_OUT(copy_output, version_id, CSPAN_S3_STRING, "x-amz-version-id"),
  };
  static const cspan_s3_out elements[] = {
      CSPAN_S3_OUT(copy_output, etag, CSPAN_S3_STRING, "ETag"),
      CSPAN_S3_OUT(copy_output, last_modified_s, CSPAN_S3_ISO_DATE, "LastModified"),
  };
  const cspan_xml_node *root = NULL;
  void *out = NULL;
  cspan_status status = cspan_s3_read_document(call, "CopyObjectResult", &root, error);
  if (status == CSPAN_OK) {
    status = cspan_s3_read_headers(call, sizeof(copy_output), headers, CSPAN_S3_COUNT(headers),
                                   &out, error);
  }
  if (status == CSPAN_OK) {
    status =
        cspan_s3_read_elements(call, root, elements, CSPAN_S3_COUNT(elements), false, out, error);
  }
  *output = status == CSPAN_OK ? out : NULL;
  return status;
}

static const cspan_operation copy_object_operation = {
    .name = "CopyObject",
    .method = "PUT",
    .flags = CSPAN_OP_ERROR_IN_200,
    .serialize = copy_serialize,
    .deserialize = copy_deserialize,
    .param = copy_param,
    .documents = &copy_documents,
};

cspan_status cspan_s3_copy_object(cspan_s3 *client, const cspan_context *context,
                                  const cspan_s3_copy_object_input *input,
                                  cspan_s3_copy_object_output **output, cspan_error **error) {
  return CSPAN_S3_CALL(client, &copy_object_operation, context, input, output, error);
}
