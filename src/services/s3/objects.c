/* SPDX-License-Identifier: Apache-2.0 */
/* PutObject and DeleteObject. */
#include "services/s3/operation.h"

typedef cspan_s3_put_object_input put_input;
typedef cspan_s3_delete_object_input delete_input;

static const cspan_s3_in put_fields[] = {
    CSPAN_S3_IN_BUCKET(put_input),
    CSPAN_S3_IN_KEY(put_input),
    CSPAN_S3_IN_OBJECT_HEADERS(put_input),
    CSPAN_S3_IN(put_input, if_match, "IfMatch", CSPAN_S3_STRING, CSPAN_S3_HEADER, "If-Match"),
    CSPAN_S3_IN(put_input, if_none_match, "IfNoneMatch", CSPAN_S3_STRING, CSPAN_S3_HEADER,
                "If-None-Match"),
    CSPAN_S3_IN(put_input, checksum_algorithm, "ChecksumAlgorithm", CSPAN_S3_STRING,
                CSPAN_S3_MEMBER, NULL),
};
CSPAN_S3_PARAM_FUNCTION(put, put_fields);

static cspan_status put_serialize(struct cspan_call *call, const void *data, cspan_error **error) {
  const put_input *input = data;
  cspan_status status = cspan_s3_write(call, input, put_fields, CSPAN_S3_COUNT(put_fields), error);
  if (status == CSPAN_OK) {
    status = cspan_s3_write_metadata(call, input->metadata, input->metadata_count, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_call_set_body(call, &input->body, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_s3_write_checksum(call, input->checksum_algorithm, error);
  }
  return status;
}

cspan_status cspan_s3_read_put_output(struct cspan_call *call, void **output, cspan_error **error) {
  static const cspan_s3_out fields[] = {
      CSPAN_S3_OUT(cspan_s3_put_object_output, etag, CSPAN_S3_STRING, "etag"),
      CSPAN_S3_OUT(cspan_s3_put_object_output, version_id, CSPAN_S3_STRING, "x-amz-version-id"),
      CSPAN_S3_OUT_CHECKSUMS(cspan_s3_put_object_output),
  };
  return cspan_s3_read_headers(call, sizeof(cspan_s3_put_object_output), fields,
                               CSPAN_S3_COUNT(fields), output, error);
}

const cspan_operation cspan_s3_put_object_operation = {
    .name = "PutObject",
    .method = "PUT",
    .flags = CSPAN_OP_ERROR_IN_200,
    .serialize = put_serialize,
    .deserialize = cspan_s3_read_put_output,
    .param = put_param,
    .documents = &put_documents,
};

cspan_status cspan_s3_put_object(cspan_s3 *client, const cspan_context *context,
                                 const cspan_s3_put_object_input *input,
                                 cspan_s3_put_object_output **output, cspan_error **error) {
  return CSPAN_S3_CALL(client, &cspan_s3_put_object_operation, context, input, output, error);
}

static const cspan_s3_in delete_fields[] = {
    CSPAN_S3_IN_BUCKET(delete_input),
    CSPAN_S3_IN_KEY(delete_input),
    CSPAN_S3_IN(delete_input, version_id, "VersionId", CSPAN_S3_STRING, CSPAN_S3_QUERY,
                "versionId"),
};
CSPAN_S3_PARAM_FUNCTION(delete, delete_fields);

static cspan_status delete_serialize(struct cspan_call *call, const void *input,
                                     cspan_error **error) {
  return cspan_s3_write(call, input, delete_fields, CSPAN_S3_COUNT(delete_fields), error);
}

static cspan_status delete_deserialize(struct cspan_call *call, void **output,
                                       cspan_error **error) {
  static const cspan_s3_out fields[] = {
      CSPAN_S3_OUT(cspan_s3_delete_object_output, delete_marker, CSPAN_S3_BOOL,
                   "x-amz-delete-marker"),
      CSPAN_S3_OUT(cspan_s3_delete_object_output, version_id, CSPAN_S3_STRING, "x-amz-version-id"),
  };
  return cspan_s3_read_headers(call, sizeof(cspan_s3_delete_object_output), fields,
                               CSPAN_S3_COUNT(fields), output, error);
}

static const cspan_operation delete_object_operation = {
    .name = "DeleteObject",
    .method = "DELETE",
    .flags = CSPAN_OP_ERROR_IN_200,
    .serialize = delete_serialize,
    .deserialize = delete_deserialize,
    .param = delete_param,
    .documents = &delete_documents,
};

cspan_status cspan_s3_delete_object(cspan_s3 *client, const cspan_context *context,
                                    const cspan_s3_delete_object_input *input,
                                    cspan_s3_delete_object_output **output, cspan_error **error) {
  return CSPAN_S3_CALL(client, &delete_object_operation, context, input, output, error);
}
