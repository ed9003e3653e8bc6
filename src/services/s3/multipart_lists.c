/* SPDX-License-Identifier: Apache-2.0 */
/* ListParts and ListMultipartUploads. */
#include "base/error.h"
#include "services/s3/operation.h"

typedef cspan_s3_list_parts_input parts_input;
typedef cspan_s3_list_parts_output parts_output;
typedef cspan_s3_list_multipart_uploads_input uploads_input;
typedef cspan_s3_list_multipart_uploads_output uploads_output;

static const cspan_s3_in parts_fields[] = {
    CSPAN_S3_IN_BUCKET(parts_input),
    CSPAN_S3_IN_KEY(parts_input),
    CSPAN_S3_IN(parts_input, upload_id, "UploadId", CSPAN_S3_STRING, CSPAN_S3_REQUIRED_QUERY,
                "uploadId"),
    CSPAN_S3_IN(parts_input, max_parts, "MaxParts", CSPAN_S3_INT, CSPAN_S3_QUERY, "max-parts"),
    CSPAN_S3_IN(parts_input, part_number_marker, "PartNumberMarker", CSPAN_S3_INT, CSPAN_S3_QUERY,
                "part-number-marker"),
};
CSPAN_S3_PARAM_FUNCTION(parts, parts_fields);

static cspan_status parts_serialize(struct cspan_call *call, const void *input,
                                    cspan_error **error) {
  return cspan_s3_write(call, input, parts_fields, CSPAN_S3_COUNT(parts_fields), error);
}

static cspan_status parts_deserialize(struct cspan_call *call, void **output, cspan_error **error) {
  static const cspan_s3_out elements[] = {
      CSPAN_S3_OUT(parts_output, is_truncated, CSPAN_S3_BOOL, "IsTruncated"),
      CSPAN_S3_OUT(parts_output, next_part_number_marker, CSPAN_S3_INT, "NextPartNumberMarker"),
  };
  static const cspan_s3_out part_elements[] = {
      CSPAN_S3_OUT(cspan_s3_part, part_number, CSPAN_S3_INT, "PartNumber"),
      CSPAN_S3_OUT(cspan_s3_part, size_bytes, CSPAN_S3_INT64, "Size"),
      CSPAN_S3_OUT(cspan_s3_part, etag, CSPAN_S3_STRING, "ETag"),
      CSPAN_S3_OUT(cspan_s3_part, last_modified_s, CSPAN_S3_ISO_DATE, "LastModified"),
  };
  static const cspan_s3_list_shape shape = {"Part", part_elements, CSPAN_S3_COUNT(part_elements),
                                            sizeof(cspan_s3_part)};
  const cspan_xml_node *root = NULL;
  void *item = NULL;
  cspan_status status = cspan_s3_read_document(call, "ListPartsResult", &root, error);
  if (status == CSPAN_OK) {
    status = cspan_s3_read_headers(call, sizeof(parts_output), NULL, 0, &item, error);
  }
  parts_output *out = item;
  if (status == CSPAN_OK) {
    status =
        cspan_s3_read_elements(call, root, elements, CSPAN_S3_COUNT(elements), false, out, error);
  }
  if (status == CSPAN_OK) {
    const void *items = NULL;
    status = cspan_s3_read_list(call, root, &shape, false, &items, &out->part_count, error);
    out->parts = items;
  }
  *output = status == CSPAN_OK ? out : NULL;
  return status;
}

static const cspan_operation list_parts_operation = {
    .name = "ListParts",
    .method = "GET",
    .flags = CSPAN_OP_ERROR_IN_200,
    .serialize = parts_serialize,
    .deserialize = parts_deserialize,
    .param = parts_param,
    .documents = &parts_documents,
};

cspan_status cspan_s3_list_parts(cspan_s3 *client, const cspan_context *context,
                                 const cspan_s3_list_parts_input *input,
                                 cspan_s3_list_parts_output **output, cspan_error **error) {
  return CSPAN_S3_CALL(client, &list_parts_operation, context, input, output, error);
}

static const cspan_s3_in uploads_fields[] = {
    CSPAN_S3_IN_BUCKET(uploads_input),
    CSPAN_S3_IN(uploads_input, prefix, "Prefix", CSPAN_S3_STRING, CSPAN_S3_QUERY, "prefix"),
    CSPAN_S3_IN(uploads_input, delimiter, "Delimiter", CSPAN_S3_STRING, CSPAN_S3_QUERY,
                "delimiter"),
    CSPAN_S3_IN(uploads_input, key_marker, "KeyMarker", CSPAN_S3_STRING, CSPAN_S3_QUERY,
                "key-marker"),
    CSPAN_S3_IN(uploads_input, upload_id_marker, "UploadIdMarker", CSPAN_S3_STRING, CSPAN_S3_QUERY,
                "upload-id-marker"),
    CSPAN_S3_IN(uploads_input, max_uploads, "MaxUploads", CSPAN_S3_INT, CSPAN_S3_QUERY,
                "max-uploads"),
};
CSPAN_S3_PARAM_FUNCTION(uploads, uploads_fields);

static cspan_status uploads_serialize(struct cspan_call *call, const void *input,
                                      cspan_error **error) {
  if (cspan_call_set_path(call, "/") != CSPAN_OK ||
      cspan_call_add_query(call, "uploads", NULL) != CSPAN_OK ||
      cspan_call_add_query(call, "encoding-type", "url") != CSPAN_OK) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  return cspan_s3_write(call, input, uploads_fields, CSPAN_S3_COUNT(uploads_fields), error);
}

static cspan_status read_uploads(struct cspan_call *call, const cspan_xml_node *root,
                                 bool url_encoded, uploads_output *out, cspan_error **error) {
  static const cspan_s3_out elements[] = {
      CSPAN_S3_OUT(uploads_output, is_truncated, CSPAN_S3_BOOL, "IsTruncated"),
      CSPAN_S3_OUT(uploads_output, next_key_marker, CSPAN_S3_URL_STRING, "NextKeyMarker"),
      CSPAN_S3_OUT(uploads_output, next_upload_id_marker, CSPAN_S3_STRING, "NextUploadIdMarker"),
  };
  static const cspan_s3_out upload_elements[] = {
      CSPAN_S3_OUT(cspan_s3_upload, key, CSPAN_S3_URL_STRING, "Key"),
      CSPAN_S3_OUT(cspan_s3_upload, upload_id, CSPAN_S3_STRING, "UploadId"),
      CSPAN_S3_OUT(cspan_s3_upload, initiated_s, CSPAN_S3_ISO_DATE, "Initiated"),
  };
  static const cspan_s3_list_shape shape = {
      "Upload", upload_elements, CSPAN_S3_COUNT(upload_elements), sizeof(cspan_s3_upload)};
  cspan_status status = cspan_s3_read_elements(call, root, elements, CSPAN_S3_COUNT(elements),
                                               url_encoded, out, error);
  if (status == CSPAN_OK) {
    const void *items = NULL;
    status = cspan_s3_read_list(call, root, &shape, url_encoded, &items, &out->upload_count, error);
    out->uploads = items;
  }
  return status;
}

static cspan_status uploads_deserialize(struct cspan_call *call, void **output,
                                        cspan_error **error) {
  const cspan_xml_node *root = NULL;
  void *item = NULL;
  cspan_status status = cspan_s3_read_document(call, "ListMultipartUploadsResult", &root, error);
  if (status == CSPAN_OK) {
    status = cspan_s3_read_headers(call, sizeof(uploads_output), NULL, 0, &item, error);
  }
  uploads_output *out = item;
  if (status == CSPAN_OK) {
    status = read_uploads(call, root, cspan_s3_is_url_encoded(root), out, error);
  }
  if (status == CSPAN_OK) {
    status =
        cspan_s3_read_prefixes(call, root, &out->common_prefixes, &out->common_prefix_count, error);
  }
  *output = status == CSPAN_OK ? out : NULL;
  return status;
}

static const cspan_operation list_multipart_uploads_operation = {
    .name = "ListMultipartUploads",
    .method = "GET",
    .flags = CSPAN_OP_ERROR_IN_200,
    .serialize = uploads_serialize,
    .deserialize = uploads_deserialize,
    .param = uploads_param,
    .documents = &uploads_documents,
};

cspan_status cspan_s3_list_multipart_uploads(cspan_s3 *client, const cspan_context *context,
                                             const cspan_s3_list_multipart_uploads_input *input,
                                             cspan_s3_list_multipart_uploads_output **output,
                                             cspan_error **error) {
  return CSPAN_S3_CALL(client, &list_multipart_uploads_operation, context, input, output, error);
}
