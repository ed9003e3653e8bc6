/* SPDX-License-Identifier: Apache-2.0 */
/* CreateMultipartUpload, UploadPart, CompleteMultipartUpload and AbortMultipartUpload. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "services/s3/operation.h"

typedef cspan_s3_create_multipart_upload_input create_input;
typedef cspan_s3_create_multipart_upload_output create_output;
typedef cspan_s3_complete_multipart_upload_input complete_input;
typedef cspan_s3_complete_multipart_upload_output complete_output;
typedef cspan_s3_abort_multipart_upload_input abort_input;
typedef cspan_s3_upload_part_input part_input;

static const cspan_s3_in create_fields[] = {
    CSPAN_S3_IN_BUCKET(create_input),
    CSPAN_S3_IN_KEY(create_input),
    CSPAN_S3_IN_OBJECT_HEADERS(create_input),
    CSPAN_S3_IN(create_input, checksum_algorithm, "ChecksumAlgorithm", CSPAN_S3_STRING,
                CSPAN_S3_MEMBER, NULL),
};
CSPAN_S3_PARAM_FUNCTION(create, create_fields);

static cspan_status create_serialize(struct cspan_call *call, const void *data,
                                     cspan_error **error) {
  const create_input *input = data;
  if (cspan_call_add_query(call, "uploads", NULL) != CSPAN_OK) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  cspan_status status =
      cspan_s3_write(call, input, create_fields, CSPAN_S3_COUNT(create_fields), error);
  if (status == CSPAN_OK) {
    status = cspan_s3_write_metadata(call, input->metadata, input->metadata_count, error);
  }
  if (status == CSPAN_OK) {
    /* S3 takes parts with a checksum only when the upload announced it. */
    const char *algorithm = input->checksum_algorithm;
    status =
        cspan_s3_write_header(call, "x-amz-checksum-algorithm",
                              algorithm ? algorithm : cspan_call_default_checksum(call), error);
  }
  return status;
}

static cspan_status create_deserialize(struct cspan_call *call, void **output,
                                       cspan_error **error) {
  static const cspan_s3_out elements[] = {
      CSPAN_S3_OUT(create_output, upload_id, CSPAN_S3_STRING, "UploadId"),
  };
  const cspan_xml_node *root = NULL;
  void *item = NULL;
  cspan_status status = cspan_s3_read_document(call, "InitiateMultipartUploadResult", &root, error);
  if (status == CSPAN_OK) {
    status = cspan_s3_read_headers(call, sizeof(create_output), NULL, 0, &item, error);
  }
  if (status == CSPAN_OK) {
    status =
        cspan_s3_read_elements(call, root, elements, CSPAN_S3_COUNT(elements), false, item, error);
  }
  create_output *out = item;
  if (status == CSPAN_OK && (!out->upload_id || !*out->upload_id)) {
    status = cspan_error_set(error, CSPAN_ERR_PROTOCOL,
                             "CreateMultipartUpload: the response has no UploadId");
  }
  *output = status == CSPAN_OK ? out : NULL;
  return status;
}

static const cspan_operation create_operation = {
    .name = "CreateMultipartUpload",
    .method = "POST",
    .flags = CSPAN_OP_ERROR_IN_200,
    .serialize = create_serialize,
    .deserialize = create_deserialize,
    .param = create_param,
    .documents = &create_documents,
};

cspan_status cspan_s3_create_multipart_upload(cspan_s3 *client, const cspan_context *context,
                                              const cspan_s3_create_multipart_upload_input *input,
                                              cspan_s3_create_multipart_upload_output **output,
                                              cspan_error **error) {
  return CSPAN_S3_CALL(client, &create_operation, context, input, output, error);
}

static const cspan_s3_in part_fields[] = {
    CSPAN_S3_IN_BUCKET(part_input),
    CSPAN_S3_IN_KEY(part_input),
    CSPAN_S3_IN(part_input, upload_id, "UploadId", CSPAN_S3_STRING, CSPAN_S3_REQUIRED_QUERY,
                "uploadId"),
    CSPAN_S3_IN(part_input, part_number, "PartNumber", CSPAN_S3_INT, CSPAN_S3_REQUIRED_QUERY,
                "partNumber"),
    CSPAN_S3_IN(part_input, checksum_algorithm, "ChecksumAlgorithm", CSPAN_S3_STRING,
                CSPAN_S3_MEMBER, NULL),
};
CSPAN_S3_PARAM_FUNCTION(part, part_fields);

static cspan_status part_serialize(struct cspan_call *call, const void *data, cspan_error **error) {
  const part_input *input = data;
  if (input->part_number < 1 || input->part_number > 10000) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "UploadPart: PartNumber is %d; it must be 1 to 10000",
                           input->part_number);
  }
  cspan_status status =
      cspan_s3_write(call, input, part_fields, CSPAN_S3_COUNT(part_fields), error);
  if (status == CSPAN_OK) {
    status = cspan_call_set_body(call, &input->body, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_s3_write_checksum(call, input->checksum_algorithm, error);
  }
  return status;
}

static const cspan_operation upload_part_operation = {
    .name = "UploadPart",
    .method = "PUT",
    .flags = CSPAN_OP_ERROR_IN_200,
    .serialize = part_serialize,
    .deserialize = cspan_s3_read_put_output,
    .param = part_param,
    .documents = &part_documents,
};

cspan_status cspan_s3_upload_part(cspan_s3 *client, const cspan_context *context,
                                  const cspan_s3_upload_part_input *input,
                                  cspan_s3_upload_part_output **output, cspan_error **error) {
  return CSPAN_S3_CALL(client, &upload_part_operation, context, input, output, error);
}

static const cspan_s3_in complete_fields[] = {
    CSPAN_S3_IN_BUCKET(complete_input),
    CSPAN_S3_IN_KEY(complete_input),
    CSPAN_S3_IN(complete_input, upload_id, "UploadId", CSPAN_S3_STRING, CSPAN_S3_REQUIRED_QUERY,
                "uploadId"),
    CSPAN_S3_IN(complete_input, if_none_match, "IfNoneMatch", CSPAN_S3_STRING, CSPAN_S3_HEADER,
                "If-None-Match"),
};
CSPAN_S3_PARAM_FUNCTION(complete, complete_fields);

static cspan_status check_parts(const complete_input *input, cspan_error **error) {
  if (!input->parts || input->part_count == 0 || input->part_count > 10000) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "CompleteMultipartUpload: %zu parts are given; an upload has 1 to 10000",
                           input->part_count);
  }
  int before = 0;
  for (size_t i = 0; i < input->part_count; i++) {
    const cspan_s3_completed_part *part = &input->parts[i];
    if (part->part_number <= before || !part->etag || !*part->etag) {
      return cspan_error_set(error, CSPAN_ERR_INVALID,
                             "CompleteMultipartUpload: parts must be in ascending order, each "
                             "with the etag that UploadPart gave; part %zu of the list is not",
                             i + 1);
    }
    before = part->part_number;
  }
  return CSPAN_OK;
}

static cspan_status complete_serialize(struct cspan_call *call, const void *data,
                                       cspan_error **error) {
  const complete_input *input = data;
  cspan_status status =
      cspan_s3_write(call, input, complete_fields, CSPAN_S3_COUNT(complete_fields), error);
  if (status == CSPAN_OK) {
    status = check_parts(input, error);
  }
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_buf body;
  cspan_s3_xml_open(&body, "CompleteMultipartUpload");
  for (size_t i = 0; i < input->part_count; i++) {
    const cspan_s3_completed_part *part = &input->parts[i];
    char number[16];
    snprintf(number, sizeof number, "%d", part->part_number);
    cspan_buf_str(&body, "<Part>");
    cspan_xml_element(&body, "ETag", part->etag);
    if (part->checksum_algorithm && part->checksum) {
      char name[32];
      snprintf(name, sizeof name, "Checksum%.16s", part->checksum_algorithm);
      cspan_xml_element(&body, name, part->checksum);
    }
    cspan_xml_element(&body, "PartNumber", number);
    cspan_buf_str(&body, "</Part>");
  }
  cspan_buf_str(&body, "</CompleteMultipartUpload>");
  return cspan_s3_take_xml(call, &body, error);
}

static cspan_status complete_deserialize(struct cspan_call *call, void **output,
                                         cspan_error **error) {
  static const cspan_s3_out headers[] = {
      CSPAN_S3_OUT(complete_output, version_id, CSPAN_S3_STRING, "x-amz-version-id"),
  };
  static const cspan_s3_out elements[] = {
      CSPAN_S3_OUT(complete_output, location, CSPAN_S3_STRING, "Location"),
      CSPAN_S3_OUT(complete_output, etag, CSPAN_S3_STRING, "ETag"),
  };
  const cspan_xml_node *root = NULL;
  void *out = NULL;
  cspan_status status = cspan_s3_read_document(call, "CompleteMultipartUploadResult", &root, error);
  if (status == CSPAN_OK) {
    status = cspan_s3_read_headers(call, sizeof(complete_output), headers, CSPAN_S3_COUNT(headers),
                                   &out, error);
  }
  if (status == CSPAN_OK) {
    status =
        cspan_s3_read_elements(call, root, elements, CSPAN_S3_COUNT(elements), false, out, error);
  }
  *output = status == CSPAN_OK ? out : NULL;
  return status;
}

static const cspan_operation complete_operation = {
    .name = "CompleteMultipartUpload",
    .method = "POST",
    .flags = CSPAN_OP_ERROR_IN_200,
    .serialize = complete_serialize,
    .deserialize = complete_deserialize,
    .param = complete_param,
    .documents = &complete_documents,
};

cspan_status cspan_s3_complete_multipart_upload(
    cspan_s3 *client, const cspan_context *context,
    const cspan_s3_complete_multipart_upload_input *input,
    cspan_s3_complete_multipart_upload_output **output, cspan_error **error) {
  return CSPAN_S3_CALL(client, &complete_operation, context, input, output, error);
}

static const cspan_s3_in abort_fields[] = {
    CSPAN_S3_IN_BUCKET(abort_input),
    CSPAN_S3_IN_KEY(abort_input),
    CSPAN_S3_IN(abort_input, upload_id, "UploadId", CSPAN_S3_STRING, CSPAN_S3_REQUIRED_QUERY,
                "uploadId"),
};
CSPAN_S3_PARAM_FUNCTION(abort, abort_fields);

static cspan_status abort_serialize(struct cspan_call *call, const void *input,
                                    cspan_error **error) {
  return cspan_s3_write(call, input, abort_fields, CSPAN_S3_COUNT(abort_fields), error);
}

static cspan_status abort_deserialize(struct cspan_call *call, void **output, cspan_error **error) {
  return cspan_s3_read_headers(call, 1, NULL, 0, output, error);
}

static const cspan_operation abort_operation = {
    .name = "AbortMultipartUpload",
    .method = "DELETE",
    .flags = CSPAN_OP_ERROR_IN_200,
    .serialize = abort_serialize,
    .deserialize = abort_deserialize,
    .param = abort_param,
    .documents = &abort_documents,
};

cspan_status cspan_s3_abort_multipart_upload(cspan_s3 *client, const cspan_context *context,
                                             const cspan_s3_abort_multipart_upload_input *input,
                                             cspan_error **error) {
  return CSPAN_S3_CALL(client, &abort_operation, context, input, NULL, error);
}
